"""The generalist on annotated scans that it never saw, beside thresholds with watershed; and what its images cost.

    python benchmarks/generalist.py [--data ../shared/data] [--output FILE] [--per-set N] [--images FOLDER]

A set is a folder with `images/` and `masks/`. Thresholds are told whether particles are bright or dark; the generalist
is told nothing. `--images` writes an overlay of each scan, to be looked at.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from skimage.filters import threshold_local
from skimage.segmentation import find_boundaries

from diffrendergan.evaluation.baseline import SMOOTHING_PX, classical
from diffrendergan.generalist.bodies import bodies_atlas
from diffrendergan.generalist.prior import draw_example
from diffrendergan.generalist.segmenter import Generalist
from diffrendergan.image_files.listing import list_scans
from diffrendergan.labels.label_set import open_label_set
from diffrendergan.metrics.segmentation import ScanScores, score_scan
from diffrendergan.micrographs.scans import read_scan
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.segmentation.instances import split_by_depth
from diffrendergan.segmentation.packaged import packaged_record
from tables import Table, publish

FOREGROUND: Mapping[str, Literal["bright", "dark"]] = {"emps-dots-tem": "dark"}
"""What thresholds are told; bright where a set is not named."""
LEAST_PX = 20
METHODS = ("generalist", "otsu", "li", "adaptive")


def adaptive(scan: Micrograph, foreground: Literal["bright", "dark"]) -> NDArray[np.int32]:
    """Segment by a threshold of the neighbourhood's mean, with watershed."""
    smooth = ndimage.gaussian_filter(scan.pixels, SMOOTHING_PX)
    local = threshold_local(smooth, 2 * (min(smooth.shape) // 8) + 1, method="mean")
    mask = ndimage.binary_fill_holes(smooth > local if foreground == "bright" else smooth < local)
    if scan.field is not None:
        mask &= scan.field
    return split_by_depth(mask, mask, LEAST_PX)


def segmented(scan: Micrograph, foreground: Literal["bright", "dark"]) -> dict[str, NDArray[np.int32]]:
    """Return the particles by each method."""
    found = {"generalist": Generalist(min_region_px=LEAST_PX).segment(scan), "adaptive": adaptive(scan, foreground)}
    for name in ("otsu", "li"):
        found[name] = classical(name, scan.pixels, foreground, LEAST_PX, scan.field)["watershed"]
    return found


def diameters(labels: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return equivalent circular diameters [px]."""
    areas = np.bincount(labels.ravel())[1:]
    return np.sqrt(4 / np.pi * areas[areas > 0])


def picture(pixels: NDArray[np.float32], labels: NDArray[np.int32], path: Path) -> None:
    """Draw outlines upon a scan (H, W)."""
    grey = np.repeat((np.clip(pixels[: labels.shape[0]], 0, 1) * 255).astype(np.uint8)[..., None], 3, 2)
    grey[find_boundaries(labels, mode="inner")] = (255, 90, 0)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(grey).save(path)


def measure_set(folder: Path, most: int, table: Table, pictures: Path | None) -> None:
    """Add the rows of one set."""
    paths = list_scans(folder / "images").paths
    truth = open_label_set(folder / "masks", [path.stem for path in paths])
    chosen = paths if most == 0 else paths[:: max(1, len(paths) // most)][:most]
    foreground = FOREGROUND.get(folder.name, "bright")
    scores: dict[str, list[ScanScores]] = {name: [] for name in METHODS}
    sizes: dict[str, list[NDArray[np.float64]]] = {name: [] for name in ("truth", *METHODS)}
    for path in chosen:
        scan = read_scan(path)
        true = truth.read(scan.name, scan.pixels.shape)[0]
        sizes["truth"].append(diameters(true))
        for name, labels in segmented(scan, foreground).items():
            scores[name].append(score_scan(true, labels[: true.shape[0]]))
            sizes[name].append(diameters(labels))
            if name == "generalist" and pictures is not None:
                picture(scan.pixels, labels, pictures / folder.name / f"{scan.name}.png")
    instances = truth.kind != "binary" or folder.name == "tio2-sem"
    real = np.percentile(np.concatenate(sizes["truth"]), [10, 50, 90])
    for name in METHODS:
        said = (
            np.percentile(np.concatenate(sizes[name]), [10, 50, 90]) if np.concatenate(sizes[name]).size else real * 0
        )
        means = [np.mean([getattr(score, part) for score in scores[name]]) for part in ("dsc", "ap50", "pq")]
        table.add(
            f"{folder.name} ({len(chosen)})" if name == METHODS[0] else "",
            name,
            *(f"{value:.3f}" for value in (means if instances else means[:1])),
            *([] if instances else ["–", "–"]),
            " / ".join(f"{value:.0f}" for value in said),
            " / ".join(f"{value:.0f}" for value in real) if name == METHODS[0] else "",
        )


def measure_cost(folder: Path, table: Table) -> None:
    """Add what an image of the training and a scan cost, on one thread and on all."""
    atlas, families = bodies_atlas(folder, SilentReporter())
    times = []
    for index in range(60):
        start = time.perf_counter()
        draw_example(atlas, families, 256, 1, index)
        times.append(time.perf_counter() - start)
    table.add(
        "image of 256 px and labels, all links", f"{1000 * np.median(times):.0f} ms", f"{1000 * max(times):.0f} ms"
    )
    pixels = np.random.default_rng(0).random((1024, 1024), np.float32)
    scan = Micrograph(name="noise", pixels=pixels, bit_depth=8, pixel_size_nm=None, source=Path("noise"))
    tool = Generalist()
    tool.segment(scan)
    times = []
    for _ in range(3):
        start = time.perf_counter()
        tool.segment(scan)
        times.append(time.perf_counter() - start)
    table.add(f"scan of 1024², {torch.get_num_threads()} threads", f"{np.median(times):.2f} s", f"{max(times):.2f} s")


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--per-set", type=int, default=0, help="scans of each set; 0 takes all")
    parser.add_argument("--images", type=Path, help="folder for overlays")
    parser.add_argument("--bodies", type=Path, default=Path("generalist-run"), help="folder of the bodies")
    parser.add_argument("--skip-cost", action="store_true")
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()
    table = Table(
        "The generalist", ["set (scans)", "method", "DSC", "AP50", "PQ", "10 / 50 / 90 % [px]", "annotated"],
        [f"Weights: {packaged_record()}."],
    )  # fmt: skip
    for folder in sorted(path.parent for path in given.data.glob("*/masks")):
        measure_set(folder, given.per_set, table, given.images)
    cost = Table("What it costs", ["", "median", "most"])
    if not given.skip_cost:
        measure_cost(given.bodies, cost)
    publish([table, cost], given.output)


if __name__ == "__main__":
    main()
