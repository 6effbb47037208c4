"""A tiny world to train in: a linear renderer, pixel features, a project of a few steps."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from diffrendergan.config.base import Learned
from diffrendergan.config.imaging import ImagingConfig
from diffrendergan.config.project import Project
from diffrendergan.config.training import TrainingConfig
from diffrendergan.imaging.image_model import image_model
from diffrendergan.rendering.protocol import ParameterSpec

SIZE = 32
COUNT = 6
PARTICLES = 3


class LinearRenderer:
    """The sum of known pictures per constellation, weighted with θ; can fail or turn NaN at a given call."""

    parameters = (ParameterSpec("particle.base_color", 0.0, 2.0), ParameterSpec("stage.base_color", 0.1, 0.4))

    def __init__(
        self, size: int = SIZE, count: int = COUNT, fail_at: int | None = None, nan_at: int | None = None
    ) -> None:
        rng = torch.Generator().manual_seed(11)
        ramp = torch.linspace(0, 1, size)
        centres = torch.rand(count, 2, generator=rng)[:, :, None, None]
        distance = (ramp[:, None] - centres[:, 0]) ** 2 + (ramp[None, :] - centres[:, 1]) ** 2
        particle = torch.exp(-distance / 0.02)
        self.basis = torch.stack([particle, 1 - particle], dim=1)
        self.calls, self.fail_at, self.nan_at = 0, fail_at, nan_at

    def render(self, indices: Sequence[int], theta: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        if self.calls == self.fail_at:
            raise KeyboardInterrupt
        images = torch.einsum("bp,bphw->bhw", theta, self.basis[list(indices)].to(theta.device))
        return images * float("nan") if self.calls == self.nan_at else images


class PixelFeatures:
    """Mean intensities on a coarse grid."""

    name = "pixels"

    def features(self, images, reporter=None):
        count, height, width = images.shape
        return images.reshape(count, 4, height // 4, 4, width // 4).mean((2, 4)).reshape(count, 16).astype(np.float64)


class Notes:
    """A reporter that remembers what it was told."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def track(self, items, description, total=None):
        yield from items

    def note(self, message):
        self.notes.append(message)


def make_world():
    """Return arrangements (m, n, 4), real patches (m, S, S) and the image model of a toy problem."""
    rng = np.random.default_rng(3)
    phis = rng.normal(size=(COUNT, PARTICLES, 4)).astype(np.float32)
    renderer = LinearRenderer()
    theta = torch.tensor([[1.6, 0.3]]).expand(COUNT, -1)
    real = renderer.render(range(COUNT), theta).numpy() + 0.02 * rng.normal(size=(COUNT, SIZE, SIZE))
    model = image_model(renderer, ImagingConfig(noise_sigma=Learned(learn=(0.001, 0.1))))
    return phis, real.clip(0, 1).astype(np.float32), model


@pytest.fixture
def world():
    return make_world()


def make_project():
    """Return a project of a few steps."""
    return Project(seed=5, training=TrainingConfig(epochs=4, hidden=8, discriminator_filters=4, sample_grid=4))


@pytest.fixture
def project():
    return make_project()


@pytest.fixture
def linear_renderer():
    return LinearRenderer()


@pytest.fixture
def make_renderer():
    """Return the class, to build renderers that fail."""
    return LinearRenderer


@pytest.fixture
def extractor():
    return PixelFeatures()


@pytest.fixture
def notes():
    return Notes()
