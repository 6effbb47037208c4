"""What height images and sections cost, and what they give on scans of a virtual force microscope and tomograph.

Run it with `make bench-modalities`, or:

    python benchmarks/modalities.py [--scores WORK] [--output FILE]

Processor time of all threads together, medians: other work on the machine makes wall time say little. `--scores` makes
scans in the folder WORK, gives `init` and `run` to them with nothing set by hand but how many images and steps, and
prints scores of the held-out ones; scans and truth are of `simulator/`, which shares nothing with the renderers.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch

from diffrendergan.arrangement.phi import make_placer
from diffrendergan.config.load import load_project
from diffrendergan.evaluation.baseline import classical
from diffrendergan.generalist.segmenter import Generalist
from diffrendergan.image_files.writing import write_png
from diffrendergan.labels.reading import read_numbers
from diffrendergan.labels.tiff import write_imagej_tiff
from diffrendergan.metrics.segmentation import ScanScores, score_scan
from diffrendergan.particles.library import make_library
from diffrendergan.patches.prepare import load_scan
from diffrendergan.rendering.factory import make_snapshots
from diffrendergan.rendering.traced import TracedSnapshots
from diffrendergan.runs import seeds
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.simulator.probe import ProbeSettings, simulate_heights
from diffrendergan.simulator.settings import MicroscopeSettings
from diffrendergan.simulator.tomograph import TomographSettings, simulate_slice
from tables import Table, publish
from timing import milliseconds

PRESETS = {"particles-afm": "afm", "grains-section": "section"}
SCANS = 8
AFM = MicroscopeSettings(
    width=224, height=224, data_bar=0, pixel_size_nm=3.5, oversampling=1, margin_px=24, diameter_nm=55.0,
    elongation=1.25, agglomerate_size=3, stack_limit=1.3, coverage=(0.12, 0.28), roughness_nm=0.8,
    grain_height_nm=(0.5, 4.0), scratch_depth_nm=(0.5, 2.0), grains_per_mpx=300, relief_nm=0.3, bare_strip_px=60,
)  # fmt: skip
"""A sample of particles in one layer, for the virtual force microscope: one sample of the surface a pixel."""
TOMOGRAPH = TomographSettings(size=224, diameter_px=20.0)
SMALL = ["data.patches=32", "data.background_patches=20", "fit.constellations=16", "synthesis.images=60"]
STEPS = "segmentation.steps=100"


def costs(preset: str, repeats: int) -> list[str]:
    """Return the times of an image of a preset with its labels, and of a new θ without and with its derivative."""
    project = load_project(None, preset, ["imaging.ground={model: flat}"])
    meshes = make_library(project.particles, 0)
    placer = make_placer(project, meshes)
    snapshots = cast(TracedSnapshots[Any, Any], make_snapshots(project, meshes, SilentReporter()))
    rng = seeds.generator(0, "benchmark")
    phis = [placer.draw(rng) for _ in range(repeats + 2)]
    rest = iter(phis)
    theta = torch.tensor([[(spec.low + spec.high) / 2 for spec in snapshots.parameters]])

    def all_of_it() -> None:
        snapshots.place(next(rest))
        snapshots.labels()
        snapshots.silhouettes()
        snapshots.radiance(theta, 0)

    whole = milliseconds(all_of_it, repeats)
    held, learned = snapshots.hold(snapshots.shown(), 0), theta[0].clone().requires_grad_()
    parts = [
        milliseconds(lambda: snapshots.model.layers(held, theta[0]), repeats),
        milliseconds(lambda: snapshots.model.layers(held, learned).particles.sum().backward(), repeats),
    ]
    seen = int(np.median([(phi[:, 3] > 0).sum() for phi in phis]))
    return [str(seen), *(f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms" for value in (whole, *parts))]


def write_scans(folder: Path, preset: str) -> None:
    """Write the scans of a kind with their truth, those of height maps in nanometres that are not level."""
    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for index in range(SCANS):
        image, mask = folder / "images" / f"scan_{index:02}.tif", folder / "masks" / f"scan_{index:02}.png"
        if preset == "particles-afm":
            scan = simulate_heights(AFM, ProbeSettings(), 1, index)
            write_imagej_tiff(image, scan.heights_nm, scan.pixel_size_nm, "nm")
            write_png(mask, scan.labels.astype(np.uint16))
            np.savez(folder / f"truth_{index:02}.npz", tops=scan.tops_nm, silhouettes=scan.silhouettes)
        else:
            found = simulate_slice(TOMOGRAPH, 1, index)
            write_imagej_tiff(image, found.pixels, TOMOGRAPH.pixel_size_nm)
            write_png(mask, found.labels.astype(np.uint16))
            np.savez(folder / f"truth_{index:02}.npz", diameters=found.diameters_px * TOMOGRAPH.pixel_size_nm)


def command(folder: Path, *words: str) -> None:
    """Give a command of the program in a folder."""
    subprocess.run([sys.executable, "-m", "diffrendergan", *words], cwd=folder, check=True)


def scored(folder: Path) -> list[list[str]]:
    """Return rows of scores of the held-out scans: of the run, of the generalist, of Otsu's threshold."""
    project = load_project(folder / "project.yaml")
    predictions = folder / "run" / "evaluate" / "predictions" / "seed_0" / project.evaluation.decoding
    names = sorted(path.stem for path in predictions.glob("*.tif"))
    rows: dict[str, list[ScanScores]] = {"this run": [], "generalist": [], "Otsu, watershed": []}
    for name in names:
        scan = load_scan(project, name, folder / "run")
        truth = read_numbers(folder / "masks" / f"{name}.png").numbers
        found = {
            "this run": read_numbers(predictions / f"{name}.tif").numbers,
            "generalist": Generalist().segment(scan),
            "Otsu, watershed": classical("otsu", scan.pixels, project.data.foreground, 20, scan.field)["watershed"],
        }
        for method, labels in found.items():
            rows[method].append(score_scan(truth, labels.astype(np.int32)))
    return [
        [method, *(f"{np.mean([getattr(one, name) for one in scores]):.3f}" for name in ("dsc", "ap50", "pq"))]
        for method, scores in rows.items()
    ]


def score(work: Path, preset: str, more: list[str]) -> Table:
    """Make scans, give `init` and `run`, and return the scores."""
    folder = work / preset
    write_scans(folder, preset)
    if not (folder / "project.yaml").exists():
        command(folder, "init", "images", "-o", "project.yaml", "--no-picture", "--look", PRESETS[preset])
    settings = [word for one in [*SMALL, STEPS, *more] for word in ("--set", one)]
    command(folder, "run", "project.yaml", *settings)
    table = Table(f"`{preset}` on held-out virtual scans", ("", "DSC", "AP50", "PQ"))
    for row in scored(folder):
        table.add(*row)
    return table


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--scores", type=Path, metavar="WORK")
    parser.add_argument("--only", choices=list(PRESETS))
    parser.add_argument("--set", action="append", default=[], help="a setting more for the runs")
    given = parser.parse_args()
    torch.set_num_threads(1)
    presets = [given.only] if given.only else list(PRESETS)
    if given.scores is not None:
        publish([score(given.scores.absolute(), preset, given.set) for preset in presets], given.output)
        return
    table = Table(
        "Height images and sections, 256 px, processor time",
        ("preset", "particles", "image with labels", "new θ", "with derivative"),
    )
    for preset in presets:
        table.add(f"`{preset}`", *costs(preset, given.repeats))
    publish([table], given.output)


if __name__ == "__main__":
    main()
