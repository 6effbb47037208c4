"""What the generalist sees in one scan, as far as it bears on what is truly there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.segmentation import find_boundaries

from diffrendergan.detection.particle_table import ParticleTable
from diffrendergan.micrographs.field import field_part
from diffrendergan.micrographs.types import BoolImage, FloatImage, LabelImage

Values = NDArray[np.float64]

PEAK_PX = 7
"""Window in which the middle of a particle is deepest [px]."""


@dataclass(frozen=True, eq=False)
class SeenScan:
    """Particles found in a scan, and the scan's own measures.

    Attributes
    ----------
    table : ParticleTable
        k particles.
    depth, peaks, spread : (k,)
        Of each particle: radius of the largest disc inscribed [px]; places that are deeper than all around (one that
        was joined from two has two); standard deviation of its grey values.
    shape : (int, int)
        Rows and columns of the scan.
    field : bool (H, W), optional
        What of it was recorded.
    pixels : int
        Of the field.
    coverage : float
    surety : float
        Mean probability of what the network took for particles.
    magnification : float
        At which it told them apart.
    ground, ground_spread : float
        Median and standard deviation of the grey values between particles.
    noise : float
        Standard deviation of the pixel noise.
    edge : float
        Mean slope of the grey values across outlines [1/px].
    """

    table: ParticleTable
    depth: Values
    peaks: NDArray[np.int64]
    spread: Values
    shape: tuple[int, int]
    field: BoolImage | None
    pixels: int
    coverage: float
    surety: float
    magnification: float
    ground: float
    ground_spread: float
    noise: float
    edge: float


def see(
    table: ParticleTable,
    labels: LabelImage,
    pixels: FloatImage,
    surety: float,
    magnification: float,
    field: BoolImage | None = None,
) -> SeenScan:
    """Measure a scan in which particles were found.

    Parameters
    ----------
    table : ParticleTable
        The particles of `labels`, in the order of their numbers.
    labels : int (H, W)
        0 background, particles above.
    pixels : float32 (H, W)
        Grey values.
    surety, magnification : float
        Of the look in which the network told the particles apart.
    field : bool (H, W), optional
        What of the scan was recorded.
    """
    numbers = np.unique(labels[labels > 0])
    outlines = find_boundaries(labels, mode="inner")
    # Outlines count half a pixel: a disc one pixel wide has a depth.
    distance = ndimage.distance_transform_edt((labels > 0) & ~outlines) + 0.5 * (labels > 0)
    smooth = ndimage.gaussian_filter(distance, 1.0)
    deepest = (smooth == ndimage.maximum_filter(smooth, PEAK_PX)) & (labels > 0)
    ground = pixels[(labels == 0) if field is None else (labels == 0) & field]
    ground = ground if len(ground) else pixels.ravel()
    slope = ndimage.gaussian_gradient_magnitude(pixels, 1.0)
    rest = pixels - ndimage.gaussian_filter(pixels, 1.0)
    return SeenScan(
        table=table,
        depth=np.asarray(ndimage.maximum(distance, labels, numbers), float).reshape(-1),
        peaks=np.asarray(ndimage.sum(deepest, labels, numbers), np.int64).reshape(-1),
        spread=np.asarray(ndimage.standard_deviation(pixels, labels, numbers), float).reshape(-1),
        shape=(labels.shape[0], labels.shape[1]),
        field=field,
        pixels=labels.size if field is None else int(field.sum()),
        coverage=field_part(labels > 0, field),
        surety=surety,
        magnification=magnification,
        ground=float(np.median(ground)),
        ground_spread=float(ground.std()),
        noise=1.4826 * float(np.median(np.abs(rest))),
        edge=float(slope[outlines].mean()) if outlines.any() else 0.0,
    )
