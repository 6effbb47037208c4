"""The range of grey values that a trained network knows, and how further scans are brought to it.

A network has learnt what its training scans look like in [0, 1]. Scans of the same numbers are read as those were. For
others, one range holds for all scans of a folder that hold the same kind of numbers (`number_kinds`):

- whole numbers that use more than half of 8, 10, 12, 14 or 16 bits: that full scale, as 8-bit files have theirs;
- everything else (signed numbers, offsets, floating point): its 0.1 and 99.9 percentiles become those of the training
  scans.

Within that range, a scan may still be darker or brighter than all training scans, or show dark particles where those
show bright ones. Of that is warned, since no rule can tell an exposure from a material.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from diffrendergan.micrographs.common_range import by_kind, matched
from diffrendergan.micrographs.intensity import EIGHT_BITS, TAIL_PERCENT
from diffrendergan.micrographs.number_kinds import (
    OTHER_EXPOSURE,
    UNIT,
    NumberGroup,
    grouped,
    seen,
    unsure_of,
)
from diffrendergan.micrographs.stretch import Stretch
from diffrendergan.micrographs.types import Micrograph, RawScan

PERCENT = (TAIL_PERCENT, 1.0, 10.0, 50.0, 90.0, 99.0, 100 - TAIL_PERCENT)
"""Percentiles of the grey values that are kept of each training scan."""
SAME_RANGE = (1 / OTHER_EXPOSURE, 3.0)
"""Scans whose grey values span this many times what the training scans' do are of one range, exposed otherwise."""
DIM = 0.6
"""A scan is dim where ground and brightest parts both have less than this fraction of the darkest training scan's."""
BLACK = 0.03
"""A ground darker than this tells nothing of the exposure."""
CLEAR_SKEW = 0.25
"""From this skew on, the grey values tell which of two phases is the ground."""


@dataclass(frozen=True)
class TrainedGrey:
    """What the training scans of a network look like."""

    percentiles: tuple[tuple[float, ...], ...]
    """Of each training scan, grey values in [0, 1] at `PERCENT`."""
    depths: tuple[int, ...]
    """Bits per pixel of their files."""
    stretch: Stretch | None
    """How those of more than 8 bits were scaled."""
    foreground: Literal["bright", "dark"] = "bright"

    @property
    def table(self) -> NDArray[np.float64]:
        """The percentiles, shape (scans, 7)."""
        return np.array(self.percentiles, np.float64)

    @property
    def ends(self) -> tuple[float, float]:
        """The usual lower and upper end of their grey values."""
        middle = np.median(self.table, axis=0)
        return float(middle[0]), float(middle[-1])


def percentiles_of(scan: Micrograph) -> tuple[float, ...]:
    """Return the grey values of the field of a scan at `PERCENT`."""
    inside = scan.pixels if scan.field is None else scan.pixels[scan.field]
    return tuple(round(float(value), 5) for value in np.percentile(inside, PERCENT))


def fitting_stretch(raws: Iterable[RawScan], trained: TrainedGrey) -> tuple[Stretch | None, tuple[str, ...]]:
    """Find how the scans of a folder are brought to the range of a network's training scans.

    Parameters
    ----------
    raws : iterable of RawScan
        Opened scans; looked at one at a time.
    trained : TrainedGrey

    Returns
    -------
    Stretch or None
        For `ReadingRules.stretch`.
    tuple of str
        What was done, a sentence for each kind of numbers; empty where scans are read as the training scans were.
    """
    groups = grouped(seen(raws))
    found = {group: _fitting_ends(group, trained) for group in groups}
    changed = [group for group, ends in found.items() if ends is not None]
    if not changed:
        return trained.stretch, ()
    said = [_brought(group, found[group], len(groups) > 1) for group in changed]
    ranges = {kind: found[group] or _known_ends(group, trained) for group in groups for kind in group.kinds}
    return by_kind(ranges), (*said, *unsure_of(groups))


def _fitting_ends(group: NumberGroup, trained: TrainedGrey) -> tuple[float, float] | None:
    """Return the values of a group that become 0 and 1; None where those that a network knows do."""
    if group.kinds == (EIGHT_BITS,):
        known = trained.stretch is None or min(trained.depths) == 8
        return None if known else matched(group.samples, trained.ends)
    full = group.full_scale
    if max(trained.depths) == 8:
        ends = (0.0, full) if full is not None else matched(group.samples, trained.ends)
        return None if ends == group.default else ends
    return None if _same_range(group, trained) else matched(group.samples, trained.ends)


