"""A tiny world with a fitted law."""

import numpy as np
import pytest
import torch
from tests.gan.conftest import LinearRenderer, Notes, PixelFeatures, make_project, make_world

from diffrendergan.config.training import TrainingConfig
from diffrendergan.fitting.law import Law
from diffrendergan.gan.balanced.recipe import BalancedRecipe
from diffrendergan.imaging.ground import FLAT

__all__ = ["Notes", "PixelFeatures"]


def make_law(specs):
    """Return a law off the middle, with parameters that go together."""
    root = 0.3 * np.eye(len(specs))
    root[1, 0] = 0.2
    return Law(tuple(specs), np.linspace(-0.5, 0.8, len(specs)), root)


def make_recipe(real, model, spread=1.0, seed=5):
    scans = tuple(f"scan {i // 2}" for i in range(len(real)))
    return BalancedRecipe(make_law(model.learned()), spread, real, scans, FLAT, seed, torch.device("cpu"))


def make_balanced_project(epochs=2):
    training = TrainingConfig(recipe="balanced", epochs=epochs, sample_grid=4)
    return make_project().model_copy(update={"training": training})


@pytest.fixture
def balanced_world():
    """Return arrangements, real patches, image model, renderer and recipe."""
    phis, real, model = make_world()
    return phis, real, model, LinearRenderer(), make_recipe(real, model)
