import numpy as np
import pytest
import torch

from diffrendergan.gan.balanced.law_network import LawNetwork
from diffrendergan.gan.rules import RULES
from diffrendergan.gan.saved import load_generator, save_description, save_weights
from diffrendergan.rendering.protocol import ParameterSpec
from diffrendergan.synthesis.stage import theta_of, theta_of_law

from .conftest import make_law

SPECS = (ParameterSpec("particle.base", 0.0, 2.0), ParameterSpec("imaging.noise_sigma", 0.001, 0.1))


def network(spread=1.0):
    return LawNetwork(3, make_law(SPECS), spread, hidden=8, rng=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("spread", [1.0, 1.7])
def test_it_starts_as_the_law(spread):
    phi = np.random.default_rng(2).normal(size=(3, 4)).astype(np.float32)
    learned, fitted = theta_of(network(spread)), theta_of_law(make_law(SPECS), spread)
    for seed in range(5):
        drawn, wanted = (each(phi, np.random.default_rng(seed)) for each in (learned, fitted))
        assert drawn == pytest.approx(wanted, rel=1e-5)
    assert not np.array_equal(learned(phi, np.random.default_rng(0)), learned(phi, np.random.default_rng(1)))


def test_all_of_it_can_be_learned_and_nothing_leaves_its_reach():
    made, phi, normal = network(), torch.randn(6, 3, 4), torch.randn(6, 2)
    made(phi, normal).sum().backward()
    assert made.constant.grad.abs().min() > 0 and made.linear.weight.grad.abs().max() > 0
    assert made.last.weight.grad.abs().max() > 0
    with torch.no_grad():
        made.constant += 1e6
    middle = make_law(SPECS).middle
    low, high = (np.array([getattr(spec, end) for spec in SPECS]) for end in ("low", "high"))
    farthest = low + (high - low) / (1 + np.exp(-(middle + RULES.reach)))
    assert made(phi, torch.zeros(6, 2))[0].tolist() == pytest.approx(farthest.tolist(), rel=1e-4)


def test_it_is_written_and_read(tmp_path):
    made = network(1.3)
    with torch.no_grad():
        made.last.weight += 0.1
    save_description(tmp_path, made)
    save_weights(tmp_path / "generator.safetensors", made)
    read, phi = load_generator(tmp_path), torch.randn(2, 3, 4)
    assert read.specs == made.specs and read.particles == 3
    first, second = (each.draw(phi, np.random.default_rng(3)) for each in (made, read))
    assert torch.equal(first, second)
