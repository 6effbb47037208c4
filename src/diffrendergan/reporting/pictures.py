"""Images and masks as data URIs."""

from __future__ import annotations

import base64
import colorsys
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from diffrendergan.errors import RunFolderError

CLASS_COLOURS = ((24, 28, 34), (86, 180, 233), (230, 159, 0))
"""Background, particle, contour: dark, sky blue and orange of Okabe and Ito (RGB)."""

JPEG_QUALITY = 88
_GOLDEN = 0.618033988749895


def grey_jpeg(pixels: NDArray[np.floating] | NDArray[np.uint8]) -> str:
    """Return a grey image as a JPEG data URI.

    Parameters
    ----------
    pixels
        (H, W), uint8, or floating in [0, 1].
    """
    if pixels.dtype != np.uint8:
        pixels = np.rint(np.clip(pixels, 0, 1) * 255).astype(np.uint8)
    return _encode(Image.fromarray(pixels), "JPEG", quality=JPEG_QUALITY)


def class_png(classes: NDArray[np.uint8]) -> str:
    """Return a class mask (H, W) of 0 background, 1 particle, 2 contour in colours, as a PNG data URI."""
    return _palette_png(np.minimum(classes, len(CLASS_COLOURS) - 1), np.array(CLASS_COLOURS))


def instance_png(instances: NDArray[np.integer]) -> str:
    """Return instance labels (H, W) as a PNG data URI; neighbours in number differ clearly in hue and lightness."""
    folded = np.where(instances > 0, (instances - 1) % 255 + 1, 0)
    return _palette_png(folded, np.array([CLASS_COLOURS[0], *(_instance_colour(i) for i in range(255))]))


def overlay_jpeg(path: Path, longest_edge: int) -> str:
    """Return a picture file as a JPEG data URI, made smaller if an edge is longer than `longest_edge` [px].

    Raises
    ------
    RunFolderError
        If the file is missing or broken.
    """
    try:
        with Image.open(path) as opened:
            picture = opened.convert("RGB")
    except (OSError, SyntaxError, UnidentifiedImageError) as error:
        raise RunFolderError(
            f"{path} is missing or broken ({error}); remove its folder and give the command again to redo that stage."
        ) from error
    picture.thumbnail((longest_edge, longest_edge), Image.Resampling.LANCZOS)
    # Full chroma: thin green, red and blue lines would bleed into each other otherwise.
    return _encode(picture, "JPEG", quality=84, subsampling=0)


def _instance_colour(index: int) -> tuple[int, int, int]:
    lightness = (0.62, 0.46, 0.76)[index % 3]
    red, green, blue = colorsys.hls_to_rgb((0.55 + index * _GOLDEN) % 1.0, lightness, 0.72)
    return round(255 * red), round(255 * green), round(255 * blue)


def _palette_png(indices: NDArray[np.integer], colours: NDArray[np.integer]) -> str:
    picture = Image.fromarray(indices.astype(np.uint8), mode="P")
    picture.putpalette(colours.astype(np.uint8).tobytes())
    return _encode(picture, "PNG", optimize=True)


def _encode(picture: Image.Image, kind: str, **options: object) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, format=kind, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"
