"""What `prepare` keeps in a run: pictures of patches, and an index of all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from diffrendergan.errors import RunFolderError
from diffrendergan.image_files.writing import QUICK, write_png
from diffrendergan.micrographs.types import FloatImage
from diffrendergan.runs.atomic import read_json
from diffrendergan.runs.seal import intact

STAGE = "prepare"
INDEX = "prepare.json"
FORMAT = 1


def write_images(folder: Path, images: Sequence[FloatImage], deep: bool) -> None:
    """Write patches as 8-bit PNG, which is exact for 8-bit scans, or 16-bit for deeper ones."""
    folder.mkdir(parents=True, exist_ok=True)
    names = {file_name(index) for index in range(len(images))}
    for stale in folder.glob("*.png"):
        if stale.name not in names:
            stale.unlink()
    scale, kind = (65535, np.uint16) if deep else (255, np.uint8)
    for index, image in enumerate(images):
        write_png(folder / file_name(index), np.round(image * scale).astype(kind), QUICK)


def load_images(stage: Path, files: Sequence[str], size: int) -> FloatImage:
    """Return patches in [0, 1], float32 (m, size, size).

    Raises
    ------
    RunFolderError
        If a file is missing or broken, or has changed since the stage finished.
    """
    images = np.empty((len(files), size, size), np.float32)
    for index, file in enumerate(files):
        try:
            values = np.asarray(Image.open(intact(stage / file)))
            images[index] = values.astype(np.float32) / np.float32(np.iinfo(values.dtype).max)
        except (OSError, ValueError, SyntaxError) as error:  # Pillow raises all three
            raise RunFolderError(
                f"{stage / file} is missing or broken; remove {stage} and run `prepare` again."
            ) from error
    return images


def file_name(index: int) -> str:
    """Return the name of a patch by its number."""
    return f"{index:05d}.png"


def read_index(folder: Path) -> dict[str, Any]:
    """Return the index of a run folder.

    Raises
    ------
    RunFolderError
        If `prepare` has not run, or was another version's, or the index has changed since.
    """
    path = folder / STAGE / INDEX
    index = read_json(intact(path))
    if not isinstance(index, dict) or index.get("format") != FORMAT:
        raise RunFolderError(f"{path} was written by another version; remove {path.parent} and run `prepare` again.")
    return index
