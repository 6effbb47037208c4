"""What passes, and fringes: known cases, and derivatives against finite differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from diffrendergan.config.base import Learned
from diffrendergan.config.material import AbsorptionConfig
from diffrendergan.config.scene import MaterialGroup, RenderingConfig
from diffrendergan.config.transmission import TransmissionConfig
from diffrendergan.rendering.choice import particle_materials
from diffrendergan.rendering.traced import TracedRenderer
from diffrendergan.rendering.transmission.beam import Absorption, InTheBeam, fringed, softened, transmitted
from diffrendergan.rendering.transmission.model import TransmissionModel

SIZE, PARTICLES = 12, 5


@pytest.fixture(scope="module")
def beam():
    """Particles at random: some pixels whole, some in part, several over each other."""
    rng = np.random.default_rng(3)
    pixels, particles = np.nonzero(rng.random((SIZE * SIZE, PARTICLES)) < 0.4)
    shares = np.where(rng.random(len(pixels)) < 0.5, 1.0, rng.integers(1, 8, len(pixels)) / 8)
    lengths = rng.uniform(0.1, 1.5, len(pixels))
    thickness = np.bincount(pixels, weights=lengths * shares, minlength=SIZE * SIZE).reshape(SIZE, SIZE) * 20
    values = (pixels, particles, lengths, shares, rng.normal(size=len(pixels)), rng.normal(size=PARTICLES), thickness)
    kinds = (torch.int32, torch.int32, *[torch.float64] * 5)
    return InTheBeam(*(torch.tensor(value, dtype=kind) for value, kind in zip(values, kinds, strict=True)))


def absorption(mu, spread=(0.0, 0.0), bend=(0.0, 0.0)):
    return Absorption(*(torch.tensor(values, dtype=torch.float64) for values in (mu, spread, bend)))


MATERIAL_OF = torch.tensor([0, 1, 0, 0, 1])


def test_a_beam_weakens_with_the_way_and_by_the_share_of_the_pixel():
    one = InTheBeam(
        torch.tensor([1, 2, 3, 3]),
        torch.tensor([0, 0, 0, 1]),
        torch.tensor([2.0, 2.0, 1.0, 0.5]),
        torch.tensor([1.0, 0.25, 1.0, 0.5]),
        torch.zeros(4),
        torch.zeros(2),
        torch.zeros(2, 2),
    )
    found = transmitted(one, absorption((0.7, 3.0)), torch.tensor([0, 1]))
    assert found[0, 0] == 1
    assert found[0, 1].item() == pytest.approx(np.exp(-1.4))
    assert found[1, 0].item() == pytest.approx(0.75 + 0.25 * np.exp(-1.4))
    assert found[1, 1].item() == pytest.approx(np.exp(-0.7) * (0.5 + 0.5 * np.exp(-1.5)))


def test_thick_matter_is_black_and_its_derivative_finite(beam):
    mu = torch.tensor([1e4, 1e4], dtype=torch.float64, requires_grad=True)
    still = torch.zeros(2, dtype=torch.float64)
    found = transmitted(beam, Absorption(mu, still, still), MATERIAL_OF)
    found.sum().backward()
    whole = beam.pixels[beam.shares == 1].long()
    assert found.flatten()[whole].max() == 0 and found.min() >= 0
    assert mu.grad.isfinite().all()


def test_spread_makes_particles_differ_and_bend_their_parts(beam):
    depth = [
        -torch.log(transmitted(beam, absorption((0.2, 0.2), *both), MATERIAL_OF)).flatten()
        for both in ([(0, 0), (0, 0)], [(0.5, 0.5), (0, 0)], [(0, 0), (0.5, 0.5)])
    ]
    # A pixel that one particle fills alone.
    counts = torch.bincount(beam.pixels.long(), minlength=SIZE * SIZE)
    row = next(k for k, pixel in enumerate(beam.pixels) if counts[pixel] == 1 and beam.shares[k] == 1)
    pixel, owner = beam.pixels[row], beam.particles[row]
    plain, spread, bent = (one[pixel].item() for one in depth)
    assert spread / plain == pytest.approx(np.exp(0.5 * beam.orientation[owner].item()))
    assert bent / plain == pytest.approx(np.exp(0.5 * beam.bands[row].item()))


def test_fringes_lose_nothing_and_are_bright_outside_under_focus():
    x = torch.arange(41, dtype=torch.float64) - 20
    thickness = 2 * (144 - x[:, None] ** 2 - x[None] ** 2).clamp_min(0).sqrt()
    passing = torch.exp(-0.01 * thickness)
    under, over = (fringed(passing, thickness, torch.tensor(d)) for d in (0.02, -0.02))
    assert under.sum().item() == pytest.approx(passing.sum().item(), rel=1e-12)
    assert under[20, 32] > passing[20, 32] and under[20, 30] < passing[20, 30]
    torch.testing.assert_close(under - passing, passing - over)
    # Where nothing is absorbed, this is the Laplacian of the thickness.
    clear = fringed(torch.ones_like(thickness), thickness, torch.tensor(0.02)) - 1
    laplacian = thickness[2:, 1:-1] + thickness[:-2, 1:-1] + thickness[1:-1, 2:] + thickness[1:-1, :-2]
    torch.testing.assert_close(clear[1:-1, 1:-1], 0.02 * (laplacian - 4 * thickness[1:-1, 1:-1]))


def test_wide_fringes_are_those_of_softer_edges():
    x = torch.arange(61, dtype=torch.float64) - 30
    thickness = (8 - x[:, None].abs()).clamp(0, 8) + 0 * x[None]
    soft = softened(thickness, torch.tensor(2.0), 3.0)
    assert soft.sum().item() == pytest.approx(thickness.sum().item(), rel=1e-6)
    step = (x > 0).double()[:, None] + 0 * x[None]
    edge = softened(step, torch.tensor(2.0), 6.0)[:, 30]
    between = torch.special.ndtr((x + 0.5 - 1) / 2.0)
    torch.testing.assert_close(edge, between, atol=4e-3, rtol=0)
    torch.testing.assert_close(softened(thickness, torch.tensor(0.0), 3.0), thickness, atol=1e-4, rtol=0)


RANGES = {"mu": (0.2, 4.0), "spread": (0.0, 0.6), "bend": (0.0, 0.8)}
OF_BEAM = {
    "bright": {"beam": (0.4, 1.0), "defocus_px": (0.005, 0.02), "fringe_px": (0.4, 3.0)},
    "dark": {"beam": (0.4, 1.0), "film": (0.0, 0.3)},
}


def renderer_of(beam, field, geometry):
    learned = {name: Learned(learn=ends) for name, ends in RANGES.items()}
    group = MaterialGroup(name="gold", meshes=(1, 4), material=AbsorptionConfig(**learned))
    section = TransmissionConfig(field=field, **{name: Learned(learn=ends) for name, ends in OF_BEAM[field].items()})
    config = RenderingConfig(particle=AbsorptionConfig(**learned), groups=(group,), transmission=section)
    materials, number = particle_materials(config, PARTICLES)
    return TracedRenderer(TransmissionModel(section, materials, number, geometry, 1.0), [beam])


CASES = [
    (field, name)
    for field in OF_BEAM
    for name in [
        *(f"{owner}.{name}" for owner in ("particle", "gold") for name in RANGES),
        *(f"transmission.{name}" for name in OF_BEAM[field]),
    ]
]


@pytest.mark.parametrize(("field", "name"), CASES)
@pytest.mark.parametrize("position", [0.05, 0.5, 0.95])
def test_derivatives_are_those_of_finite_differences(beam, beam_geometry, field, name, position):
    renderer = renderer_of(beam, field, beam_geometry)
    names = [spec.name for spec in renderer.parameters]
    assert sorted(names) == sorted(one for place, one in CASES if place == field)
    column = names.index(name)
    low, high = (
        torch.tensor([getattr(spec, end) for spec in renderer.parameters], dtype=torch.float64)
        for end in ("low", "high")
    )
    theta = low + (high - low) * torch.rand(len(low), dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    theta[column] = low[column] + position * (high - low)[column]
    direction = torch.rand(SIZE, SIZE, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) - 0.5

    def loss(theta):
        return (renderer.render([0], theta[None])[0] * direction).sum()

    theta.requires_grad_()
    loss(theta).backward()
    step = torch.zeros_like(theta)
    step[column] = 1e-4 * (high - low)[column]
    with torch.no_grad():
        finite = ((loss(theta + step) - loss(theta - step)) / (2 * step[column])).item()
    assert theta.grad[column].item() == pytest.approx(finite, rel=1e-5, abs=1e-9)
    assert abs(finite) > 1e-4


def test_dark_field_is_what_bright_field_lacks(beam, beam_geometry):
    bright, dark = (renderer_of(beam, field, beam_geometry) for field in OF_BEAM)
    material = torch.tensor([[1.0, 0.3, 0.2, 2.0, 0.1, 0.4]])
    lost = 1 - bright.render([0], torch.cat([material, torch.tensor([[1.0, 0.0, 1.0]])], 1))
    found = dark.render([0], torch.cat([material, torch.tensor([[1.0, 0.0]])], 1))
    torch.testing.assert_close(found, lost)
    # A film under the particles adds what it scatters of the beam that reaches it.
    filmed = dark.render([0], torch.cat([material, torch.tensor([[1.0, 0.2]])], 1))
    torch.testing.assert_close(filmed, 1 - 0.8 * (1 - lost))


@pytest.mark.parametrize("field", OF_BEAM)
def test_layers_add_up_to_the_image(beam, beam_geometry, field):
    renderer = renderer_of(beam, field, beam_geometry)
    theta = torch.tensor([[sum(getattr(spec, end) for end in ("low", "high")) / 2 for spec in renderer.parameters]])
    layers = renderer.layers([0], theta)
    torch.testing.assert_close(renderer.render([0], theta), layers.particles + layers.stage)
    torch.testing.assert_close(layers.stage, layers.through * layers.empty)
