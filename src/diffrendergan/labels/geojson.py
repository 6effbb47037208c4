"""Outlines as GeoJSON, which QuPath exports and imports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import DataError
from diffrendergan.image_files.decoding import refuse_large
from diffrendergan.labels.layers import Layers
from diffrendergan.labels.polygons import Masks, Painted, filled, layered, of_several, outside, painted, reach
from diffrendergan.runs.json_text import json_of_others

GEOJSON_ENDING = ".geojson"
Rings = list[NDArray[np.float64]]
"""Outlines of one region, those of its holes among them, (n, 2) as x, y each."""


def is_geojson(path: Path) -> bool:
    """Tell whether a file holds features of GeoJSON: a collection, a list of them, or one."""
    return _features(json_of_others(path)) is not None


def read_geojson(path: Path, shape: tuple[int, int] | None = None) -> Painted:
    """Return the areas of a GeoJSON file, in pixels of the image: polygons, with their holes, and several as one.

    Parameters
    ----------
    path : Path
    shape : (int, int), optional
        Rows and columns of the scan, which the file does not say; by default as far as the areas reach.

    Returns
    -------
    Painted
        0 background, particles 1..k in the order of the file.

    Raises
    ------
    DataError
        If the file holds no areas, or broken ones, or if these lie outside the scan.
    """
    regions, shape, said = _regions(path, shape)
    return painted(_masks(regions, shape), shape).also(said)


def geojson_layers(path: Path, shape: tuple[int, int] | None = None) -> Layers:
    """Return the particles as layers, which may lie over each other; else as `read_geojson`."""
    regions, shape, _ = _regions(path, shape)
    return layered(_masks(regions, shape), shape)


def _masks(regions: list[Rings], shape: tuple[int, int]) -> Masks:
    return ((number, filled(rings, shape)) for number, rings in enumerate(regions, start=1))


def _regions(path: Path, shape: tuple[int, int] | None) -> tuple[list[Rings], tuple[int, int], list[str]]:
    """Return the rings of each area, rows and columns of the image, and what is to be said."""
    features = _features(json_of_others(path))
    if features is None:
        raise DataError(f"{path} holds no features of GeoJSON; name label images, or export them again.")
    regions: list[Rings] = []
    names: list[str] = []
    passed_over: Counter[str] = Counter()
    try:
        for feature in features:
            geometry = feature["geometry"]
            rings = list(_rings(geometry))
            if not rings:
                passed_over[str(geometry["type"])] += 1
                continue
            regions.append(rings)
            names.append(str(((feature.get("properties") or {}).get("classification") or {}).get("name", "")))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise DataError(f"{path} does not hold features as QuPath writes them ({error}); export it again.") from error
    if not regions:
        raise DataError(f"{path} holds no polygon; export outlines of particles.")
    every = [ring for rings in regions for ring in rings]
    if shape is None:
        shape = reach(every)
    refuse_large(path, shape[1], shape[0])
    if sentence := outside(every, shape):
        raise DataError(f"of {path}, {sentence}.")
    said = of_several(names, "classes")
    said += [f"{count} features of the kind {kind} are no areas" for kind, count in passed_over.items()]
    return regions, shape, said


def _rings(geometry: Any) -> Iterator[NDArray[np.float64]]:
    """Yield the rings of a polygon or several; nothing of points and lines."""
    kind = geometry["type"]
    if kind not in ("Polygon", "MultiPolygon"):
        return
    for polygon in geometry["coordinates"] if kind == "MultiPolygon" else [geometry["coordinates"]]:
        for ring in polygon:
            corners = np.array([corner[:2] for corner in ring], float).reshape(-1, 2)
            if not np.isfinite(corners).all():
                raise ValueError("a corner is no number")
            yield corners


def _features(content: Any) -> list[Any] | None:
    if isinstance(content, dict) and content.get("type") == "FeatureCollection":
        content = content.get("features")
    elif isinstance(content, dict) and content.get("type") == "Feature":
        content = [content]
    if not isinstance(content, list) or not content:
        return None
    return content if all(isinstance(one, dict) and one.get("type") == "Feature" for one in content) else None
