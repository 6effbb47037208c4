"""What kind of numbers scans hold: scans of one kind in a folder share a range of grey values, those of two do not.

A depth of less than its type's, as 12 bits in 16, is not written in a file. Beside deeper scans it is believed where
scans reach its largest number, or where no exposure explains the difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from diffrendergan.micrographs.intensity import EIGHT_BITS, SMALL_PART, TAIL_PERCENT, samples_of
from diffrendergan.micrographs.types import RawScan

UNIT = "float in [0, 1]"
WHOLE_BITS = (8, 10, 12, 14, 16)
OTHER_EXPOSURE = 6.0
"""Grey values of scans of one depth differ by less than this factor, however they are exposed."""
OVERSHOOT = 2.0
"""Floating-point numbers up to this may be grey values in [0, 1] that a filter made larger."""
MOST_SAMPLES = 2**22
"""Pixels of all scans together that are kept: 32 MB; of more, each scan's share becomes smaller."""
LEAST_CLIPPED = 2
"""Pixels of the largest number of a depth that show it: one may have it by chance."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What is kept of one scan."""

    kind: str
    samples: NDArray[np.float64]
    """Evenly spaced pixels."""
    extremes: tuple[float, float]
    """Its least and its largest number."""
    high: float
    """The upper end of its grey values."""
    clipped: bool
    """Whether pixels hold the largest number of the depth."""


@dataclass(frozen=True, eq=False)
class NumberGroup:
    """Scans whose numbers are of one range."""

    kinds: tuple[str, ...]
    scans: tuple[Seen, ...]

    @property
    def samples(self) -> NDArray[np.float64]:
        """Pixels of all its scans, and their extremes."""
        least, most = zip(*(scan.extremes for scan in self.scans), strict=True)
        return np.concatenate([*(scan.samples for scan in self.scans), [min(least), max(most)]])

    @property
    def full_scale(self) -> float | None:
        """The full scale of its numbers where they plainly have one."""
        samples = self.samples
        return full_scale(samples, float(np.percentile(samples, 100 - TAIL_PERCENT)))

    @property
    def default(self) -> tuple[float, float] | None:
        """The values that become 0 and 1 where nothing is known of a project; None where that is needed."""
        if all(kind.endswith("bits") for kind in self.kinds):
            return 0.0, 65535.0
        known = {EIGHT_BITS: (0.0, 255.0), UNIT: (0.0, 1.0)}
        return known.get(self.kinds[0]) if len(self.kinds) == 1 else None

    def __str__(self) -> str:
        """Return number and kind of its scans."""
        count = len(self.scans)
        kinds = "8 bits" if self.kinds == (EIGHT_BITS,) else " and ".join(self.kinds)
        return f"{'1 scan' if count == 1 else f'{count} scans'} of {kinds}"


def kind_of(raw: RawScan) -> str:
    """Return the kind of numbers of a scan: its type, and of unsigned ones of 16 bits how many they use."""
    stored = np.dtype(raw.stored or raw.values.dtype)
    if stored == np.uint8:
        return EIGHT_BITS
    values = raw.recorded
    most = float(values.max())
    if stored == np.uint16:
        return f"{next(bits for bits in WHOLE_BITS if most <= 2**bits - 1)} bits"
    if np.issubdtype(stored, np.floating):
        return UNIT if float(values.min()) >= 0 and most <= 1 else "float"
    return stored.name


def _seen(raw: RawScan) -> Seen:
    kind = kind_of(raw)
    clipped = kind.endswith("bits") and int((raw.recorded == 2 ** _bits(kind) - 1).sum()) >= LEAST_CLIPPED
    samples = samples_of(raw.recorded)
    extremes = float(raw.recorded.min()), float(raw.recorded.max())
    return Seen(kind, samples, extremes, float(np.percentile(samples, 100 - TAIL_PERCENT)), clipped)


