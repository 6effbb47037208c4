"""The benchmark: for each seed, split and row, a network is trained and scored; whatever is finished is kept."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from diffrendergan.evaluation.held_out import scan_overlay, score_labels
from diffrendergan.evaluation.scoring import Row
from diffrendergan.image_files.writing import write_png
from diffrendergan.pipeline.benchmark.bench import Bench, digest
from diffrendergan.pipeline.benchmark.network import Network
from diffrendergan.pipeline.benchmark.rows import Source
from diffrendergan.pipeline.benchmark.scored import given_rows
from diffrendergan.pipeline.benchmark.settings import BenchmarkSettings, seeds_of, splits_of
from diffrendergan.pipeline.benchmark.splits import Split
from diffrendergan.pipeline.benchmark.table import write_results
from diffrendergan.runs.executor import PerProcess, map_indices, maps_elsewhere
from diffrendergan.runs.reporter import Reporter, SilentReporter
from diffrendergan.segmentation.found import segment_all
from diffrendergan.segmentation.networks import open_segmenter, train_segmenter
from diffrendergan.segmentation.trained import check_scale


class Benchmark(NamedTuple):
    """What came of a benchmark."""

    splits: tuple[Split, ...]
    rows: list[Row]
    """All scores."""


def run_benchmark(settings: BenchmarkSettings, reporter: Reporter) -> Benchmark:
    """Score what needs no training, then train and score every other row on every split, seed by seed.

    The table is written after each network. In `out`: `table.md`, `table.csv`, `scores.csv` and `benchmark.json`;
    `<split>/run` is an ordinary run folder with the GAN and the synthetic images of that split, `<split>/fitted-run`
    one with the fit in place of the GAN, and `<split>/adversary-run` one with an adversary that starts from the fit;
    `<split>/<row>/seed_<s>` has a network and its scores; `randomised` the synthetic images with random materials;
    `given/<row>` overlays of rows that need no training. What is finished and was made with the same configuration is
    kept, so an interrupted benchmark goes on where it was.

    Raises
    ------
    UserError
        If the data are not there, or a stage or a training fails.
    """
    splits = splits_of(settings, reporter)
    benches = [Bench(settings, split, reporter) for split in splits]
    rows, remarks = given_rows(settings, [name for split in splits for name in split.test], reporter)
    write_results(settings, splits, rows, remarks)
    remake = partial(_benches, settings, splits)
    if maps_elsewhere():  # side by side, networks would wait for the images of their split, and these for its patches
        for bench in benches:
            _ = bench.prepared
        numbers = range(len(_sets(benches)))
        for _ in map_indices(PerProcess(remake, _make_set, benches), numbers, reporter, "Making images of all splits"):
            pass
    numbers = range(len(_networks(benches)))
    for found in map_indices(PerProcess(remake, _score, benches), numbers, reporter, "Training and scoring"):
        rows += found
        write_results(settings, splits, rows, remarks)
    return Benchmark(splits, rows)


def _benches(settings: BenchmarkSettings, splits: Sequence[Split]) -> list[Bench]:
    """Return the splits in another process."""
    return [Bench(settings, split, SilentReporter()) for split in splits]


def _networks(benches: Sequence[Bench]) -> list[Network]:
    """Return what is trained. Seeds come last to be repeated, so that the table soon has all its rows."""
    settings = benches[0].settings
    seeds = seeds_of(settings, settings.base())
    return [Network(bench, source, seed) for seed in seeds for bench in benches for source in settings.learned]


def _score(benches: Sequence[Bench], number: int) -> list[Row]:
    """Train and score a network, by its number."""
    todo = _networks(benches)
    network = todo[number]
    what = f"{network.bench.split.name}, {network.source.title}, seed {network.seed}"
    network.bench.reporter.note(f"{number + 1} of {len(todo)}: {what}")
    return _network_rows(network)


def _sets(benches: Sequence[Bench]) -> list[tuple[Bench, Source]]:
    """Return each synthetic set of our own once, with a split and a row that need it."""
    found = {
        bench.project_for(source).run: (bench, source)
        for bench in benches
        for source in benches[0].settings.learned
        if source.is_ours
    }
    return list(found.values())


def _make_set(benches: Sequence[Bench], number: int) -> None:
    """Make a synthetic set, by its number, unless it is there."""
    bench, source = _sets(benches)[number]
    bench.data(source)


def _network_rows(network: Network) -> list[Row]:
    """Return the scores of a network; it is trained if it is not there, or made otherwise."""
    bench, folder = network.bench, network.folder
    project, reporter = bench.project, bench.reporter
    data = bench.data(network.source)
    keys = network.keys(data, digest(data))
    kept = network.kept(keys)
    if kept is not None:
        return kept
    if network.is_begun and not network.fits(keys):
        reporter.note(f"{folder} was made with another configuration, and is made anew")
        shutil.rmtree(folder)
    network.claim(keys)
    train_segmenter(network.job(data), reporter)
    segmenter, info = open_segmenter(folder, project.segmentation, project.compute.device)
    rows: list[Row] = []
    for scan in reporter.track(bench.scans, "predict the test scans", len(bench.scans)):
        check_scale(info, scan.micrograph, project.data.scale)
        found = segment_all(segmenter, scan.micrograph, project.evaluation.min_region_px, project.data.scale)
        labels = found.labels
        rows += score_labels(network.source.name, network.seed, scan, labels)
        # Whole shapes are known of our own images only: a network of others is shown by the watershed.
        shown = scan_overlay(scan, labels.get(project.evaluation.decoding, labels["watershed"]))
        write_png(folder / "overlays" / f"{scan.name}.png", shown)
    network.keep(keys, rows)
    return rows
