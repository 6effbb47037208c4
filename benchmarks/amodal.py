"""Whole shapes of hidden particles: sizes of known truth, and what is seen beside the watershed.

RUN is a run folder whose network was trained with `evaluation.decoding: amodal`:

    diffrendergan run project.yaml --set evaluation.decoding=amodal
    python benchmarks/amodal.py RUN

Truth is known of synthetic images of seeds that the run has not used, and of scans of the virtual microscope, another
model of the same world, which shares nothing with the renderer. On annotated scans of the run, what is seen is compared
with the watershed of the same network.

Without RUN, the packaged generalist is scored, on images of its own kind, of other seeds, of which others hide a tenth
of the bodies or more, and on scans of the virtual microscope:

    python benchmarks/amodal.py --bodies FOLDER
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from diffrendergan.evaluation.whole import Known, score_found, score_known
from diffrendergan.generalist.bodies import Bodies, bodies_atlas
from diffrendergan.generalist.prior import draw_example
from diffrendergan.generalist.training import EDGE_PX
from diffrendergan.generalist.whole import WholeGeneralist
from diffrendergan.generalist.whole_training import hidden_share
from diffrendergan.labels.layers import Layer, Layers, layer_overlaps
from diffrendergan.metrics.segmentation import score_scan
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.reporting.figures.drawing import write_figure
from diffrendergan.reporting.figures.scan_figures import whole_figure
from diffrendergan.runs.atomic import read_json
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.segmentation.dataset import LabelledImage
from diffrendergan.segmentation.instances import amodal, watershed
from diffrendergan.segmentation.networks import open_segmenter
from diffrendergan.segmentation.protocol import Prediction, Segmenter
from diffrendergan.segmentation.trained import run_project_of
from diffrendergan.segmentation.whole_shapes import whole_particles
from diffrendergan.simulator.microscope import simulate_scan
from diffrendergan.simulator.settings import DEMO, MicroscopeSettings
from diffrendergan.synthesis.stage import make_engine
from tables import Table, publish

SEED = 88_000
"""Of images that no run of the benchmarks is trained on."""


def synthetic(run: Path, count: int) -> Iterator[LabelledImage]:
    """Yield images of the run's own kind, of other seeds."""
    project = run_project_of(run).model_copy(update={"seed": SEED})
    engine = make_engine(project.model_copy(update={"run": run}), run, SilentReporter())
    for index in range(count):
        made = engine.make(index)
        assert made.amodal is not None
        pixels = np.rint(made.image * 255).astype(np.float32) / np.float32(255)
        yield LabelledImage(f"synthetic {index}", pixels, made.instances, Layers.of_stack(made.amodal))


def virtual(title: str, settings: MicroscopeSettings, count: int) -> Iterator[LabelledImage]:
    """Yield scans of the virtual microscope, without their data bars."""
    for index in range(count):
        scan = simulate_scan(settings, SEED, index, whole=True)
        rows = settings.image_rows
        assert scan.whole is not None
        labels, whole = scan.labels[:rows], scan.whole.of_shape((rows, settings.width))
        pixels = scan.pixels[:rows].astype(np.float32) / np.float32(255)
        yield LabelledImage(f"{title} {index}", pixels, labels, whole.only(np.unique(labels[labels > 0]).tolist()))


def drawn(bodies: Bodies, count: int) -> Iterator[LabelledImage]:
    """Yield images of the generalist's kind, of other seeds, in which much is hidden."""
    examples = (draw_example(*bodies, EDGE_PX, SEED, index) for index in itertools.count())
    for number, each in enumerate(itertools.islice((one for one in examples if hidden_share(one) >= 0.1), count)):
        yield LabelledImage(f"drawn {number}", each.image, each.labels, each.whole)


class Said(NamedTuple):
    """A network that was asked before."""

    prediction: Prediction

    def predict(self, pixels: NDArray[np.float32]) -> Prediction:
        """Return what it said."""
        return self.prediction


def row_of(
    title: str, segmenter: Segmenter, images: Iterator[LabelledImage], least: int, pictures: Path | None
) -> list[Any]:
    """Score images and return a row of the first table."""
    found: list[Known] = []
    cut, pairs = [], []
    for number, image in enumerate(images):
        prediction = segmenter.predict(image.pixels)
        found.append(score_known(Said(prediction), image, least))
        cut.append(score_scan(image.instances, watershed(prediction, least)).ap50)
        layers = whole_particles(prediction, amodal(prediction, least))
        pairs.append(hidden_pairs(image, layers))
        if pictures is not None and number < 4:
            scan = Micrograph(image.name.replace(" ", "_"), image.pixels, None, Path(image.name), 8)
            write_figure(pictures, scan.name, whole_figure(scan, layers))
            assert image.whole is not None
            write_figure(pictures, f"{scan.name}_true", whole_figure(scan, image.whole))
    return [title, *cells_of(found, cut, pairs)]


def generalist_row(title: str, images: Iterator[LabelledImage], pictures: Path | None) -> list[Any]:
    """Score images by the packaged generalist; its visible parts are those that it finds in any case."""
    tool = WholeGeneralist(20)
    found: list[Known] = []
    pairs = []
    for number, image in enumerate(images):
        scan = Micrograph(image.name.replace(" ", "_"), image.pixels, None, Path(image.name), 8)
        labels, layers = tool.segment_whole(scan)
        found.append(score_found(labels, layers, image))
        pairs.append(hidden_pairs(image, layers))
        if pictures is not None and number < 4:
            write_figure(pictures, scan.name, whole_figure(scan, layers))
    return [title, *cells_of(found, [one.flat.ap50 for one in found], pairs)]


