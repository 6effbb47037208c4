"""The one decoder of images: TIFF, PNG, JPEG, BMP, files of electron microscopes, OME-Zarr and arrays of NumPy."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from diffrendergan.errors import DataError
from diffrendergan.image_files.metadata import (
    ScanMetadata,
    dpi_scale,
    ome_images,
    settle,
    sidecar_kind,
    sidecar_scales,
    tiff_metadata,
)
from diffrendergan.image_files.ome_zarr import ENDING as ZARR_ENDING
from diffrendergan.image_files.ome_zarr import read_ome_zarr
from diffrendergan.image_files.pages import Choice, choose_page, place_of
from diffrendergan.image_files.stored import TURNED, StoredImage, upright
from diffrendergan.image_files.vendors import VENDOR_ENDINGS, read_vendor_file

# tifffile reports oddities of a file to its logger; without a handler Python would print them to the terminal.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

TIFF_ENDINGS = (".tif", ".tiff")
LOSSY_ENDINGS = (".jpg", ".jpeg")
ENDINGS = (*TIFF_ENDINGS, ".png", *LOSSY_ENDINGS, ".bmp")
SCAN_ENDINGS = (*ENDINGS, *VENDOR_ENDINGS, ZARR_ENDING)
"""What may be scans; of files of electron microscopes only such as `is_vendor_image` tells, and folders of OME-Zarr."""
ARRAY_ENDING = ".npy"
MOST_PIXELS = 2**29
"""Larger images are refused, by what their headers say and before anything is decoded: 23,000 px squared, which takes
some 10 GB to segment."""
MOST_PIXELS_A_BYTE = 1024
"""A JPEG file of more pixels to a byte has been cut short: a block of 64 pixels takes a bit of its mean and, in a
progressive file, next to nothing more, which makes 512. Its decoder would fill up what is missing with grey."""
PILLOW_MODES = ("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "I", "F")
"""Those, and `I;16` in any byte order, hold grey values or colours of light; the others are for print and video."""
PRINT_AND_VIDEO = {5: "CMYK", 6: "YCbCr", 8: "CIELab", 9: "ICCLab", 10: "ITULab", 32844: "LogL", 32845: "LogLuv"}
"""Photometric interpretations of TIFF, by number; YCbCr within JPEG is decoded to RGB."""
JPEG_COMPRESSIONS = (6, 7, 33007, 34892)
GREY_LEVELS_PNG = {2: 85, 4: 17}
"""What Pillow multiplies grey PNG of fewer than 8 bits with."""


def decode(path: Path, series: Choice = None, channel: Choice = None, labels: bool = False) -> StoredImage:
    """Read the image of a file: numbers as they are stored, turned as the file says that they are to be shown.

    Parameters
    ----------
    path : Path
        The file.
    series : int, str or None
        Which of several images in the file, counted from 1, or its name. None takes the largest, of several the first,
        and says so.
    channel : int, str or None
        Which of several detectors, in the same way. None keeps the channels of each pixel; of pages with a detector
        each, the first is taken, and this is said.
    labels : bool
        Whether the label image is meant where an image holds one beside it, as OME-Zarr may.

    Raises
    ------
    DataError
        If the file is missing, empty, broken, a stack, or has no such series or channel.
    """
    path = Path(path)
    is_folder = path.is_dir() and path.suffix.lower() == ZARR_ENDING
    if not path.is_file() and not is_folder:
        raise DataError(f"{path} is a folder; name a file in it." if path.is_dir() else f"{path} does not exist.")
    if path.stat().st_size == 0 and not is_folder:
        raise DataError(f"{path} is an empty file; copy it again.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what matters of a strange file is said by an error
            return _shown_upright(_read(path, series, channel, labels))
    except DataError:
        raise
    except MemoryError as error:
        raise DataError(f"{path} does not fit in memory; cut it into smaller images.") from error
    except Exception as error:  # decoders fail in many ways on broken files: struct, zlib, index, value errors
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise DataError(f"{path} cannot be read as an image ({reason}); copy it again or remove it.") from error


def _read(path: Path, series: Choice, channel: Choice, labels: bool) -> StoredImage:
    ending = path.suffix.lower()
    if ending in TIFF_ENDINGS:
        return _read_tiff(path, series, channel)
    if ending in VENDOR_ENDINGS:
        return _one_channel(read_vendor_file(path, series), channel)
    if ending == ZARR_ENDING:
        return _one_channel(read_ome_zarr(path, refuse_large, series, labels), channel)
    if series not in (None, 1, "1"):
        raise DataError(f"{path} has no series {series}; it holds one image.")
    return _one_channel(_read_array(path) if ending == ARRAY_ENDING else _read_other(path), channel)


def _one_channel(stored: StoredImage, channel: Choice) -> StoredImage:
    """Take the chosen one of the channels of each pixel."""
    if channel is None:
        return stored
    count = 1 if stored.values.ndim == 2 else stored.values.shape[2] - stored.alpha
    index = place_of(channel, [""] * count, "channel", stored.path)
    if stored.values.ndim == 2:
        return stored
    return replace(stored, values=stored.values[..., index], alpha=False, colour=False)


def _shown_upright(stored: StoredImage) -> StoredImage:
    """Turn an image as its orientation tag says, and say so: for scans and label images alike, drawn as they show."""
    if stored.orientation not in TURNED:
        return stored
    said = f"It is {TURNED[stored.orientation]}, as its orientation tag says that it is to be shown."
    metadata = stored.metadata
    if stored.orientation != 2:  # the rows of a data bar at the bottom are now elsewhere
        metadata = replace(metadata, data_bar_rows=None)
    values = upright(stored.values, stored.orientation)
    return replace(stored, values=values, metadata=metadata, remarks=(*stored.remarks, said))


def _read_tiff(path: Path, series: Choice, channel: Choice) -> StoredImage:
    with tifffile.TiffFile(path) as tif:
        ome = ome_images(tif.ome_metadata)
        page, remarks, left = choose_page(tif, path, ome, series, channel)
        refuse_large(path, int(page.imagewidth), int(page.imagelength))
        if int(page.compression) not in JPEG_COMPRESSIONS or int(page.photometric) != tifffile.PHOTOMETRIC.YCBCR:
            _refuse_model(path, PRINT_AND_VIDEO.get(int(page.photometric)))
        stored = tiff_image(tif, page, path, ome, np.asarray(page.asarray()), remarks)
    return _one_channel(stored, left)


def tiff_image(
    tif: tifffile.TiffFile, page: Any, path: Path, ome: Any, values: NDArray[Any], remarks: tuple[str, ...]
) -> StoredImage:
    """Return what a page of a TIFF holds: all of its numbers, or those of a part of it."""
    values = _native(values)
    if page.planarconfig == tifffile.PLANARCONFIG.SEPARATE and int(page.samplesperpixel) > 1:
        values = np.moveaxis(values, values.ndim - 3, -1)
    palette = None
    if page.photometric == tifffile.PHOTOMETRIC.PALETTE and page.colormap is not None:
        palette = np.round(page.colormap.T.astype(np.float64) / 257).astype(np.uint8)
    metadata = tiff_metadata(tif, page, path, ome)
    return StoredImage(
        path=path,
        values=_flat(values.astype(np.bool_) if page.bitspersample == 1 else values),
        bits=int(page.bitspersample),
        metadata=metadata,
        palette=palette,
        inverted=page.photometric == tifffile.PHOTOMETRIC.MINISWHITE,
        alpha=bool(page.extrasamples) and int(page.extrasamples[-1]) in (1, 2),
        colour=page.photometric not in GREY_PHOTOMETRICS,
        orientation=orientation_of(page),
        remarks=remarks + metadata.remarks,
    )


GREY_PHOTOMETRICS = (
    tifffile.PHOTOMETRIC.MINISBLACK, tifffile.PHOTOMETRIC.MINISWHITE, tifffile.PHOTOMETRIC.PALETTE,
)  # fmt: skip


def orientation_of(page: Any) -> int:
    """Return how a page of a TIFF is to be turned for show (tag 274); 1 is as stored."""
    return int(_tag(page, "Orientation", 1))


def _tag(page: Any, name: str, default: Any) -> Any:
    tag = page.tags.get(name)
    value = default if tag is None else tag.value
    return value[0] if isinstance(value, tuple) else value


def _native(values: NDArray[Any]) -> NDArray[Any]:
    """Bring numbers to the byte order of this machine; their kind stays."""
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def _flat(values: NDArray[Any]) -> NDArray[Any]:
    """Drop axes of length 1 in front of and behind (H, W) or (H, W, C)."""
    while values.ndim > 2 and values.shape[0] == 1:
        values = values[0]
    return values[..., 0] if values.ndim == 3 and values.shape[2] == 1 else values


def refuse_large(path: Path, width: int, height: int) -> None:
    """Raise a DataError for an image of more than `MOST_PIXELS`."""
    if width * height > MOST_PIXELS:
        raise DataError(
            f"{path} has {width:,} × {height:,} pixels, of which none may have more than {MOST_PIXELS:,}; "
            "cut it into smaller images: 'diffrendergan tiles' does so, and 'quantify --montage' counts each particle "
            "once."
        )


def _refuse_cut_jpeg(path: Path, image: Image.Image) -> None:
    size = path.stat().st_size
    if image.format == "JPEG" and image.width * image.height > MOST_PIXELS_A_BYTE * size:
        raise DataError(
            f"{path} says that it has {image.width:,} × {image.height:,} pixels, which its {size:,} bytes cannot hold; "
            "copy it again from where it came."
        )


def _refuse_model(path: Path, model: str | None) -> None:
    if model is not None:
        raise DataError(
            f"{path} holds colours for print or video ({model}), which tell no grey values; export it as grey or RGB."
        )


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
        refuse_large(path, *image.size)
        _refuse_cut_jpeg(path, image)
        _refuse_model(path, None if image.mode in PILLOW_MODES or image.mode.startswith("I;16") else image.mode)
        values = _png_numbers(path, np.asarray(image))
        palette, dpi, mode = image.getpalette(), image.info.get("dpi"), image.mode
        orientation = int(image.getexif().get(0x0112, 1))
    rows, columns = values.shape[:2]
    size, remarks = settle([*sidecar_scales(path), dpi_scale(dpi)], columns, rows)
    return StoredImage(
        path=path,
        values=values,
        bits=_png_bits(path) or _bits(values),
        metadata=ScanMetadata(size, None, remarks, sidecar_kind(path)),
        palette=None if palette is None or mode != "P" else np.array(palette, np.uint8).reshape(-1, 3),
        alpha=mode in ("LA", "La", "RGBA", "RGBa", "PA"),
        colour=mode not in ("LA", "La"),
        orientation=orientation,
        remarks=remarks,
    )


def _png_bits(path: Path) -> int | None:
    """Return the bits of a sample of a grey or coloured PNG without palette; None for other files."""
    with path.open("rb") as file:
        head = file.read(26)
    return head[24] if head.startswith(b"\x89PNG") and len(head) == 26 and head[25] != 3 else None


def _png_numbers(path: Path, values: NDArray[Any]) -> NDArray[Any]:
    """Return the stored numbers of PNG where Pillow changes them: colours of 16 bits, grey of 2 and 4 bits."""
    bits = _png_bits(path)
    if bits in GREY_LEVELS_PNG:
        return values // np.uint8(GREY_LEVELS_PNG[bits])
    if bits == 16 and values.ndim == 3:
        import imagecodecs

        return np.asarray(imagecodecs.png_decode(path.read_bytes()))
    return values


def _read_array(path: Path) -> StoredImage:
    stored = np.load(path, mmap_mode="r", allow_pickle=False)
    refuse_large(path, stored.size, 1)
    values = _flat(_native(np.array(stored)))
    return StoredImage(path, values, _bits(values), ScanMetadata(None))


def _bits(values: NDArray[Any]) -> int:
    return 1 if values.dtype == np.bool_ else 8 * values.dtype.itemsize
