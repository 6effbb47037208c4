"""Instances of COCO files: polygons, and masks by run lengths, compressed or not."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from diffrendergan.config.words import counted, some
from diffrendergan.errors import DataError
from diffrendergan.image_files.decoding import refuse_large
from diffrendergan.labels.layers import Layers
from diffrendergan.labels.polygons import Masks, Painted, filled, layered, of_several, outside, painted
from diffrendergan.runs.json_text import json_of_others

T = TypeVar("T")


class CocoFile(NamedTuple):
    """The images of a COCO file by their names, without folders, and the annotations by image."""

    images: dict[str, dict[str, Any]]
    annotations: dict[str, list[dict[str, Any]]]
    """By the image's identifier as text: some programs write it as a number here and as text there."""
    categories: tuple[str, ...] = ()
    """Names of the categories of all annotations."""
    crowds: bool = False
    """Whether some regions are marked as crowds, and others are not."""
    strays: tuple[str, ...] = ()
    """Identifiers of images that annotations name and the file does not hold."""


def coco_images(path: Path) -> tuple[str, ...]:
    """Return the names of the images that a COCO file annotates; none if it is no such file."""
    found = _parsed(path, _stamp(path))
    return () if found is None else tuple(found.images)


def read_coco(path: Path, name: str) -> Painted:
    """Return the annotated instances of an image.

    Parameters
    ----------
    path : Path
        The COCO file.
    name : str
        File name of the image in it, without folders.

    Returns
    -------
    Painted
        0 background, instances 1..k in the order of the file.

    Raises
    ------
    DataError
        If there is no such image, or if a segmentation is broken.
    """
    made, found = _made(path, name, painted), _parsed(path, _stamp(path))
    if found is None:
        return made
    own = found.annotations.get(str(found.images[name]["id"]), [])
    crowds = sum(bool(one.get("iscrowd")) for one in own) if found.crowds else 0
    marked = counted(crowds, "region is", "regions are")
    doubts = [f"{marked} marked as crowds (iscrowd), and each counts as one particle; take out what shows several"]
    return made.also(of_several(found.categories, "categories"), doubts if crowds else ())


def coco_layers(path: Path, name: str) -> Layers:
    """Return the annotated instances of an image as layers, which may lie over each other; else as `read_coco`."""
    return _made(path, name, layered)


def _made(path: Path, name: str, make: Callable[[Masks, tuple[int, int]], T]) -> T:
    """Return what is made of the masks of an image."""
    found = _parsed(path, _stamp(path))
    if found is None or name not in found.images:
        raise DataError(f"{path} is no COCO file that annotates {name}; correct the file.")
    image = found.images[name]
    try:
        shape = int(image["height"]), int(image["width"])
        refuse_large(path, shape[1], shape[0])
        annotations = found.annotations.get(str(image["id"]), [])
        _check_places(path, name, found, annotations, shape)
        masks = (
            (number, coco_mask(annotation["segmentation"], shape)) for number, annotation in enumerate(annotations, 1)
        )
        return make(masks, shape)
    except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        raise DataError(
            f"{path} does not hold height, width and segmentations of {name} as COCO does ({error}); export it again."
        ) from error


def _check_places(
    path: Path, name: str, found: CocoFile, annotations: list[dict[str, Any]], shape: tuple[int, int]
) -> None:
    """Raise a DataError if annotations are of images that the file does not hold, or lie outside their image."""
    if not annotations and found.strays:
        raise DataError(
            f"{path} has no annotation of {name}, but some of images that it does not name (image_id "
            f"{some(found.strays)}); export it again."
        )
    drawn = [one["segmentation"] for one in annotations if isinstance(one["segmentation"], list)]
    if sentence := outside([np.reshape(polygon, (-1, 2)) for polygons in drawn for polygon in polygons], shape):
        raise DataError(f"of {name} in {path}, {sentence}.")


def run_lengths(text: str) -> list[int]:
    """Return the run lengths that COCO packs into text: 5 bits a character, differences from the third on."""
    counts: list[int] = []
    place = 0
    while place < len(text):
        value, bits, more = 0, 0, True
        while more:
            code = ord(text[place]) - 48
            value |= (code & 0x1F) << bits
            more, place, bits = bool(code & 0x20), place + 1, bits + 5
            if not more and code & 0x10:
                value |= -1 << bits
        counts.append(value + (counts[-2] if len(counts) > 2 else 0))
    return counts


def coco_mask(segmentation: Any, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the pixels (H, W) of a segmentation: run lengths, packed or not, or polygons.

    Raises
    ------
    ValueError, KeyError, TypeError
        If it is broken.
    """
    if isinstance(segmentation, dict):
        if [int(edge) for edge in segmentation["size"]] != list(shape):
            raise ValueError(f"a mask of {segmentation['size']} rows and columns in an image of {list(shape)}")
        counts = segmentation["counts"]
        counts = run_lengths(counts) if isinstance(counts, str) else [int(count) for count in counts]
        if sum(counts) != shape[0] * shape[1] or min(counts, default=0) < 0:
            raise ValueError("run lengths that do not fill the image")
        flat = np.repeat(np.arange(len(counts)) % 2 == 1, counts)
        return np.asarray(flat.reshape(shape, order="F"))
    parts = [filled([np.reshape(polygon, (-1, 2))], shape) for polygon in segmentation]
    return np.asarray(np.any(parts, axis=0)) if parts else np.zeros(shape, bool)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error}); check the file.") from error
    return status.st_size, status.st_mtime_ns


@lru_cache(maxsize=4)
def _parsed(path: Path, stamp: tuple[int, int]) -> CocoFile | None:
    """Return what a file of this stamp holds, None if it is not COCO's."""
    content = json_of_others(path)
    if not isinstance(content, dict) or not all(isinstance(content.get(k), list) for k in ("images", "annotations")):
        return None
    try:
        images = {_file_name(image["file_name"]): image for image in content["images"]}
        annotations: dict[str, list[dict[str, Any]]] = {}
        for annotation in content["annotations"]:
            annotations.setdefault(str(annotation["image_id"]), []).append(annotation)
        known = {str(image["id"]) for image in content["images"]}
    except (KeyError, TypeError) as error:
        raise DataError(f"{path} lacks {error} where COCO files have it; export it again.") from error
    if len(images) < len(content["images"]):
        raise DataError(f"{path} names images of different folders alike; split it by folder.")
    marked = {bool(annotation.get("iscrowd")) for annotation in content["annotations"]}
    strays = tuple(sorted(annotations.keys() - known))
    return CocoFile(images, annotations, _categories(content), len(marked) == 2, strays)


def _categories(content: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of the categories that annotations have, in the order of the file."""
    used = {str(annotation.get("category_id")) for annotation in content["annotations"]}
    listed = [one for one in content.get("categories") or () if isinstance(one, dict)]
    return tuple(str(one.get("name")) for one in listed if str(one.get("id")) in used)


def _file_name(text: str) -> str:
    """Return the name without folders, which either system may have written."""
    return PureWindowsPath(PurePosixPath(text).name).name
