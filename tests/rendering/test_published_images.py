"""The authors' own images: the same Φ and θ drawn here, by both renderers, and their networks' θ.

`renders/*.npz` holds images of their code with 968 samples per pixel. What is compared is made by `import-authors` as
users call it, from their settings, weights and meshes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from diffrendergan.authors.importing import find_models, import_model
from diffrendergan.config.load import load_project
from diffrendergan.config.project import Project
from diffrendergan.gan.saved import load_generator
from diffrendergan.gan.stage import library_of
from diffrendergan.rendering.factory import make_mitsuba_renderer, make_tracer
from diffrendergan.rendering.transport_renderer import TransportRenderer
from diffrendergan.runs.reporter import SilentReporter

THEIR_SAMPLES = 968
SAMPLES = {"Ag": 25, "Mill2021SiO2": 25, "Ruehle2021TiO2": 121}
"""Per pixel of the image that Mitsuba's own renderer draws, which takes the longest by far."""
NAMES = {"s_": "stage.", "p_": "particle."}


@dataclass
class Model:
    """An imported model beside what the authors rendered with it."""

    project: Project
    phi: np.ndarray
    theta: np.ndarray
    names: list[str]
    images: np.ndarray
    samples: int

    def columns(self, parameters) -> np.ndarray:
        """Return θ of the published images in our order of parameters."""
        return self.theta[:, [self.names.index(spec.name) for spec in parameters]]


def our_name(name: str) -> str:
    return "imaging.noise_sigma" if name == "noise_std" else NAMES[name[:2]] + name[2:]


@pytest.fixture(scope="module", params=["Ag", "Mill2021SiO2", "Ruehle2021TiO2"])
def model(request, shared, tmp_path_factory) -> Model:
    folder: Path = shared / "reference"
    found = next(m for m in find_models(folder) if m.settings.stem.startswith(request.param))
    file = import_model(found, tmp_path_factory.mktemp(request.param), SilentReporter(), force=True)
    with np.load(folder / "renders" / f"{request.param}.npz", allow_pickle=False) as values:
        names = [our_name(str(name)) for name in values["theta_names"]]
        return Model(load_project(file), values["phi"], values["theta"], names, values["image"], SAMPLES[request.param])


def rmse(image: np.ndarray, reference: np.ndarray) -> float:
    """Return the root mean square difference as f_r shows the images, clamped to [0, 1]."""
    return float(np.sqrt(np.mean((image.clip(0, 1) - reference.clip(0, 1)) ** 2)))


def test_our_network_gives_their_theta(model):
    network = load_generator(model.project.generator.folder)
    theta = network(torch.from_numpy(model.phi)).numpy()
    assert [spec.name for spec in network.specs] == model.names
    np.testing.assert_allclose(theta, model.theta, atol=1e-5, rtol=0)


def test_both_renderers_draw_their_images(model):
    """Mean within 0.5 %; error no larger than that of one of their own renders with 121 samples per pixel.

    Where that render has fewer samples, its error is larger by what noise alone makes of it.
    """
    project, meshes = model.project, library_of(model.project, model.project.run)
    plain = make_mitsuba_renderer(project, meshes, model.phi)
    theirs = model.columns(plain.parameters)
    quick = plain.image(0, theirs[0], 5, spp=model.samples)
    assert quick.mean() == pytest.approx(model.images[0].mean(), rel=0.005)
    assert np.sqrt(np.mean((blocks(quick) - blocks(model.images[0])) ** 2)) < 0.02 * quick.mean()

    tracer = make_tracer(project, meshes)
    assert tracer.separation.parameters == plain.parameters
    for index, (phi, image, theta) in enumerate(zip(model.phi, model.images, theirs, strict=True)):
        basis = tracer.images(phi, index)
        fast = TransportRenderer(tracer.separation, [basis]).render([0], torch.from_numpy(theta)[None])[0].numpy()
        assert fast.mean() == pytest.approx(image.mean(), rel=0.005)
        assert fast.clip(0, 1).mean() == pytest.approx(image.clip(0, 1).mean(), rel=0.005)
        assert np.sqrt(np.mean((blocks(fast) - blocks(image)) ** 2)) < 0.015 * image.mean()
        if index == 0:
            noise = (1 / 121 + 1 / THEIR_SAMPLES) / (1 / model.samples + 1 / THEIR_SAMPLES)
            assert rmse(fast, image) < noise**0.5 * rmse(quick, image)


def blocks(image: np.ndarray) -> np.ndarray:
    """Return means over 16 × 16 pixels, in which noise has gone but a shifted or shaded part would show."""
    return image.reshape(16, 16, 16, 16).mean((1, 3))
