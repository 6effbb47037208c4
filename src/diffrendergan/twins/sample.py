"""What twins are made from: the scans in which particles were found, their looks, outlines, sizes and packing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.detection.particle_table import tabulate
from diffrendergan.rendering.heightfield.scene import Atlas
from diffrendergan.twins.linking import Sized, sized, together
from diffrendergan.twins.look import Look, look_of
from diffrendergan.twins.placing import Law, Packing, packing_of
from diffrendergan.twins.rules import RULES
from diffrendergan.twins.silhouettes import bodies_of
from diffrendergan.twins.unfolding import grid

Field = NDArray[np.float32]
Labels = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class SourceScan:
    """A scan, or a part of one, and the particles that were found in it.

    Attributes
    ----------
    name : str
    pixels : float32 (H, W)
    labels : int32 (H, W)
        0 ground, particles above.
    """

    name: str
    pixels: Field
    labels: Labels

    @cached_property
    def sized(self) -> Sized:
        """Sizes and border weights of its particles."""
        return sized(self.labels)

    @property
    def coverage(self) -> float:
        """Share of its area that was found to be particle."""
        return float((self.labels > 0).mean())


@dataclass(frozen=True, eq=False)
class Sample:
    """What twins are made from.

    Attributes
    ----------
    scans : tuple of SourceScan
    looks : tuple of Look
        Of each.
    atlas : Atlas
        Outlines of particles of all of them.
    packing : Packing
        How particles lie in all of them.
    """

    scans: tuple[SourceScan, ...]
    looks: tuple[Look, ...]
    atlas: Atlas
    packing: Packing

    @property
    def pixels(self) -> int:
        """Of all scans."""
        return sum(scan.labels.size for scan in self.scans)

    @property
    def coverage(self) -> float:
        """Share of all area that was found to be particle."""
        return sum(scan.coverage * scan.labels.size for scan in self.scans) / self.pixels

    @cached_property
    def found(self) -> Sized:
        """Particles of all scans."""
        return together([scan.sized for scan in self.scans])

    @property
    def law(self) -> Law:
        """What is found, as the first guess of what there is."""
        whole = self.found.weight > 0
        weight = self.found.weight[whole]
        return Law(self.found.log_size[whole], weight / weight.sum(), float(weight.sum()) / self.pixels)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of a twin: those of the smallest scan, but no more than its particles take [px]."""
        whole = self.found.weight > 0
        wanted = RULES.edge_sizes * float(np.exp(np.quantile(self.found.log_size[whole], 0.9)))
        edge = int(np.clip(wanted, *RULES.edges_px))
        rows, columns = (min(scan.labels.shape[axis] for scan in self.scans) for axis in (0, 1))
        return min(rows, edge), min(columns, edge)

    @property
    def edges(self) -> NDArray[np.float64]:
        """Bins in which sizes are unfolded."""
        return grid(self.found.log_size)


def fullest_part(labels: Labels, most: tuple[int, int]) -> tuple[slice, slice]:
    """Return the part of a label image of at most so many rows and columns that shows the most particles."""
    rows, columns = (min(wanted, length) for wanted, length in zip(most, labels.shape, strict=True))
    covered = ndimage.uniform_filter((labels > 0).astype(np.float32), (rows, columns), mode="constant")
    inner = covered[rows // 2 : labels.shape[0] - (rows - 1) // 2, columns // 2 : labels.shape[1] - (columns - 1) // 2]
    top, left = np.unravel_index(int(np.argmax(inner)), inner.shape)
    return slice(int(top), int(top) + rows), slice(int(left), int(left) + columns)


def sample_of(scans: Sequence[SourceScan]) -> Sample:
    """Learn looks, outlines and packing from scans in which at least one particle is whole."""
    tables = [(scan.labels, tabulate(scan.labels, scan.pixels, outlined=True)) for scan in scans]
    looks = tuple(look_of(scan.pixels, scan.labels) for scan in scans)
    return Sample(tuple(scans), looks, bodies_of(tables), packing_of([scan.labels for scan in scans]))
