"""The whole benchmark on virtual micrographs, small."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from diffrendergan.config.load import load_project
from diffrendergan.errors import ConfigError
from diffrendergan.pipeline.benchmark import run
from diffrendergan.pipeline.benchmark.bench import Bench, digest
from diffrendergan.pipeline.benchmark.outlook import outlook
from diffrendergan.pipeline.benchmark.rows import choose_sources
from diffrendergan.pipeline.benchmark.run import run_benchmark
from diffrendergan.pipeline.benchmark.settings import adversary, project_of, randomised, splits_of
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.segmentation.dataset import LabelledImage, SegmentationData
from diffrendergan.segmentation.networks import training_key
from diffrendergan.segmentation.unet import adaptation
from diffrendergan.segmentation.unet.training import TrainingJob


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


def test_seeds_of_the_option_come_before_those_of_the_configuration(bench):
    split = splits_of(bench)[0]
    assert project_of(bench, split).evaluation.seeds == (0, 1)
    assert project_of(replace(bench, seeds=(5, 3)), split).evaluation.seeds == (5, 3)


@pytest.mark.slow
def test_every_row_is_trained_scored_and_kept(bench, tmp_path, monkeypatch):
    learned = replace(bench, only=("fold_0",), sources=choose_sources(["learned", "randomised"], []))
    learned = replace(learned, seeds=(0,))
    run_benchmark(learned, SilentReporter())
    made = learned.out / "fold_0" / "run" / "synthesize"
    assert (learned.out / "randomised" / "synthesize" / "manifest.jsonl").exists()
    thetas = [json.loads(line)["theta"] for line in (made / "manifest.jsonl").read_text().splitlines()]
    uniform = (learned.out / "randomised" / "synthesize" / "manifest.jsonl").read_text().splitlines()
    assert thetas != [json.loads(line)["theta"] for line in uniform]

    # Everything else, with that set as one made elsewhere, and the learned row again.
    full = replace(bench, sources=choose_sources(None, [f"theirs={made}"]), only=("fold_0", "test"))
    full = replace(full, sources=tuple(s for s in full.sources if s.kind != "no-background"))
    full = replace(full, only=("fold_0",), seeds=(0,))
    rows = run_benchmark(full, SilentReporter()).rows
    by_row = {row.method for row in rows}
    assert by_row == {"learned", "fitted", "adversary", "randomised", "theirs", "real", "otsu", "li", "generalist"}
    assert (full.out / "fold_0" / "fitted-run" / "fit" / "fit.json").exists()
    assert (full.out / "fold_0" / "adversary-run" / "train" / "parameters" / "epoch-0000.npy").exists()
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
    again = run_benchmark(full, SilentReporter()).rows
    assert not trained
    assert again == rows
    told = outlook(full)
    assert told[0].startswith("6 networks to train and score: for 6 rows, on 1 split, with seed 0; 6 finished")
    assert "  learned, fitted, adversary, randomised, theirs, real: seed 0 finished" in told
    changed = replace(full, overrides=(*full.overrides, "segmentation.steps=5"), sources=choose_sources(["real"], []))
    with pytest.raises(Exception, match="network"):
        run_benchmark(changed, SilentReporter())
    assert trained == [full.out / "fold_0" / "real" / "seed_0"]


def test_ground_of_scans_is_that_of_each_splits_training_scans(bench):
    splits = splits_of(bench)
    shared = {randomised(bench, project_of(bench, split)).run for split in splits}
    assert shared == {bench.out / "randomised"}
    grounded = replace(bench, overrides=(*bench.overrides, "imaging.ground.model=real"))
    for split in splits:
        project = randomised(grounded, project_of(grounded, split))
        assert project.run == bench.out / split.name / "randomised-run" and project.generator.draw == "uniform"
        assert set(split.test) <= set(project.data.test_scans)


def test_the_learned_row_is_the_papers_and_the_adversary_starts_from_the_fit(bench):
    balanced = replace(bench, overrides=(*bench.overrides, "training.recipe=balanced"))
    project = project_of(balanced, splits_of(bench)[0])
    assert project.training.recipe == "paper" and not project.starts_from_fit
    changed = adversary(project)
    assert changed.starts_from_fit and changed.run == bench.out / "fold_0" / "adversary-run"
    assert changed.data == project.data and changed.training.epochs == project.training.epochs


def test_networks_are_not_adapted_to_the_scans_that_score_them(bench):
    split = splits_of(bench)[0]
    adapting = replace(bench, overrides=(*bench.overrides, "segmentation.adapt.steps=2"))
    assert project_of(adapting, split).segmentation.adapt.steps == 2
    with pytest.raises(ConfigError, match="scans that score them"):
        project_of(replace(adapting, overrides=(*adapting.overrides, "segmentation.adapt.scans=all")), split)


@pytest.mark.slow
def test_a_network_is_adapted_to_the_training_scans_of_its_split(bench, monkeypatch):
    plain = replace(bench, only=("fold_0",), sources=choose_sources(["real"], []), seeds=(0,))
    adapting = replace(plain, overrides=(*plain.overrides, "segmentation.adapt={steps: 2, confidence: 0.4}"))
    monkeypatch.setattr(adaptation, "departure", lambda records: "")
    before = run_benchmark(plain, SilentReporter())
    place = plain.out / "fold_0" / "real" / "seed_0"
    trained = (place / "network.safetensors").stat().st_mtime_ns
    run_benchmark(adapting, SilentReporter())
    split = splits_of(bench)[0]
    assert tuple(json.loads((place / "adapted" / "history.json").read_text())["names"]) == split.train
    # The trained network is the same for both; scores follow what is asked for.
    assert (place / "network.safetensors").stat().st_mtime_ns == trained
    assert run_benchmark(plain, SilentReporter()) == before

    # Rows of synthetic images get the same scans.
    one = Bench(adapting, split, SilentReporter())
    monkeypatch.setattr(Bench, "_made", lambda self, source: place)
    monkeypatch.setattr("diffrendergan.pipeline.benchmark.bench.load_synthetic", lambda *asked: ())
    for source in choose_sources(["learned", "randomised"], []):
        assert tuple(scan.name for scan in one.data(source).unlabelled) == split.train


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
