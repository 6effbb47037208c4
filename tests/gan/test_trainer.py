import json
from collections import Counter

import numpy as np
import pytest
import torch
from PIL import Image

from diffrendergan.config.imaging import ImagingConfig
from diffrendergan.errors import ConfigError, DataError, RunFolderError, TrainingDivergedError
from diffrendergan.gan import trainer
from diffrendergan.gan.history import read_history
from diffrendergan.gan.layout import TrainingFolder
from diffrendergan.gan.trainer import train
from diffrendergan.imaging.image_model import image_model
from diffrendergan.runs.reporter import SilentReporter

from .conftest import LinearRenderer, PixelFeatures, make_project, make_world

EPOCHS = 4
STEPS = 6  # as many as arrangements


class GridAndGrain:
    """Mean intensities on a grid, and how much neighbouring pixels differ."""

    name = "grid-and-grain"

    def features(self, images, reporter=None):
        count, size, _ = images.shape
        grid = images.reshape(count, 8, size // 8, 8, size // 8).mean((2, 4)).reshape(count, -1)
        grain = np.abs(np.diff(images, axis=2)).mean((1, 2))[:, None]
        return np.concatenate([grid, 8 * grain], axis=1).astype(np.float64)


def timeless(path):
    return [json.loads(line) | {"seconds": None} for line in path.read_text().splitlines()]


def contents(folder):
    """Return the bytes of all results by name, without times."""
    files = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.parent.name in {"generators", "parameters", "losses", "samples"}
    }
    return files, timeless(folder / "history.jsonl")


