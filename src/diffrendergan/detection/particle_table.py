"""What can be counted and measured on the particles that a segmentation found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import measure

from diffrendergan.detection.corners import corner_harmonics
from diffrendergan.micrographs.field import at_edge
from diffrendergan.micrographs.types import BoolImage, FloatImage, LabelImage
from diffrendergan.sizes.specks import no_specks
from diffrendergan.sizes.units import equivalent_diameters

LEAST_CONTACT_PX = 2
"""Particles touch where their labels adjoin along at least this many pixels."""


@dataclass(frozen=True, eq=False)
class ParticleTable:
    """Particles of one or several scans, one entry each in all arrays, shape (k,)."""

    x: NDArray[np.float64]
    """Column of the centroid [px]."""
    y: NDArray[np.float64]
    """Row of the centroid [px]."""
    area: NDArray[np.float64]
    """Area [px²]."""
    major: NDArray[np.float64]
    """Longest axis of the ellipse of equal second moments [px]."""
    minor: NDArray[np.float64]
    """Shortest axis of that ellipse [px]."""
    solidity: NDArray[np.float64]
    """Area over that of the convex hull."""
    fourfold: NDArray[np.float64]
    """Fourth harmonic of the outline, as `corners.corner_harmonics` gives it: squares have much of it."""
    sixfold: NDArray[np.float64]
    """Sixth harmonic of the outline: hexagons have much of it."""
    brightness: NDArray[np.float64]
    """Mean grey value."""
    contrast: NDArray[np.float64]
    """Difference of its mean grey value and that of all that is background, without sign."""
    contacts: NDArray[np.int64]
    """Number of particles that it touches."""
    cluster: NDArray[np.int64]
    """Number of the connected group, over all scans."""
    scan: NDArray[np.int64]
    """Number of the scan."""
    whole: BoolImage
    """Whether it touches no border of its scan or field."""
    outlined: BoolImage
    """Whether a network drew its outline; else it is guessed from grey values."""

    def __len__(self) -> int:
        return len(self.area)

    @property
    def diameter(self) -> NDArray[np.float64]:
        """Diameter of the disc of equal area [px]."""
        return equivalent_diameters(self.area)

    @property
    def aspect(self) -> NDArray[np.float64]:
        """Longest over shortest axis."""
        return np.asarray(self.major / np.maximum(self.minor, 1))

    @property
    def roundness(self) -> NDArray[np.float64]:
        """Area over that of the disc of the longest axis."""
        return np.asarray(self.area / (np.pi / 4 * np.maximum(self.major, 1) ** 2))

    def where(self, chosen: BoolImage) -> ParticleTable:
        """Return the chosen particles."""
        return ParticleTable(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})

    def large(self) -> BoolImage:
        """Tell which particles are no specks; small ones of which the outline is known are particles, too."""
        return self.outlined | no_specks(self.area)


def tabulate(
    labels: LabelImage, pixels: FloatImage, scan: int = 0, field: BoolImage | None = None, outlined: bool = False
) -> ParticleTable:
    """Measure the particles of one scan.

    Parameters
    ----------
    labels : ndarray of int, shape (H, W)
        0 background, 1..k particles.
    pixels : ndarray, shape (H, W)
        Grey values.
    scan : int
        Number of the scan.
    field : ndarray of bool, shape (H, W), or None
        What of the scan was recorded; its edge cuts particles.
    outlined : bool
        Whether a network drew the outlines.

    Returns
    -------
    ParticleTable
        k particles, in the order of their labels.
    """
    names = ("centroid", "area", "axis_major_length", "axis_minor_length", "solidity", "intensity_mean", "bbox")
    table = {key: np.asarray(value) for key, value in measure.regionprops_table(labels, pixels, names).items()}
    height, width = labels.shape
    whole = (table["bbox-0"] > 0) & (table["bbox-1"] > 0) & (table["bbox-2"] < height) & (table["bbox-3"] < width)
    numbered = np.unique(labels[labels > 0])  # rows of the table, in this order
    whole &= ~at_edge(labels, int(labels.max(initial=0)), field)[numbered - 1]
    ground_of = labels == 0 if field is None else (labels == 0) & field
    groups = ndimage.label(labels > 0)[0]
    count = len(table["area"])
    first = ndimage.maximum(groups, labels, np.arange(1, count + 1)) if count else np.zeros(0)
    pairs = touching(labels)
    fourfold, sixfold = corner_harmonics(labels, table["centroid-1"], table["centroid-0"])
    ground = float(np.median(pixels[ground_of])) if ground_of.any() else 0.0
    return ParticleTable(
        x=table["centroid-1"],
        y=table["centroid-0"],
        area=table["area"].astype(np.float64),
        major=table["axis_major_length"],
        minor=table["axis_minor_length"],
        solidity=table["solidity"],
        fourfold=fourfold,
        sixfold=sixfold,
        brightness=table["intensity_mean"].astype(np.float64),
        contrast=np.abs(table["intensity_mean"] - ground),
        contacts=np.bincount(pairs.ravel(), minlength=count + 1)[1:].astype(np.int64),
        cluster=np.asarray(first, np.int64),
        scan=np.full(count, scan, np.int64),
        whole=np.asarray(whole, bool),
        outlined=np.full(count, outlined),
    )


def touching(labels: LabelImage) -> NDArray[np.int64]:
    """Return the pairs of labels that adjoin, shape (p, 2), the smaller first."""
    sides = [
        np.column_stack([one.ravel(), other.ravel()])
        for one, other in ((labels[:, :-1], labels[:, 1:]), (labels[:-1], labels[1:]))
    ]
    pairs = np.concatenate(sides)
    pairs = np.sort(pairs[(pairs[:, 0] != pairs[:, 1]) & (pairs.min(axis=1) > 0)], axis=1)
    unique, lengths = np.unique(pairs, axis=0, return_counts=True)
    return np.asarray(unique[lengths >= LEAST_CONTACT_PX], np.int64)


def pooled(tables: Sequence[ParticleTable]) -> ParticleTable:
    """Return all particles of several scans; groups of different scans stay apart."""
    parts = {field.name: [getattr(table, field.name) for table in tables] for field in fields(ParticleTable)}
    start = np.cumsum([0, *(int(group.max(initial=0)) + 1 for group in parts["cluster"])])
    parts["cluster"] = [group + shift for group, shift in zip(parts["cluster"], start, strict=False)]
    return ParticleTable(**{name: np.concatenate(values) for name, values in parts.items()})
