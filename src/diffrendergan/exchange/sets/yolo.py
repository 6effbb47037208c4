"""A synthetic set for YOLO's segmentation: pictures, a text file of outlines for each, and `data.yaml`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diffrendergan.config.yaml_text import dump_yaml
from diffrendergan.exchange.sets.coco_set import copied
from diffrendergan.exchange.sets.options import Options
from diffrendergan.exchange.sets.source import SyntheticSet
from diffrendergan.labels.outlines import outlines
from diffrendergan.runs.atomic import write_text
from diffrendergan.runs.reporter import Reporter

CLASS = 0
DIGITS = 6
"""Of coordinates, which are fractions of the edges: enough for a tenth of a pixel of images of 100,000 px."""


def write_yolo(images: SyntheticSet, out: Path, options: Options, reporter: Reporter) -> None:
    """Write `images/` and `labels/`, each with `train/` and `val/`, and `data.yaml`.

    Outlines follow the edges of pixels. Of a particle of several parts the largest is outlined, and holes are not: YOLO
    knows neither.
    """
    every = round(1 / options.validation) if options.validation > 0 else 0
    for number, pair in images.pairs(range(len(images)), reporter, "YOLO outlines"):
        part = "val" if every and number % every == every - 1 else "train"
        copied(images.image_file(number), out / "images" / part / images.image_file(number).name)
        write_text(out / "labels" / part / f"{number:05d}.txt", outline_lines(pair.instances))
    held_out = every and len(images) >= every
    # Without `path`, what is named lies beside this file, wherever it is copied to.
    described = {
        "train": "images/train",
        "val": f"images/{'val' if held_out else 'train'}",
        "names": {CLASS: "particle"},
    }
    write_text(out / "data.yaml", dump_yaml(described))


def outline_lines(instances: NDArray[np.int32]) -> str:
    """Return a line for each instance (H, W): class, and corners x y as fractions of width and height."""
    size = np.array(instances.shape[::-1], float)
    lines = []
    for _, corners in outlines(instances):
        places = " ".join(f"{value:.{DIGITS}g}" for value in (corners / size).ravel())
        lines.append(f"{CLASS} {places}\n")
    return "".join(lines)
