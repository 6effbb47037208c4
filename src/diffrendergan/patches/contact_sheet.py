"""All chosen patches on one picture, for a person to look over."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from skimage import segmentation

from diffrendergan.image_files.writing import QUICK, write_png
from diffrendergan.micrographs.types import BoolImage, FloatImage

COLUMNS = 10
TILE_PX = 168
CAPTION_PX = 16
GAP_PX = 4
PAPER = (250, 250, 250)
INK = (40, 40, 40)
OUTLINE = (90, 220, 120)


def write_contact_sheet(
    path: Path,
    patches: Sequence[FloatImage],
    captions: Sequence[str],
    title: str,
    outlined: Sequence[NDArray[np.int32]] | None = None,
    columns: int = COLUMNS,
) -> None:
    """Write a grid of patches with their names as a PNG.

    Parameters
    ----------
    path : Path
        The picture to write.
    patches : sequence of ndarray, shape (S, S)
        Grey values in [0, 1].
    captions : sequence of str
        A short name for each.
    title : str
        A line on top.
    outlined : sequence of ndarray of int, optional
        Label images of the same shape; the labels are outlined in green.
    columns : int
        Patches in a row, at most.
    """
    columns = min(columns, max(1, len(patches)))
    rows = max(1, -(-len(patches) // columns))
    step_x, step_y = TILE_PX + GAP_PX, TILE_PX + CAPTION_PX + GAP_PX
    sheet = Image.new("RGB", (max(columns * step_x + GAP_PX, 480), rows * step_y + 2 * GAP_PX + CAPTION_PX), PAPER)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=11)
    draw.text((GAP_PX, GAP_PX), title, fill=INK, font=ImageFont.load_default(size=13))
    for index, (patch, caption) in enumerate(zip(patches, captions, strict=True)):
        left = GAP_PX + (index % columns) * step_x
        top = 2 * GAP_PX + CAPTION_PX + (index // columns) * step_y
        sheet.paste(_tile(patch, None if outlined is None else outlined[index]), (left, top))
        draw.text((left, top + TILE_PX + 1), _shorten(caption, font), fill=INK, font=font)
    write_png(path, np.asarray(sheet), QUICK)


def _tile(patch: FloatImage, labels: NDArray[np.int32] | None) -> Image.Image:
    levels = np.round(np.clip(patch, 0, 1) * 255).astype(np.uint8)
    tile = Image.fromarray(levels).resize((TILE_PX, TILE_PX), Image.Resampling.LANCZOS).convert("RGB")
    if labels is None:
        return tile
    places = (np.arange(TILE_PX) + 0.5) * patch.shape[0] / TILE_PX
    small = labels[np.ix_(places.astype(int), (places * patch.shape[1] / patch.shape[0]).astype(int))]
    pixels = np.asarray(tile).copy()
    edge: BoolImage = segmentation.find_boundaries(small, mode="inner")
    pixels[edge] = OUTLINE
    return Image.fromarray(pixels)


def _shorten(caption: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """Cut the beginning of a caption that is wider than its tile."""
    if font.getlength(caption) <= TILE_PX:
        return caption
    while caption and font.getlength("…" + caption) > TILE_PX:
        caption = caption[1:]
    return "…" + caption
