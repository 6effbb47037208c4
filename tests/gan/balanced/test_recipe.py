import json

import numpy as np
import pytest
import torch
from tests.gan.conftest import LinearRenderer, Notes, PixelFeatures, make_world

from diffrendergan.errors import ConfigError, RunFolderError
from diffrendergan.gan.balanced import kernel_score
from diffrendergan.gan.balanced import recipe as recipe_module
from diffrendergan.gan.balanced import step as step_module
from diffrendergan.gan.history import read_history
from diffrendergan.gan.rules import RULES
from diffrendergan.gan.select import run_select
from diffrendergan.gan.trainer import train
from diffrendergan.rendering.protocol import ParameterSpec
from diffrendergan.runs.reporter import SilentReporter

from .conftest import make_balanced_project, make_law, make_recipe


def run(folder, fail_at=None, epochs=2, recipe=None, notes=None):
    phis, real, model = make_world()
    recipe = recipe or make_recipe(real, model)
    project, renderer = make_balanced_project(epochs), LinearRenderer(fail_at=fail_at)
    train(project, folder, phis, real, renderer, model, PixelFeatures(), notes or SilentReporter(), recipe)


def contents(folder):
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.npy")}
    files |= {path.name: path.read_bytes() for path in (folder / "generators").iterdir()}
    return files, [json.loads(line) | {"seconds": 0} for line in (folder / "history.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("balanced") / "train"
    run(folder)
    return folder


def test_the_start_is_epoch_0_and_draws_from_the_law(whole):
    history = read_history(whole / "history.jsonl")
    assert [record.epoch for record in history] == [0, 1, 2] and [record.step for record in history] == [0, 1, 2]
    assert all(len(record.kernel) == 200 for record in history)
    law = make_law(make_world()[2].learned())
    theta = np.load(whole / "parameters" / "epoch-0000.npy")
    low, high = law.theta(np.full((2, len(law.specs)), [[-6.0], [6.0]]))
    assert theta.shape == (6, len(law.specs)) and (theta > low).all() and (theta < high).all()
    assert np.load(whole / "losses" / "epoch-0000.npy").shape == (0, 4)


@pytest.mark.parametrize("fail_at", [3, 6 + 1, 6 + 1 + 6 + 1, 6 + 1 + 6 + 1 + 3])
def test_interrupted_equals_uninterrupted(whole, tmp_path, fail_at):
    # Six calls of the renderer for each evaluation, one a step: while scoring the fit, in each epoch, scoring epoch 2.
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, fail_at=fail_at)
    run(tmp_path)
    assert contents(tmp_path) == contents(whole)


def test_another_law_in_an_old_folder_is_refused(whole, tmp_path):
    run(tmp_path, epochs=1)
    _, real, model = make_world()
    with pytest.raises(RunFolderError, match=r"fit\.spread"):
        run(tmp_path, recipe=make_recipe(real, model, spread=2.0))
    recipe = make_recipe(real, model)
    with pytest.raises(ConfigError, match="run `fit` again"):
        recipe.new_state(3, (ParameterSpec("other", 0, 1),), 0, torch.device("cpu"))


def test_it_ends_when_the_distance_no_longer_falls(tmp_path, monkeypatch):
    monkeypatch.setattr("diffrendergan.gan.balanced.kernel_score.gain_of", lambda record, best: (0.0, 0.0))
    monkeypatch.setattr("diffrendergan.gan.balanced.kernel_score.best_of", lambda history: history[0])
    notes = Notes()
    run(tmp_path, epochs=30, notes=notes)
    history = read_history(tmp_path / "history.jsonl")
    assert history[-1].epoch == 8 and any("no longer falls" in note for note in notes.notes)
    run(tmp_path, epochs=30)
    assert read_history(tmp_path / "history.jsonl") == history


def test_the_choice_writes_a_generator(whole, tmp_path):
    (tmp_path / "train").symlink_to(whole)
    project, notes = make_balanced_project(), Notes()
    project = project.model_copy(update={"selection": project.selection.model_copy(update={"epoch": 0})})
    run_select(project, tmp_path, notes)
    written = json.loads((tmp_path / "select" / "generator.json").read_text())
    assert written["recipe"] == "balanced" and written["epoch"] == 0
    assert "kernel distance" in notes.notes[-1]
    assert (tmp_path / "select" / "selection.png").stat().st_size > 5000


@pytest.mark.slow
def test_it_finds_the_look_that_the_fit_missed(tmp_path, monkeypatch):
    # The reals have base colours 1.6 and .3, the law .8 and .26; an invisible .3 lies on the way to the dark ones.
    for module in (recipe_module, step_module, kernel_score):
        monkeypatch.setattr(module, "RULES", RULES._replace(average=0.9, patience=30, halves=50))
    size, count = 64, 16
    renderer, (_, _, model) = LinearRenderer(size=size, count=count), make_world()
    rng = np.random.default_rng(0)
    phis = rng.normal(size=(count, 3, 4)).astype(np.float32)
    clean = renderer.render(range(count), torch.tensor([[1.6, 0.3]]).expand(count, -1)).numpy().clip(0, 1)
    real = (clean + 0.02 * rng.normal(size=clean.shape)).clip(0, 1).astype(np.float32)
    recipe = make_recipe(real, model)
    train(make_balanced_project(15), tmp_path, phis, real, renderer, model, PixelFeatures(), SilentReporter(), recipe)
    history = read_history(tmp_path / "history.jsonl")
    last = history[-1]
    assert np.mean(last.kernel) < 0.5 * np.mean(history[0].kernel)
    assert last.parameters["particle.base_color"]["mean"] == pytest.approx(1.6, abs=0.3)
    assert last.loss_discriminator > 0.4  # neither has won
