"""A synthetic set as OME-Zarr: one image with an axis of its images, in shards, and its label images."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from diffrendergan.exchange.sets.ome_zarr import PARTICLES, describe, label_group, new_group
from diffrendergan.exchange.sets.options import Options
from diffrendergan.exchange.sets.source import SyntheticSet
from diffrendergan.runs.atomic import explain_os_error
from diffrendergan.runs.reporter import Reporter
from diffrendergan.synthesis.writers import verify_pair

SET = "images.ome.zarr"
CLASSES = "classes"
SHARD_BYTES = 2**26
"""Shards hold no more pixels than this: they are made in memory."""
STAMP = "diffrendergan"
"""Attribute that says of which set the shards are."""
PARTS = {"": ("image", np.uint8), PARTICLES: ("instances", np.uint16), CLASSES: ("classes", np.uint8)}
"""What of an image each label image shows, and its type; the image itself has no name."""


def write_zarr_set(images: SyntheticSet, out: Path, options: Options, reporter: Reporter) -> None:
    """Write `images.ome.zarr`, with `labels/particles` and `labels/classes`.

    Each shard is written at once and whole. Those of the same set are kept, so that the same call goes on where it was;
    the description, without which nobody takes it for an image, comes last.

    Raises
    ------
    MissingDependencyError
        If zarr is not installed.
    DataError
        If an image of the set is broken.
    RunFolderError
        If it cannot be written.
    """
    count = len(images)
    height, width = verify_pair(images.folder, 0).image.shape
    held = max(1, min(options.shard_images, SHARD_BYTES // (height * width), count))
    stamp = {"set": images.digest(range(count)), "shard": [held, height, width], "pixel_size_nm": images.pixel_size_nm}
    folder = out / SET
    try:
        root = _opened(folder, stamp) or _begun(folder, stamp, count)
        groups = {kind: root[f"labels/{kind}"] if kind else root for kind in PARTS}
        for start in reporter.track(range(0, count, held), "OME-Zarr shards", total=-(-count // held)):
            numbers = range(start, min(start + held, count))
            if not (folder / "labels" / CLASSES / "0" / "c" / f"{start // held}" / "0" / "0").is_file():
                _write_shard(images, numbers, groups)
        for kind, group in groups.items():
            describe(group, ["0"], [1.0], images.pixel_size_nm, kind or images.name, leading=("image",))
    except OSError as error:
        raise explain_os_error(error, folder) from error


def _opened(folder: Path, stamp: dict[str, Any]) -> Any:
    """Return what an earlier call wrote of the same set; None if there is nothing of the kind."""
    if not (folder / "zarr.json").is_file():
        return None
    import zarr

    root = zarr.open_group(str(folder), mode="r+")
    whole = all(f"labels/{kind}/0" in root if kind else "0" in root for kind in PARTS)
    return root if whole and root.attrs.get(STAMP) == stamp else None


def _begun(folder: Path, stamp: dict[str, Any], count: int) -> Any:
    shutil.rmtree(folder, ignore_errors=True)
    root = new_group(folder)
    held, height, width = stamp["shard"]
    for kind, (_, dtype) in PARTS.items():
        (label_group(root, kind) if kind else root).create_array(
            "0",
            shape=(count, height, width),
            chunks=(1, height, width),
            shards=(held, height, width),
            dtype=dtype,
            dimension_names=["image", "y", "x"],
        )
    root.attrs[STAMP] = stamp
    return root


def _write_shard(images: SyntheticSet, numbers: range, groups: dict[str, Any]) -> None:
    """Write a shard of the image and of each label image, that of the classes last."""
    pairs = [verify_pair(images.folder, number) for number in numbers]
    for kind, (part, dtype) in PARTS.items():
        stack = np.stack([getattr(pair, part) for pair in pairs]).astype(dtype)
        groups[kind]["0"][numbers.start : numbers.stop] = stack
