"""The held-out scans predicted by one network, here or on a cluster, and scored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.config.project import Project
from diffrendergan.evaluation.held_out import HeldOutScan, load_held_out, scan_overlay, score_labels
from diffrendergan.evaluation.kept_predictions import keep_predictions, kept_predictions
from diffrendergan.evaluation.scoring import Method, Row
from diffrendergan.image_files.writing import write_png
from diffrendergan.runs.digest import sha256_of
from diffrendergan.runs.executor import PerProcess, map_indices
from diffrendergan.runs.reporter import Reporter
from diffrendergan.segmentation.found import segment_all
from diffrendergan.segmentation.instances import DECODED, Decoding
from diffrendergan.segmentation.networks import Opened, network_file, open_segmenter, prediction_settings
from diffrendergan.segmentation.trained import check_scale


@dataclass(frozen=True)
class TrainedNetwork:
    """Where a network lies, and where its results go."""

    method: Method
    seed: int
    folder: Path
    results: Path
    """Gets `predictions/seed_<s>` and `overlays/seed_<s>`."""


@dataclass(frozen=True)
class _Tools:
    """What a process needs to predict.

    Attributes
    ----------
    opened : Opened
        The network.
    made_from : dict
        What its predictions depend on beside the scan.
    scan : callable
        Gives the scan of an index.
    """

    opened: Opened
    made_from: dict[str, Any]
    scan: Callable[[int], HeldOutScan]


def predict_all(
    project: Project, folder: Path, network: TrainedNetwork, scans: Sequence[HeldOutScan], reporter: Reporter
) -> list[Row]:
    """Predict the scans that are not predicted yet, and return the scores of all.

    Parameters
    ----------
    project : Project
    folder : Path
        The run folder, where another process finds the scans.
    network : TrainedNetwork
    scans : sequence of HeldOutScan
    reporter : Reporter
        Shows progress.
    """
    again = partial(_read, project, folder, tuple(scan.name for scan in scans))
    # Without a cluster in this process: PyTorch uses all cores for one scan, and the scans are in memory already.
    predict = PerProcess(
        partial(_tools, project, network, again),
        partial(_predict, project, network),
        _tools(project, network, scans.__getitem__),
    )
    title = f"predict the test scans ({network.method}, seed {network.seed})"
    return [row for rows in map_indices(predict, range(len(scans)), reporter, title) for row in rows]


def _read(project: Project, folder: Path, names: Sequence[str], index: int) -> HeldOutScan:
    return load_held_out(project, folder, names[index])


def _tools(project: Project, network: TrainedNetwork, scan: Callable[[int], HeldOutScan]) -> _Tools:
    opened = open_segmenter(network.folder, project.segmentation, project.compute.device)
    made_from = {
        "network": sha256_of(network_file(network.folder, project.segmentation).read_bytes()),
        "decoded": DECODED,
        "min_region_px": project.evaluation.min_region_px,
        "prediction": prediction_settings(project.segmentation),
        **({} if project.data.scale == 1 else {"scale": project.data.scale}),
    }
    return _Tools(opened, made_from, scan)


def _predict(project: Project, network: TrainedNetwork, tools: _Tools, index: int) -> list[Row]:
    """Predict a scan, unless the same network has done so before, and score it."""
    scan, (segmenter, info) = tools.scan(index), tools.opened
    check_scale(info, scan.micrograph, project.data.scale)
    made_from = tools.made_from | {"scan": sha256_of(scan.micrograph.pixels)}
    place = network.results / "predictions" / f"seed_{network.seed}"
    found = kept_predictions(place, scan.name, made_from)
    if found is None:
        least, scale = project.evaluation.min_region_px, project.data.scale
        found = segment_all(segmenter, scan.micrograph, least, scale)
        keep_predictions(place, scan.micrograph, found, made_from)
    _write_overlays(network, scan, found.labels)
    return score_labels(network.method, network.seed, scan, found.labels)


def _write_overlays(network: TrainedNetwork, scan: HeldOutScan, labels: Mapping[Decoding, NDArray[np.int32]]) -> None:
    place = network.results / "overlays" / f"seed_{network.seed}"
    for decoding, predicted in labels.items():
        write_png(place / decoding / f"{scan.name}.png", scan_overlay(scan, predicted))
