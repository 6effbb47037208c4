"""A whole run folder of tiny arrays, written with the writers of the stages where they stand alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imageio.v3 as iio
import numpy as np
import pytest
from tests.fixtures.comparisons import write_some_comparison
from tests.fixtures.verdicts import fine_evidence

from diffrendergan.config.data import DataConfig
from diffrendergan.config.evaluation import EvaluationConfig
from diffrendergan.config.project import Project
from diffrendergan.config.synthesis import SynthesisConfig
from diffrendergan.config.training import TrainingConfig
from diffrendergan.evaluation.pictures import overlay, write_labels
from diffrendergan.evaluation.scoring import Row, summarize
from diffrendergan.gan.epoch_choice import choose_epoch
from diffrendergan.gan.history import EpochRecord, breadth, summarise, write_history
from diffrendergan.gan.layout import TrainingFolder
from diffrendergan.image_files.writing import write_png
from diffrendergan.judging.verdict import judged, write_verdict
from diffrendergan.labels.classes import class_mask
from diffrendergan.metrics.segmentation import score_scan
from diffrendergan.pipeline.quantify.stage import run_quantify
from diffrendergan.rendering.protocol import ParameterSpec
from diffrendergan.runs.atomic import write_json, write_text
from diffrendergan.runs.environment import describe_environment
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.synthesis.writers import write_pair

SIZE, COUNT, EPOCHS, SEEDS, SCANS = 32, 10, 6, (0, 1), ("scan c", "scan d")
PIXEL_SIZE_NM = 5.0
SPECS = (ParameterSpec("particle.base_color", 0.0, 2.0), ParameterSpec("imaging.noise_sigma", 0.001, 0.1))


def blobs(seed: int, size: int = SIZE) -> np.ndarray:
    """Return three square particles, int32 (size, size)."""
    rng = np.random.default_rng(seed)
    labels = np.zeros((size, size), np.int32)
    for number in (1, 2, 3):
        row, column = rng.integers(0, size - 10, 2)
        labels[row : row + 10, column : column + 10] = number
    return labels


def picture(labels: np.ndarray, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 0.03, labels.shape)
    return np.clip(0.2 + 0.5 * (labels > 0) + noise, 0, 1).astype(np.float32)


@pytest.fixture(scope="session")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the held-out scans and their annotations."""
    return write_scans(tmp_path_factory.mktemp("scans"))


def write_scans(folder: Path) -> Path:
    for kind in ("images", "masks"):
        (folder / kind).mkdir()
    for number, name in enumerate(SCANS):
        true = blobs(number, 2 * SIZE)
        iio.imwrite(folder / "images" / f"{name}.png", np.rint(255 * picture(true, number)).astype(np.uint8))
        iio.imwrite(folder / "masks" / f"{name}_m.png", true.astype(np.uint8))
    return folder


@pytest.fixture(scope="session")
def project(scans: Path) -> Project:
    return project_of(scans)


