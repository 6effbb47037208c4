"""The field of a scan: what of an image was recorded, as a mask.

Mosaics, drift correction and rotation leave parts without a measurement along the border, and fill them with one
constant value: frames, strips, corners, missing tiles. Such a part is solid, and its edge to the field is straight.
A dark ground that is clipped at 0 is neither: its zeros are scattered, or surround particles. A saturated particle at
the border is round, or blurred, or lies along a part of a side.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.micrographs.apertures import find_aperture
from diffrendergan.micrographs.gaps import find_missing_tiles, find_wedges
from diffrendergan.micrographs.percentiles import percentiles
from diffrendergan.micrographs.solid import dilated, has_straight_edges, is_upright, opened
from diffrendergan.micrographs.types import BoolImage, FloatImage, LabelImage, Micrograph

Pixels = TypeVar("Pixels", FloatImage, LabelImage, NDArray[np.generic])

SOLID_PX = (5, 11, 21)
"""Squares of one of these edges fit into each solid part [px]: scattered pixels of one value form none. The smallest at
which the part has straight edges counts; beside a ground that is clipped to the same value, that is a larger one."""
LEAST_PIECE = 0.01
"""Pieces of the field smaller than this share of the image are dirt or text on the frame."""
SHARP = 0.1
"""Across the edge of a corner, grey values change by this fraction of the scan's range within `STEP_PX`: a
saturated particle is blurred."""
STEP_PX = 2
LOSSY_TOLERANCES = (4.0, 8.0, 16.0, 24.0)
"""Levels of 255 that lossy compression may leave of a constant value."""
LOSSY_MEDIAN_PX = 5
LEAST_LOSSY = 0.001
"""Less of the image than this is a dark corner that compression made even, and no frame."""
LEAST_FIELD = 0.02
"""With less field than this share of the image, nothing is taken away: it is no scan in a frame."""


def find_field(values: NDArray[np.generic], tolerance: float = 0.0) -> BoolImage | None:
    """Find the field of a scan.

    Parameters
    ----------
    values : ndarray, shape (H, W)
        Numbers of the file, without the data bar.
    tolerance : float
        Values that differ by at most this count as one: what lossy compression leaves of a constant.

    Returns
    -------
    ndarray of bool, shape (H, W), or None
        True within the field; None where all of the image is field.
    """
    outside = np.zeros(values.shape, bool)
    for value in _corner_values(values, tolerance):
        equal = values == value if tolerance == 0 else np.abs(values.astype(np.float64) - value) <= tolerance
        outside |= _outside_parts(equal, values)
    if tolerance == 0:
        outside |= find_missing_tiles(values) | find_wedges(values)
    aperture = None if outside.any() else find_aperture(values)
    outside = ~aperture.within if aperture is not None and aperture.sure else outside
    if not outside.any():
        return None
    outside |= _seam(outside)
    field = _large_pieces(~outside)
    return field if field.mean() >= LEAST_FIELD else None


def find_lossy_field(values: NDArray[np.generic]) -> BoolImage | None:
    """Find the field of a scan from a file whose compression changed its values; else as `find_field`.

    What compression leaves of a constant value, and how ragged its edge is, differs from corner to corner: where there
    is a frame, what is found at several tolerances, as it is and without its finest detail, is put together.
    """
    found = [find_field(values, tolerance) for tolerance in LOSSY_TOLERANCES]
    if all(field is None for field in found):
        return None
    smooth = ndimage.median_filter(values, LOSSY_MEDIAN_PX)
    found += [find_field(smooth, tolerance) for tolerance in LOSSY_TOLERANCES]
    field = _large_pieces(np.all([field for field in found if field is not None], axis=0))
    return field if LEAST_FIELD <= field.mean() <= 1 - LEAST_LOSSY else None


def fill_outside(pixels: Pixels, field: BoolImage | None) -> Pixels:
    """Return the scan, or its labels, with the field mirrored outwards across its edge: no edge of a frame is left.

    Parameters
    ----------
    pixels : ndarray, shape (H, W)
        Grey values.
    field : ndarray of bool, shape (H, W), or None
        True within the field.

    Returns
    -------
    ndarray, shape (H, W)
        Grey values; far from the field, those of its nearest pixel.
    """
    if field is None or field.all():
        return pixels
    outside = ~field
    nearest = ndimage.distance_transform_edt(outside, return_distances=False, return_indices=True)[:, outside]
    mirrored = np.clip(2 * nearest - np.stack(np.nonzero(outside)), 0, np.array(field.shape)[:, None] - 1)
    rows, columns = np.where(field[mirrored[0], mirrored[1]], mirrored, nearest)
    filled = pixels.copy()
    filled[outside] = pixels[rows, columns]
    return filled


def recorded(scan: Micrograph) -> FloatImage:
    """Return the pixels of a scan (H, W) as they are to be shown: black beyond its field, where they are mirrored."""
    return scan.pixels if scan.field is None else np.where(scan.field, scan.pixels, np.float32(0))


def field_area(field: BoolImage | None, shape: tuple[int, ...]) -> int:
    """Return the area of the field [px]."""
    return int(np.prod(shape[:2])) if field is None else int(field.sum())


def within(labels: LabelImage, field: BoolImage | None) -> LabelImage:
    """Return labels (H, W) within the field alone."""
    return labels if field is None else np.where(field, labels, 0).astype(labels.dtype)


def at_edge(labels: LabelImage, count: int, field: BoolImage | None) -> BoolImage:
    """Tell which of the labels 1..count (H, W) lie at the edge of the field (not the border), shape (count,)."""
    touching = np.zeros(count + 1, bool)
    if field is not None:
        touching[labels[ndimage.binary_dilation(~field, np.ones((3, 3), bool))]] = True
    return touching[1:]


def cropped_to_field(scan: Micrograph) -> Micrograph:
    """Return a scan without the rows and columns that hold nothing of its field; what is left of the mask stays."""
    if scan.field is None:
        return scan
    box = ndimage.find_objects(scan.field.astype(np.int8))[0]
    field = scan.field[box]
    heights = None if scan.heights_nm is None else scan.heights_nm[box]
    return replace(scan, pixels=scan.pixels[box], heights_nm=heights, field=None if field.all() else field)


def upper_rows(scan: Micrograph, rows: int) -> Micrograph:
    """Leave out rows at the bottom: what a label image lacks was cropped with the data bar where it was made."""
    cropped = scan.pixels.shape[0] - rows
    if not cropped:
        return scan
    field = None if scan.field is None else scan.field[:rows]
    heights = None if scan.heights_nm is None else scan.heights_nm[:rows]
    bar = scan.data_bar_rows + cropped
    return replace(scan, pixels=scan.pixels[:rows], heights_nm=heights, data_bar_rows=bar, field=field)


def with_labelled_field(scan: Micrograph, labels: LabelImage) -> tuple[Micrograph, tuple[str, ...]]:
    """Return a scan whose field holds all that was labelled, and what is doubtful about that.

    What looks like no field, but was labelled by a person, is a large saturated particle, or the label image is of
    another scan.
    """
    if scan.field is None:
        return scan, ()
    parts, _ = ndimage.label(~scan.field)
    beyond = np.bincount(parts.ravel(), weights=(labels > 0).ravel())
    beyond[0] = 0
    # A pixel or two along the edge are a matter of drawing.
    edge = np.bincount(parts.ravel(), weights=dilated(scan.field, 3).ravel())
    labelled = beyond > 0.5 * edge
    labelled[0] = False
    if not labelled.any():
        return scan, ()
    field = scan.field | labelled[parts]
    return replace(scan, field=None if field.all() else field), (
        "particles are labelled where the image has one constant value along its border: it was taken as field all the "
        "same; check that the label image belongs to the scan",
    )


def field_part(mask: BoolImage, field: BoolImage | None) -> float:
    """Return the fraction of the field that a mask (H, W) covers."""
    return float(mask.mean()) if field is None else float((mask & field).sum() / max(int(field.sum()), 1))


def _corner_values(values: NDArray[np.generic], tolerance: float) -> list[float]:
    """Return the values that fill a corner of the image or a whole side."""
    edge = SOLID_PX[0]
    blocks = (values[:edge, :edge], values[:edge, -edge:], values[-edge:, :edge], values[-edge:, -edge:])
    sides = (values[0], values[-1], values[:, 0], values[:, -1])
    parts = [part.astype(np.float64) for part in (*blocks, *sides)]
    return sorted({float(np.median(part)) for part in parts if np.ptp(part) <= 2 * tolerance})


def _outside_parts(equal: BoolImage, values: NDArray[np.generic]) -> BoolImage:
    """Return the solid parts of a mask at the border that are no field, as far as squares fit into them."""
    found = np.zeros(equal.shape, bool)
    for edge in SOLID_PX:
        solid = opened(equal, edge)
        reached = _corners_and_sides(solid)
        if not reached.any():
            break
        labels, _ = ndimage.label(solid)
        for number in np.unique(labels[reached]):
            part = labels == number
            if (part & found).any():
                continue
            # A square does not reach into the tips of a wedge.
            whole = part | (ndimage.binary_dilation(part, iterations=3 * edge, mask=equal) & opened(equal, 3))
            accepted = next((some for some in (whole, part) if _is_outside(some, values)), None)
            if accepted is not None:
                found |= accepted
        if found.any():
            break
    return found


def _corners_and_sides(mask: BoolImage) -> BoolImage:
    """Return of a mask the corners of the image, and the sides that lie in it as a whole."""
    chosen = np.zeros_like(mask)
    for place in ((0, 0), (0, -1), (-1, 0), (-1, -1)):
        chosen[place] = mask[place]
    for side in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]):
        chosen[side] |= mask[side].all()
    return chosen


def _is_outside(part: BoolImage, values: NDArray[np.generic]) -> bool:
    """Tell whether a solid part at the border is no field: along a whole side or in a corner, with straight edges."""
    whole_side = any(side.all() for side in (part[0], part[-1], part[:, 0], part[:, -1]))
    return has_straight_edges(part) and (whole_side or _is_sharp(part, values))


def _is_sharp(part: BoolImage, values: NDArray[np.generic]) -> bool:
    """Tell whether grey values jump across the edge of a part."""
    near = dilated(part, STEP_PX - 1)
    beyond = dilated(near) & ~near
    if not beyond.any():
        return False
    low, high = percentiles(values, [0.5, 99.5])
    jump = np.abs(values[beyond].astype(np.float64) - float(values[part][0]))
    return float(np.median(jump)) >= SHARP * max(float(high - low), 1e-12)


def _seam(outside: BoolImage) -> BoolImage:
    """Return the seam of pixels that interpolation mixed of field and outside: along slanted edges alone."""
    seam = ndimage.binary_dilation(outside, np.ones((3, 3), bool)) & ~outside
    return np.zeros_like(seam) if is_upright(outside) else seam


def _large_pieces(field: BoolImage) -> BoolImage:
    labels, count = ndimage.label(field)
    if count <= 1:
        return field
    large = np.bincount(labels.ravel()) >= LEAST_PIECE * field.size
    large[0] = False
    return np.asarray(large[labels], bool)
