"""A synthetic set for programs that read COCO: pictures, and one JSON file with run-length encoded masks."""

from __future__ import annotations

import shutil
from pathlib import Path

from diffrendergan.exchange.sets.options import Options
from diffrendergan.exchange.sets.source import SyntheticSet
from diffrendergan.runs.atomic import atomic_path
from diffrendergan.runs.reporter import Reporter
from diffrendergan.synthesis.coco import write_coco


def write_coco_set(images: SyntheticSet, out: Path, options: Options, reporter: Reporter) -> None:
    """Write `images/` and `coco.json`; with `options.amodal` masks are full silhouettes, which overlap.

    Raises
    ------
    ConfigError
        If silhouettes are asked for and not there.
    MissingDependencyError
        If pycocotools is not installed.
    """
    if options.amodal:
        images.require_silhouettes()
    for number in range(len(images)):
        copied(images.image_file(number), out / "images" / images.image_file(number).name)
    write_coco(images.folder, range(len(images)), reporter, out / "coco.json", options.amodal)


def copied(source: Path, target: Path) -> None:
    """Copy a file; the target is whole or absent."""
    with atomic_path(target) as temporary:
        shutil.copyfile(source, temporary)
