"""A network of another package is trained, kept, opened and refused like our own."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.fixtures.scans import draw_discs
from tests.segmentation.test_trained import scan, write_run

from diffrendergan.config.load import dump_project, load_project
from diffrendergan.errors import ConfigError, DataError, MissingDependencyError, RunFolderError
from diffrendergan.runs.atomic import read_json
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.segmentation.dataset import LabelledImage, SegmentationData
from diffrendergan.segmentation.networks import (
    check_network,
    network_file,
    open_segmenter,
    train_segmenter,
    training_key,
)
from diffrendergan.segmentation.own.training import CheckedSegmenter, module_of
from diffrendergan.segmentation.protocol import Prediction
from diffrendergan.segmentation.trained import load_trained
from diffrendergan.segmentation.unet.training import TrainingJob

from .conftest import install

BRIGHT = ("segmentation.network=bright", "segmentation.own={margin: 0.2}")


def job_of(folder: Path, *overrides: str) -> TrainingJob:
    pixels = draw_discs((40, 40), [(20, 20, 8)])
    labels = np.zeros((40, 40), np.int32)
    labels[14:26, 14:26] = 1
    data = SegmentationData((LabelledImage("a", pixels, labels),), (), (), 7.34, "synthetic")
    config = load_project(None, "tio2-sem", [*BRIGHT, *overrides]).segmentation
    return TrainingJob(config, data, 2, 0, 5, folder / "seed_5")


def test_it_is_trained_kept_and_opened_with_where_it_came_from(site: Path, tmp_path: Path) -> None:
    job = job_of(tmp_path)
    check_network(job.config)
    description = train_segmenter(job, SilentReporter())
    assert description == network_file(job.folder, job.config)
    kept = read_json(description)
    assert (kept["network"], kept["package"], kept["package_version"], kept["version"]) == (
        "bright", "bright-nets", "0.3", "1"
    )  # fmt: skip
    assert kept["settings"] == {"margin": 0.2} and list(kept["files"]) == ["level.json"]
    segmenter, info = open_segmenter(job.folder, job.config, "cpu")
    assert (info.pixel_size_nm, info.trained_on) == (7.34, "synthetic")
    assert segmenter.predict(job.data.annotated[0].pixels).classes[1, 20, 20] == 1
    # One that is there is kept, and settings decide on what it is.
    before = description.stat().st_mtime_ns
    assert train_segmenter(job, SilentReporter()).stat().st_mtime_ns == before
    other = job_of(tmp_path, "segmentation.own={margin: 0.1}")
    assert training_key(other) != training_key(job)


def test_a_run_finds_particles_with_it(site: Path, tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    project = load_project(run / "config.yaml", None, [*BRIGHT, "evaluation.seeds=[3]"])
    (run / "config.yaml").write_text(dump_project(project))
    train_segmenter(replace(job_of(tmp_path), folder=run / "segment" / "seed_3"), SilentReporter())
    trained = load_trained(run)
    assert trained.segment(scan()).shape == (50, 70)
    assert trained.describe()["trained_on"] == "synthetic"


def test_the_network_of_the_page_learns(site: Path, tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "how-to" / "own-network.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```", page, flags=re.S | re.M)
    (site / "bright_nets.py").write_text(code, encoding="utf-8")
    (next(site.glob("*.dist-info")) / "entry_points.txt").write_text(
        "[diffrendergan.networks]\nbright = bright_nets:Line\n", encoding="utf-8"
    )
    job = job_of(tmp_path, "segmentation.own={steps: 40}")
    train_segmenter(job, SilentReporter())
    image = job.data.annotated[0]
    found = open_segmenter(job.folder, job.config, "cpu").segmenter.predict(image.pixels)
    assert (found.classes[1] > 0.5)[image.instances > 0].mean() > 0.9
    assert (found.classes[0] > 0.5)[:8].all()
    maps = module_of(job.folder, job.config)(torch.from_numpy(image.pixels)[None, None])
    np.testing.assert_allclose(maps[0].detach().numpy(), found.classes, atol=1e-6)


def test_what_is_not_installed_is_refused_in_a_sentence(site: Path, tmp_path: Path, monkeypatch) -> None:
    job = job_of(tmp_path)
    train_segmenter(job, SilentReporter())
    with pytest.raises(ConfigError, match=r"`segmentation\.network` is 'brihgt': .* did you mean bright\?"):
        load_project(None, "tio2-sem", ["segmentation.network=brihgt"])
    install(site, "other-nets")
    with pytest.raises(ConfigError, match=r"bright-nets and other-nets\); remove all but one"):
        job_of(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path != str(site)])
    with pytest.raises(ConfigError, match=r"no installed package .* there are unet, nnunet\. Install the package"):
        job_of(tmp_path)
    with pytest.raises(MissingDependencyError, match=r"no installed package brings the network bright"):
        open_segmenter(job.folder, job.config, "cpu")


def test_a_folder_of_somebody_else_brings_nothing_to_run(tmp_path: Path, monkeypatch) -> None:
    """What calls itself a package in the current folder is none, even where Python looks there."""
    install(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    with pytest.raises(ConfigError, match="no installed package"):
        load_project(None, "tio2-sem", ["segmentation.network=bright"])
    for named in ("bright_nets:Bright", "os.system", "../bright"):
        with pytest.raises(ConfigError, match="no installed package"):
            load_project(None, "tio2-sem", [f"segmentation.network='{named}'"])
    assert "bright_nets" not in sys.modules


def test_files_that_changed_and_other_versions_are_refused(site: Path, tmp_path: Path) -> None:
    job = job_of(tmp_path)
    description = train_segmenter(job, SilentReporter())
    text = description.read_text(encoding="utf-8")
    description.write_text(text.replace('"version": "1"', '"version": "0"'), encoding="utf-8")
    with pytest.raises(RunFolderError, match=r"is of bright 0 .* installed is bright 1 \(package bright-nets\)"):
        open_segmenter(job.folder, job.config, "cpu")
    description.write_text(text, encoding="utf-8")
    (job.folder / "network" / "level.json").write_text("0.9")
    with pytest.raises(RunFolderError, match=r"level\.json is missing or changed"):
        open_segmenter(job.folder, job.config, "cpu")
    description.unlink()
    with pytest.raises(RunFolderError, match=r"settings.* changed\); remove its folder"):
        train_segmenter(
            replace(job_of(tmp_path, "segmentation.own={margin: 0.1}"), folder=job.folder), SilentReporter()
        )


def test_wrong_settings_and_what_only_the_unet_can(site: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"segmentation\.own does not fit the network bright: margin is below 0"):
        check_network(job_of(tmp_path, "segmentation.own={margin: -1}").config)
    for changes, told in (
        (["segmentation.own={a: 1}"], "`network` is unet; leave `own`"),
        ([*BRIGHT, "segmentation.adapt.steps=5"], "only the light U-Net is adapted"),
        ([*BRIGHT, "evaluation.decoding=amodal"], "bright .*predicts no whole shapes"),
    ):
        with pytest.raises(ConfigError, match=told):
            load_project(None, "tio2-sem", changes)
    (next(site.glob("*.dist-info")) / "entry_points.txt").write_text("[diffrendergan.networks]\nbright = json:dumps\n")
    with pytest.raises(ConfigError, match="has no version"):
        check_network(job_of(tmp_path).config)
    (next(site.glob("*.dist-info")) / "entry_points.txt").write_text("[diffrendergan.networks]\nbright = no.such:x\n")
    with pytest.raises(MissingDependencyError, match="cannot be imported"):
        check_network(job_of(tmp_path).config)


@pytest.mark.parametrize(
    ("classes", "told"),
    [(np.ones((2, 4, 4)), "shape"), (np.ones((3, 4, 4)), "no probabilities"), (np.full((3, 4, 4), np.nan), "no prob")],
)
def test_predictions_that_are_none(classes: np.ndarray, told: str) -> None:
    class Wrong:
        def predict(self, pixels: np.ndarray) -> Prediction:
            return Prediction(classes)

    with pytest.raises(DataError, match=told):
        CheckedSegmenter(Wrong(), "bright").predict(np.zeros((4, 4), np.float32))
