"""The stage `evaluate`: predictions, scores and overlays for the held-out scans."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from diffrendergan.config.project import Project
from diffrendergan.errors import ConfigError
from diffrendergan.evaluation.held_out import (
    HeldOutScan,
    classical_rows,
    load_held_out,
)
from diffrendergan.evaluation.kept_predictions import LAYERS_ENDING
from diffrendergan.evaluation.predicting import TrainedNetwork, predict_all
from diffrendergan.evaluation.scoring import Row, summarize, write_table
from diffrendergan.evaluation.whole import MOST_IMAGES, score_known, summary_of
from diffrendergan.image_files.names import scan_name
from diffrendergan.labels.annotations import annotation_doubts, open_annotations
from diffrendergan.micrographs.resampling import scaled_area
from diffrendergan.patches.prepare import Prepared, load_prepared
from diffrendergan.runs.atomic import write_json
from diffrendergan.runs.reporter import Reporter
from diffrendergan.segmentation.dataset import load_held_out as load_held_out_images
from diffrendergan.segmentation.networks import network_file, open_segmenter, train_segmenter
from diffrendergan.segmentation.sources import real_data
from diffrendergan.segmentation.stage import network_jobs


def run_evaluate(project: Project, folder: Path, reporter: Reporter, with_real: bool = False) -> None:
    """Predict the held-out scans with every network, and score them where they are annotated.

    In `evaluate`: `scores.json` and `scores.csv` with a row per network, decoding and scan, and for baselines without
    any network (Otsu's and Li's threshold); `predictions/seed_<s>/<decoding>/<scan>.tif`, 16-bit label images with
    the pixel size if known; `overlays/seed_<s>/<decoding>/<scan>.png`. A scan that was predicted before, by the same
    network and settings, is not predicted again. Results of the real-data reference lie in
    `evaluate/real`; one that was trained before is scored again without being asked for. Where networks predict whole
    shapes, these are scored on held-out synthetic images (`whole_shapes` in `scores.json`).

    Parameters
    ----------
    project
        The configuration.
    folder
        The run folder, with the stages `prepare` and `segment` done.
    reporter
        Shows progress.
    with_real
        Also train the same networks on the annotated real training scans, as a reference.

    Raises
    ------
    ConfigError
        If `with_real` is asked for without `data.masks`.
    DataError
        If an annotation cannot be used, or a scan's pixel size is far from that of the training images.
    RunFolderError
        If a network is missing or broken, or a file cannot be written.
    """
    if with_real and project.data.masks is None:
        raise ConfigError("data.masks is not set, but the real-data reference is trained on annotations; set it.")
    prepared, out = load_prepared(folder), folder / "evaluate"
    if with_real:
        data = real_data(project, folder, prepared)
        for job in network_jobs(project, data, out / "real"):
            train_segmenter(job, reporter)
    scans = [load_held_out(project, folder, name) for name in prepared.test_scans]
    annotations = open_annotations(project, prepared.test_scans)
    doubts: list[str] = []
    if annotations is not None:
        annotations.say(reporter)
        of_scans = [doubt for scan in scans for doubt in annotation_doubts(annotations, scan.micrograph)]
        for doubt in of_scans:
            reporter.note(doubt)
        doubts = [*annotations.doubts, *of_scans]
    for place in (out, out / "real"):
        for kind in ("predictions", "overlays"):
            _remove_others(place / kind, project.evaluation.seeds, prepared.test_scans)
            # Networks without whole shapes have none to put in the place of those that are there.
            for stale in [] if project.wants_whole_shapes else place.glob(f"{kind}/seed_*/amodal"):
                shutil.rmtree(stale)
    rows = list(classical_rows(project, scans))
    for network in _networks(project, folder):
        rows += predict_all(project, folder, network, scans, reporter)
    whole = _score_whole(project, folder, reporter) if project.wants_whole_shapes else {}
    _write_scores(out, project, prepared, scans, rows, doubts, whole)
    if not any(scan.true is not None for scan in scans):
        reporter.note(f"no held-out scan is annotated: {out} holds predictions, but no scores")


def _networks(project: Project, folder: Path) -> list[TrainedNetwork]:
    """Return the networks of the stage `segment`, and those of the reference that are there."""
    out = folder / "evaluate"
    found = [
        TrainedNetwork("synthetic", seed, folder / "segment" / f"seed_{seed}", out) for seed in project.evaluation.seeds
    ]
    real = [
        TrainedNetwork("real", seed, out / "real" / f"seed_{seed}", out / "real") for seed in project.evaluation.seeds
    ]
    return found + [network for network in real if network_file(network.folder, project.segmentation).exists()]


def _score_whole(project: Project, folder: Path, reporter: Reporter) -> dict[str, Any]:
    """Return the scores of whole particles by seed, on synthetic images of known silhouettes; nothing without any."""
    fraction = project.segmentation.validation_fraction
    images = load_held_out_images(folder / "synthesize", fraction, project.seed, MOST_IMAGES)
    found = {}
    for seed in project.evaluation.seeds if images else ():
        place = folder / "segment" / f"seed_{seed}"
        segmenter, _ = open_segmenter(place, project.segmentation, project.compute.device)
        least = scaled_area(project.evaluation.min_region_px, project.data.scale)
        title = f"score whole shapes on synthetic images (seed {seed})"
        shown = reporter.track(images, title, len(images))
        found[f"seed_{seed}"] = summary_of([score_known(segmenter, image, least) for image in shown])
    return found


def _remove_others(place: Path, seeds: Sequence[int], names: Sequence[str]) -> None:
    """Remove what networks of other seeds, or earlier scans, have left."""
    kept = {f"seed_{seed}" for seed in seeds}
    for folder in place.glob("seed_*"):
        if folder.name not in kept:
            shutil.rmtree(folder)
    for path in list(place.rglob("*")):
        if path.is_file() and not {scan_name(path), path.name.removesuffix(LAYERS_ENDING)} & set(names):
            path.unlink()


def _write_scores(
    out: Path,
    project: Project,
    prepared: Prepared,
    scans: Sequence[HeldOutScan],
    rows: Sequence[Row],
    doubts: Sequence[str],
    whole: Mapping[str, Any],
) -> None:
    least = project.evaluation.min_region_px
    described: list[dict[str, Any]] = []
    for scan in scans:
        entry: dict[str, Any] = {"name": scan.name, "pixel_size_nm": scan.micrograph.pixel_size_nm}
        if scan.true is not None:
            sizes = np.bincount(scan.true.ravel())[1:]
            entry["annotated_particles"] = int((sizes > 0).sum())
            entry["annotated_below_min_region_px"] = int(((sizes > 0) & (sizes < least)).sum())
        described.append(entry | {"annotated": scan.true is not None})
    annotated = any(scan.true is not None for scan in scans)
    if not scans:
        note = "There are no held-out scans (data.test_fraction or data.test_scans)."
    elif not annotated:
        note = "No held-out scan is annotated: there are predictions, but no scores."
    else:
        note = (
            "Scores of the held-out scans. foreground_iou is what Table 1 of the paper calls PQ; pq, sq and rq are at "
            f"instance level. Annotated regions below {least} px count as missed, since predictions that small are "
            "dropped."
        )
    write_table(out / "scores.csv", rows)
    write_json(
        out / "scores.json",
        {
            "note": note,
            "annotated": annotated,
            "doubts": list(doubts),
            "headline": {"method": "synthetic", "decoding": project.evaluation.decoding},
            "train_scans": list(prepared.train_scans),
            "scans": described,
            "summary": summarize(rows),
            "rows": [row.flat() for row in rows],
            **({"whole_shapes": whole} if whole else {}),
        },
    )