def seen(raws: Iterable[RawScan]) -> list[Seen]:
    """Return what is kept of scans: of thousands every second, fourth … sample, so that they take bounded memory."""
    kept: list[Seen] = []
    step, total = 1, 0
    for raw in raws:
        kept.append(_thinned(_seen(raw), step))
        total += len(kept[-1].samples)
        while total > MOST_SAMPLES and total > len(kept):
            step *= 2
            kept = [_thinned(one, 2) for one in kept]
            total = sum(len(one.samples) for one in kept)
    return kept


def _thinned(scan: Seen, step: int) -> Seen:
    return scan if step == 1 else replace(scan, samples=scan.samples[::step].copy())


def grouped(scans: Iterable[Seen]) -> tuple[NumberGroup, ...]:
    """Return scans by the range of their numbers; those of 8 bits first, then the shallower ones."""
    by_kind: dict[str, list[Seen]] = {}
    for scan in scans:
        by_kind.setdefault(scan.kind, []).append(scan)
    depths = sorted((kind for kind in by_kind if kind.endswith("bits")), key=_bits)
    groups = [_group([kind], by_kind) for kind in (EIGHT_BITS,) if kind in by_kind]
    while depths:
        cut = next((n for n in range(1, len(depths)) if _are_unlike(*_halves(depths, n, by_kind))), len(depths))
        groups.append(_group(depths[:cut], by_kind))
        depths = depths[cut:]
    floats = [kind for kind in (UNIT, "float") if kind in by_kind]
    if len(floats) == 2 and all(max(map(abs, scan.extremes)) <= OVERSHOOT for scan in by_kind["float"]):
        groups.append(_group(floats, by_kind))
        floats = []
    rest = [kind for kind in by_kind if kind != EIGHT_BITS and not kind.endswith("bits") and "float" not in kind]
    return (*groups, *(_group([kind], by_kind) for kind in (*sorted(rest), *floats)))


def full_scale(samples: NDArray[np.float64], high: float) -> float | None:
    """Return the full scale of numbers that plainly have one; None otherwise.

    Parameters
    ----------
    samples : ndarray
        Pixels of all scans of a range, with their extremes.
    high : float
        The upper end of the grey values.
    """
    least, most = float(samples.min()), float(samples.max())
    if least < 0:
        return None
    if most <= 1:
        return 1.0 if high >= SMALL_PART else None
    if (samples != np.round(samples)).any():
        return None
    full = next((2.0**bits - 1 for bits in WHOLE_BITS if most <= 2**bits - 1), None)
    return full if full is not None and high >= SMALL_PART * full else None


def unsure_of(groups: Sequence[NumberGroup]) -> tuple[str, ...]:
    """Say which scans are of one depth and exposed otherwise, or of several: their numbers do not tell."""
    return tuple(
        f"The largest numbers of {group} would fit into different depths; they are taken for scans of one depth, "
        "exposed otherwise. If they are of several, put those of each depth into a folder of their own."
        for group in groups
        if group.kinds[0].endswith("bits") and len({kind for kind in group.kinds if _has_plain(group, kind)}) > 1
    )


def _has_plain(group: NumberGroup, kind: str) -> bool:
    return any(
        scan.kind == kind and full_scale(np.append(scan.samples, scan.extremes), scan.high) is not None
        for scan in group.scans
    )


def _bits(kind: str) -> int:
    return int(kind.split()[0])


def _group(kinds: Sequence[str], by_kind: dict[str, list[Seen]]) -> NumberGroup:
    return NumberGroup(tuple(kinds), tuple(scan for kind in kinds for scan in by_kind[kind]))


def _halves(kinds: Sequence[str], cut: int, by_kind: dict[str, list[Seen]]) -> tuple[NumberGroup, NumberGroup]:
    return _group(kinds[:cut], by_kind), _group(kinds[cut:], by_kind)


def _are_unlike(lower: NumberGroup, upper: NumberGroup) -> bool:
    """Tell whether scans of fewer bits plainly are of another depth than those of more."""
    top = max(lower.scans, key=lambda scan: _bits(scan.kind))
    if any(scan.clipped for scan in lower.scans if scan.kind == top.kind):
        return True
    if lower.full_scale is None:
        return False
    return min(scan.high for scan in upper.scans) >= OTHER_EXPOSURE * max(scan.high for scan in lower.scans)
