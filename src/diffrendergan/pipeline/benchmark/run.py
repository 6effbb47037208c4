"""The benchmark: for each seed, split and row, a network is trained and scored; whatever is finished is kept."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.config.project import Project
from diffrendergan.errors import DataError
from diffrendergan.metrics.segmentation import ScanScores, score_scan
from diffrendergan.micrographs.prepare import Prepared, load_prepared, load_scan
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.pipeline.benchmark.rows import Source
from diffrendergan.pipeline.benchmark.settings import BenchmarkSettings, project_of, randomised, splits_of
from diffrendergan.pipeline.benchmark.splits import Split
from diffrendergan.pipeline.benchmark.table import write_results
from diffrendergan.pipeline.runner import Asked, is_finished, run_project
from diffrendergan.runs.atomic import read_json, write_json
from diffrendergan.runs.reporter import Reporter
from diffrendergan.segmentation.baseline import THRESHOLDS, classical
from diffrendergan.segmentation.dataset import SegmentationData, load_synthetic
from diffrendergan.segmentation.instances import Decoding
from diffrendergan.segmentation.networks import open_segmenter, prediction_settings, train_segmenter, training_key
from diffrendergan.segmentation.pictures import overlay, write_picture
from diffrendergan.segmentation.scoring import Row
from diffrendergan.segmentation.sources import load_annotation, real_data, supplemented
from diffrendergan.segmentation.trained import check_scale, segment_all
from diffrendergan.segmentation.training import TrainingJob

SCORES = "scores.json"
"""In the folder of a network: its scores, and what they depend on."""
MADE_WITH = "made_with.json"
"""In the folder of a network: what it was trained with."""


@dataclass(frozen=True)
class Bench:
    """One split with what its rows need, read when first needed."""

    settings: BenchmarkSettings
    split: Split
    reporter: Reporter

    @cached_property
    def project(self) -> Project:
        """The configuration."""
        return project_of(self.settings, self.split)

    @cached_property
    def prepared(self) -> Prepared:
        """Patches and split of the scans."""
        _finish(self.project, "prepare", self.reporter)
        return load_prepared(self.project.run)

    @cached_property
    def scans(self) -> list[tuple[Micrograph, NDArray[np.int32]]]:
        """The test scans with their annotations."""
        names, found = self.prepared.test_scans, []
        for name in (name for name in names if name in self.split.test):
            scan = load_scan(self.project, name, self.project.run)
            true = load_annotation(self.project, scan)
            if true is None:
                raise DataError(f"{self.settings.data / 'masks'} holds no annotation of {name}; fetch the data anew.")
            found.append((scan, true))
        return found

    @cached_property
    def truth(self) -> dict[str, Any]:
        """What the scores depend on of each test scan: a digest of pixels and annotation, and the pixel size [nm]."""
        return {
            scan.name: [
                hashlib.sha256(scan.pixels.tobytes()).hexdigest(),
                hashlib.sha256(true.tobytes()).hexdigest(),
                scan.pixel_size_nm,
            ]
            for scan, true in self.scans
        }


def run_benchmark(settings: BenchmarkSettings, reporter: Reporter) -> list[Row]:
    """Train and score every row on every split, seed by seed, and write the table after each network.

    In `out`: `table.md`, `table.csv`, `scores.csv` and `benchmark.json`; `<split>/run` is an ordinary run folder with
    the GAN and the synthetic images of that split; `<split>/<row>/seed_<s>` has a network and its scores;
    `randomised` the synthetic images with random materials. What is finished and was made with the same
    configuration is kept, so an interrupted benchmark goes on where it was.

    Returns
    -------
    list of Row
        All scores.

    Raises
    ------
    UserError
        If the data are not there, or a stage or a training fails.
    """
    splits = splits_of(settings)
    benches = [Bench(settings, split, reporter) for split in splits]
    rows: list[Row] = []
    for source in settings.sources:
        if source.kind == "classical":
            rows += [row for bench in benches for row in _classical_rows(bench)]
    learned = [source for source in settings.sources if source.kind != "classical"]
    # Seeds come last to be repeated, so that the table soon has all its rows.
    seeds = benches[0].project.evaluation.seeds
    todo = [(seed, bench, source) for seed in seeds for bench in benches for source in learned]
    for number, (seed, bench, source) in enumerate(todo, start=1):
        reporter.note(f"{number} of {len(todo)}: {bench.split.name}, {source.title}, seed {seed}")
        rows += _network_rows(bench, source, seed)
        write_results(settings, splits, rows)
    write_results(settings, splits, rows)
    return rows


def outlook(settings: BenchmarkSettings) -> list[str]:
    """Return what `run_benchmark` would do, as lines.

    Raises
    ------
    UserError
        As `run_benchmark`, for what can be told beforehand.
    """
    splits = splits_of(settings)
    seeds = project_of(settings, splits[0]).evaluation.seeds
    lines = [f"{split.name}: trained on {len(split.train)} scans, scored on {len(split.test)}" for split in splits]
    lines += [f"{source.name}: {source.title}" for source in settings.sources]
    learned = sum(source.kind != "classical" for source in settings.sources)
    return [*lines, f"{learned * len(splits) * len(seeds)} networks, of seeds {', '.join(map(str, seeds))}"]


def _classical_rows(bench: Bench) -> Iterator[Row]:
    data, least = bench.project.data, bench.project.evaluation.min_region_px
    for scan, true in bench.scans:
        for method in THRESHOLDS:
            labels = classical(method, scan.pixels, data.foreground, least)
            yield from _score(method, None, scan, true, labels)


def _score(
    method: str,
    seed: int | None,
    scan: Micrograph,
    true: NDArray[np.int32],
    labels: Mapping[Decoding, NDArray[np.int32]],
) -> Iterator[Row]:
    for decoding, predicted in labels.items():
        scores = score_scan(true, predicted[: len(true)], scan.pixel_size_nm)
        yield Row(method, seed, decoding, scan.name, scores)


def _network_rows(bench: Bench, source: Source, seed: int) -> list[Row]:
    """Return the scores of a network; it is trained if it is not there, or made otherwise."""
    project = bench.project
    folder = bench.settings.out / bench.split.name / source.name / f"seed_{seed}"
    data = _data_of(bench, source)
    job = TrainingJob(project.segmentation, data, project.synthesis.contour_width_px, project.seed, seed, folder)
    network = {"training": training_key(job), "images": digest(data)}
    scored = network | {
        "min_region_px": project.evaluation.min_region_px,
        "prediction": prediction_settings(project.segmentation),
        "scans": bench.truth,
    }
    kept = _kept(folder / SCORES, scored)
    if kept is not None:
        return kept
    if (folder / MADE_WITH).exists() and read_json(folder / MADE_WITH) != _plain(network):
        bench.reporter.note(f"{folder} was made with another configuration, and is made anew")
        shutil.rmtree(folder)
    write_json(folder / MADE_WITH, network)
    train_segmenter(job, bench.reporter)
    segmenter, info = open_segmenter(folder, project.segmentation)
    rows: list[Row] = []
    for scan, true in bench.reporter.track(bench.scans, "predict the test scans", len(bench.scans)):
        check_scale(info, scan)
        labels = segment_all(segmenter, scan.pixels, project.evaluation.min_region_px)
        rows += _score(source.name, seed, scan, true, labels)
        shown = labels.get(project.evaluation.decoding, labels["components"])[: len(true)]
        write_picture(folder / "overlays" / f"{scan.name}.png", overlay(scan.pixels[: len(true)], shown, true))
    write_json(folder / SCORES, {"made_with": scored, "rows": [row.flat() for row in rows]})
    return rows


def _kept(path: Path, made_with: dict[str, Any]) -> list[Row] | None:
    """Return scores from before, None if there are none or they were made otherwise."""
    if not path.exists():
        return None
    value = read_json(path)
    if value.get("made_with") != _plain(made_with):
        return None
    return [_row(entry) for entry in value["rows"]]


def _plain(value: Any) -> Any:
    """Return a value as it comes back from a JSON file."""
    return json.loads(json.dumps(value))


def _row(entry: dict[str, Any]) -> Row:
    head = {name: entry.pop(name) for name in ("method", "seed", "decoding", "scan")}
    return Row(**head, scores=ScanScores(**entry))


def digest(data: SegmentationData) -> str:
    """Return what tells one set of images, with its annotations, from another."""
    found = hashlib.sha256()
    for kind in (data.annotated, data.backgrounds, data.validation):
        for image in kind:
            found.update(image.pixels.tobytes())
            found.update(image.instances.tobytes())
        found.update(b"|")
    return found.hexdigest()


def _data_of(bench: Bench, source: Source) -> SegmentationData:
    """Return the images of a row, making them if need be."""
    make: dict[str, Callable[[], SegmentationData]] = {
        "learned": lambda: _synthetic(bench, _learned_set(bench), True),
        "no-background": lambda: _synthetic(bench, _learned_set(bench), False),
        "randomised": lambda: _synthetic(bench, _random_set(bench), True),
        "folder": lambda: _synthetic(bench, source.folder or Path(), True),
        "real": lambda: real_data(bench.project, bench.project.run, bench.prepared),
    }
    return make[source.kind]()


def _synthetic(bench: Bench, folder: Path, with_background: bool) -> SegmentationData:
    images = load_synthetic(folder, bench.reporter)
    prepared = bench.prepared
    background = prepared.background if with_background else prepared.background[:0]
    return supplemented(bench.project, images, background, prepared.pixel_size_nm)


def _learned_set(bench: Bench) -> Path:
    _finish(bench.project, "synthesize", bench.reporter)
    return bench.project.run / "synthesize"


def _random_set(bench: Bench) -> Path:
    project = randomised(bench.settings, bench.project)
    _finish(project, "synthesize", bench.reporter)
    return project.run / "synthesize"


def _finish(project: Project, stage: str, reporter: Reporter) -> None:
    """Run a stage unless it is finished, so that several splits can be worked on at once."""
    if not is_finished(project, stage):
        run_project(project, reporter, Asked(stage))
