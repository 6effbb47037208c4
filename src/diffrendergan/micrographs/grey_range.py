"""The range of grey values that a trained network knows, and how further scans are brought to it.

A network has learnt what its training scans look like in [0, 1]. Scans of the same numbers are read as those were. For
others, one range holds for all scans of a folder of more than 8 bits:

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

from diffrendergan.errors import DataError
from diffrendergan.micrographs.intensity import SMALL_PART, TAIL_PERCENT, samples_of
from diffrendergan.micrographs.stretch import Stretch
from diffrendergan.micrographs.types import Micrograph, RawScan

PERCENT = (TAIL_PERCENT, 1.0, 10.0, 50.0, 90.0, 99.0, 100 - TAIL_PERCENT)
"""Percentiles of the grey values that are kept of each training scan."""
WHOLE_BITS = (8, 10, 12, 14, 16)
SAME_RANGE = (1 / 6, 3.0)
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


def percentiles_of(scan: Micrograph) -> tuple[float, ...]:
    """Return the grey values of the field of a scan at `PERCENT`."""
    inside = scan.pixels if scan.field is None else scan.pixels[scan.field]
    return tuple(round(float(value), 5) for value in np.percentile(inside, PERCENT))


def fitting_stretch(raws: Iterable[RawScan], trained: TrainedGrey) -> tuple[Stretch | None, str]:
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
    str
        What was done, as a sentence; empty where scans are read as the training scans were.

    Raises
    ------
    DataError
        If numbers of different kinds lie in one folder, so that no common range holds.
    """
    eight, deep = [], []
    for raw in raws:
        if raw.values.dtype != np.uint8:
            deep.append(samples_of(raw.recorded))
        elif trained.stretch is not None and min(trained.depths) > 8:
            eight.append(samples_of(raw.recorded))
    stretch, said = trained.stretch, ""
    if deep:
        stretch, said = _deep_stretch(deep, trained)
    if eight:
        matched = _matched(np.concatenate(eight), trained)
        base = stretch or Stretch(0, 65535)
        stretch = Stretch(base.low, base.high, (matched.low, matched.high))
        brought = "were brought to the range of the training scans, which have more bits"
        said = f"{said} The grey values of {_count(len(eight))} of 8 bits {brought}.".strip()
    return stretch, said


def measurable_stretch(raws: Iterable[RawScan]) -> tuple[Stretch | None, str]:
    """Find a common scale of scans whose numbers have no known full scale, where label images show the particles.

    Returns
    -------
    Stretch or None
        The project's own rule for such scans; None where all are of 8 or 16 bits, or within [0, 1].
    str
        What was done, as a sentence.
    """
    unknown = [samples_of(raw.recorded) for raw in raws if _has_no_full_scale(raw)]
    if not unknown:
        return None, ""
    low, high = (float(v) for v in np.percentile(np.concatenate(unknown), [TAIL_PERCENT, 100 - TAIL_PERCENT]))
    if not low < high:
        return None, ""
    stretch = Stretch(low, high)
    return stretch, (
        f"The numbers of {_count(len(unknown))} have no known full scale: {stretch.low:g} to {stretch.high:g} count as "
        "grey values 0 to 1 (intensity_mean)."
    )


def _has_no_full_scale(raw: RawScan) -> bool:
    if raw.values.dtype in (np.uint8, np.uint16):
        return False
    return float(raw.values.min()) < 0 or float(raw.values.max()) > 1


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


def _deep_stretch(scans: list[NDArray[np.float64]], trained: TrainedGrey) -> tuple[Stretch | None, str]:
    """Return the range of scans of more than 8 bits, from pixels of each of them."""
    if max(trained.depths) == 8 and all(_is_plain(samples) for samples in scans):
        return None, ""
    if len({bool(samples.max() <= 1) for samples in scans}) > 1:
        raise DataError(
            "some scans of more than 8 bits hold grey values in [0, 1], others larger numbers, and one range cannot "
            "hold for both; put them into folders of their own."
        )
    samples, count = np.concatenate(scans), len(scans)
    low, high = (float(value) for value in np.percentile(samples, [TAIL_PERCENT, 100 - TAIL_PERCENT]))
    if max(trained.depths) > 8 and _same_range(low, high, samples, trained):
        return trained.stretch, ""
    full = _full_scale(samples, high)
    found = Stretch(0.0, full) if max(trained.depths) == 8 and full is not None else _matched(samples, trained)
    return found, (
        f"The grey values of {_count(count)} of more than 8 bits ({low:g} to {high:g}) were brought to the range of "
        f"the training scans: {found.low:g} to {found.high:g} count as 0 to 1."
    )


def _same_range(low: float, high: float, samples: NDArray[np.float64], trained: TrainedGrey) -> bool:
    """Tell whether scans have the range of the training scans of more than 8 bits, whatever their exposure."""
    scale = trained.stretch
    if scale is None:
        whole = 1.0 if samples.max() <= 1 else 65535.0
        scale = Stretch(0.0, whole)
    first, last = ((value - scale.low) / (scale.high - scale.low) for value in (low, high))
    know_low, know_high = _usual_ends(trained)
    ratio = (last - first) / max(know_high - know_low, 1e-6)
    return SAME_RANGE[0] <= ratio <= SAME_RANGE[1] and first < know_high and last > know_low


def _full_scale(samples: NDArray[np.float64], high: float) -> float | None:
    """Return the full scale of numbers that plainly have one; None otherwise."""
    least, most = float(samples.min()), float(samples.max())
    if least < 0:
        return None
    if most <= 1:
        return 1.0 if high >= SMALL_PART else None
    if (samples != np.round(samples)).any():
        return None
    full = next((2.0**bits - 1 for bits in WHOLE_BITS if most <= 2**bits - 1), None)
    return full if full is not None and high >= SMALL_PART * full else None


def _is_plain(samples: NDArray[np.float64]) -> bool:
    """Tell whether the numbers of one scan plainly are grey values in [0, 1] or of full 16 bits."""
    high = float(np.percentile(samples, 100 - TAIL_PERCENT))
    return _full_scale(samples, high) in (1.0, 65535.0)


def _matched(samples: NDArray[np.float64], trained: TrainedGrey) -> Stretch:
    """Return the stretch that gives the percentiles of the training scans."""
    low, high = (float(value) for value in np.percentile(samples, [TAIL_PERCENT, 100 - TAIL_PERCENT]))
    if not low < high:
        low, high = float(samples.min()), float(samples.max())
    first, last = _usual_ends(trained)
    unit = (high - low) / max(last - first, 1e-6)
    return Stretch(low - first * unit, low + (1 - first) * unit)


def _usual_ends(trained: TrainedGrey) -> tuple[float, float]:
    middle = np.median(trained.table, axis=0)
    return float(middle[0]), float(middle[-1])


def _count(number: int) -> str:
    return "1 scan" if number == 1 else f"{number} scans"


def describe_grey(scans: Sequence[Micrograph]) -> dict[str, object]:
    """Return depths and percentiles of training scans, as values for JSON."""
    return {
        "percent": list(PERCENT),
        "percentiles": [list(percentiles_of(scan)) for scan in scans],
        "depths": sorted({scan.bit_depth for scan in scans}),
    }