def _known_ends(group: NumberGroup, trained: TrainedGrey) -> tuple[float, float]:
    """Return the values of a group that become 0 and 1 where its scans are read as the training scans were."""
    if trained.stretch is not None and (group.kinds != (EIGHT_BITS,) or EIGHT_BITS in trained.stretch.kinds):
        return trained.stretch.ends(group.kinds[-1])
    return group.default or (0.0, 1.0 if UNIT in group.kinds else 65535.0)


def _brought(group: NumberGroup, ends: tuple[float, float] | None, several: bool) -> str:
    low, high = (float(value) for value in np.percentile(group.samples, [TAIL_PERCENT, 100 - TAIL_PERCENT]))
    count = len(group.scans)
    of_one = f"{'1 scan' if count == 1 else f'{count} scans'} of more than 8 bits"
    which = str(group) if several or group.kinds == (EIGHT_BITS,) else of_one
    first, last = ends or (low, high)
    return (
        f"The grey values of {which} ({low:g} to {high:g}) were brought to the range of the training scans: "
        f"{first:g} to {last:g} count as 0 to 1."
    )


def doubts_of(scan: Micrograph, trained: TrainedGrey) -> tuple[str, ...]:
    """Say where the grey values of a scan lie outside what a network was trained on.

    Returns
    -------
    tuple of str
        At most one sentence.
    """
    here, known = np.array(percentiles_of(scan)), trained.table
    if _is_turned(here, known):
        shown, other = ("dark", "bright") if trained.foreground == "bright" else ("bright", "dark")
        return (
            f"the contrast seems turned: it shows {shown} particles or a ground like the {other} particles that the "
            "model was trained on; invert its grey values, or train on scans like it",
        )
    ground = PERCENT.index(10.0 if trained.foreground == "bright" else 90.0)
    darkest, brightest = known.min(axis=0), known.max(axis=0)
    top = len(PERCENT) - 1
    dark_ground = darkest[ground] < BLACK or here[ground] < DIM * darkest[ground]
    if dark_ground and here[top] < DIM * darkest[top]:
        return (
            f"its grey values reach {here[top]:.2f} of 1, those of the training scans {darkest[top]:.2f} or more: it "
            "is dim, and particles may be missed; bring it to the exposure of the training scans, or train on scans "
            "like it",
        )
    light = PERCENT.index(1.0)
    if here[light] > (1 + DIM) * brightest[light] + BLACK and here[light] > known[:, ground].max() + BLACK:
        return (
            f"its darkest parts have a grey value of {here[light]:.2f}, brighter than the ground of all training "
            "scans: bring it to their exposure, or train on scans like it",
        )
    return ()


def _is_turned(here: NDArray[np.float64], known: NDArray[np.float64]) -> bool:
    usual = float(np.median([_skew(row) for row in known]))
    return abs(usual) >= CLEAR_SKEW and _skew(here) * np.sign(usual) <= -CLEAR_SKEW


def _skew(percentiles: NDArray[np.float64]) -> float:
    low, middle, high = (float(percentiles[PERCENT.index(percent)]) for percent in (1.0, 50.0, 99.0))
    return (high + low - 2 * middle) / max(high - low, 1e-6)


def _same_range(group: NumberGroup, trained: TrainedGrey) -> bool:
    """Tell whether scans have the range of the training scans of more than 8 bits, whatever their exposure."""
    low, high = (float(value) for value in np.percentile(group.samples, [TAIL_PERCENT, 100 - TAIL_PERCENT]))
    from_low, to_high = _known_ends(group, trained)
    first, last = ((value - from_low) / (to_high - from_low) for value in (low, high))
    know_low, know_high = trained.ends
    ratio = (last - first) / max(know_high - know_low, 1e-6)
    return SAME_RANGE[0] <= ratio <= SAME_RANGE[1] and first < know_high and last > know_low


def describe_grey(scans: Sequence[Micrograph]) -> dict[str, object]:
    """Return depths and percentiles of training scans, as values for JSON."""
    return grey_record([percentiles_of(scan) for scan in scans], sorted({scan.bit_depth for scan in scans}))


def grey_record(percentiles: Sequence[Sequence[float]], depths: Sequence[int]) -> dict[str, object]:
    """Return what is recorded of training scans (`TrainedGrey`), as values for JSON."""
    return {"percent": list(PERCENT), "percentiles": [list(row) for row in percentiles], "depths": list(depths)}
