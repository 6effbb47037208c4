"""The whole benchmark on virtual micrographs, small."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from diffrendergan.config.load import load_project
from diffrendergan.errors import ConfigError, DataError
from diffrendergan.micrographs.datasets import RegistryEntry
from diffrendergan.pipeline.benchmark import run, settings
from diffrendergan.pipeline.benchmark.rows import choose_sources
from diffrendergan.pipeline.benchmark.run import digest, outlook, run_benchmark
from diffrendergan.pipeline.benchmark.settings import BenchmarkSettings, project_of, randomised, splits_of
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.segmentation.dataset import LabelledImage, SegmentationData
from diffrendergan.segmentation.networks import training_key
from diffrendergan.segmentation.training import TrainingJob
from diffrendergan.simulator.settings import MicroscopeSettings
from diffrendergan.simulator.write import write_demo_data

SMALL = (
    "data.patch_size=64", "data.stride=32", "data.patches=4", "data.background_patches=4", "data.min_full_particles=1",
    "particles.count=12", "particles.faces=400",
    "arrangement.unit=0.5", "arrangement.limit=1.2", "arrangement.agglomerates=2",
    "rendering.transport={pixel_samples: 4, directions: 4, knots: 6}",
    "training={epochs: 1, discriminator_filters: 8, sample_grid: 4}",
    "synthesis={images: 4, min_background: 0.05}",
    "segmentation={channels: [4, 8, 16], steps: 4, batch_size: 2, patch_size: 64}",
)  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("benchmark") / "data"
    microscope = MicroscopeSettings(width=320, height=232, data_bar=40, bare_strip_px=120, bare_probability=1.0)
    write_demo_data(folder, 4, microscope, 0, SilentReporter())
    return folder


@pytest.fixture
def bench(data, tmp_path, monkeypatch):
    registry = [
        RegistryEntry("", "", "test" if number == 3 else "train", "images", f"scan_{number:02d}.tif")
        for number in range(4)
    ]
    monkeypatch.setattr(settings, "read_registry", lambda name: registry)
    monkeypatch.setattr(settings, "find_dataset", lambda name: None)
    sources = choose_sources(["real", "classical"], [])
    overrides = (*SMALL, "evaluation.seeds=[0,1]")
    return BenchmarkSettings("demo", data, tmp_path / "out", sources, folds=3, overrides=overrides)


def test_scans_kept_back_are_never_trained_on(bench):
    splits = splits_of(bench)
    assert [split.name for split in splits] == ["fold_0", "fold_1", "fold_2", "test"]
    assert splits[-1].test == ("scan_03",)
    for split in splits:
        project = project_of(bench, split)
        assert "scan_03" in project.data.test_scans
        assert set(split.test) <= set(project.data.test_scans)
        assert not set(split.train) & set(project.data.test_scans)
    with pytest.raises(ConfigError, match="fold_2, test"):
        splits_of(replace(bench, only=("fold_7",)))


@pytest.mark.slow
def test_every_row_is_trained_scored_and_kept(bench, tmp_path, monkeypatch):
    learned = replace(bench, only=("fold_0",), sources=choose_sources(["learned", "randomised"], []))
    learned = replace(learned, overrides=(*SMALL, "evaluation.seeds=[0]"))
    run_benchmark(learned, SilentReporter())
    made = learned.out / "fold_0" / "run" / "synthesize"
    assert (learned.out / "randomised" / "synthesize" / "manifest.jsonl").exists()
    thetas = [json.loads(line)["theta"] for line in (made / "manifest.jsonl").read_text().splitlines()]
    uniform = (learned.out / "randomised" / "synthesize" / "manifest.jsonl").read_text().splitlines()
    assert thetas != [json.loads(line)["theta"] for line in uniform]

    # Everything else, with that set as one made elsewhere, and the learned row again.
    full = replace(bench, sources=choose_sources(None, [f"theirs={made}"]), only=("fold_0", "test"))
    full = replace(full, sources=tuple(s for s in full.sources if s.kind != "no-background"))
    full = replace(full, only=("fold_0",), overrides=learned.overrides)
    rows = run_benchmark(full, SilentReporter())
    by_row = {row.method for row in rows}
    assert by_row == {"learned", "randomised", "theirs", "real", "otsu", "li"}
    tested = splits_of(full)[0].test
    assert {row.scan for row in rows} == set(tested)
    table = (full.out / "table.md").read_text()
    assert "synthetic images from synthesize" in table
    assert "nothing: Otsu's threshold" in table
    assert (full.out / "fold_0" / "real" / "seed_0" / "overlays" / f"{tested[0]}.png").exists()
    lines = list(csv.DictReader((full.out / "table.csv").open()))
    assert {line["row"] for line in lines} == by_row
    assert json.loads((full.out / "benchmark.json").read_text())["splits"][0]["test"] == list(tested)

    # Again: nothing is trained. Otherwise configured: the networks are trained anew.
    trained = []
    monkeypatch.setattr(run, "train_segmenter", lambda job, reporter: trained.append(job.folder) or job.network_path)
    again = run_benchmark(full, SilentReporter())
    assert not trained
    assert again == rows
    changed = replace(full, overrides=(*full.overrides, "segmentation.steps=5"), sources=choose_sources(["real"], []))
    with pytest.raises(Exception, match="network"):
        run_benchmark(changed, SilentReporter())
    assert trained == [full.out / "fold_0" / "real" / "seed_0"]


def test_random_images_are_made_once_for_all_splits(bench):
    made = [randomised(bench, project_of(bench, split)) for split in splits_of(bench)]
    assert len({str(project) for project in made}) == 1
    assert made[0].data.test_scans == ("scan_03",)


def test_images_with_other_annotations_are_other_images():
    pixels, empty = np.zeros((4, 4), np.float32), np.zeros((4, 4), np.int32)
    images = [LabelledImage("a", pixels, labels) for labels in (empty, empty + 1)]
    digests = {digest(SegmentationData((image,), (), (), None, "synthetic")) for image in images}
    assert len(digests | {digest(SegmentationData((), (images[0],), (), None, "synthetic"))}) == 3


def test_nnunets_settings_are_part_of_the_key(bench):
    keys = []
    for epochs in (1, 2):
        project = load_project(
            None, "tio2-sem", ["segmentation.network=nnunet", f"segmentation.nnunet.epochs={epochs}"]
        )
        data = SegmentationData((), (), (), None, "synthetic")
        keys.append(training_key(TrainingJob(project.segmentation, data, 1, 0, 0, bench.out)))
    assert keys[0] != keys[1]


def test_outlook_counts_networks(bench):
    lines = outlook(bench)
    assert lines[0] == "fold_0: trained on 2 scans, scored on 1"
    assert lines[-1] == "8 networks, of seeds 0, 1"  # real, 4 splits, 2 seeds


def test_no_scan_of_the_dataset(bench, tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "read_registry", lambda name: [])
    with pytest.raises(DataError, match="diffrendergan fetch demo"):
        splits_of(bench)
