"""Regions drawn in Labelme."""

from __future__ import annotations

import base64
import io
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diffrendergan.errors import DataError
from diffrendergan.image_files.decoding import refuse_large
from diffrendergan.labels.layers import Layers
from diffrendergan.labels.polygons import Masks, Painted, ellipse, filled, layered, of_several, outside, painted
from diffrendergan.runs.json_text import json_of_others

TURNED_BOXES = ("rotation", "oriented_rectangle")
"""Kinds of shapes with four corners, as X-AnyLabeling and Labelme call them."""


class Shape(NamedTuple):
    """One shape that has an area."""

    number: int
    """Of its particle."""
    outline: NDArray[np.float64]
    """Its corners (n, 2) as x, y; of a mask those of its box."""
    mask: NDArray[np.bool_] | None
    """The pixels within the box, where they were painted."""


def is_labelme(path: Path) -> bool:
    """Tell whether a JSON file is Labelme's."""
    content = json_of_others(path)
    return isinstance(content, dict) and isinstance(content.get("shapes"), list) and "imageHeight" in content


def read_labelme(path: Path) -> Painted:
    """Return the regions of a Labelme file: polygons, rectangles, turned or not, circles and masks.

    Shapes that share a `group_id` are one particle.

    Returns
    -------
    Painted
        0 background, particles 1..k in the order of the file.

    Raises
    ------
    DataError
        If the file is not Labelme's, or a shape is broken.
    """
    regions, shape, passed_over = _regions(path)
    names = [str(one.get("label")) for one in json_of_others(path)["shapes"]]
    said = of_several(names, "labels") if len(set(names)) < len(names) else []
    said += [f"{count} shapes of the kind {kind} are no regions" for kind, count in passed_over.items()]
    return painted(_masks(regions, shape), shape).also(said)


def labelme_layers(path: Path) -> Layers:
    """Return the particles as layers, which may lie over each other; else as `read_labelme`."""
    regions, shape, _ = _regions(path)
    return layered(_masks(regions, shape), shape)


def _masks(regions: list[Shape], shape: tuple[int, int]) -> Masks:
    return ((one.number, filled([one.outline], shape) if one.mask is None else _placed(one, shape)) for one in regions)


def _placed(region: Shape, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return a painted mask at its place in the image; what reaches beyond is cut."""
    full = np.zeros(shape, bool)
    left, top = (round(float(value)) for value in region.outline.min(axis=0))
    mask = np.asarray(region.mask)[max(0, -top) :, max(0, -left) :]
    part = full[max(0, top) :, max(0, left) :][: mask.shape[0], : mask.shape[1]]
    part |= mask[: part.shape[0], : part.shape[1]]
    return full


def _regions(path: Path) -> tuple[list[Shape], tuple[int, int], Counter[str]]:
    """Return the shapes with an area, rows and columns of the image, and what has no area, by its kind."""
    if not is_labelme(path):
        raise DataError(f"{path} holds no regions of Labelme; name label images, or export them again.")
    content = json_of_others(path)
    try:
        shape = int(content["imageHeight"]), int(content["imageWidth"])
        refuse_large(path, shape[1], shape[0])
        regions: list[Shape] = []
        groups: dict[Any, int] = {}
        passed_over: Counter[str] = Counter()
        for region in content["shapes"]:
            kind = region.get("shape_type", "polygon")
            outline = _outline(kind, np.asarray(region["points"], float))
            if outline is None:
                passed_over[kind] += 1
                continue
            group = region.get("group_id")
            number = groups.setdefault(len(groups) if group is None else ("group", group), len(groups) + 1)
            regions.append(Shape(number, outline, _decoded(region["mask"]) if kind == "mask" else None))
    except (KeyError, TypeError, ValueError, IndexError, OverflowError, OSError) as error:
        raise DataError(f"{path} does not hold shapes as Labelme writes them ({error}); save it again.") from error
    if sentence := outside([one.outline for one in regions], shape):
        raise DataError(f"of {path}, {sentence}.")
    return regions, shape, passed_over


def _outline(kind: str, points: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the corners of a shape, None for one without area."""
    if kind == "polygon" or kind in TURNED_BOXES:
        return points
    if kind in ("rectangle", "mask"):  # two corners, or all four
        (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
        return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
    if kind == "circle":  # its middle, and a point on it
        (x, y), radius = points[0], float(np.hypot(*(points[1] - points[0])))
        return ellipse(x - radius, y - radius, x + radius, y + radius)
    return None


def _decoded(text: str) -> NDArray[np.bool_]:
    """Return a mask (h, w) from the PNG file that is packed into text."""
    with Image.open(io.BytesIO(base64.b64decode(text, validate=True))) as image:
        return np.asarray(image) > 0
