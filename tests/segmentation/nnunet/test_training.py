"""nnU-Net trains in its own process: it reports, is interrupted, goes on, and leaves what its own programs take."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
from dataclasses import replace

import numpy as np
import pytest
import torch

from diffrendergan.config.segmentation import NnunetConfig
from diffrendergan.errors import DataError, MissingDependencyError, RunFolderError
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.segmentation.nnunet import process
from diffrendergan.segmentation.nnunet.checkpoints import load_checkpoint
from diffrendergan.segmentation.nnunet.folders import RAW, NnunetFolders, environment, fold_names, worker_count
from diffrendergan.segmentation.nnunet.info import load_info
from diffrendergan.segmentation.nnunet.training import nnunet_fingerprint, train_nnunet

pytestmark = pytest.mark.timeout(900)  # processes that import nnU-Net, on a machine that may be busy
REPORTER = SilentReporter()


class ActingReporter(SilentReporter):
    """Does something when a step of an epoch is done."""

    def __init__(self, epoch, act):
        self.epoch, self.act = epoch, act

    def track(self, items, description, total=None):
        for item in items:
            yield item
            if description == f"epoch {self.epoch}":
                self.act()


def interrupt():
    raise KeyboardInterrupt


def folders_of(job):
    return NnunetFolders(job.folder, "synthetic")


def test_what_is_told(trained):
    reporter = trained["reporter"]
    titles = [title for title, _ in reporter.tracks]
    assert ("preprocess for nnU-Net", 10) in reporter.tracks
    assert ("train nnU-Net on synthetic images, seed 0, fold 0", 2) in reporter.tracks
    assert titles[-3:] == ["train nnU-Net on synthetic images, seed 0, fold 3", "epoch 1", "epoch 2"]
    assert reporter.tracks[-1][1] == 3
    assert "nnU-Net plans crops of 64 x 64 px in batches of 2" in reporter.notes
    assert reporter.notes[-1].startswith("epoch 2/2, fold 3: loss ")


def test_the_description(trained):
    info = load_info(trained["path"])
    assert [score.fold for score in info.folds] == ["0", "3"]
    assert all(score.epochs == 2 and set(score.class_dice) == {"particle", "contour"} for score in info.folds)
    assert (info.pixel_size_nm, info.trained_on, info.seed) == (5.0, "synthetic", 0)
    assert info.patch_size == (64, 64) and info.batch_size == 2
    assert info.validated_on == "held-out folds"
    assert 0 <= info.validation_dice <= 1 and info.versions["nnunetv2"]
    assert info.fingerprint == json.loads(json.dumps(nnunet_fingerprint(trained["job"])))


def test_a_plain_results_folder_is_left(trained):
    folders = folders_of(trained["job"])
    assert folders.model.name == "nnUNetTrainer__nnUNetPlans__2d"
    assert {path.name for path in folders.model.iterdir()} >= {"plans.json", "dataset.json", "fold_0", "fold_3"}
    checkpoint = load_checkpoint(folders.final("0"))
    assert checkpoint["trainer_name"] == "nnUNetTrainer" and checkpoint["current_epoch"] == 2
    assert json.loads((folders.model / "dataset.json").read_text())["pixel_size_nm"] == 5.0
    # Without these nnUNetv2_export_model_to_zip refuses a fold.
    for file in ("progress.png", "validation/summary.json"):
        assert (folders.final("3").parent / file).exists()
    assert not folders.preprocessed.exists()
    assert not list(folders.root.rglob(".partial-*"))


def test_this_process_is_left_as_it_was(trained):
    assert trained["environment_kept"]
    assert "nnUNet_raw" not in os.environ


def test_finished_training_is_kept(trained):
    before = trained["path"].stat().st_mtime_ns
    train_nnunet(trained["job"], ActingReporter(1, interrupt))
    assert trained["path"].stat().st_mtime_ns == before


def test_folds_trained_elsewhere_are_taken(trained, tmp_path):
    """A results folder of plain nnU-Net, put in the place of ours, is not trained again."""
    job = replace(trained["job"], folder=tmp_path)
    (tmp_path / "nnUNet_results").symlink_to(trained["job"].folder / "nnUNet_results")
    train_nnunet(job, ActingReporter(1, interrupt))
    assert (tmp_path / "nnunet.json").read_bytes() == trained["path"].read_bytes()


@pytest.mark.slow
def test_a_killed_training_goes_on_and_equals_an_uninterrupted_one(trained, make_job, tmp_path, monkeypatch, telling):
    job, children = make_job(tmp_path, folds=(0, 3)), []

    class RecordingPopen(process.subprocess.Popen):
        def __init__(self, *arguments, **keywords):
            super().__init__(*arguments, **keywords)
            children.append(self)

    monkeypatch.setattr(process.subprocess, "Popen", RecordingPopen)
    with pytest.raises(RunFolderError, match="SIGKILL"):
        train_nnunet(job, ActingReporter(2, lambda: os.kill(children[0].pid, signal.SIGKILL)))
    folders = folders_of(job)
    assert (folders.model / "fold_0" / "checkpoint_latest.pth").exists()
    assert not folders.final("0").exists() and not folders.description.exists()
    with pytest.raises(RunFolderError, match="contour_width_px changed"):
        train_nnunet(replace(job, contour_width_px=3), REPORTER)
    train_nnunet(job, telling)
    assert "nnU-Net goes on after epoch 1, fold 0" in telling.notes
    for fold in ("0", "3"):
        ours = load_checkpoint(folders.final(fold))["network_weights"]
        whole = load_checkpoint(folders_of(trained["job"]).final(fold))["network_weights"]
        assert all(torch.equal(ours[name], whole[name]) for name in whole)


@pytest.mark.slow
def test_trained_on_everything_with_a_worker(make_job, tmp_path, telling):
    pytest.importorskip("nnunetv2")
    info = load_info(train_nnunet(make_job(tmp_path, epochs=1, workers=1), telling))
    assert [score.fold for score in info.folds] == ["all"] and info.validated_on == "training images"
    assert telling.notes[-1].startswith("epoch 1/1: loss ")


def test_what_cannot_be_trained_on_is_refused_first(make_job, data, disks, tmp_path, monkeypatch):
    pytest.importorskip("nnunetv2")
    monkeypatch.setattr(process.subprocess, "Popen", None)
    empty = replace(disks(0), instances=np.zeros((64, 64), np.int32))
    job = make_job(tmp_path / "empty", replace(data, annotated=(empty,), validation=()))
    with pytest.raises(DataError, match=r"shows the class 1 \(particle\)"):
        train_nnunet(job, REPORTER)
    job = make_job(tmp_path / "few", replace(data, annotated=data.annotated[:2], validation=()), folds=(1,))
    with pytest.raises(DataError, match="holds 3 images, but nnU-Net splits them in 5"):
        train_nnunet(job, REPORTER)


def test_without_nnunet_the_command_to_install_it_is_given(make_job, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r'pip install "diffrendergan\[nnunet\]"'):
        train_nnunet(make_job(tmp_path), REPORTER)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(torch.cuda.is_available(), reason="has a GPU")
def test_a_gpu_that_is_not_there(make_job, tmp_path):
    pytest.importorskip("nnunetv2")
    with pytest.raises(MissingDependencyError, match=r"`compute\.device` is cuda"):
        train_nnunet(make_job(tmp_path, device="cuda"), REPORTER)


def test_only_what_changes_the_training_belongs_to_its_fingerprint(make_job, tmp_path):
    job = make_job(tmp_path)

    def prints(**settings):
        return nnunet_fingerprint(make_job(tmp_path, **settings))

    assert prints(tile_step=0.5, workers=3, device="auto") == nnunet_fingerprint(job)
    for change in ({"epochs": 3}, {"folds": (1,)}, {"patch_size": 32}, {"batch_size": 3}, {"base_features": 8}):
        assert prints(**change) != nnunet_fingerprint(job)
    assert nnunet_fingerprint(replace(job, seed=1)) != nnunet_fingerprint(job)


def test_settings():
    config = NnunetConfig()
    assert (config.epochs, config.iterations_per_epoch, config.validation_iterations) == (1000, 250, 50)
    assert config.tile_step == 0.1 and fold_names(config) == ("all",)
    assert fold_names(NnunetConfig(folds=(4, 0))) == ("4", "0")
    assert worker_count(config, "cpu") == 0 and 1 <= worker_count(config, "cuda") <= 12
    assert worker_count(NnunetConfig(workers=3), "cpu") == 3
    for wrong in ((5,), (), (1, 1), "none"):
        with pytest.raises(ValueError, match="folds"):
            NnunetConfig(folds=wrong)


def test_environment_of_the_worker(tmp_path, monkeypatch):
    monkeypatch.setenv(RAW, "/somewhere/else")
    ours = environment(NnunetFolders(tmp_path, "synthetic"), 0, "cpu")
    assert ours["nnUNet_raw"] == str(tmp_path / "nnUNet_raw") and ours["PATH"] == os.environ["PATH"]
    assert (ours["nnUNet_n_proc_DA"], ours["nnUNet_def_n_proc"], ours["nnUNet_compile"]) == ("1", "1", "f")
    assert os.environ[RAW] == "/somewhere/else"
