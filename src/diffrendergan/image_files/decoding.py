"""The one decoder of image files: TIFF, PNG, JPEG, BMP and arrays of NumPy."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from diffrendergan.errors import DataError
from diffrendergan.image_files.metadata import ScanMetadata, read_sidecar, read_tiff_metadata, resolution_to_nm
from diffrendergan.image_files.stored import StoredImage

# tifffile reports oddities of a file to its logger; without a handler Python would print them to the terminal.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

TIFF_ENDINGS = (".tif", ".tiff")
LOSSY_ENDINGS = (".jpg", ".jpeg")
ENDINGS = (*TIFF_ENDINGS, ".png", *LOSSY_ENDINGS, ".bmp")
ARRAY_ENDING = ".npy"
THUMBNAIL_FRACTION = 0.25
"""Further TIFF pages with less than this fraction of the pixels are previews."""


def decode(path: Path) -> StoredImage:
    """Read the image of a file as it is stored.

    Raises
    ------
    DataError
        If the file is missing, empty, broken, or holds several images.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path} does not exist.")
    if path.stat().st_size == 0:
        raise DataError(f"{path} is an empty file; copy it again.")
    ending = path.suffix.lower()
    reader = _read_array if ending == ARRAY_ENDING else _read_tiff if ending in TIFF_ENDINGS else _read_other
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what matters of a strange file is said by an error
            return reader(path)
    except DataError:
        raise
    except MemoryError as error:
        raise DataError(f"{path} does not fit in memory; cut it into smaller images.") from error
    except Exception as error:  # decoders fail in many ways on broken files: struct, zlib, index, value errors
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise DataError(f"{path} cannot be read as an image ({reason}); copy it again or remove it.") from error


def _read_tiff(path: Path) -> StoredImage:
    with tifffile.TiffFile(path) as tif:
        page = _only_page(tif, path)
        values = np.asarray(page.asarray())
        if page.planarconfig == tifffile.PLANARCONFIG.SEPARATE and values.ndim == 3:
            values = np.moveaxis(values, 0, -1)
        palette = None
        if page.photometric == tifffile.PHOTOMETRIC.PALETTE and page.colormap is not None:
            palette = np.round(page.colormap.T.astype(np.float64) / 257).astype(np.uint8)
        orientation = page.tags.get("Orientation")
        return StoredImage(
            path,
            values.astype(np.bool_) if page.bitspersample == 1 else values,
            int(page.bitspersample),
            read_tiff_metadata(tif, page, path),
            palette,
            page.photometric == tifffile.PHOTOMETRIC.MINISWHITE,
            bool(page.extrasamples) and int(page.extrasamples[-1]) in (1, 2),
            1 if orientation is None else int(orientation.value),
        )


def _only_page(tif: tifffile.TiffFile, path: Path) -> Any:
    """Return the page that holds the image; previews of it are passed over."""
    pages = [page for page in tif.pages if page is not None]
    if not pages:
        raise DataError(f"{path} holds no image; copy it again.")
    largest = max(int(np.prod(page.shape[:2])) for page in pages)
    images = [page for page in pages if int(np.prod(page.shape[:2])) > THUMBNAIL_FRACTION * largest]
    if len(images) > 1 or (tif.is_imagej and tif.imagej_metadata and int(tif.imagej_metadata.get("images", 1)) > 1):
        raise DataError(f"{path} is a stack of several images; save each as a file of its own.")
    return images[0]


@contextmanager
def large_images() -> Iterator[None]:
    """Let Pillow open scans of any size: stitched ones have more pixels than it trusts files from the web with."""
    limit = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def _read_other(path: Path) -> StoredImage:
    with large_images(), Image.open(path) as image:
        values = np.asarray(image)
        palette, dpi, mode = image.getpalette(), image.info.get("dpi"), image.mode
        orientation = int(image.getexif().get(0x0112, 1))
    size = read_sidecar(path)
    if size is None and isinstance(dpi, tuple) and len(dpi) == 2:
        size = resolution_to_nm(float(dpi[0]), float(dpi[1]), 2.54e7)
    colours = None if palette is None or mode != "P" else np.array(palette, np.uint8).reshape(-1, 3)
    alpha = mode in ("LA", "La", "RGBA", "RGBa", "PA")
    return StoredImage(path, values, _bits(values), ScanMetadata(size), colours, alpha=alpha, orientation=orientation)


def _read_array(path: Path) -> StoredImage:
    values = np.asarray(np.load(path, allow_pickle=False))
    return StoredImage(path, values, _bits(values), ScanMetadata(None))


def _bits(values: NDArray[Any]) -> int:
    return 1 if values.dtype == np.bool_ else 8 * values.dtype.itemsize
