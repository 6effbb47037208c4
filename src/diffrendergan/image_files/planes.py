"""Images that are larger than memory, read some rows and columns at a time: OME-Zarr and TIFF (the extra `zarr`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from diffrendergan.errors import DataError
from diffrendergan.image_files.decoding import TIFF_ENDINGS, orientation_of, tiff_image
from diffrendergan.image_files.metadata import ome_images
from diffrendergan.image_files.ome_zarr import (
    as_stored,
    begins_as_zarr,
    find_array,
    part_of,
    plane_shape,
    zarr_installed,
)
from diffrendergan.image_files.pages import Choice, choose_page
from diffrendergan.image_files.stored import TURNED, StoredImage

Part = Callable[[slice, slice], StoredImage]


@dataclass(frozen=True)
class Plane:
    """One image that is still on the disk.

    Attributes
    ----------
    shape : tuple of int
        Rows and columns.
    part : callable
        Reads a slice of rows and one of columns: an image by itself, with the scale of the whole.
    """

    shape: tuple[int, int]
    part: Part


@contextmanager
def open_plane(path: Path, series: Choice = None, channel: Choice = None) -> Iterator[Plane]:
    """Open an image without reading it.

    Parameters
    ----------
    path : Path
        OME-Zarr, or a TIFF whose tiles or strips can be read one by one.
    series, channel : int, str or None
        As of `decoding.decode`.

    Raises
    ------
    DataError
        If it is of another format, a stack, turned by its orientation tag, or broken; or if zarr is not installed.
    """
    if not zarr_installed():
        raise DataError(f"to read {path} in parts needs zarr; run pip install 'diffrendergan[zarr]'.")
    try:
        if begins_as_zarr(path):
            yield _of_zarr(path, series, channel)
        elif path.suffix.lower() in TIFF_ENDINGS and path.is_file():
            with tifffile.TiffFile(path) as tif:
                yield _of_tiff(tif, path, series, channel)
        else:
            raise DataError(f"{path} is no OME-Zarr and no TIFF, which alone can be read in parts; export it as TIFF.")
    except (tifffile.TiffFileError, ValueError, KeyError) as error:
        raise DataError(f"{path} cannot be read as an image ({error}); copy it again.") from error


def _of_zarr(path: Path, series: Choice, channel: Choice) -> Plane:
    array, description, said = find_array(path, series)
    read = part_of(path, array, description, channel)
    shape = plane_shape(array, description)
    return Plane(shape, lambda rows, columns: as_stored(path, array, description, said, read(rows, columns)))


def _of_tiff(tif: tifffile.TiffFile, path: Path, series: Choice, channel: Choice) -> Plane:
    import zarr

    ome = ome_images(tif.ome_metadata)
    page, remarks, left = choose_page(tif, path, ome, series, channel)
    if left is not None:
        raise DataError(f"{path} holds no channels as images of their own; leave out --channel.")
    array: Any = zarr.open_array(page.aszarr(), mode="r")

    def part(rows: slice, columns: slice) -> StoredImage:
        # Samples of a pixel lie behind rows and columns, or before them.
        separate = page.planarconfig == tifffile.PLANARCONFIG.SEPARATE and array.ndim == 3
        values = np.asarray(array[:, rows, columns] if separate else array[rows, columns])
        return tiff_image(tif, page, path, ome, values, remarks)

    if (turned := orientation_of(page)) in TURNED:
        raise DataError(f"{path} is {TURNED[turned]} by its orientation tag; save it upright.")
    return Plane((int(page.imagelength), int(page.imagewidth)), part)
