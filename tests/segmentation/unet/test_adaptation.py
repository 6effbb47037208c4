"""Self-training: what it learns from, when it is kept, and that it changes nothing where it is off."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from diffrendergan.config.segmentation import AdaptConfig
from diffrendergan.runs.device import mixed_precision
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.segmentation.dataset import UnlabelledScan
from diffrendergan.segmentation.networks import network_file, train_segmenter
from diffrendergan.segmentation.unet import adaptation
from diffrendergan.segmentation.unet.adaptation import Adaptation, adapt_network, adaptation_key
from diffrendergan.segmentation.unet.losses import network_loss
from diffrendergan.segmentation.unet.network import load_network, normalise
from diffrendergan.segmentation.unet.teacher import MIRRORS, teach
from diffrendergan.segmentation.unet.training import TrainingJob, train_network


class KilledError(Exception):
    pass


class Killing(SilentReporter):
    """Ends the loop after some steps, as Ctrl-C would, and keeps what is said."""

    def __init__(self, steps=None):
        self.steps, self.notes = steps, []

    def track(self, items, description, total=None):
        for number, item in enumerate(items):
            if number == self.steps:
                raise KilledError
            yield item

    def note(self, message):
        self.notes.append(message)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, toy_config, toy_data):
    """The network before it adapts, to be copied: adapting concerns no part of its training."""
    folder = tmp_path_factory.mktemp("trained") / "job"
    train_network(TrainingJob(toy_config, toy_data, 1, 0, 0, folder), SilentReporter())
    return folder


@pytest.fixture
def make_job(toy_config, toy_data, disks, trained):
    scans = tuple(UnlabelledScan(f"scan {seed}", disks(seed, 64, 80, 9).pixels) for seed in (7, 8))
    data = replace(toy_data, unlabelled=scans)

    def make(folder, **adapt) -> TrainingJob:
        chosen = AdaptConfig(**{"steps": 8, "confidence": 0.4, **adapt})
        config = toy_config.model_copy(update={"adapt": chosen})
        if not (folder / "network.safetensors").exists():
            shutil.copytree(trained, folder, dirs_exist_ok=True)
        return TrainingJob(config, data, contour_width_px=1, root_seed=0, seed=0, folder=folder)

    return make


@pytest.fixture
def lenient(monkeypatch):
    """Bands that nothing leaves: the toy network has learned next to nothing."""
    monkeypatch.setattr(adaptation, "departure", lambda records: "")


def test_off_is_as_before(tmp_path, toy_config, toy_data, make_job):
    off = make_job(tmp_path / "off", steps=0)
    assert train_segmenter(off, SilentReporter()) == off.network_path == network_file(off.folder, off.config)
    plain = TrainingJob(toy_config, toy_data, 1, 0, 0, tmp_path / "plain")
    assert train_network(plain, SilentReporter()).read_bytes() == off.network_path.read_bytes()
    assert off.fingerprint() == plain.fingerprint() and "adapt" not in off.fingerprint()["segmentation"]
    assert adaptation_key(off) == {}
    assert not (off.folder / adaptation.ADAPTED).exists()


def test_the_trained_network_stays_beside_the_adapted_one(tmp_path, make_job, lenient):
    job, off = make_job(tmp_path), make_job(tmp_path, steps=0)
    trained = train_segmenter(off, SilentReporter()).read_bytes()
    path = train_segmenter(job, SilentReporter())
    assert path == network_file(job.folder, job.config) != job.network_path
    assert job.network_path.read_bytes() == trained
    before, after = (load_network(place)[0].state_dict() for place in (job.network_path, path))
    assert any(not torch.equal(before[name], after[name]) for name in before)
    history = json.loads((path.parent / "history.json").read_text())
    assert history["kept"] and history["names"] == ["scan 7", "scan 8"]
    assert [record["step"] for record in history["records"]] == [0, 2, 4, 6, 8]
    assert 0 < history["records"][-1]["sure"] <= 1
    assert sorted(file.name for file in path.parent.iterdir()) == [
        "history.json",
        "made_with.json",
        "network.safetensors",
    ]


def test_student_and_teacher_agree_at_the_start(tmp_path, make_job):
    job = make_job(tmp_path)
    train_network(job, SilentReporter())
    state = adaptation._fresh_state(Adaptation(job), torch.device("cpu"))
    assert not list(state.network.buffers()), "statistics that run along would be the student's alone"
    images = torch.rand(2, 1, 32, 32)
    told = teach(state.network, state.average, images, confidence=0.5)
    assert state.network.training
    pixels = normalise(images)
    with mixed_precision(torch.device("cpu")):
        outputs = [state.network(pixels.flip(axes)) for axes in MIRRORS]
    mirrored = zip(outputs, MIRRORS, strict=True)
    seen = sum(told[:, :3].float().softmax(1).flip(axes) for told, axes in mirrored) / len(MIRRORS)
    assert torch.equal(told.classes, seen.argmax(1))
    assert torch.equal(told.sure, seen.max(1).values >= 0.5)
    assert told.distances.shape == told.classes.shape and 0 <= told.distances.min() <= told.distances.max() <= 1


def test_annotated_crops_are_in_every_step(tmp_path, make_job, lenient, monkeypatch):
    seen = []

    def recorded(job, state, step, annotated, unlabelled, device):
        seen.append((step, annotated, unlabelled))
        return step_(job, state, step, annotated, unlabelled, device)

    step_ = adaptation._step
    monkeypatch.setattr(adaptation, "_step", recorded)
    train_segmenter(make_job(tmp_path), SilentReporter())
    assert [step for step, *_ in seen] == list(range(8))
    for _, annotated, unlabelled in seen:
        assert annotated.images.shape == unlabelled.weak.shape == unlabelled.strong.shape == (2, 1, 32, 32)
        assert not torch.equal(unlabelled.weak, unlabelled.strong)
    assert sum(bool((annotated.classes > 0).any()) for _, annotated, _ in seen) >= 6
    drawn = torch.cat([annotated.images for _, annotated, _ in seen])
    assert len({crop.numpy().tobytes() for crop in drawn}) == len(drawn)


def test_annotated_crops_alone_move_the_network_where_the_teacher_is_never_sure(tmp_path, make_job, lenient):
    job = make_job(tmp_path, confidence=0.999999)
    path = train_segmenter(job, SilentReporter())
    records = json.loads((path.parent / "history.json").read_text())["records"]
    assert all(record["sure"] == 0 and record["unlabelled_loss"] == 0 for record in records[1:])
    before, after = (load_network(place)[0].state_dict() for place in (job.network_path, path))
    assert any(not torch.equal(before[name], after[name]) for name in before)


def test_unsure_pixels_weigh_nothing():
    generator = torch.Generator().manual_seed(0)
    outputs = torch.randn(2, 4, 16, 16, generator=generator).requires_grad_()
    classes = torch.randint(0, 3, (2, 16, 16), generator=generator)
    distances = torch.rand(2, 16, 16, generator=generator)
    sure = torch.rand(2, 16, 16, generator=generator) < 0.5
    (gradient,) = torch.autograd.grad(network_loss(outputs, classes, distances, sure=sure), outputs)
    assert not gradient.permute(0, 2, 3, 1)[~sure].any()
    assert gradient.permute(0, 2, 3, 1)[sure].any(dim=1).all()
    outputs = outputs.detach()
    all_sure = network_loss(outputs, classes, distances, sure=torch.ones_like(sure))
    assert float(all_sure) == pytest.approx(float(network_loss(outputs, classes, distances)), rel=1e-6)
    assert float(network_loss(outputs, classes, distances, sure=torch.zeros_like(sure))) == 0


@pytest.mark.parametrize("steps", [0, 3, 7])
@pytest.mark.parametrize("kept", ["student", "teacher"])
def test_resumed_equals_uninterrupted(tmp_path, make_job, lenient, steps, kept):
    whole, parts = make_job(tmp_path / "whole", network=kept), make_job(tmp_path / "parts", network=kept)
    for job in (whole, parts):
        train_network(job, SilentReporter())
    expected = adapt_network(whole, SilentReporter())
    with pytest.raises(KilledError):
        adapt_network(parts, Killing(steps))
    assert not (parts.folder / adaptation.ADAPTED_FILE).exists()
    resumed = adapt_network(parts, SilentReporter())
    assert resumed.read_bytes() == expected.read_bytes()
    assert (resumed.parent / "history.json").read_text() == (expected.parent / "history.json").read_text()
    assert adapt_network(parts, Killing(0)) == resumed  # finished: nothing is done


def test_student_and_teacher_are_different_networks(tmp_path, make_job, lenient):
    made = [train_segmenter(make_job(tmp_path / kept, network=kept), Killing()) for kept in ("student", "teacher")]
    assert made[0].read_bytes() != made[1].read_bytes()


def test_other_settings_or_scans_adapt_anew_from_the_trained_network(tmp_path, make_job, lenient):
    job = make_job(tmp_path)
    first = train_segmenter(job, SilentReporter()).read_bytes()
    trained = job.network_path.stat().st_mtime_ns
    gentler = train_segmenter(make_job(tmp_path, learning_rate=1e-4), SilentReporter()).read_bytes()
    assert gentler != first
    fewer = replace(job, data=replace(job.data, unlabelled=job.data.unlabelled[:1]))
    assert train_segmenter(fewer, SilentReporter()).read_bytes() not in (first, gentler)
    assert train_segmenter(job, SilentReporter()).read_bytes() == first
    assert job.network_path.stat().st_mtime_ns == trained


@pytest.mark.parametrize("name", ["foreground", "particles", "validation_dice"])
def test_a_network_that_leaves_the_band_stays_as_it_was(tmp_path, make_job, monkeypatch, name):
    values = {"foreground": 0.3, "particles": 20.0, "validation_dice": 0.9}
    checked = []

    def looked(job, state, device):
        checked.append(state.step)
        return values | ({name: values[name] * 0.5} if state.step >= 4 else {})

    monkeypatch.setattr(adaptation, "_checked", looked)
    job, said = make_job(tmp_path), Killing()
    path = train_segmenter(job, said)
    assert checked == [0, 2, 4], "it ends where it leaves"
    assert path.read_bytes() == job.network_path.read_bytes()
    history = json.loads((path.parent / "history.json").read_text())
    assert not history["kept"] and history["reason"]
    (note,) = said.notes
    assert history["reason"] in note and "stays as it was trained" in note


def test_a_network_that_had_left_is_not_trained_on_when_resumed(tmp_path, make_job, monkeypatch):
    def stopped(job, state, reason, reporter):
        raise KilledError

    monkeypatch.setattr(adaptation, "departure", lambda records: "it left" if len(records) > 1 else "")
    job = make_job(tmp_path)
    with monkeypatch.context() as patch, pytest.raises(KilledError):
        patch.setattr(adaptation, "_finish", stopped)
        train_segmenter(job, SilentReporter())
    path = train_segmenter(job, Killing(0))
    assert path.read_bytes() == job.network_path.read_bytes()


def test_a_loss_that_is_no_number_keeps_the_network_before(tmp_path, make_job):
    job = make_job(tmp_path)
    broken = UnlabelledScan("broken", np.full((64, 64), np.nan, np.float32))
    job = replace(job, data=replace(job.data, unlabelled=(broken,)))
    train_network(job, SilentReporter())
    path = adapt_network(job, said := Killing())
    assert path.read_bytes() == job.network_path.read_bytes()
    assert said.notes and "NaN" in said.notes[0]
