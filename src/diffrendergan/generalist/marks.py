"""Marks that are no particles: printed letters, scale bars, frames of text, insets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from diffrendergan.imaging.lettering import bar, font, text

Field = NDArray[np.float32]


def mark(image: Field, rng: np.random.Generator) -> tuple[Field, NDArray[np.bool_]]:
    """Print a few marks upon an image (H, W) in its own range of grey values; return it and what boxes hide (H, W)."""
    low, high = float(image.min()), float(image.max())
    layer = Image.new("L", image.shape[::-1], 0)
    draw = ImageDraw.Draw(layer)
    for _ in range(int(rng.integers(1, 4))):
        place = rng.uniform(0, image.shape[1] * 0.9), rng.uniform(0, image.shape[0] * 0.95)
        if rng.random() < 0.6:
            draw.text(place, text(rng), fill=255, font=font(int(rng.integers(8, 40))))
        else:
            bar(draw, place, rng)
    ink = np.asarray(layer, np.float32) / np.float32(255)
    # At times far beyond a ground of little contrast.
    beyond = rng.uniform(0.5, 4)
    level = float(
        rng.choice(
            [
                high,
                low,
                high + 0.3 * (high - low),
                low - 0.1 * (high - low),
                high + beyond * (high - low),
                low - beyond * (high - low),
            ]
        )
    )
    hidden = np.zeros(image.shape, bool)
    if rng.random() < 0.15:
        hidden = _box(ink, rng)
        image = np.where(hidden, low if level > image.mean() else high, image)
    if rng.random() < 0.15:
        inset = _inset(image.shape, rng)
        filled = low + (high - low) * _picture(image.shape, rng)
        image, hidden = np.where(inset, filled, image), hidden | inset
    return (image * (1 - ink) + level * ink).astype(np.float32), hidden


def _inset(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return a box in a corner, where another picture is laid over the scan."""
    height, width = (int(length * rng.uniform(0.15, 0.5)) for length in shape)
    inset = np.zeros(shape, bool)
    rows = slice(0, height) if rng.random() < 0.5 else slice(shape[0] - height, shape[0])
    columns = slice(0, width) if rng.random() < 0.5 else slice(shape[1] - width, shape[1])
    inset[rows, columns] = True
    return inset


def _picture(shape: tuple[int, ...], rng: np.random.Generator) -> Field:
    """Return a plain drawing in [0, 1]: an even or shaded ground, at times with a shape upon it."""
    rows, columns = (axis / max(shape) for axis in np.indices(shape))
    slope = rng.normal(0, 0.5, 2) * (rng.random() < 0.5)
    field = rng.choice([rng.random(), 1.0]) + slope[0] * (rows - 0.5) + slope[1] * (columns - 0.5)
    for _ in range(int(rng.integers(0, 4))):
        middle, reach = rng.random(2), rng.uniform(0.03, 0.3, 2)
        away = ((rows - middle[0]) / reach[0]) ** 2 + ((columns - middle[1]) / reach[1]) ** 2
        field = np.where(away < 1, rng.random(), field)
    return np.clip(field, 0, 1).astype(np.float32)


def _box(ink: Field, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return a box around all marks."""
    hidden = np.zeros(ink.shape, bool)
    rows, columns = np.nonzero(ink > 0.5)
    if len(rows):
        pad = int(rng.integers(1, 8))
        hidden[max(0, rows.min() - pad) : rows.max() + pad, max(0, columns.min() - pad) : columns.max() + pad] = True
    return hidden
