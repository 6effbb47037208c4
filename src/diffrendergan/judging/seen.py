"""What is found in several pictures together, in a few numbers that can be set beside those of other pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffrendergan.quantification.particles import measure_particles
from diffrendergan.sizes.distribution import weighted_quantiles


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture and the particles found in it."""

    pixels: NDArray[np.float32]
    """Grey values in [0, 1], shape (H, W)."""
    labels: NDArray[np.int32]
    """Particles, shape (H, W)."""
    field: NDArray[np.bool_] | None = None
    """What of the picture was recorded; None for all of it."""
    unsure: NDArray[np.bool_] | None = None
    """Pixels that the network may take for particle or ground, shape (H, W); None where there is no network."""


@dataclass(frozen=True)
class Seen:
    """What was found in pictures; lengths in pixels, None where nothing tells them."""

    pictures: int
    without: int
    """Pictures in which nothing was found."""
    number: int
    """Particles in all of them."""
    area_px: int
    coverage: float
    """Share of the area that particles take."""
    d10: float | None
    """A tenth of the particles is smaller. Of those that the border does not cut, corrected for that."""
    d50: float | None
    d90: float | None
    contrast: float | None
    """Mean of the particles less mean of the ground, in standard deviations of a picture: above 0 they are brighter."""
    unsure: float | None
    """Share of the pixels that the network is unsure of."""

    def per(self, area_px: float) -> float:
        """Return how many particles an area holds [px]."""
        return self.number * area_px / self.area_px if self.area_px else 0.0


NOTHING = Seen(0, 0, 0, 0, 0.0, None, None, None, None, None)


def see(pictures: Sequence[Picture]) -> Seen:
    """Return what was found in pictures, all together."""
    if not pictures:
        return NOTHING
    found = [measure_particles(picture.labels, picture.pixels, picture.field) for picture in pictures]
    diameters = np.concatenate([one.diameter for one in found])
    weights = np.concatenate([one.border_weight for one in found])
    sizes: Sequence[float | None] = [None] * 3
    if weights.sum() > 0:
        sizes = weighted_quantiles(diameters, weights, (0.1, 0.5, 0.9))
    area = sum(_area(picture) for picture in pictures)
    contrasts = [value for picture in pictures if (value := _contrast(picture)) is not None]
    unsure = [int(picture.unsure.sum()) for picture in pictures if picture.unsure is not None]
    return Seen(
        pictures=len(pictures),
        without=sum(len(one) == 0 for one in found),
        number=sum(len(one) for one in found),
        area_px=area,
        coverage=sum(int((picture.labels > 0).sum()) for picture in pictures) / area,
        d10=sizes[0],
        d50=sizes[1],
        d90=sizes[2],
        contrast=math.fsum(contrasts) / len(contrasts) if contrasts else None,
        unsure=sum(unsure) / area if unsure else None,
    )


def _area(picture: Picture) -> int:
    return picture.labels.size if picture.field is None else int(picture.field.sum())


def _contrast(picture: Picture) -> float | None:
    """Return how much brighter the particles of a picture are than its ground; None where one of the two is missing."""
    mask = picture.labels > 0
    ground = ~mask if picture.field is None else ~mask & picture.field
    spread = float(picture.pixels.std())
    if not mask.any() or not ground.any() or spread == 0:
        return None
    return float(picture.pixels[mask].mean() - picture.pixels[ground].mean()) / spread
