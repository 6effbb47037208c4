"""The benchmark: for each seed, split and row, a network is trained and scored; whatever is finished is kept."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from diffrendergan.config.project import Project
from diffrendergan.errors import DataError
from diffrendergan.metrics.segmentation import ScanScores
from diffrendergan.micrographs.prepare import Prepared, load_prepared
from diffrendergan.pipeline.benchmark.rows import Source
from diffrendergan.pipeline.benchmark.settings import BenchmarkSettings, project_of, randomised, splits_of
from diffrendergan.pipeline.benchmark.splits import Split
from diffrendergan.pipeline.benchmark.table import write_results
from diffrendergan.pipeline.runner import Asked, is_finished, run_project
from diffrendergan.runs.atomic import read_json, write_json
from diffrendergan.runs.digest import sha256_of
from diffrendergan.runs.reporter import Reporter
from diffrendergan.segmentation.dataset import SegmentationData, load_synthetic
from diffrendergan.segmentation.held_out import (
    HeldOutScan,
    classical_rows,
    load_held_out,
    scan_overlay,
    score_labels,
)
from diffrendergan.segmentation.networks import open_segmenter, prediction_settings, train_segmenter, training_key
from diffrendergan.segmentation.pictures import write_picture
from diffrendergan.segmentation.scoring import Row
from diffrendergan.segmentation.sources import real_data, supplemented
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
    def scans(self) -> list[HeldOutScan]:
        """The test scans, all of them annotated."""
        names = [name for name in self.prepared.test_scans if name in self.split.test]
        found = [load_held_out(self.project, self.project.run, name) for name in names]
        for scan in found:
            if scan.true is None:
                masks = self.settings.data / "masks"
                raise DataError(f"{masks} holds no annotation of {scan.name}; fetch the data anew.")
        return found

    @cached_property
    def truth(self) -> dict[str, Any]:
        """What the scores depend on of each test scan: a digest of pixels and annotation, and the pixel size [nm]."""
        return {
            scan.name: [sha256_of(scan.micrograph.pixels), sha256_of(scan.true), scan.micrograph.pixel_size_nm]
            for scan in self.scans
            if scan.true is not None
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
            rows += [row for bench in benches for row in classical_rows(bench.project, bench.scans)]
    learned = [source for source in settings.sources if source.kind != "classical"]
    # Seeds come last to be repeated, so that the table soon has all its rows.
    seeds = benches[0].project.evaluation.seeds
    write_results(settings, splits, rows)
    todo = [(seed, bench, source) for seed in seeds for bench in benches for source in learned]
    for number, (seed, bench, source) in enumerate(todo, start=1):
        reporter.note(f"{number} of {len(todo)}: {bench.split.name}, {source.title}, seed {seed}")
        rows += _network_rows(bench, source, seed)
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
    for scan in bench.reporter.track(bench.scans, "predict the test scans", len(bench.scans)):
        check_scale(info, scan.micrograph)
        labels = segment_all(segmenter, scan.micrograph.pixels, project.evaluation.min_region_px)
        rows += score_labels(source.name, seed, scan, labels)
        shown = scan_overlay(scan, labels[project.evaluation.decoding])
        write_picture(folder / "overlays" / f"{scan.name}.png", shown)
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
    prepared = bench.prepared
    if source.kind == "real":
        return real_data(bench.project, bench.project.run, prepared)
    images = load_synthetic(source.folder or _made(bench, source), bench.reporter)
    background = prepared.background[:0] if source.kind == "no-background" else prepared.background
    return supplemented(bench.project, images, background, prepared.pixel_size_nm)


def _made(bench: Bench, source: Source) -> Path:
    """Return the folder of a synthetic set of our own, making it if need be."""
    project = randomised(bench.settings, bench.project) if source.kind == "randomised" else bench.project
    _finish(project, "synthesize", bench.reporter)
    return project.run / "synthesize"


def _finish(project: Project, stage: str, reporter: Reporter) -> None:
    """Run a stage unless it is finished, so that several splits can be worked on at once."""
    if not is_finished(project, stage):
        run_project(project, reporter, Asked(stage))