def project_of(scans: Path) -> Project:
    return Project(
        name="toy",
        data=DataConfig(
            images=scans / "images", masks=scans / "masks", mask_kind="instances", pixel_size_nm=PIXEL_SIZE_NM
        ),
        training=TrainingConfig(epochs=EPOCHS),
        synthesis=SynthesisConfig(images=COUNT),
        evaluation=EvaluationConfig(seeds=SEEDS),
    )


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, project: Project) -> Path:
    """A finished run, to be read only."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    for write in (write_prepare, write_train, write_synthetic, write_segment):
        write(folder)
    write_evaluate(folder)
    run_quantify(project, folder, SilentReporter())
    write_verdict(folder, judged(fine_evidence(), "", PIXEL_SIZE_NM))
    write_some_comparison(folder)
    stages = ("prepare", "train", "select", "synthesize", "segment", "evaluate", "quantify")
    costs = {name: {"seconds": 10.0 * k, "peak_rss_mb": 512.0 * k, "sessions": 1} for k, name in enumerate(stages, 1)}
    write_json(folder / "timings.json", costs | {"report": {"seconds": 1e6, "peak_rss_mb": 1e6, "sessions": 1}})
    write_json(folder / "environment.json", describe_environment())
    write_text(folder / "config.yaml", "# recorded\nname: toy\n")
    return folder


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    """A finished run, to be changed."""
    return shutil.copytree(finished, tmp_path / "run")


@pytest.fixture
def unannotated(run: Path, unannotating: Project) -> Path:
    """A finished run whose held-out scans have no annotation."""
    write_evaluate(run, annotated=False)
    return quantified(unannotating, run)


@pytest.fixture(scope="session")
def unannotating(project: Project) -> Project:
    """The project without its annotations."""
    return changed(project, data={"masks": None})


@pytest.fixture(scope="session")
def wiry(project: Project) -> Project:
    """The same project about wires."""
    return changed(project, arrangement={"placement": "wires", "separation": "none"})


def quantified(project: Project, run: Path) -> Path:
    """Measure the predictions of a run anew."""
    shutil.rmtree(run / "quantify", ignore_errors=True)
    run_quantify(project, run, SilentReporter())
    return run


def changed(project: Project, **sections: dict[str, object]) -> Project:
    """Return a project with other values in some sections, unchecked."""
    parts = {name: getattr(project, name).model_copy(update=values) for name, values in sections.items()}
    return project.model_copy(update=parts)


def write_prepare(folder: Path) -> None:
    stage, index = folder / "prepare", {}
    for kind in ("patches", "background"):
        (stage / kind).mkdir(parents=True)
        index[kind] = [{"file": f"{kind}/{number:05d}.png"} for number in range(COUNT)]
        for number, entry in enumerate(index[kind]):
            labels = blobs(number) if kind == "patches" else np.zeros((SIZE, SIZE), np.int32)
            iio.imwrite(stage / entry["file"], np.rint(255 * picture(labels, number)).astype(np.uint8))
    split = {"train": ["scan a", "scan b"], "test": list(SCANS)}
    entry = {"height": 2 * SIZE, "width": 2 * SIZE, "bit_depth": 8, "pixel_size_nm": PIXEL_SIZE_NM, "data_bar_rows": 0}
    index["scans"] = [{"name": name, "file": f"{name}.png"} | entry for name in SCANS]
    head = {"format": 1, "patch_size": SIZE, "pixel_size_nm": PIXEL_SIZE_NM, "intensity": None}
    write_json(stage / "prepare.json", head | split | index)


def write_train(folder: Path) -> None:
    layout, rng, records = TrainingFolder(folder / "train"), np.random.default_rng(0), []
    parameters = [{"name": spec.name, "low": spec.low, "high": spec.high} for spec in SPECS]
    write_json(layout.path / "generator.json", {"parameters": parameters})
    for epoch in range(1, EPOCHS + 1):
        low, high = np.array([(spec.low, spec.high) for spec in SPECS]).T
        table = (low + (high - low) * rng.uniform(0.2, 0.8, (COUNT, 2))).astype(np.float32)
        layout.parameters(epoch).parent.mkdir(parents=True, exist_ok=True)
        np.save(layout.parameters(epoch), table)
        record = EpochRecord(
            epoch, COUNT * epoch, 1 / epoch, 0.2, 0.6, 0.4, 100.0 / epoch, "efficientnet",
            breadth(table, SPECS), summarise(table, SPECS), 2.5,
        )  # fmt: skip
        records.append(record)
    write_history(layout.history, records)
    write_json(folder / "select" / "selection.json", choose_epoch(records, 3).as_json())


def write_synthetic(folder: Path) -> None:
    stage, lines = folder / "synthesize", []
    for index in range(COUNT):
        labels = blobs(index)
        write_pair(stage, index, picture(labels, index), class_mask(labels, 1), labels)
        lines.append(json.dumps({"index": index, "particles": int(labels.max()), "rejected_draws": index % 2}) + "\n")
    write_text(stage / "manifest.jsonl", "".join(lines))


def write_segment(folder: Path) -> None:
    for seed in SEEDS:
        records = [{"step": 10 * k, "train_loss": 1 / k, "validation_dice": 1 - 1 / k} for k in (1, 2, 3)]
        write_json(folder / "segment" / f"seed_{seed}" / "history.json", {"best_step": 30, "records": records})


def write_evaluate(folder: Path, annotated: bool = True) -> None:
    stage, rows = folder / "evaluate", []
    for number, name in enumerate(SCANS):
        true = blobs(number, 2 * SIZE)
        for method, seed in (("synthetic", 0), ("synthetic", 1), ("real", 0), ("real", 1), ("otsu", None)):
            for shift, decoding in enumerate(("components", "watershed")):
                predicted = np.roll(true, shift + (seed or 0), axis=0)
                rows.append(Row(method, seed, decoding, name, score_scan(true, predicted, PIXEL_SIZE_NM)))
                if method == "synthetic":
                    place = Path(f"seed_{seed}") / decoding
                    drawn = overlay(picture(true, number), predicted, true if annotated else None)
                    write_png(stage / "overlays" / place / f"{name}.png", drawn)
                    write_labels(stage / "predictions" / place / f"{name}.tif", predicted, PIXEL_SIZE_NM)
    rows = rows if annotated else []
    scans = [
        {"name": name, "annotated": annotated} | ({"annotated_particles": 3} if annotated else {}) for name in SCANS
    ]
    scores = {
        "note": "Scores of the held-out scans." if annotated else "No held-out scan is annotated.",
        "annotated": annotated,
        "headline": {"method": "synthetic", "decoding": "components"},
        "train_scans": ["scan a", "scan b"],
        "scans": scans,
        "summary": summarize(rows),
        "rows": [row.flat() for row in rows],
    }
    write_json(stage / "scores.json", scores)


def edit_scores(run: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change what `evaluate` wrote."""
    path = run / "evaluate" / "scores.json"
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))


@pytest.fixture
def notes() -> tuple[list[str], object]:
    """Return a reporter and what it was told."""
    told: list[str] = []

    class Notes:
        def track(self, items, description, total=None):
            yield from items

        def note(self, message: str) -> None:
            told.append(message)

    return told, Notes()
