"""The range of grey values that is found from the scans of a folder alone: those of a project, or with label images.

Scans of one kind of numbers share a range. Where a folder holds several kinds, as 8 bits beside 12 in 16, each has its
own: its full scale where it plainly has one, and else the one that makes its scans as dark and bright as the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from diffrendergan.micrographs.intensity import EIGHT_BITS, SMALL_PART, TAIL_PERCENT
from diffrendergan.micrographs.number_kinds import NumberGroup, grouped, seen, unsure_of
from diffrendergan.micrographs.stretch import Stretch
from diffrendergan.micrographs.types import RawScan

Ends = tuple[float, float]


def choose_stretch(scans: Sequence[RawScan], others: Sequence[RawScan] = ()) -> tuple[Stretch | None, tuple[str, ...]]:
    """Find the common stretch of a project, or None if the plain rules do.

    Of one kind of numbers, it spans the 0.1 and 99.9 percentiles of all pixels of all scans of more than 8 bits.

    Parameters
    ----------
    scans : sequence of RawScan
        The training scans.
    others : sequence of RawScan
        Test scans: they decide on the range of kinds of numbers that no training scan has, and of nothing else.

    Returns
    -------
    Stretch or None
        For `ReadingRules.stretch`.
    tuple of str
        What was made of several kinds of numbers, a sentence for each.
    """
    every = seen((*scans, *others))
    chosen = set(map(id, every[: len(scans)]))
    groups = grouped(every)
    of_train = [NumberGroup(g.kinds, tuple(s for s in g.scans if id(s) in chosen) or g.scans) for g in groups]
    if len(groups) == 1:
        return (None if groups[0].kinds == (EIGHT_BITS,) else _own_stretch(of_train[0])), unsure_of(groups)
    ends = _ends_of_several(of_train)
    said = tuple(_said(group, ends[group]) for group in of_train if ends[group] != group.default)
    ranges = {kind: ends[group] for group in of_train for kind in group.kinds}
    return (by_kind(ranges) if said else None), (*said, *unsure_of(groups))


def measurable_stretch(raws: Iterable[RawScan]) -> tuple[Stretch | None, tuple[str, ...]]:
    """Find a common scale of scans whose numbers have no known full scale, where label images show the particles.

    Returns
    -------
    Stretch or None
        The project's own rule for such scans; None where all are of 8 or 16 bits, or within [0, 1].
    tuple of str
        What was done, a sentence for each kind of numbers.
    """
    groups = grouped(seen(raws))
    several = sum(group.kinds[0].endswith("bits") for group in groups) > 1
    ranges: dict[str, Ends] = {}
    said = []
    for group in groups:
        ends = _measurable_ends(group, several)
        ranges.update(dict.fromkeys(group.kinds, ends))
        if ends != group.default:
            said.append(
                f"The numbers of {group} have no known full scale: {ends[0]:g} to {ends[1]:g} count as grey values "
                "0 to 1 (intensity_mean)."
            )
    return (by_kind(ranges), tuple(said)) if said else (None, ())


def by_kind(ranges: Mapping[str, Ends]) -> Stretch:
    """Return the stretch with a range for each kind of numbers; that of the last one holds for kinds not seen yet."""
    deep = {kind: ends for kind, ends in ranges.items() if kind != EIGHT_BITS}
    low, high = list(deep.values())[-1] if deep else (0.0, 65535.0)
    kinds = dict(ranges) if len(set(deep.values())) > 1 else {}
    if ranges.get(EIGHT_BITS, (0.0, 255.0)) != (0.0, 255.0):
        kinds[EIGHT_BITS] = ranges[EIGHT_BITS]
    return Stretch(low, high, kinds)


def matched(samples: NDArray[np.float64], ends: Ends) -> Ends:
    """Return the values that become 0 and 1 if the grey values of scans are to end at `ends`."""
    low, high = _tails(samples)
    first, last = ends
    unit = (high - low) / max(last - first, 1e-6)
    return low - first * unit, low + (1 - first) * unit


def _tails(samples: NDArray[np.float64]) -> Ends:
    low, high = (float(value) for value in np.percentile(samples, [TAIL_PERCENT, 100 - TAIL_PERCENT]))
    return (low, high) if low < high else (float(samples.min()), float(samples.max()))


def _own_stretch(group: NumberGroup) -> Stretch | None:
    """Return the stretch of scans of more than 8 bits of one kind of numbers."""
    samples = group.samples
    low, high = _tails(samples)
    if group.kinds[0].endswith("bits"):
        if high - low >= SMALL_PART * 65535:
            return None
    elif samples.min() >= 0 and SMALL_PART <= samples.max() <= 1:
        return None
    return Stretch(low, high) if low < high else None


def _full_scale(group: NumberGroup) -> float | None:
    return 255.0 if group.kinds == (EIGHT_BITS,) else group.full_scale


def _ends_of_several(groups: Sequence[NumberGroup]) -> dict[NumberGroup, Ends]:
    """Return the range of each of several kinds of numbers."""
    plain = {group: full for group in groups if (full := _full_scale(group)) is not None}
    tails = [(low / full, high / full) for group, full in plain.items() for low, high in [_tails(group.samples)]]
    low, high = np.mean(tails or [(0.0, 1.0)], axis=0)
    usual = (float(low), float(high))
    return {group: (0.0, plain[group]) if group in plain else matched(group.samples, usual) for group in groups}


def _said(group: NumberGroup, ends: Ends) -> str:
    low, high = ends
    return f"The grey values of {group}, beside scans of other numbers, are read with {low:g} to {high:g} as 0 to 1."


def _measurable_ends(group: NumberGroup, several: bool) -> Ends:
    samples, full = group.samples, _full_scale(group)
    if group.default is not None:
        return (0.0, full) if several and full is not None else group.default
    if samples.min() >= 0 and samples.max() <= 1:
        return 0.0, 1.0
    low, high = _tails(samples)
    return (low, high) if low < high else (0.0, 1.0)
