"""Annotated scans: masks as instance labels. They are used for evaluation only."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
from skimage import measure, segmentation

from diffrendergan.errors import DataError
from diffrendergan.image_files.decoding import ENDINGS, LOSSY_ENDINGS, decode
from diffrendergan.image_files.listing import files_in
from diffrendergan.image_files.names import nfc, scan_name, without_channel
from diffrendergan.micrographs.databar import LARGEST_FRACTION
from diffrendergan.micrographs.reading import shown, to_grey
from diffrendergan.micrographs.types import LabelImage, Micrograph

MaskKind = Literal["particles", "instances"]


def find_mask(folder: Path, name: str, suffix: str) -> Path:
    """Find the annotation NAME<suffix>.<any image ending> of a scan.

    Raises
    ------
    DataError
        If there is none, or more than one.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"the mask folder {folder} does not exist; set data.masks to the folder of annotations.")
    found = _masks(folder, name, suffix)
    if not found:
        raise DataError(
            f"the scan {name} has no annotation {name}{suffix}.<image ending> in {folder}; "
            "add it, or correct data.masks and data.mask_suffix."
        )
    if len(found) > 1:
        raise DataError(f"the scan {name} has several annotations in {folder} ({found[0].name}, {found[1].name}).")
    return found[0]


def has_mask(folder: Path, name: str, suffix: str) -> bool:
    """Tell whether a scan is annotated."""
    return bool(_masks(Path(folder), name, suffix))


def read_mask(path: Path, kind: MaskKind, shape: tuple[int, int] | None = None) -> LabelImage:
    """Read an annotation as instance labels.

    Parameters
    ----------
    path : Path
        An image file. `particles`: every value but 0 is particle, and 4-connected regions are the
        particles. `instances`: a number per particle, 0 is background.
    kind : {"particles", "instances"}
        What the numbers mean.
    shape : (int, int), optional
        Rows and columns of the scan without its data bar. A mask that has the data bar's rows at
        its bottom is cropped to it.

    Returns
    -------
    ndarray of int32, shape (H, W)
        0 background, 1..k particles.

    Raises
    ------
    DataError
        If the file is no mask, or its shape does not fit the scan's.
    """
    labels = _read_labels(path, kind)
    if shape is None:
        return labels
    rows, columns = labels.shape
    if columns != shape[1] or rows < shape[0] or rows > shape[0] / (1 - LARGEST_FRACTION):
        hint = "remove the wrong one"
        if columns == shape[1] and (1 - LARGEST_FRACTION) * shape[0] <= rows < shape[0]:
            hint = "if the scan has a data bar that was not found, give its rows in data.data_bar"
        raise DataError(
            f"the mask {path} has {columns}×{rows} pixels, but its scan {shape[1]}×{shape[0]} without data bar; {hint}."
        )
    return _renumber(labels[: shape[0]], kind)


def read_annotated(scan: Micrograph, path: Path, kind: MaskKind) -> tuple[Micrograph, LabelImage]:
    """Read the annotation of a scan and crop both to the rows they share.

    A mask may have been drawn on the scan with its data bar, or on one whose data bar was cropped
    a little higher; both are brought to the smaller number of rows.

    Raises
    ------
    DataError
        If the widths differ, or the heights by more than a data bar.
    """
    labels = _read_labels(path, kind)
    rows = min(labels.shape[0], scan.pixels.shape[0])
    if rows >= (1 - LARGEST_FRACTION) * scan.pixels.shape[0]:
        cropped = scan.pixels.shape[0] - rows
        scan = replace(scan, pixels=scan.pixels[:rows], data_bar_rows=scan.data_bar_rows + cropped)
    return scan, read_mask(path, kind, (scan.pixels.shape[0], scan.pixels.shape[1]))


def _read_labels(path: Path, kind: MaskKind) -> LabelImage:
    values = to_grey(shown(decode(path)), path)
    if not (np.issubdtype(values.dtype, np.integer) or values.dtype == np.bool_):
        if not np.isfinite(values).all() or (values != np.round(values)).any():
            raise DataError(f"the mask {path} holds fractions or NaN; save it with whole numbers.")
        values = values.astype(np.int64)
    if values.min() < 0:
        raise DataError(f"the mask {path} holds negative numbers; 0 is background, particles are above it.")
    if path.suffix.lower() in LOSSY_ENDINGS:
        if kind == "instances":
            raise DataError(f"the mask {path} is a JPEG, which blurs numbers; save instance masks as PNG or TIFF.")
        values = values > 127  # compression leaves small values around the particles
    return _renumber(values, kind)


def _renumber(values: np.ndarray, kind: MaskKind) -> LabelImage:
    """Give the particles the numbers 1..k; cropping may have split or removed some."""
    if kind == "particles":
        return np.asarray(measure.label(values != 0, connectivity=1), dtype=np.int32)
    return np.asarray(segmentation.relabel_sequential(values.astype(np.int64))[0], dtype=np.int32)


def _masks(folder: Path, name: str, suffix: str) -> list[Path]:
    """Return all files that could be the annotation of a scan, sorted."""
    names = dict.fromkeys((f"{name}{nfc(suffix)}", f"{without_channel(name)}{nfc(suffix)}"))
    files = files_in(folder, ENDINGS)
    found = ([path for path in files if scan_name(path) == wanted] for wanted in names)
    return next((paths for paths in found if paths), [])