def weights_of(checkpoint):
    """Return the tensors of a checkpoint as bytes; its metadata has times."""
    data = checkpoint.read_bytes()
    return data[8 + int.from_bytes(data[:8], "little") :]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder of a training that nothing interrupted, to be read only."""
    folder = tmp_path_factory.mktemp("whole")
    phis, real, model = make_world()
    train(make_project(), folder, phis, real, LinearRenderer(), model, PixelFeatures(), SilentReporter())
    return folder


@pytest.fixture
def run(world, project, extractor, notes, make_renderer):
    phis, real, model = world

    def start(folder, **renderer):
        train(project, folder, phis, real, make_renderer(**renderer), model, extractor, notes)

    return start


def test_writes_what_it_promises(run, tmp_path, notes):
    run(tmp_path)
    folder = TrainingFolder(tmp_path)
    history = read_history(folder.history)
    assert [record.epoch for record in history] == [1, 2, 3, 4]
    assert [record.step for record in history] == [6, 12, 18, 24]
    assert all(np.isfinite([record.fid, record.breadth, record.loss_generator]).all() for record in history)
    for epoch in range(1, EPOCHS + 1):
        theta = np.load(folder.parameters(epoch), allow_pickle=False)
        assert theta.shape == (6, 3)
        assert theta[:, 2].min() >= 0.001
        assert np.load(folder.losses(epoch), allow_pickle=False).shape == (STEPS, 4)
        assert folder.weights(epoch).exists()
        with Image.open(folder.samples(epoch)) as picture:
            assert picture.size == (2 * (2 * 32 + 4) + 24, 2 * 32 + 4)
    assert history[-1].parameters["imaging.noise_sigma"]["mean"] == pytest.approx(theta[:, 2].mean())
    assert [path.name for path in sorted(folder.checkpoints.iterdir())] == [
        "epoch-0003.safetensors",
        "epoch-0004.safetensors",
    ]
    assert sum("FID" in note for note in notes.notes) == EPOCHS


@pytest.mark.parametrize("fail_at", [3, 7 + 1, 2 * (STEPS + 1) + 4, 3 * (STEPS + 1)])
def test_interrupted_equals_uninterrupted(run, whole, tmp_path, fail_at):
    # A call of the renderer per step and one for the evaluation: in epoch 1, at the start of 2, in 3, evaluating 3.
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "cut", fail_at=fail_at)
    run(tmp_path / "cut")
    assert contents(tmp_path / "cut") == contents(whole)
    last = "checkpoints/epoch-0004.safetensors"
    assert weights_of(tmp_path / "cut" / last) == weights_of(whole / last)


@pytest.mark.parametrize("last_act", ["save_weights", "write_png", "save_checkpoint", "write_history"])
def test_killed_between_two_files(run, whole, tmp_path, monkeypatch, last_act):
    original, calls = getattr(trainer, last_act), []

    def killed_after(*args):
        original(*args)
        calls.append(args)
        if len(calls) == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(trainer, last_act, killed_after)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "cut")
    (tmp_path / "cut" / "checkpoints" / ".partial-x.safetensors").write_bytes(b"half")
    run(tmp_path / "cut")
    assert contents(tmp_path / "cut") == contents(whole)
    assert not list(tmp_path.glob("**/.partial-*"))


def test_tensorboard_shows_each_step_once(run, tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, fail_at=2 * (STEPS + 1) + 3)
    run(tmp_path)
    events = accumulator.EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    scalars = events.Tags()["scalars"]
    assert "parameters/stage.base_color/sd" in scalars
    assert [event.step for event in events.Scalars("epoch/fid")] == [1, 2, 3, 4]
    steps = Counter(event.step for event in events.Scalars("step/loss_generator"))
    assert steps == Counter(range(1, EPOCHS * STEPS + 1))
    assert [event.step for event in events.Images("samples")] == [1, 2, 3, 4]


def test_more_epochs_continue(whole, world, project, extractor, notes, make_renderer, tmp_path):
    phis, real, model = world
    for epochs in (2, EPOCHS):
        longer = project.model_copy(update={"training": project.training.model_copy(update={"epochs": epochs})})
        train(longer, tmp_path, phis, real, make_renderer(), model, extractor, notes)
    assert contents(tmp_path) == contents(whole)


def test_a_removed_checkpoint_falls_back_to_the_one_before(run, whole, tmp_path):
    run(tmp_path / "cut")
    latest = tmp_path / "cut" / "checkpoints" / "epoch-0004.safetensors"
    latest.write_bytes(latest.read_bytes()[:1000])
    with pytest.raises(RunFolderError, match="continue from epoch-0003"):
        run(tmp_path / "cut")
    latest.unlink()
    run(tmp_path / "cut")
    assert contents(tmp_path / "cut") == contents(whole)


def test_nan_stops_with_the_last_good_checkpoint(run, tmp_path):
    with pytest.raises(TrainingDivergedError, match=r"epoch 3.*checkpoints/epoch-0002\.safetensors"):
        run(tmp_path, nan_at=2 * (STEPS + 1) + 2)
    assert len(read_history(tmp_path / "history.jsonl")) == 2
    with pytest.raises(TrainingDivergedError, match="no checkpoint yet"):
        run(tmp_path / "other", nan_at=1)


def test_other_data_in_an_old_folder_is_refused(world, project, extractor, notes, make_renderer, run, tmp_path):
    run(tmp_path)
    phis, real, model = world
    with pytest.raises(RunFolderError, match="real patches"):
        train(project, tmp_path, phis, real[:-1], make_renderer(), model, extractor, notes)


def test_bad_input(world, project, extractor, notes, make_renderer, tmp_path):
    phis, real, model = world
    renderer = make_renderer()

    def start(phis=phis, real=real, renderer=renderer, model=model):
        train(project, tmp_path, phis, real, renderer, model, extractor, notes)

    with pytest.raises(DataError, match="two real patches"):
        start(real=real[:1])
    with pytest.raises(DataError, match="NaN"):
        start(real=np.where(real > 0.5, np.nan, real).astype(np.float32))
    renderer.parameters = ()
    with pytest.raises(ConfigError, match="no parameter is learned"):
        start(model=image_model(renderer, ImagingConfig(noise_sigma=0.1)))
    assert not list(tmp_path.iterdir())


def test_batches_need_fewer_steps(world, project, extractor, notes, make_renderer, tmp_path):
    phis, real, model = world
    larger = project.model_copy(update={"training": project.training.model_copy(update={"batch_size": 4})})
    train(larger, tmp_path, phis, real, make_renderer(), model, extractor, notes)
    assert [record.step for record in read_history(tmp_path / "history.jsonl")] == [2, 4, 6, 8]


def test_learns_the_look_of_the_reals(project, world, notes, make_renderer, tmp_path):
    # The reals have base colours 1.6 and 0.3 and noise 0.02; a fresh generator gives 1.0, 0.25 and 0.05.
    size, count = 48, 16
    renderer, (_, _, model) = make_renderer(size=size, count=count), world
    rng = np.random.default_rng(0)
    phis = rng.normal(size=(count, 3, 4)).astype(np.float32)
    clean = renderer.render(range(count), torch.tensor([[1.6, 0.3]]).expand(count, -1)).numpy().clip(0, 1)
    real = (clean + 0.02 * rng.normal(size=clean.shape)).clip(0, 1).astype(np.float32)
    config = project.training.model_copy(
        update={"epochs": 12, "lr_generator": 1e-3, "hidden": 64, "discriminator_filters": 16}
    )
    longer = project.model_copy(update={"training": config, "seed": 1})
    train(longer, tmp_path, phis, real, renderer, model, GridAndGrain(), notes)
    history = read_history(tmp_path / "history.jsonl")
    assert min(record.fid for record in history) < 0.4 * history[0].fid
    assert max(record.parameters["particle.base_color"]["mean"] for record in history) > 1.3
