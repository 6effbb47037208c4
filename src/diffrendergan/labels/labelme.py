"""Regions drawn in Labelme."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import DataError
from diffrendergan.labels.layers import Layers
from diffrendergan.labels.polygons import Masks, ellipse, filled, layered, painted


def is_labelme(path: Path) -> bool:
    """Tell whether a JSON file is Labelme's."""
    content = _content(path)
    return isinstance(content, dict) and isinstance(content.get("shapes"), list) and "imageHeight" in content


def read_labelme(path: Path) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Return the regions of a Labelme file: polygons, rectangles and circles.

    Shapes that share a `group_id` are one particle.

    Returns
    -------
    int32 (H, W), tuple of str
        0 background, particles 1..k in the order of the file; and what is to be said of it.

    Raises
    ------
    DataError
        If the file is not Labelme's, or a shape is broken.
    """
    regions, shape, passed_over = _regions(path)
    labels, remarks = painted(_masks(regions, shape), shape)
    remarks = [*remarks, *(f"{count} shapes of the kind {kind} are no regions" for kind, count in passed_over.items())]
    return labels, tuple(remarks)


def labelme_layers(path: Path) -> Layers:
    """Return the particles as layers, which may lie over each other; else as `read_labelme`."""
    regions, shape, _ = _regions(path)
    return layered(_masks(regions, shape), shape)


def _masks(regions: Sequence[tuple[int, NDArray[np.float64]]], shape: tuple[int, int]) -> Masks:
    return ((number, filled([outline], shape)) for number, outline in regions)


def _regions(path: Path) -> tuple[list[tuple[int, NDArray[np.float64]]], tuple[int, int], Counter[str]]:
    """Return number and outline of each shape, rows and columns of the image, and what has no area, by its kind."""
    if not is_labelme(path):
        raise DataError(f"{path} holds no regions of Labelme; name label images, or export them again.")
    content = _content(path)
    try:
        shape = int(content["imageHeight"]), int(content["imageWidth"])
        regions: list[tuple[int, NDArray[np.float64]]] = []
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
            regions.append((number, outline))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise DataError(f"{path} does not hold shapes as Labelme writes them ({error}); save it again.") from error
    return regions, shape, passed_over


def _outline(kind: str, points: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the corners of a shape, None for one without area."""
    if kind == "polygon":
        return points
    if kind == "rectangle":
        (x0, y0), (x1, y1) = points[:2]
        return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
    if kind == "circle":  # its middle, and a point on it
        (x, y), radius = points[0], float(np.hypot(*(points[1] - points[0])))
        return ellipse(x - radius, y - radius, x + radius, y + radius)
    return None


def _content(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError):
        return None
