import errno
import os

import numpy as np
import pytest
import torch

from diffrendergan.errors import RunFolderError
from diffrendergan.gan.checkpoint import latest_checkpoint, restore_checkpoint, save_checkpoint
from diffrendergan.gan.generator import Generator
from diffrendergan.gan.history import EpochRecord
from diffrendergan.gan.losses import LSGAN
from diffrendergan.gan.state import new_state
from diffrendergan.gan.step import train_step

FINGERPRINT = {"seed": 5, "betas": (0.5, 0.999)}


def record(epoch):
    return EpochRecord(epoch, 3 * epoch, 0.1, 0.2, 0.3, 0.4, 5.0, "pixels", 0.6, {"a": {"mean": 1.0, "sd": 0.1}}, 1.0)


@pytest.fixture
def trained(world, project, linear_renderer):
    """Return a function that makes a fresh state, and one that trains it for some steps."""
    phis, real, model = world
    specs = model.learned()

    def fresh():
        return new_state(project.training, phis.shape[1], specs, project.seed)

    def advance(state, steps):
        generator = Generator(state.network, linear_renderer, model)
        for _ in range(steps):
            index = int(state.draws.integers(len(phis)))
            train_step(
                state, generator, LSGAN, [index], torch.from_numpy(phis[[index]]), torch.from_numpy(real[[index]])
            )
        return state

    return fresh, advance


def everything(state):
    """Return all tensors of a state by name."""
    tensors = {"dropout": state.dropout.get_state(), "noise": state.noise.get_state()}
    for name in ("network", "discriminator"):
        tensors |= {f"{name}.{key}": value for key, value in getattr(state, name).state_dict().items()}
    for name in ("adam_generator", "adam_discriminator"):
        for index, values in getattr(state, name).state_dict()["state"].items():
            tensors |= {f"{name}.{index}.{key}": value for key, value in values.items()}
    return tensors


def test_a_restored_state_goes_on_as_the_original(trained, tmp_path):
    fresh, advance = trained
    state = advance(fresh(), 3)
    state.history.append(record(1))
    path = save_checkpoint(tmp_path, state, FINGERPRINT)
    restored = fresh()
    restore_checkpoint(path, restored, FINGERPRINT)
    assert restored.step == 3
    assert restored.epoch == 1
    assert restored.history == state.history
    advance(state, 4)
    advance(restored, 4)
    expected, found = everything(state), everything(restored)
    assert expected.keys() == found.keys()
    assert len(expected) > 50
    assert [name for name in expected if not torch.equal(expected[name], found[name])] == []
    assert np.array_equal(state.draws.random(4), restored.draws.random(4))


def test_two_checkpoints_are_kept(trained, tmp_path):
    fresh, advance = trained
    state = advance(fresh(), 1)
    for epoch in (1, 2, 3):
        state.history.append(record(epoch))
        save_checkpoint(tmp_path, state, FINGERPRINT)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["epoch-0002.safetensors", "epoch-0003.safetensors"]
    assert latest_checkpoint(tmp_path).name == "epoch-0003.safetensors"
    assert latest_checkpoint(tmp_path / "nothing") is None


def damage_end(data):
    return data[:-100]


def damage_tensor(data):
    return data[:-3] + bytes([data[-3] ^ 1]) + data[-2:]


def damage_step(data):
    return data.replace(rb"\"step\": 1", rb"\"step\": 2")


def empty(data):
    return b""


@pytest.mark.parametrize("damage", [damage_end, damage_tensor, damage_step, empty])
def test_damage_is_found_and_the_earlier_one_named(trained, tmp_path, damage):
    fresh, advance = trained
    state = advance(fresh(), 1)
    checkpoints = tmp_path / "checkpoints"
    for epoch in (1, 2):
        state.history.append(record(epoch))
        path = save_checkpoint(checkpoints, state, FINGERPRINT)
    whole = path.read_bytes()
    assert damage(whole) != whole
    path.write_bytes(damage(whole))
    with pytest.raises(RunFolderError, match=r"epoch-0002.safetensors is broken .* continue from epoch-0001"):
        restore_checkpoint(path, fresh(), FINGERPRINT)
    path.unlink()
    restore_checkpoint(latest_checkpoint(checkpoints), fresh(), FINGERPRINT)
    earlier = checkpoints / "epoch-0001.safetensors"
    earlier.write_bytes(b"x")
    with pytest.raises(RunFolderError, match="remove the folder"):
        restore_checkpoint(earlier, fresh(), FINGERPRINT)


def test_another_configuration_is_refused_by_name(trained, tmp_path):
    fresh, advance = trained
    state = advance(fresh(), 1)
    state.history.append(record(1))
    path = save_checkpoint(tmp_path, state, FINGERPRINT)
    with pytest.raises(RunFolderError, match=r"\(more, seed changed\); remove the folder"):
        restore_checkpoint(path, fresh(), FINGERPRINT | {"seed": 6, "more": 1})


def test_full_disk_leaves_the_last_checkpoint(trained, tmp_path, monkeypatch):
    fresh, advance = trained
    state = advance(fresh(), 1)
    state.history.append(record(1))
    path = save_checkpoint(tmp_path, state, FINGERPRINT)
    before = path.read_bytes()
    state.history.append(record(2))

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunFolderError, match="full"):
        save_checkpoint(tmp_path, state, FINGERPRINT)
    assert [path] == list(tmp_path.iterdir())
    assert path.read_bytes() == before
