"""Rows for which nothing is trained here: thresholds, the generalist, a run's own networks, other programs' labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.config.project import Project
from diffrendergan.config.words import some
from diffrendergan.errors import ConfigError, DataError, RunFolderError
from diffrendergan.evaluation.baseline import THRESHOLDS, Baseline, classical
from diffrendergan.generalist.segmenter import Generalist
from diffrendergan.labels.label_set import LabelSet, Words, open_label_set
from diffrendergan.labels.regions import drop_small
from diffrendergan.micrographs.field import within
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.patches.prepare import load_prepared, load_scan
from diffrendergan.pipeline.benchmark.rows import Source
from diffrendergan.pipeline.benchmark.settings import BenchmarkSettings
from diffrendergan.runs.reporter import Reporter
from diffrendergan.segmentation.found import segment_all
from diffrendergan.segmentation.networks import network_file
from diffrendergan.segmentation.trained import TrainedSegmenter, check_scale, load_trained, run_project_of

WAY = 1
"""Of scoring them: raised where scores that are kept would come out otherwise."""
Found = Mapping[str, NDArray[np.int32]]
"""Label images (H, W) by how particles were told apart."""


@dataclass(frozen=True)
class Finder:
    """What finds the particles of a row."""

    method: str
    find: Callable[[Micrograph], Found]
    scans: tuple[str, ...]
    """Those that it may be scored on."""
    seed: int | None = None
    made_with: dict[str, Any] | None = None
    """What its results depend on beside the scan, as plain values; None for what is not worth keeping."""
    remarks: tuple[str, ...] = ()
    """What is to be said of it, a sentence each."""


def finders(settings: BenchmarkSettings, source: Source, names: Sequence[str], reporter: Reporter) -> Iterator[Finder]:
    """Yield what finds the particles of a row in scans of these names: one for each seed or threshold.

    Raises
    ------
    ConfigError, RunFolderError
        If the row is that of a run that has no trained network.
    DataError
        If label images cannot be used, or none is of a scan.
    """
    project = settings.base()
    if source.kind == "classical":
        for method in THRESHOLDS:
            yield Finder(method, partial(_by_threshold, project, method), tuple(names))
    elif source.kind == "generalist":
        network = Generalist(project.evaluation.min_region_px, project.compute.device)
        # Its own way of cutting is a watershed along contours, so it stands beside those of other networks.
        yield Finder(
            source.name,
            lambda scan: {"watershed": network.segment(scan)},
            tuple(names),
            made_with=network.describe(),
        )
    elif source.kind == "run":
        yield from _networks_of_run(project, source, names)
    elif source.folder is not None:
        yield _predictions(settings, source, names, reporter)


def has_run(project: Project) -> bool:
    """Tell whether the run folder of a project holds a network."""
    try:
        trained = run_project_of(project.run)
    except (RunFolderError, ConfigError):
        return False
    return any(_is_trained(trained, seed, project) for seed in trained.evaluation.seeds)


def _is_trained(trained: Project, seed: int, project: Project) -> bool:
    return network_file(project.run / "segment" / f"seed_{seed}", trained.segmentation).exists()


def _by_threshold(project: Project, method: Baseline, scan: Micrograph) -> Found:
    least = project.evaluation.min_region_px
    found = classical(method, scan.pixels, project.data.foreground, least, scan.field)
    return {str(decoding): labels for decoding, labels in found.items()}


def _networks_of_run(project: Project, source: Source, names: Sequence[str]) -> Iterator[Finder]:
    """Yield the networks of the project's run, for the scans that it kept back: nothing of theirs was learned from."""
    trained = run_project_of(project.run)
    prepared = load_prepared(project.run)
    kept_back = tuple(name for name in names if name in prepared.test_scans)
    if not kept_back:
        raise ConfigError(
            f"the run {project.run} kept back no annotated scan, so that nothing is left to score its network on; set "
            "data.test_scans or data.test_fraction and run it again, or leave out the row run."
        )
    learned = [name for name in names if name in prepared.train_scans]
    said = f"The row run is scored on the {len(kept_back)} scans that the run kept back, not on {some(learned)}."
    seeds = [seed for seed in trained.evaluation.seeds if _is_trained(trained, seed, project)]
    for seed in seeds or trained.evaluation.seeds[:1]:  # where there is none, opening it says so
        network = load_trained(project.run, seed)
        yield Finder(
            source.name,
            partial(_by_run, project, network),
            kept_back,
            seed,
            network.describe() | {"reading": project.data.model_dump(mode="json")},
            (said,) if learned else (),
        )


def _by_run(project: Project, network: TrainedSegmenter, scan: Micrograph) -> Found:
    own = load_scan(project, scan.name, project.run)  # with the grey values that its training scans settled
    if own.pixels.shape != scan.pixels.shape:
        raise DataError(f"{scan.source} has changed since the run {project.run} was prepared; run it again.")
    check_scale(network.network.info, own, network.scale)
    found = segment_all(network.network.segmenter, own, project.evaluation.min_region_px, network.scale)
    return {str(decoding): labels for decoding, labels in found.labels.items()}


def _predictions(settings: BenchmarkSettings, source: Source, names: Sequence[str], reporter: Reporter) -> Finder:
    """Return the label images of another program; scans without one are named."""
    assert source.folder is not None
    words = Words("--pred-suffix", "--pred-kind", "data.data_bar")
    labels = open_label_set(source.folder, names, settings.pred_suffix, settings.pred_kind, words, reporter)
    labels.say(reporter)
    for name in names:
        if name in labels.failures:
            raise DataError(f"--predictions {source.name}: {labels.failures[name]}")
    there = tuple(name for name in names if labels.holds(name))
    missing = [name for name in names if name not in there]
    said = (
        f"{source.name} has no prediction of {len(missing)} of {len(names)} scans ({some(missing)}): its means are "
        "those of the others."
    )
    return Finder(
        source.name, partial(_as_given, settings.base(), source.name, labels), there, remarks=(said,) if missing else ()
    )


def _as_given(project: Project, name: str, labels: LabelSet, scan: Micrograph) -> Found:
    try:
        read = labels.read(scan.name, scan.pixels.shape).labels
    except DataError as error:
        raise DataError(f"--predictions {name}: {error}") from error
    # Rows of a data bar that were cropped there hold no particle here.
    whole = np.zeros(scan.pixels.shape, np.int32)
    whole[: len(read)] = read
    seen = drop_small(within(whole, scan.field), project.evaluation.min_region_px)
    return {"given" if labels.kind == "instances" else "components": seen}


def key_of(finder: Finder, project: Project) -> dict[str, Any] | None:
    """Return what the scores of a finder depend on beside the scan; None where they are not kept."""
    if finder.made_with is None:
        return None
    return {"finder": finder.made_with, "min_region_px": project.evaluation.min_region_px, "way": WAY}
