"""The paper's recipe within the shared loop is what it was: its steps, written out once more, bit for bit."""

import numpy as np
import pytest
import torch

from diffrendergan.gan.augmentation import augment
from diffrendergan.gan.generator import Generator
from diffrendergan.gan.losses import LSGAN
from diffrendergan.gan.state import new_state
from diffrendergan.gan.step import train_step
from diffrendergan.gan.trainer import train

from .conftest import LinearRenderer, PixelFeatures, make_project, make_world

EPOCHS, STEPS = 4, 6
WRITTEN = (0.49252, 0.40613, 0.30828, 0.26879)
"""Mean losses of the discriminator in the four epochs, as the training gave them before there was another recipe."""


def test_the_paper_is_the_default_and_takes_the_same_steps_as_ever(tmp_path, notes):
    project = make_project()
    assert project.training.recipe == "paper"
    phis, real, model = make_world()
    train(project, tmp_path, phis, real, LinearRenderer(), model, PixelFeatures(), notes)
    found = [np.load(tmp_path / "losses" / f"epoch-{epoch:04d}.npy") for epoch in range(1, EPOCHS + 1)]

    config = project.training
    state = new_state(config, phis.shape[1], model.learned(), project.seed)
    generator = Generator(state.network, LinearRenderer(), model)
    expected = []
    for _ in range(EPOCHS * STEPS):
        indices = state.draws.integers(len(phis), size=1)
        shown = augment(real[state.draws.integers(len(real), size=1)], state.draws)
        phi = torch.from_numpy(phis)[torch.from_numpy(indices)]
        shown = torch.from_numpy(shown).clone()
        expected.append(train_step(state, generator, LSGAN, indices.tolist(), phi, shown))
    assert np.array_equal(np.concatenate(found), torch.stack(expected).numpy())
    assert [table[:, 1].mean() for table in found] == pytest.approx(WRITTEN, abs=2e-4)
