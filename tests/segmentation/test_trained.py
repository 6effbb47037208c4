"""A run's network as a tool for further scans."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from diffrendergan.api.segmenter import Segmenter
from diffrendergan.config.load import dump_project, load_project
from diffrendergan.errors import ConfigError, DataError, RunFolderError
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.patches.prepare import FORMAT
from diffrendergan.runs.atomic import write_json
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.segmentation.found import segment_all
from diffrendergan.segmentation.networks import Opened, open_segmenter, train_segmenter
from diffrendergan.segmentation.protocol import Prediction
from diffrendergan.segmentation.trained import load_trained
from diffrendergan.segmentation.unet.network import NetworkInfo, build_network, save_network
from diffrendergan.segmentation.unet.training import TrainingJob

SMALL = ("look=paper", "segmentation={channels: [4, 8], patch_size: 32}", "evaluation.seeds=[3,4]")


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
    assert (trained.rules.stretch.low, trained.rules.stretch.high) == (5, 900)
    labels = trained.segment(scan())
    assert labels.shape == (50, 70)
    assert labels.dtype == np.int32
    described = trained.describe()
    assert described["pixel_size_nm"] == 7.34
    assert described["sha256"] == hashlib.sha256(trained.file.read_bytes()).hexdigest()
    trained.file.unlink()  # the run is made anew
    assert trained.describe() == described
    with pytest.raises(RunFolderError, match="run `diffrendergan segment` first"):
        load_trained(tmp_path / "run")


def test_what_is_asked_for_takes_the_place_of_the_run(tmp_path):
    run = write_run(tmp_path / "run")
    trained = load_trained(run, seed=4, decoding="components", min_region_px=0)
    assert (trained.seed, trained.decoding, trained.min_region_px) == (4, "components", 0)
    assert trained.describe()["sha256"] != load_trained(run).describe()["sha256"]


def test_a_scan_without_a_pixel_size_is_doubted_by_a_network_with_one(tmp_path):
    trained = load_trained(write_run(tmp_path / "run"))
    (said,) = trained.scale_doubts(scan(None))
    assert "trained at 7.34 nm" in said and trained.scale_doubts(scan()) == ()
    described = trained.network.info
    unscaled = SimpleNamespace(pixel_size_nm=None, trained_on=described.trained_on)
    assert replace(trained, network=trained.network._replace(info=unscaled)).scale_doubts(scan(None)) == ()


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


class Halves:
    """A network that takes what is bright for particles, and remembers the shapes that it saw."""

    def __init__(self):
        self.shapes = []

    def predict(self, pixels):
        self.shapes.append(pixels.shape)
        bright = (pixels > 0.5).astype(np.float32)
        return Prediction(np.stack([1 - bright, bright, np.zeros_like(bright)]))


def test_the_scale_of_a_run_is_that_of_its_network_alone(tmp_path):
    run = write_run(tmp_path / "run")
    asked = load_project(None, "tio2-sem", (*SMALL, "data.scale=0.5"))
    (run / "config.yaml").write_text(dump_project(asked))
    network = Halves()
    trained = load_trained(run, decoding="components")
    assert trained.scale == 0.5 and trained.describe()["scale"] == 0.5
    assert "scale" not in replace(trained, scale=1).describe()
    trained = replace(trained, network=Opened(network, trained.network.info))
    rows, columns = np.mgrid[:120, :160]
    discs = {30: 20, 95: 26}
    pixels = np.zeros((120, 160), np.float32)
    for column, radius in discs.items():
        pixels[(rows - 60) ** 2 + (columns - column) ** 2 <= radius**2] = 1
    field = np.ones((120, 160), bool)
    field[:, 125:] = False
    # The network was trained at 7.34 nm: a scan of half of that is what it knows.
    labels = trained.segment(Micrograph("x", pixels, 3.67, Path("x.tif"), 8, field=field))
    assert network.shapes == [(60, 80)] and labels.shape == (120, 160) and labels.dtype == np.int32
    assert labels.max() == 2 and not labels[:, 125:].any()
    for column, radius in discs.items():
        found = labels == labels[60, column]
        assert 2 * np.sqrt(found.sum() / np.pi) == pytest.approx(2 * radius, rel=0.02)
    all_ways = segment_all(network, Micrograph("x", pixels, None, Path("x.tif"), 8), 2000, 0.5).labels
    assert np.bincount(all_ways["components"].ravel())[1:] == pytest.approx([np.pi * 26**2], rel=0.03)
    with pytest.raises(DataError, match=r"trained at 3\.67"):
        trained.segment(Micrograph("x", pixels, 7.34, Path("x.tif"), 8))


class Threshold:
    """Stands for a network that takes for particles what is brighter than a level, as little as there is."""

    def __init__(self, level: float) -> None:
        self.level, self.shapes = level, []

    def predict(self, pixels: np.ndarray) -> Prediction:
        self.shapes.append(pixels.shape)
        inside = (pixels > self.level).astype(np.float32)
        return Prediction(np.stack([1 - inside, inside, 0 * inside]))


def test_views_and_other_seeds_say_how_sure_a_particle_is(tmp_path):
    trained = load_trained(write_run(tmp_path / "run"), min_region_px=0)
    assert len(trained.others) == 1 and load_trained(tmp_path / "run", seed=4).others[0].info.seed == 3
    pixels = np.zeros((60, 80), np.float32)
    pixels[10:30, 10:30] = 0.9
    pixels[35:55, 45:65] = 0.6
    shown = Micrograph("x", pixels, 7.34, Path("x.tif"), 8)
    one, other = Threshold(0.5), Threshold(0.8)
    trained = replace(
        trained,
        network=trained.network._replace(segmenter=one),
        others=(trained.others[0]._replace(segmenter=other),),
    )
    found = trained.segment_surely(shown)
    assert (found.labels == trained.segment(shown)).all()
    # Both are seen in all four views, and the second is missed by the other network.
    bright, faint = (found.confidence[found.labels[row, column]] for row, column in ((20, 20), (45, 55)))
    assert bright > 0.95 and 0.75 < faint < 0.81
    assert {shape[0] for shape in one.shapes} == {60, 51, 71} and other.shapes == [(60, 80)]


def write_whole_run(folder: Path) -> Path:
    settings = ("look=paper", "segmentation={channels: [4, 8, 8], patch_size: 32}", "evaluation.decoding=amodal")
    project = load_project(None, "tio2-sem", settings)
    write_run(folder)
    (folder / "config.yaml").write_text(dump_project(project))
    network = build_network(project.segmentation, 0, whole=True)
    info = NetworkInfo((4, 8, 8), 1, 32, 7.34, "synthetic", 0, 10, 0.5, whole=True)
    (folder / "segment" / "seed_0").mkdir()
    save_network(folder / "segment" / "seed_0" / "network.safetensors", network.state_dict(), info)
    return folder


def test_whole_particles_of_a_run(tmp_path):
    trained = load_trained(write_whole_run(tmp_path / "run"), min_region_px=0)
    labels, whole = trained.segment_whole(scan())
    np.testing.assert_array_equal(labels, trained.segment(scan()))
    assert whole.numbers.tolist() == np.unique(labels[labels > 0]).tolist()
    assert trained.segment_surely(scan()).whole.areas.tolist() == whole.areas.tolist()
    of_api, same = Segmenter(trained).segment_whole(scan())
    np.testing.assert_array_equal(of_api, labels)
    assert same.areas.tolist() == whole.areas.tolist()
    cut = load_trained(tmp_path / "run", decoding="watershed")
    assert cut.segment_whole(scan())[1] is None
    with pytest.raises(ConfigError, match="predicts no whole shapes"):
        Segmenter(cut).segment_whole(scan())


def test_whole_particles_of_a_network_that_was_not_taught_them(tmp_path):
    with pytest.raises(ConfigError, match="was taught whole shapes"):
        load_trained(write_run(tmp_path / "run"), decoding="amodal").segment(scan())
