"""Distractors: things on the ground that are no particles, drawn into the image and into no label."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from diffrendergan.config.ground import DistractorConfig
from diffrendergan.imaging.composite import Composite
from diffrendergan.imaging.fields import power_law, unit
from diffrendergan.imaging.lettering import bar, font, text

Field = NDArray[np.float32]
Drawn = tuple[Field, Field]
"""Opacity, and brightness relative to the contrast of the thing, (H, W) each."""


@dataclass(frozen=True)
class _Place:
    """Where a thing lies: distances from its middle [px], (H, W) each, and its extent [px]."""

    down: Field
    right: Field
    extent: float

    @property
    def away(self) -> Field:
        return np.hypot(self.down, self.right)


def _ramp(inside: Field, width: float) -> Field:
    """Return 1 well inside an outline, 0 outside, over so many pixels."""
    return np.clip(inside / width + 0.5, 0, 1).astype(np.float32)


def _blob(place: _Place, rng: np.random.Generator) -> Drawn:
    """Return a soft spot: dirt out of focus, contamination by the beam."""
    soft = np.exp(-0.5 * (place.away / (place.extent / 4)) ** 2)
    return (rng.uniform(0.4, 1) * soft).astype(np.float32), np.ones_like(soft, np.float32)


def _bead(place: _Place, rng: np.random.Generator) -> Drawn:
    """Return a ball, brighter at its rim."""
    radius = place.extent / 2
    slope = np.clip(place.away / radius, 0, 1)
    rim = 1 / np.maximum(np.sqrt(1 - slope**2), 0.25)
    return _ramp(radius - place.away, 1.0), (0.4 + rng.uniform(0.1, 0.4) * rim).astype(np.float32)


def _debris(place: _Place, rng: np.random.Generator) -> Drawn:
    """Return a flake with corners, of uneven matter, at times with a bright edge."""
    sides = int(rng.integers(3, 7))
    directions = (np.arange(sides) + rng.uniform(-0.4, 0.4, sides)) * 2 * np.pi / sides + rng.uniform(0, 2 * np.pi)
    reach = place.extent / 2 * rng.uniform(0.3, 1, sides)
    outwards = [place.right * np.cos(angle) + place.down * np.sin(angle) for angle in directions]
    inside = np.min([far - along for far, along in zip(reach, outwards, strict=True)], axis=0)
    edge = np.exp(-(((inside - 1) / 1.5) ** 2)) * rng.uniform(0, 1)
    matter = 1 + rng.uniform(0.1, 0.4) * power_law(place.away.shape, rng.uniform(0.8, 2), rng)
    return _ramp(inside, 1.0) * np.float32(rng.uniform(0.5, 1)), (0.6 * matter + edge).astype(np.float32)


def _scratch(place: _Place, rng: np.random.Generator) -> Drawn:
    """Return a bent line that thins out at its ends."""
    angle, bend = rng.uniform(0, np.pi), rng.normal(0, 0.06)
    along = place.right * np.cos(angle) + place.down * np.sin(angle)
    reach = place.extent * rng.uniform(1, 3)
    across = place.down * np.cos(angle) - place.right * np.sin(angle) - bend * along**2 / reach
    ends = np.clip(2 * (1 - np.abs(along) / reach), 0, 1)
    line = np.exp(-0.5 * (across / rng.uniform(0.5, 1.3)) ** 2) * ends
    return (rng.uniform(0.4, 1) * line).astype(np.float32), np.ones_like(line, np.float32)


def _film(place: _Place, rng: np.random.Generator) -> Drawn:
    """Return residue: a patch with a ragged, at times bright edge, through which the ground is seen."""
    ragged = ndimage.gaussian_filter(power_law(place.away.shape, rng.uniform(1.6, 2.6), rng), 1.5)
    stretch = np.hypot(place.right * rng.uniform(0.4, 1), place.down * rng.uniform(0.4, 1))
    inside = place.extent * (0.8 + 0.9 * ragged) - stretch
    edge = np.exp(-((inside / rng.uniform(1, 3)) ** 2)) * rng.uniform(0, 1)
    return _ramp(inside, 2.0) * np.float32(rng.uniform(0.2, 0.6)), (0.6 + edge).astype(np.float32)


def _islands(place: _Place, rng: np.random.Generator) -> Drawn:
    """Return residue all over the image: islands and bays of one thickness, with clear edges that dried last."""
    shape = place.away.shape
    rough = power_law(shape, rng.uniform(1.4, 2.6), rng)
    even = unit(ndimage.gaussian_filter(rng.normal(size=shape), place.extent / 4, mode="wrap"))
    depth = unit(rough + rng.uniform(0, 1.5) * even)
    above = (depth - np.quantile(depth, 1 - rng.uniform(0.03, 0.6))) / np.exp(rng.uniform(np.log(0.02), np.log(0.3)))
    inside = 1 / (1 + np.exp(-np.clip(4 * above, -30, 30)))
    rim = rng.uniform(0, 0.8) * np.exp(-((above - 1) ** 2))
    streaks = 1 + rng.uniform(0, 0.2) * power_law(shape, rng.uniform(0.8, 2), rng)
    return (rng.uniform(0.4, 1) * inside).astype(np.float32), (0.7 * streaks + rim).astype(np.float32)


def _print(place: _Place, rng: np.random.Generator) -> Drawn:
    """Return letters or a scale bar, as figures have them, from the place to the right and down."""
    layer = Image.new("L", place.away.shape[::-1], 0)
    draw, corner = ImageDraw.Draw(layer), (float(-place.right[0, 0]), float(-place.down[0, 0]))
    if rng.random() < 0.7:
        draw.text(corner, text(rng), fill=255, font=font(max(6, round(place.extent))))
    else:
        bar(draw, corner, rng)
    ink = np.asarray(layer, np.float32) / np.float32(255)
    return ink, np.ones_like(ink)


KINDS: dict[str, Callable[[_Place, np.random.Generator], Drawn]] = {
    "blob": _blob,
    "bead": _bead,
    "debris": _debris,
    "scratch": _scratch,
    "film": _film,
    "islands": _islands,
    "print": _print,
}


def draw_distractors(shape: tuple[int, int], config: DistractorConfig, rng: np.random.Generator) -> Drawn:
    """Draw the distractors of one image.

    Parameters
    ----------
    shape : tuple of int
        H and W [px].
    config : DistractorConfig
        How many, which, how large, how bright.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    opacity, contrast : float32 (H, W)
        How much of the ground they hide, and how much brighter than it they are, in units of full scale.
    """
    opacity, contrast = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    rows, columns = np.indices(shape).astype(np.float32)
    low, high = config.size_px
    for _ in range(int(rng.integers(config.number[0], config.number[1] + 1))):
        kind = str(rng.choice(config.kinds))
        extent = float(np.exp(rng.uniform(np.log(low), np.log(high))))
        place = _Place(rows - rng.uniform(0, shape[0]), columns - rng.uniform(0, shape[1]), extent)
        own, bright = KINDS[kind](place, rng)
        strength = rng.uniform(*config.contrast) * (-1 if rng.random() < config.dark else 1)
        total = own + opacity * (1 - own)
        mixed = own * strength * bright + (1 - own) * opacity * contrast
        contrast = (mixed / np.maximum(total, 1e-6)).astype(np.float32)
        opacity = total
    return opacity, contrast


@dataclass(frozen=True)
class Distractors:
    """Lays distractors on the ground, below particles and their shadows.

    Attributes
    ----------
    config : DistractorConfig
        What is drawn.
    """

    config: DistractorConfig

    def laid(self, image: Composite, rng: torch.Generator | None) -> Composite:
        """Return images (B, H, W) with distractors; they are reproducible by `rng`."""
        count, shape = len(image.over), (image.over.shape[1], image.over.shape[2])
        device = image.over.device if rng is None else rng.device
        drawn = torch.randint(2**62, (count,), generator=rng, device=device).tolist()
        fields = [draw_distractors(shape, self.config, np.random.default_rng(seed)) for seed in drawn]
        opacity, contrast = (torch.from_numpy(np.stack(part)).to(image.over) for part in zip(*fields, strict=True))
        level = image.ground.mean((1, 2), keepdim=True)
        shown = image.through * opacity * (level + contrast).clamp_min(0)
        return replace(image, over=image.over + shown, through=image.through * (1 - opacity))