def cells_of(found: list[Known], cut: list[float], pairs: list[np.ndarray]) -> list[Any]:
    """Return what was found in images as cells of a row."""
    pooled = {name: np.concatenate([one.diameters[name] for one in found]) for name in found[0].diameters}
    medians = {name: float(np.median(values)) for name, values in pooled.items()}
    off = [f"{100 * (medians[name] / medians['true'] - 1):+.1f} %" for name in ("true_visible", "visible", "whole")]
    ratios = np.concatenate(pairs)
    flat, whole = (np.mean([getattr(one, kind).ap50 for one in found]) for kind in ("flat", "whole"))
    return [
        len(found), len(pooled["true"]), f"{medians['true']:.1f} px", *off, f"{np.mean(cut):.3f}", f"{flat:.3f}",
        f"{whole:.3f}", *(f"{100 * (np.median(ratios[:, side]) - 1):+.1f} %" for side in (0, 1)), len(ratios),
    ]  # fmt: skip


def hidden_pairs(image: LabelledImage, found: Layers) -> np.ndarray:
    """Return visible and whole diameter as found over the true whole one, of particles of which a fifth is hidden."""
    assert image.whole is not None
    overlaps = layer_overlaps(image.whole, found)
    seen = np.bincount(image.instances.ravel(), minlength=int(image.whole.numbers.max(initial=0)) + 1)
    ratios = []
    for row, column, iou in zip(overlaps.rows, overlaps.columns, overlaps.ious, strict=True):
        true, area = image.whole.layers[row], overlaps.true_areas[row]
        if iou < 0.5 or seen[true.number] > 0.8 * area or touches(true, image.whole.shape):
            continue
        ratios.append((np.sqrt(seen[true.number] / area), np.sqrt(overlaps.pred_areas[column] / area)))
    return np.array(ratios).reshape(-1, 2)


def touches(layer: Layer, shape: tuple[int, int]) -> bool:
    """Tell whether the border of the image cuts a particle."""
    rows, columns = layer.box
    return rows.start == 0 or columns.start == 0 or rows.stop == shape[0] or columns.stop == shape[1]


def scan_rows(run: Path) -> Iterator[list[Any]]:
    """Yield the scores of the run's annotated scans by each decoding."""
    for entry in read_json(run / "evaluate" / "scores.json")["summary"]:
        if entry["method"] in ("synthetic", "real"):
            cells = [entry[name]["mean"] for name in ("dsc", "ap50", "pq", "relative_count_error")]
            interval = entry["ap50"]["interval"]
            yield [
                entry["decoding"], entry["scans"], *(f"{value:.3f}" for value in cells[:3]),
                "" if interval is None else f"{interval[0]:.3f}–{interval[1]:.3f}", f"{100 * cells[3]:+.0f} %",
            ]  # fmt: skip


COLUMNS = (
    "images of", "images", "particles", "true median", "median of what can be seen", "of visible sizes found",
    "of whole sizes found", "AP50 watershed", "AP50 seen", "AP50 whole", "a fifth hidden: seen", "whole", "of",
)  # fmt: skip


def of_generalist(given: argparse.Namespace, worlds: dict[str, MicroscopeSettings]) -> Table:
    """Return the scores of the packaged generalist."""
    if given.bodies is None:
        raise SystemExit("name a run folder, or a folder for the generalist's bodies with --bodies")
    table = Table("Whole particles of known truth, by the packaged generalist", COLUMNS)
    bodies = bodies_atlas(given.bodies, SilentReporter())
    table.add(*map(str, generalist_row("its own kind", drawn(bodies, given.images), given.pictures)))
    for title, settings in worlds.items():
        table.add(*map(str, generalist_row(title, virtual(title, settings, given.scans), given.pictures)))
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, nargs="?")
    parser.add_argument("--bodies", type=Path, help="without RUN: gets the generalist's bodies")
    parser.add_argument("--images", type=int, default=24, help="synthetic images")
    parser.add_argument("--scans", type=int, default=4, help="scans of each virtual microscope")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="draw some of them there")
    parser.add_argument("--output", type=Path, metavar="FILE", help="also write the Markdown tables there")
    given = parser.parse_args()
    worlds = {"the virtual microscope": MicroscopeSettings(), "the same with films and flakes": DEMO}
    if given.run is None:
        publish([of_generalist(given, worlds)], given.output)
        return
    project = run_project_of(given.run)
    place = given.run / "segment" / f"seed_{project.evaluation.seeds[0]}"
    segmenter = open_segmenter(place, project.segmentation, project.compute.device).segmenter
    least = project.evaluation.min_region_px
    known = Table("Whole particles of known truth", COLUMNS)
    known.add(
        *map(str, row_of("the run's renderer", segmenter, synthetic(given.run, given.images), least, given.pictures))
    )
    for title, settings in worlds.items():
        images = virtual(title, settings, given.scans)
        known.add(*map(str, row_of(title, segmenter, images, least, given.pictures)))
    seen = Table(
        "What is seen, on annotated scans", ("particles by", "scans", "DSC", "AP50", "PQ", "AP50, 95 %", "count")
    )
    for row in scan_rows(given.run):
        seen.add(*map(str, row))
    publish([known, seen], given.output)


if __name__ == "__main__":
    main()
