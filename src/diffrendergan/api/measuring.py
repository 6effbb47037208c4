"""Label images measured, and scored."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray
from skimage.measure import label

from diffrendergan.errors import DataError
from diffrendergan.metrics.segmentation import ScanScores as Scores
from diffrendergan.metrics.segmentation import score_scan
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.quantification.heights import measure_heights
from diffrendergan.quantification.particles import measure_particles as measure
from diffrendergan.quantification.particles import particle_table

LEAST_REGIONS = 5
"""One number in so many regions is a mask of all particles; others that lie over a particle cut it into fewer."""


def measure_particles(
    labels: ArrayLike,
    pixel_size_nm: float | None = None,
    image: ArrayLike | Micrograph | None = None,
    scan: str = "",
    confidence: ArrayLike | None = None,
) -> pa.Table:
    """Measure each particle of a label image, as the command `quantify` does.

    Parameters
    ----------
    labels : array of int (H, W)
        0 is ground, each particle has a number.
    pixel_size_nm : float, optional
        Edge of a pixel [nm]; without it lengths are in pixels, and the columns end in ``_px``.
    image : array (H, W) or Micrograph, optional
        Grey values, for the column `intensity_mean`; without them it is missing. Of what `read_scan` read, particles
        that the edge of the field cuts are known, too.
    scan : str, optional
        Name of the scan, for the first column.
    confidence : array (largest label + 1,), optional
        How sure each label is, as `Segmenter.segment_surely` says; without it that column is missing.

    Returns
    -------
    pyarrow.Table
        A row a particle; ``.to_pandas()`` gives a DataFrame where pandas is installed. Units and definitions are in
        the fields' metadata, and in docs/quantification.md.

    Raises
    ------
    DataError
        If it is no label image, or the image has another shape, or a label has no confidence.
    """
    numbers = as_labels(labels)
    sure = None if confidence is None else np.asarray(confidence, np.float64)
    if sure is not None and (sure.ndim != 1 or len(sure) <= numbers.max(initial=0)):
        raise DataError(f"the confidence is an array {sure.shape}; give one number for each label from 0 on.")
    field = image.field if isinstance(image, Micrograph) else None
    grey = image.pixels if isinstance(image, Micrograph) else image
    grey = np.full(numbers.shape, np.nan, np.float32) if grey is None else np.asarray(grey)
    known = image.heights_nm if isinstance(image, Micrograph) else None
    heights = None if known is None else measure_heights(numbers, known)
    return particle_table(measure(numbers, grey, field), pixel_size_nm, scan, sure, heights)


def score(pred: ArrayLike, gt: ArrayLike, pixel_size_nm: float | None = None) -> Scores:
    """Score a predicted label image against the annotated one, as the command `score` does.

    Parameters
    ----------
    pred, gt : arrays of int (H, W)
        0 is ground, each particle has a number.
    pixel_size_nm : float, optional
        Edge of a pixel [nm], for the distance of diameters in nm.

    Returns
    -------
    Scores
        DSC, AP50, panoptic quality, and all others of docs/scores.md.

    Raises
    ------
    DataError
        If one is no label image, or their shapes differ.
    """
    predicted, annotated = as_labels(pred), as_labels(gt)
    if predicted.shape != annotated.shape:
        raise DataError(
            f"the prediction has the shape {predicted.shape} and the annotation {annotated.shape}; both must be equal."
        )
    return score_scan(annotated, predicted, pixel_size_nm)


def as_labels(labels: ArrayLike) -> NDArray[np.int32]:
    """Return a label image as whole numbers (H, W).

    Raises
    ------
    DataError
        If it is none.
    """
    values = np.asarray(labels)
    if values.dtype == np.bool_:
        raise DataError("the label image holds true and false; number its particles first, with skimage.measure.label.")
    if values.ndim != 2 or not np.issubdtype(values.dtype, np.integer):
        raise DataError(f"the label image is an array {values.shape} of {values.dtype}; give whole numbers (H, W).")
    if values.size and (values.min() < 0 or values.max() > np.iinfo(np.int32).max):
        raise DataError("a label is negative or above 2147483647; 0 is ground, particles are above it.")
    numbers = values.astype(np.int32)
    if is_mask(numbers):
        raise DataError(
            f"the label image holds 0 and {numbers.max()} alone, in many separate regions, as a mask does; number its "
            "particles first, with skimage.measure.label."
        )
    return numbers


def is_mask(numbers: NDArray[np.int32]) -> bool:
    """Tell whether a label image holds one number, in more regions than a particle is cut into."""
    found = np.unique(numbers[numbers > 0])
    return len(found) == 1 and int(label(numbers > 0, connectivity=2).max()) >= LEAST_REGIONS
