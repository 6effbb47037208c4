"""The instances of a synthetic set as COCO annotations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import MissingDependencyError
from diffrendergan.runs.atomic import write_json
from diffrendergan.runs.reporter import Reporter
from diffrendergan.synthesis.writers import pair_paths, read_amodal, read_pair

PARTICLE_CATEGORY = 1


def write_coco(
    folder: Path, indices: Sequence[int], reporter: Reporter, target: Path | None = None, amodal: bool = False
) -> Path:
    """Write `coco.json` beside the images of a set, or elsewhere.

    Masks are run-length encoded, since an occluded particle may have several parts. `file_name` is relative to
    the folder of the set. The number in the instance mask is kept as `instance`.

    Parameters
    ----------
    folder : Path
        The folder of the set, as `write_pair` fills it.
    indices : sequence of int
        Images to take; an image's COCO id is its index + 1.
    reporter : Reporter
        Shows progress.
    target : Path, optional
        The file to write; by default `coco.json` in the folder of the set.
    amodal : bool
        Masks are full silhouettes, which overlap, in place of what is seen.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    MissingDependencyError
        If pycocotools is not installed.
    DataError
        If a file of the set is missing or broken.
    RunFolderError
        If the file cannot be written.
    """
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for index in reporter.track(indices, "COCO annotations", total=len(indices)):
        instances = read_pair(folder, index).instances
        height, width = instances.shape
        file_name = pair_paths(folder, index).image.relative_to(folder).as_posix()
        images.append({"id": index + 1, "file_name": file_name, "width": width, "height": height})
        found = annotate_masks(enumerate(read_amodal(folder, index), 1)) if amodal else annotate(instances)
        for annotation in found:
            annotations.append({"id": len(annotations) + 1, "image_id": index + 1, **annotation})
    path = folder / "coco.json" if target is None else target
    write_json(
        path,
        {
            "info": {"description": "Synthetic micrographs with instance masks, made by diffrendergan"},
            "licenses": [],
            "categories": [{"id": PARTICLE_CATEGORY, "name": "particle", "supercategory": "particle"}],
            "images": images,
            "annotations": annotations,
        },
    )
    return path


def annotate(instances: NDArray[np.int32]) -> list[dict[str, Any]]:
    """Return category, mask, box and area of each instance (H, W), in the order of the identifiers.

    Else as `annotate_masks`.
    """
    return annotate_masks((int(number), instances == number) for number in np.unique(instances[instances > 0]))


def annotate_masks(masks: Iterable[tuple[int, NDArray[np.bool_]]]) -> list[dict[str, Any]]:
    """Return category, mask, box and area of each numbered mask (H, W), which may overlap.

    Boxes are [x, y, width, height] [px]; areas in px². Both follow pixel edges, as pycocotools does.

    Raises
    ------
    MissingDependencyError
        If pycocotools is not installed.
    """
    try:
        from pycocotools import mask as rle_mask
    except ImportError as error:
        raise MissingDependencyError(
            "COCO annotations need pycocotools; install it with `pip install pycocotools`, "
            "or take `coco` out of `synthesis.formats`."
        ) from error
    annotations: list[dict[str, Any]] = []
    for identifier, mask in masks:
        encoded = rle_mask.encode(np.asfortranarray(mask, dtype=np.uint8))
        annotations.append(
            {
                "category_id": PARTICLE_CATEGORY,
                "instance": identifier,
                "segmentation": {"size": [int(n) for n in encoded["size"]], "counts": encoded["counts"].decode()},
                "bbox": [float(value) for value in rle_mask.toBbox(encoded)],
                "area": int(rle_mask.area(encoded)),
                "iscrowd": 0,
            }
        )
    return annotations
