"""A run's network learns from corrected label images."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import tifffile
from tests.fixtures.disks import draw_disks, write_set

from diffrendergan.config.load import dump_project, load_project
from diffrendergan.errors import ConfigError, DataError, RunFolderError
from diffrendergan.labels.rois import write_rois
from diffrendergan.patches.prepare import FORMAT
from diffrendergan.pipeline.correcting import Corrected, correct_run
from diffrendergan.runs.atomic import write_json
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.segmentation.trained import load_trained
from diffrendergan.segmentation.unet.network import NetworkInfo, build_network, load_network, save_network

__all__ = ["write_set"]

SMALL = "segmentation={channels: [4, 8], patch_size: 32, batch_size: 2, residual_units: 1, steps: 6}"


@dataclass
class Notes(SilentReporter):
    said: list[str] = field(default_factory=list)

    def note(self, message: str) -> None:
        self.said.append(message)


@pytest.fixture
def run(tmp_path: Path, write_set) -> Path:
    """A run folder as `prepare`, `synthesize` and `segment` leave it, small; its scans lie beside it."""
    (tmp_path / "scans").mkdir()
    for name in "abc":
        pixels = np.rint(255 * draw_disks(ord(name), 64, 80, 9).pixels).astype(np.uint8)
        tifffile.imwrite(tmp_path / "scans" / f"{name}.tif", pixels, imagej=True)
    folder = tmp_path / "run"
    settings = (SMALL, "look=paper", "evaluation={seeds: [1, 2], min_region_px: 3}", "data.pixel_size_nm=5.0")
    project = load_project(None, "tio2-sem", (*settings, f"data.images={tmp_path / 'scans'}", "data.data_bar=0"))
    write_set(folder / "synthesize", 6)
    (folder / "config.yaml").write_text(dump_project(project))
    grey = {"percentiles": [[0.1, 0.15, 0.18, 0.2, 0.6, 0.85, 0.9]], "depths": [8]}
    names = {"patches": [], "background": [], "train": ["a"], "test": ["b", "c"], "scans": []}
    index = {"format": FORMAT, "intensity": None, "grey": grey, "patch_size": 32, "pixel_size_nm": 5.0, **names}
    write_json(folder / "prepare" / "prepare.json", index)
    for seed in (1, 2):
        place = folder / "segment" / f"seed_{seed}"
        place.mkdir(parents=True)
        info = NetworkInfo((4, 8), 1, 32, 5.0, "synthetic", seed, 10, 0.5)
        save_network(place / "network.safetensors", build_network(project.segmentation, seed).state_dict(), info)
    return folder


@pytest.fixture
def corrections(tmp_path: Path) -> Path:
    """A label image of one scan, and the outlines of another."""
    folder = tmp_path / "corrections"
    folder.mkdir()
    tifffile.imwrite(folder / "a.tif", draw_disks(ord("a"), 64, 80, 9).instances.astype(np.uint16))
    return folder


def test_the_corrected_network_lies_beside_the_old_one(run: Path, corrections: Path) -> None:
    before = (run / "segment/seed_1/network.safetensors").read_bytes()
    made = correct_run(run, corrections, SilentReporter(), steps=4)
    assert made.folder == run / "corrected" and made.scans == ("a",)
    assert (run / "segment/seed_1/network.safetensors").read_bytes() == before
    one, other = load_trained(run), load_trained(made.folder)
    assert other.network.info.trained_on == "synthetic and corrected" and other.seed == 1 and other.others == ()
    assert one.describe()["sha256"] != other.describe()["sha256"]
    # Scans are read for it as they were for the run.
    assert (other.grey, other.rules, other.min_region_px) == (
        one.grey, one.rules, one.min_region_px,
    )  # fmt: skip
    record = json.loads((made.folder / "corrected.json").read_text())
    assert record["run"] == str(run) and set(record["made_with"]["corrected"]) == {"a"}
    assert set(record["dice"]["after"]) == set(made.before) == {"corrected_scans", "images_of_the_run"}
    assert any("Dice on the corrected scans" in said for said in made.told)


def test_the_same_corrections_are_kept_and_others_start_anew(run: Path, corrections: Path) -> None:
    network = correct_run(run, corrections, SilentReporter(), steps=4).folder / "segment/seed_1/network.safetensors"
    first, time = network.read_bytes(), network.stat().st_mtime_ns
    correct_run(run, corrections, SilentReporter(), steps=4)
    assert network.stat().st_mtime_ns == time
    labels = tifffile.imread(corrections / "a.tif")
    tifffile.imwrite(corrections / "a.tif", np.where(labels == 1, 0, labels))
    correct_run(run, corrections, SilentReporter(), steps=4)
    assert network.read_bytes() != first
    tifffile.imwrite(corrections / "a.tif", labels)
    correct_run(run, corrections, SilentReporter(), steps=4)
    assert network.read_bytes() == first


def test_outlines_of_fiji_and_scans_of_another_folder(run: Path, corrections: Path, tmp_path: Path) -> None:
    (corrections / "a.tif").unlink()
    write_rois(corrections / "b_rois.zip", draw_disks(ord("b"), 64, 80, 9).instances)
    (tmp_path / "scans").rename(tmp_path / "elsewhere")
    notes = Notes()
    made = correct_run(
        run, corrections, notes, tmp_path / "new", tmp_path / "elsewhere", seed=2, steps=2
    )  # fmt: skip
    assert made.scans == ("b",) and load_trained(tmp_path / "new").seed == 2
    assert any("corrected: 1 scan (b)" in said for said in notes.said)
    assert load_network(tmp_path / "new/segment/seed_2/network.safetensors")[1].pixel_size_nm == 5.0


def test_what_cannot_be_corrected_is_refused(run: Path, corrections: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    with pytest.raises(RunFolderError, match="holds something else"):
        correct_run(run, corrections, SilentReporter(), tmp_path / "full", steps=2)
    with pytest.raises(ConfigError, match="no network of seed 5"):
        correct_run(run, corrections, SilentReporter(), seed=5)
    (corrections / "a.tif").rename(corrections / "z.tif")
    with pytest.raises(DataError):
        correct_run(run, corrections, SilentReporter())
    (corrections / "z.tif").rename(corrections / "a.tif")
    made = correct_run(run, corrections, SilentReporter(), steps=2)
    with pytest.raises(RunFolderError, match="put all corrections into one folder"):
        correct_run(made.folder, corrections, SilentReporter())
    (run / "segment/seed_1/network.safetensors").unlink()
    with pytest.raises(RunFolderError, match="holds no trained network"):
        correct_run(run, corrections, SilentReporter())


def test_forgetting_is_said() -> None:
    made = Corrected(Path(), ("a",), {"images_of_the_run": 0.9}, {"images_of_the_run": 0.8})
    assert "forgotten" in made.told[-1]
    assert len(Corrected(Path(), ("a",), {"images_of_the_run": 0.9}, {"images_of_the_run": 0.89}).told) == 1
