"""A run's network as a tool for further scans."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from diffrendergan.config.load import dump_project, load_project
from diffrendergan.errors import ConfigError, DataError, RunFolderError
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.patches.prepare import FORMAT
from diffrendergan.runs.atomic import write_json
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.segmentation.networks import open_segmenter, train_segmenter
from diffrendergan.segmentation.trained import load_trained
from diffrendergan.segmentation.unet.network import NetworkInfo, build_network, save_network
from diffrendergan.segmentation.unet.training import TrainingJob

SMALL = ("segmentation={channels: [4, 8], patch_size: 32}", "evaluation.seeds=[3,4]")


def write_run(folder: Path, preset: str = "tio2-sem", intensity: dict | None = None) -> Path:
    project = load_project(None, preset, SMALL)
    (folder / "prepare").mkdir(parents=True)
    (folder / "config.yaml").write_text(dump_project(project))
    grey = {"percentiles": [[0.0, 0.1, 0.2, 0.5, 0.8, 0.9, 1.0]], "depths": [16 if intensity else 8]}
    write_json(folder / "prepare" / "prepare.json", {"format": FORMAT, "intensity": intensity, "grey": grey})
    for seed in (3, 4):
        network = build_network(project.segmentation, seed)
        info = NetworkInfo((4, 8), 1, 32, 7.34, "synthetic", seed, 10, 0.5)
        place = folder / "segment" / f"seed_{seed}"
        place.mkdir(parents=True)
        save_network(place / "network.safetensors", network.state_dict(), info)
    return folder


def scan(size: float | None = 7.34) -> Micrograph:
    pixels = np.random.default_rng(0).random((50, 70), dtype=np.float32)
    return Micrograph("x", pixels, size, Path("x.tif"), 8)


def test_opens_what_the_run_says(tmp_path):
    trained = load_trained(write_run(tmp_path / "run", intensity={"low": 5, "high": 900}))
    assert (trained.seed, trained.decoding, trained.min_region_px) == (3, "watershed", 20)
    assert trained.structure == "particles"
    assert (trained.stretch.low, trained.stretch.high) == (5, 900)
    labels = trained.segment(scan())
    assert labels.shape == (50, 70)
    assert labels.dtype == np.int32
    described = trained.describe()
    assert described["pixel_size_nm"] == 7.34
    assert len(described["sha256"]) == 64


def test_what_is_asked_for_takes_the_place_of_the_run(tmp_path):
    run = write_run(tmp_path / "run")
    trained = load_trained(run, seed=4, decoding="components", min_region_px=0)
    assert (trained.seed, trained.decoding, trained.min_region_px) == (4, "components", 0)
    assert trained.describe()["sha256"] != load_trained(run).describe()["sha256"]


def test_wires_are_known_from_the_run(tmp_path):
    run = write_run(tmp_path / "run", "agnw-sem")
    assert load_trained(run).structure == "wires"


def test_wrong_requests_are_one_sentence(tmp_path):
    run = write_run(tmp_path / "run")
    with pytest.raises(ConfigError, match=r"no network of seed 7, only of \[3, 4\]"):
        load_trained(run, seed=7)
    with pytest.raises(ConfigError, match="components, watershed, distance"):
        load_trained(run, decoding="flow")
    with pytest.raises(DataError, match="resample"):
        load_trained(run).segment(scan(20.0))
    (run / "segment" / "seed_3" / "network.safetensors").unlink()
    with pytest.raises(RunFolderError, match="diffrendergan segment"):
        load_trained(run)
    with pytest.raises(RunFolderError, match="no run folder"):
        load_trained(tmp_path)


def test_unet_behind_the_pair_of_functions(tmp_path, toy_config, toy_data):
    job = TrainingJob(toy_config, toy_data, 1, 0, 0, tmp_path / "net")
    assert train_segmenter(job, SilentReporter()).exists()
    opened = open_segmenter(tmp_path / "net", toy_config)
    assert opened.info.trained_on == "synthetic"
    assert opened.segmenter.predict(scan().pixels).classes.shape == (3, 50, 70)
