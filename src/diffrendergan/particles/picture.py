"""Pictures of meshes as the detector sees them, to judge a library by eye."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from diffrendergan.particles.mesh import Mesh

LIGHT = np.array([-0.35, 0.85, -0.4]) / np.linalg.norm([-0.35, 0.85, -0.4])
MAX_SAMPLES = 4_000_000
PAPER, INK = 246, 40
"""Grey levels of background and captions."""
CAPTION, NOTE = 16, 20
"""Height of the captions below each tile, and of the scale bar at the bottom [px]."""


def contact_sheet(meshes: Sequence[Mesh], columns: int | None = None, tile: int = 128) -> NDArray[np.uint8]:
    """Draw all meshes from above at one common scale, in rows, with their number, faces and size.

    Parameters
    ----------
    meshes
        At least one.
    columns
        Tiles in a row; by default the sheet is about 3:2.
    tile
        Edge of a tile [px]; captions are added below each.

    Returns
    -------
    uint8 (rows · (tile + CAPTION) + NOTE, columns · tile)
        Grey; the background is light. Sizes are diameters of a sphere of the same volume, in units of
        `arrangement.unit` at Φ-scale 1; so is the bar at the bottom.
    """
    if not meshes:
        raise ValueError("a contact sheet needs at least one mesh")
    columns = columns or int(np.ceil(np.sqrt(len(meshes) * 1.5)))
    rows = -(-len(meshes) // columns)
    half_width = 1.05 * max(mesh.max_radius for mesh in meshes)
    sheet = Image.new("L", (columns * tile, rows * (tile + CAPTION) + NOTE), PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(10)
    for i, mesh in enumerate(meshes):
        left, top = i % columns * tile, i // columns * (tile + CAPTION)
        pixels = shade(mesh, tile, half_width)
        sheet.paste(Image.fromarray(np.where(pixels > 0, pixels, PAPER).astype(np.uint8)), (left, top))
        words = caption(i, mesh)
        if draw.textlength(words, font) > tile:
            words = str(i)
        draw.text((left + tile / 2, top + tile), words, INK, font, anchor="ma")
    length = _round_length(half_width)
    bar = length * tile / (2 * half_width)
    level = sheet.height - NOTE / 2
    draw.line([(6, level), (6 + bar, level)], INK, 2)
    draw.text((12 + bar, level), f"{length:g} unit", INK, font, anchor="lm")
    return np.asarray(sheet)


def caption(index: int, mesh: Mesh) -> str:
    """Return a mesh's number, faces, and the diameter of a sphere of the same volume [unit]."""
    return f"{index} · {len(mesh.faces)} faces · {equivalent_diameter(mesh):.2f}"


def equivalent_diameter(mesh: Mesh) -> float:
    """Return the diameter of a sphere of the same volume [unit]."""
    return float(np.cbrt(6 * mesh.volume / np.pi))


def _round_length(most: float) -> float:
    """Return 1, 2 or 5 times a power of ten, not longer than `most`."""
    power = 10.0 ** np.floor(np.log10(most))
    return float(max(step * power for step in (1, 2, 5) if step * power <= most))


def shade(mesh: Mesh, size: int, half_width: float) -> NDArray[np.uint8]:
    """Draw one mesh orthographically from +y: x to the right, z downwards, lit from the upper left.

    Each face that looks up is covered by points closer than a pixel's width, and the highest point of
    a pixel is kept: a z-buffer without a rasteriser.

    Parameters
    ----------
    mesh
    size
        Edge of the image [px].
    half_width
        Half of the field's width [unit].

    Returns
    -------
    uint8 (size, size)
    """
    pixel = 2 * half_width / size
    corners = mesh.vertices.astype(np.float64)[mesh.faces]
    upward = _looks_up(corners)
    corners, faces = corners[upward], mesh.faces[upward]
    edge = np.sqrt(((corners - np.roll(corners, 1, axis=1)) ** 2).sum(axis=2).max()) / pixel
    affordable = int(np.sqrt(2 * MAX_SAMPLES / len(faces)))
    weights = _barycentric_grid(max(1, min(int(np.ceil(1.5 * edge)), affordable)))
    points = (weights @ corners).reshape(-1, 3)
    column = np.floor((points[:, 0] + half_width) / pixel).astype(int)
    row = np.floor((points[:, 2] + half_width) / pixel).astype(int)
    seen = np.flatnonzero((column >= 0) & (column < size) & (row >= 0) & (row < size))
    cell, height = row[seen] * size + column[seen], points[seen, 1]
    highest = np.full(size * size, -np.inf)
    np.maximum.at(highest, cell, height)
    top = height == highest[cell]
    face, place = np.divmod(seen[top], len(weights))
    normals = np.einsum("pi,pij->pj", weights[place], mesh.normals().astype(np.float64)[faces[face]])
    brightness = np.clip(normals @ LIGHT / np.linalg.norm(normals, axis=1).clip(1e-9), 0, 1)
    image = np.zeros(size * size, dtype=np.uint8)
    # Of repeated indices, points of one height, NumPy keeps the last assignment.
    image[cell[top]] = np.round(30 + 200 * brightness).astype(np.uint8)
    return image.reshape(size, size)


def _looks_up(corners: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which faces (F, 3, 3) have a normal with a positive y."""
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    return first[:, 2] * second[:, 0] - first[:, 0] * second[:, 2] > 0


def _barycentric_grid(n: int) -> NDArray[np.float64]:
    i, j = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
    keep = i + j <= n
    first, second = i[keep] / n, j[keep] / n
    return np.stack([first, second, 1 - first - second], axis=1)
