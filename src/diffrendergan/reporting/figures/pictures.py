"""Images and masks as data URIs, each of a bounded size."""

from __future__ import annotations

import base64
import colorsys
import io
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from diffrendergan.errors import RunFolderError
from diffrendergan.reporting.figures.theme import STYLE

CLASS_COLOURS = ((24, 28, 34), (86, 180, 233), (230, 159, 0))
"""Background, particle, contour: near black, and sky blue and orange of Okabe and Ito (RGB)."""

QUALITIES = (88, 80, 70, 58, 45, 30)
"""JPEG qualities, tried until the picture is small enough."""

OVERSAMPLING = 2

_GOLDEN_RATIO = 0.618033988749895


def grey_jpeg(pixels: NDArray[np.floating] | NDArray[np.uint8], longest_edge: int, most_bytes: int) -> str:
    """Return a grey image as a JPEG data URI.

    Parameters
    ----------
    pixels
        (H, W), uint8, or floating in [0, 1].
    longest_edge
        Longer images are reduced [px].
    most_bytes
        The quality is lowered until the JPEG is no larger than this.
    """
    if pixels.dtype != np.uint8:
        pixels = np.rint(np.clip(pixels, 0, 1) * 255).astype(np.uint8)
    return _jpeg(Image.fromarray(pixels), longest_edge, most_bytes)


def file_jpeg(path: Path, longest_edge: int, most_bytes: int, skipped_rows: int = 0) -> str:
    """Return a colour picture file as a JPEG data URI; limits as in `grey_jpeg`, the rest as in `read_picture`."""
    return _jpeg(read_picture(path, skipped_rows), longest_edge, most_bytes)


def read_picture(path: Path, skipped_rows: int = 0) -> Image.Image:
    """Return a colour picture that an earlier stage drew, without some rows at its top.

    Raises
    ------
    RunFolderError
        If the file is missing or broken.
    """
    try:
        with Image.open(path) as opened:
            return opened.convert("RGB").crop((0, skipped_rows, *opened.size))
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError) as error:
        raise RunFolderError(
            f"{path} is missing or broken ({error}); give its stage again with --redo, then `report`."
        ) from error


def figure_jpeg(figure: Figure, longest_edge: int, most_bytes: int) -> str:
    """Return a figure that a picture fills as a JPEG data URI; limits as in `grey_jpeg`."""
    with mpl.rc_context({**STYLE}):
        # Drawn larger than it is shown, and reduced, so that thin outlines are smooth.
        figure.set_dpi(OVERSAMPLING * longest_edge / float(max(figure.get_size_inches())))
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    return _jpeg(picture, longest_edge, most_bytes)


def class_png(classes: NDArray[np.uint8], longest_edge: int) -> str:
    """Return a class mask (H, W) of 0 background, 1 particle, 2 contour in colours, as a PNG data URI."""
    return _palette_png(np.minimum(classes, len(CLASS_COLOURS) - 1), np.array(CLASS_COLOURS), longest_edge)


def instance_png(instances: NDArray[np.integer], longest_edge: int) -> str:
    """Return instance labels (H, W) as a PNG data URI; labels near in number differ in hue and in lightness."""
    # A palette has 256 entries: label 256 takes the colour of label 1.
    folded = np.where(instances > 0, (instances - 1) % 255 + 1, 0)
    colours = [CLASS_COLOURS[0], *(_instance_colour(index) for index in range(255))]
    return _palette_png(folded, np.array(colours), longest_edge)


def hex_colour(colour: tuple[int, int, int]) -> str:
    """Return e.g. ``#56b4e9``."""
    return "#" + "".join(f"{part:02x}" for part in colour)


def _instance_colour(index: int) -> tuple[int, int, int]:
    lightness = (0.62, 0.45, 0.78)[index % 3]
    red, green, blue = colorsys.hls_to_rgb((0.55 + index * _GOLDEN_RATIO) % 1.0, lightness, 0.72)
    return round(255 * red), round(255 * green), round(255 * blue)


def _palette_png(indices: NDArray[np.integer], colours: NDArray[np.integer], longest_edge: int) -> str:
    picture = Image.fromarray(indices.astype(np.uint8)).convert("P")
    picture.putpalette(colours.astype(np.uint8).tobytes())
    # Labels have no values in between: the nearest one is taken.
    picture.thumbnail((longest_edge, longest_edge), Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG", optimize=True)
    return _data_uri(buffer.getvalue(), "png")


def _jpeg(picture: Image.Image, longest_edge: int, most_bytes: int) -> str:
    picture.thumbnail((longest_edge, longest_edge), Image.Resampling.LANCZOS)
    data = b""
    for quality in QUALITIES:
        buffer = io.BytesIO()
        # Full chroma (no subsampling): thin red, green and blue regions would bleed into each other otherwise.
        # Not `optimize`: Pillow gives that a buffer which busy pictures overflow.
        picture.save(buffer, format="JPEG", quality=quality, subsampling=0)
        data = buffer.getvalue()
        if len(data) <= most_bytes:
            break
    return _data_uri(data, "jpeg")


def _data_uri(data: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
