import json

import pytest
import safetensors.torch
import torch
from PIL import Image

from diffrendergan.errors import ConfigError, RunFolderError
from diffrendergan.gan.generator import Generator
from diffrendergan.gan.history import read_history
from diffrendergan.gan.saved import load_generator
from diffrendergan.gan.select import run_select
from diffrendergan.gan.trainer import train


@pytest.fixture
def finished(world, project, linear_renderer, extractor, notes, tmp_path):
    """Return a run folder with a finished training."""
    phis, real, imaging = world
    train(project, tmp_path / "train", phis, real, linear_renderer, imaging, extractor, notes)
    return tmp_path


def test_selects_and_copies_a_generator_that_works(finished, project, world, linear_renderer, notes):
    run_select(project, finished, notes)
    selection = json.loads((finished / "select" / "selection.json").read_text())
    history = {record.epoch: record for record in read_history(finished / "train" / "history.jsonl")}
    assert len(selection["candidates"]) == 4
    assert selection["breadth"] == max(record.breadth for record in history.values())
    assert selection["fid"] == history[selection["epoch"]].fid
    assert selection["reason"] == notes.notes[-1]
    with Image.open(finished / "select" / "selection.png") as picture:
        assert picture.width > 500

    phis, _, imaging = world
    network = load_generator(finished / "select")
    original = load_generator(
        finished / "train", finished / f"train/generators/epoch-{selection['epoch']:04d}.safetensors"
    )
    phi = torch.from_numpy(phis)
    assert torch.equal(network(phi), original(phi))
    generator = Generator(network, linear_renderer, imaging)
    images = generator.images([0, 1], generator.theta(phi[:2]), torch.Generator().manual_seed(0))
    assert images.shape == (2, 32, 32)
    assert not images.requires_grad


def test_override_and_absent_epoch(finished, project, notes):
    run_select(
        project.model_copy(update={"selection": project.selection.model_copy(update={"epoch": 2})}), finished, notes
    )
    selection = json.loads((finished / "select" / "selection.json").read_text())
    assert (selection["epoch"], selection["override"]) == (2, True)
    with pytest.raises(ConfigError, match=r"selection\.epoch is 50"):
        run_select(
            project.model_copy(update={"selection": project.selection.model_copy(update={"epoch": 50})}),
            finished,
            notes,
        )
    assert json.loads((finished / "select" / "selection.json").read_text()) == selection


def test_other_parameters_than_trained_are_refused(finished, project, world, linear_renderer, notes):
    run_select(project, finished, notes)
    linear_renderer.parameters = linear_renderer.parameters[:1]
    with pytest.raises(ConfigError, match=r"trained for particle\.base_color"):
        Generator(load_generator(finished / "select"), linear_renderer, world[2])


def test_broken_weights_are_named(finished, project, notes):
    run_select(project, finished, notes)
    path = finished / "select" / "generator.safetensors"
    weights = safetensors.torch.load(path.read_bytes())
    next(iter(weights.values())).view(-1)[0] = float("nan")
    path.write_bytes(safetensors.torch.save(weights))
    with pytest.raises(RunFolderError, match="holds NaN or infinity"):
        load_generator(finished / "select")
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(RunFolderError, match="redo the stage 'select'"):
        load_generator(finished / "select")
    (finished / "train" / "history.jsonl").unlink()
    with pytest.raises(RunFolderError, match=r"history\.jsonl"):
        run_select(project, finished, notes)
