"""What a scan says of the instrument that made it: grey values, noise, sharpness, spectrum."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from diffrendergan.micrographs.grey_range import PERCENT, percentiles_of
from diffrendergan.micrographs.types import FloatImage, Micrograph
from diffrendergan.pipeline.watch.rules import WATCH_RULES, WatchRules
from diffrendergan.realism.grain import noise_numbers
from diffrendergan.realism.spectra import spectrum_numbers

GREY: Mapping[str, float] = MappingProxyType({"grey_dark": 1.0, "grey_middle": 50.0, "grey_bright": 99.0})
"""Percentiles of the grey values."""
COARSE, FINE = 0.08, 0.25
"""Structures of more than 12 px, and of less than 4 px, lie beyond these frequencies [cycles/px]."""
FIGURES: Mapping[str, str] = MappingProxyType(
    {
        "grey_dark": "dark grey values",
        "grey_middle": "middle grey values",
        "grey_bright": "bright grey values",
        "noise": "noise",
        "sharpness": "sharpness",
        "coarse": "contrast of coarse structures",
        "fine": "fine structures over the noise",
        "surety": "surety of the network",
    }
)
"""What is watched, in words. All but grey values and surety are natural logarithms of amplitudes."""


def instrument_of(scan: Micrograph, rules: WatchRules = WATCH_RULES) -> dict[str, float]:
    """Return the figures of a scan by their names; noise and spectrum are missing in one below 64 px.

    Parameters
    ----------
    scan : Micrograph
        Grey values in [0, 1], (H, W), in the pixels of its file.
    rules : WatchRules
    """
    levels = dict(zip(PERCENT, percentiles_of(scan), strict=True))
    found = {name: levels[percent] for name, percent in GREY.items()}
    windows = [_of_window(part) for part in _windows(scan.pixels, rules)]
    if windows:
        noise, coarse, middle, fine = np.median(windows, axis=0).tolist()
        found |= {"noise": noise, "sharpness": middle - coarse, "coarse": coarse, "fine": fine - noise}
    return {name: round(value, 5) for name, value in found.items() if math.isfinite(value)}


def _of_window(pixels: FloatImage) -> tuple[float, float, float, float]:
    """Return logarithms of noise, and of the amplitude of coarse, middle and fine structures."""
    noise = float(noise_numbers(pixels)[0].values.mean())
    usual = spectrum_numbers(pixels)[1]
    lowest = np.array([_low_end(name) for name in usual.names])
    parts = (lowest < COARSE, (lowest >= COARSE) & (lowest < FINE), lowest >= FINE)
    coarse, middle, fine = (float(usual.values[part].mean()) / 2 for part in parts)
    return noise, coarse, middle, fine


def _low_end(name: str) -> float:
    found = re.search(r" at (\d\.\d+)–", name)
    return float(found.group(1)) if found else 0.0


def _windows(pixels: FloatImage, rules: WatchRules) -> list[NDArray[np.float32]]:
    rows, columns = pixels.shape
    edge = min(rules.window_px, rows, columns)
    if edge < 64:
        return []
    per_side = round(rules.windows**0.5)
    tops, lefts = ([round(place) for place in np.linspace(0, length - edge, per_side)] for length in (rows, columns))
    places = sorted({(top, left) for top in tops for left in lefts})
    return [pixels[top : top + edge, left : left + edge] for top, left in places]
