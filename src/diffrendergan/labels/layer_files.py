"""Particles that may overlap as a COCO file: run lengths packed into text, as COCO's own tools write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import DataError
from diffrendergan.labels.coco import coco_mask
from diffrendergan.labels.layers import Layer, Layers
from diffrendergan.runs.atomic import write_json
from diffrendergan.runs.json_text import parse_json

PARTICLE_CATEGORY = 1


def write_layers(path: Path, layers: Layers, file_name: str) -> None:
    """Write the particles of one image as a COCO file, each with its number as `instance`.

    Raises
    ------
    RunFolderError
        If the file cannot be written.
    """
    height, width = layers.shape
    write_json(
        path,
        {
            "categories": [{"id": PARTICLE_CATEGORY, "name": "particle", "supercategory": "particle"}],
            "images": [{"id": 1, "file_name": file_name, "width": width, "height": height}],
            "annotations": [_annotation(number, layer, layers.shape) for number, layer in enumerate(layers, start=1)],
        },
    )


def read_layers(path: Path) -> Layers:
    """Read the particles of the only image of a COCO file; without `instance` they are numbered in its order.

    Raises
    ------
    DataError
        If the file is missing or broken, or holds several images.
    """
    try:
        content = parse_json(path.read_text("utf-8-sig"))
        (image,) = content["images"]
        shape = int(image["height"]), int(image["width"])
        masks = (
            (int(one.get("instance", number)), 0, 0, coco_mask(one["segmentation"], shape))
            for number, one in enumerate(content["annotations"], start=1)
        )
        return Layers.of(shape, masks)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path} is no COCO file of one image ({error}); make it anew.") from error


def packed(mask: NDArray[np.bool_]) -> str:
    """Return the run lengths of a mask (H, W) as COCO packs them: 5 bits a character, down the columns."""
    flat = np.concatenate([[False], mask.ravel(order="F"), [False]])
    turns = np.flatnonzero(flat[1:] != flat[:-1])
    counts = np.diff(np.concatenate([[0], turns, [mask.size]])).tolist()
    if counts[-1] == 0 and len(counts) > 1:
        counts.pop()
    text = []
    for place, count in enumerate(counts):
        value = count - counts[place - 2] if place > 2 else count
        more = True
        while more:
            low = value & 0x1F
            value >>= 5
            more = value != (-1 if low & 0x10 else 0)
            text.append(chr((low | 0x20 if more else low) + 48))
    return "".join(text)


def _annotation(number: int, layer: Layer, shape: tuple[int, int]) -> dict[str, Any]:
    full = np.zeros(shape, bool)
    full[layer.box] = layer.mask
    height, width = layer.mask.shape
    return {
        "id": number,
        "image_id": 1,
        "category_id": PARTICLE_CATEGORY,
        "instance": layer.number,
        "segmentation": {"size": list(shape), "counts": packed(full)},
        "bbox": [float(layer.left), float(layer.top), float(width), float(height)],
        "area": layer.area,
        "iscrowd": 0,
    }
