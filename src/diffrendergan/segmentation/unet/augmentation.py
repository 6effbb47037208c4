"""Random geometry and random imaging conditions for training crops.

Label images are resampled as instances, by nearest neighbour, and turned into classes afterwards, so that a contour
of 1 px stays closed and 1 px wide at every scale.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

SCALE_RANGE = (0.7, 1.4)
"""Magnification at full strength."""
ASPECT = 1.65
"""Largest ratio of the magnifications of rows and columns at full strength: round particles become oval."""


@dataclass(frozen=True)
class Window:
    """Where each row and column of a crop is taken from, and how the crop is turned."""

    rows: NDArray[np.floating]
    """(P,) source rows [px]; outside the image they are reflected."""
    columns: NDArray[np.floating]
    turns: int
    """Quarter turns."""
    mirror: bool


def draw_window(shape: tuple[int, int], size: int, strength: float, rng: np.random.Generator) -> Window:
    """Draw a crop of `size` x `size` pixels: place, magnification, flip and quarter turns.

    Magnification is log-uniform and reaches .7 to 1.4 at strength 1, where rows may also be magnified up to 1.65 times
    as much as columns, or the reverse. A crop larger than the image is filled by reflection.
    """
    low, high = (math.log(end) * strength for end in SCALE_RANGE)
    scale = math.exp(rng.uniform(low, high))
    stretch = math.exp(rng.uniform(-0.5, 0.5) * math.log(ASPECT) * strength)
    places = [
        _places(length, size, one, rng) for length, one in zip(shape, (scale * stretch, scale / stretch), strict=True)
    ]
    return Window(places[0], places[1], int(rng.integers(4)), bool(rng.integers(2)))


def _places(length: int, size: int, scale: float, rng: np.random.Generator) -> NDArray[np.floating]:
    """Draw where along an axis of an image the pixels of a crop are taken from."""
    slack = length - size / scale
    start = rng.uniform(min(slack, 0), max(slack, 0))
    # Unscaled crops lie on whole pixels, so that they are copied and not interpolated.
    start = round(start) if scale == 1 else start
    return start + (np.arange(size) + 0.5) / scale - 0.5


def take_pixels(pixels: NDArray[np.float32], window: Window) -> NDArray[np.float32]:
    """Return the crop (P, P) of an image, by linear interpolation."""
    rows = _linear(pixels, window.rows, axis=0)
    return _turn(_linear(rows, window.columns, axis=1), window)


def take_labels(labels: NDArray[np.int32], window: Window) -> NDArray[np.int32]:
    """Return the crop (P, P) of a label image, by nearest neighbour."""
    rows = _reflect(np.rint(window.rows).astype(int), labels.shape[0])
    columns = _reflect(np.rint(window.columns).astype(int), labels.shape[1])
    return _turn(labels[np.ix_(rows, columns)], window)


def _linear(pixels: NDArray[np.float32], places: NDArray[np.floating], axis: int) -> NDArray[np.float32]:
    below = np.floor(places).astype(int)
    share = (places - below).astype(np.float32)
    share = share[:, None] if axis == 0 else share[None, :]
    length = pixels.shape[axis]
    first = np.take(pixels, _reflect(below, length), axis=axis)
    if not share.any():
        return first
    second = np.take(pixels, _reflect(below + 1, length), axis=axis)
    return first + share * (second - first)


def _reflect(index: NDArray[np.intp], length: int) -> NDArray[np.intp]:
    """Fold indices into 0 to length - 1 by mirrors at both borders, repeating the border pixel."""
    folded = index % (2 * length)
    return np.minimum(folded, 2 * length - 1 - folded)


def _turn(crop: NDArray, window: Window) -> NDArray:
    turned = np.rot90(crop, window.turns)
    return np.ascontiguousarray(turned[:, ::-1] if window.mirror else turned)


def vary_imaging(pixels: NDArray[np.float32], strength: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return the crop as another microscope, or another operator, might have taken it.

    In the order of the physics: blur, uneven illumination, contrast, brightness and gamma, charging streaks, shot
    and Gaussian noise. Each is applied to part of the crops, with random amplitude proportional to `strength`; at
    strength 0 the crop is returned as it is.

    Parameters
    ----------
    pixels
        (P, P) intensities in [0, 1].
    strength
        In [0, 1].

    Returns
    -------
    NDArray[np.float32]
        (P, P) in [0, 1].
    """
    if strength == 0:
        return pixels
    if rng.random() < 0.5:
        pixels = ndimage.gaussian_filter(pixels, rng.uniform(0, 1.6 * strength))
    if rng.random() < 0.4:
        pixels = pixels + gradient(pixels.shape, 0.15 * strength, rng)
    if rng.random() < 0.8:
        pixels = _tone(pixels, strength, rng)
    if rng.random() < 0.3:
        pixels = pixels + streaks(pixels.shape, 0.15 * strength, rng)
    if rng.random() < 0.4:
        # Shot noise in its normal approximation, from some 50 to infinitely many electrons at full intensity.
        deviation = rng.uniform(0, 0.14 * strength)
        roots: NDArray[np.float32] = np.sqrt(np.clip(pixels, 0, 1))
        pixels = pixels + deviation * roots * _normal(pixels.shape, rng)
    if rng.random() < 0.5:
        pixels = pixels + rng.uniform(0, 0.1 * strength) * _normal(pixels.shape, rng)
    return np.clip(pixels, 0, 1).astype(np.float32)


def _tone(pixels: NDArray[np.float32], strength: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Change contrast about the mean, brightness and gamma."""
    mean = pixels.mean()
    contrast = math.exp(rng.uniform(-0.7, 0.7) * strength)
    brightness = rng.uniform(-0.2, 0.2) * strength
    gamma = math.exp(rng.uniform(-0.6, 0.6) * strength)
    return np.clip((pixels - mean) * contrast + mean + brightness, 0, 1) ** gamma


def gradient(shape: tuple[int, ...], amplitude: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a smooth random field within ±`amplitude`: a 3 x 3 grid of values, linearly interpolated."""
    values = rng.uniform(-amplitude, amplitude, (3, 3)).astype(np.float32)
    rows, columns = (np.linspace(0, 1.999, length) for length in shape)
    return _linear(_linear(values, rows, axis=0), columns, axis=1)


def streaks(shape: tuple[int, ...], amplitude: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return horizontal streaks as charging leaves them: bright or dark, starting anywhere, fading along the scan."""
    height, width = shape
    field = np.zeros(shape, np.float32)
    columns = np.arange(width)
    for _ in range(rng.integers(1, 9)):
        row, rows = rng.integers(height), rng.integers(1, 4)
        start, length = rng.integers(-width // 2, width), rng.uniform(0.1, 1.0) * width
        fade = np.where(columns >= start, np.exp(-(columns - start) / length), 0)
        field[row : row + rows] += rng.uniform(-amplitude, amplitude) * fade
    return field + rng.uniform(0, 0.1 * amplitude) * _normal((height, 1), rng)


def _normal(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float32]:
    return rng.standard_normal(shape, dtype=np.float32)
