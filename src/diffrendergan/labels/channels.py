"""From the stored samples of a label image to one number a pixel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import label

from diffrendergan.errors import DataError
from diffrendergan.image_files.decoding import ARRAY_ENDING, LOSSY_ENDINGS
from diffrendergan.image_files.stored import StoredImage

MOST_REGIONS_PER_COLOUR = 3
"""In an image of coded numbers a particle is in one piece, or in a few where others lie on it."""
CRUMB_PX = 4
"""Regions of colours that are smaller are mixtures at edges, as drawing programs and JPEG make them."""
MOST_CRUMBS = 0.1
"""Largest fraction of the colours that may be crumbs only."""
LEAST_WHITE = 64
"""A JPEG mask that is nowhere brighter holds numbers and not black and white."""
LOSSY_DEVIATION = 48
"""How far JPEG moves black and white [of 255]."""
LOSSY_SHARE = 0.98
"""Fraction of a JPEG's pixels that lie so near to black or white if it is a mask."""
EDGE_PX = 3.0
"""Width of smoothed edges [px]."""

Values = NDArray[Any]


def single_channel(stored: StoredImage) -> tuple[Values, list[str]]:
    """Reduce a label image to (H, W) without any guess at what its colours look like.

    Returns
    -------
    ndarray (H, W), list of str
        The stored numbers, and what was made of the channels, a sentence each.

    Raises
    ------
    DataError
        If channels differ and do not tell one number a pixel.
    """
    values, path = stored.values, stored.path
    if values.ndim == 3 and 1 in (values.shape[0], values.shape[2]):
        values = values[0] if values.shape[0] == 1 else values[..., 0]
    if values.ndim == 2:
        return values, []
    if values.ndim != 3 or values.shape[2] not in (2, 3, 4):
        raise DataError(f"{path} has the shape {values.shape}; save one label image (H, W) a scan.")
    if path.suffix.lower() in LOSSY_ENDINGS:
        return values[..., :3].mean(axis=2).round().astype(values.dtype), []  # equal but for compression
    if not stored.alpha:
        return _of_colours(values, path)
    colours, alpha = values[..., :-1], values[..., -1]
    if alpha.min() == alpha.max():
        return _of_colours(colours, path)
    if not (colours != colours[0, 0]).any():
        return alpha, ["one colour throughout, so the mask is taken from the transparency"]
    painted = (colours != 0).any(axis=2)
    if (painted == (alpha > 0)).all():
        return _of_colours(colours, path)
    raise DataError(
        f"{path} has a picture in its colours and another in its transparency; save the one that is the label image, "
        "with a single channel and without transparency."
    )


def _of_colours(values: Values, path: Path) -> tuple[Values, list[str]]:
    """Return equal channels as one, what is painted in one colour, or the numbers that are coded in three."""
    if (values == values[..., :1]).all():
        return values[..., 0], []
    painted = (values != 0).any(axis=2)
    if not painted.all() and painted.any() and (values[painted] == values[painted][0]).all():
        return painted.astype(np.uint8), ["a mask in one colour on black: what is coloured is particle"]
    if values.dtype == np.uint8 and values.shape[2] == 3 and path.suffix.lower() != ARRAY_ENDING:
        codes = values.astype(np.int64) @ np.array([1, 256, 65536])
        if _are_numbers(codes):
            return codes, ["numbers coded in three channels are read as R + 256·G + 65536·B"]
    raise DataError(
        f"the channels of {path} differ, and which holds the numbers of the particles is not known; save one channel, "
        "with a number a particle (16 bit) or 0 and 255, from the program that made it."
    )


def _are_numbers(codes: NDArray[np.int64]) -> bool:
    """Tell whether colours stand for particles: flat regions on black, each colour in few of them."""
    found, index = np.unique(codes, return_inverse=True)
    if found[0] != 0 or len(found) < 2:
        return False
    index = index.reshape(codes.shape)
    areas = np.bincount(index.ravel())[1:]
    regions = int(label(index, connectivity=2).max())
    crumbs = float((areas <= CRUMB_PX).mean())
    return regions <= MOST_REGIONS_PER_COLOUR * len(areas) and crumbs <= MOST_CRUMBS


def of_lossy(values: Values, path: Path) -> tuple[Values, list[str]]:
    """Return the mask that a JPEG shows.

    Raises
    ------
    DataError
        If it shows more than black and white: JPEG blurs numbers.
    """
    levels = values.astype(np.int64)
    white = int(levels.max(initial=0))
    near = np.minimum(levels, np.abs(levels - max(white, 255 - LOSSY_DEVIATION))) <= LOSSY_DEVIATION
    if 0 < white < LEAST_WHITE or near.mean() < LOSSY_SHARE:
        raise DataError(
            f"{path} is a JPEG, which blurs numbers, and it shows more than black and white; save the label image as "
            "PNG or TIFF."
        )
    return (levels > 127).astype(np.uint8), ["JPEG masks are cut at half of white"]


def of_smooth_edges(values: Values) -> Values | None:
    """Return the mask (H, W) whose edges were smoothed, None where the image is no such mask.

    Drawing programs smooth the edges of what is painted in white: between 0 and the largest number of the type lie
    others, in thin seams.
    """
    if values.dtype not in (np.uint8, np.uint16):
        return None
    white = np.iinfo(values.dtype).max
    between = (values > 0) & (values < white)
    filled = values == white
    if between.sum() > filled.sum() or len(np.unique(values[between])) < 3:
        return None
    if (ndimage.distance_transform_edt(~filled)[between] > EDGE_PX).any():
        return None
    rim = ndimage.binary_dilation(filled) & ~filled
    # Of particles that touch a filled one, most of its rim would still be ground.
    return (values > white // 2).astype(np.uint8) if between[rim].mean() > 0.5 else None
