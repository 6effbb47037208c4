from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from diffrendergan.gan.regression import RegressionNetwork, WeightNormLinear, dropout
from diffrendergan.rendering.protocol import ParameterSpec

REFERENCE = Path(__file__).parents[3] / "shared" / "reference"
SPECS = (ParameterSpec("a", 0.01, 5.0), ParameterSpec("b", -3.0, -1.0))


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def published(name, settings_ranges):
    """Return a network with the authors' weights, in the order of their outputs."""
    path = REFERENCE / "weights" / name
    if not path.exists():
        pytest.skip(f"{path} is not there")
    state = torch.load(path, weights_only=True, map_location="cpu")
    network = RegressionNetwork(
        state["params_model.fc1.weight_v"].shape[1] // 4,
        [ParameterSpec(str(i), low, high) for i, (low, high) in enumerate(settings_ranges)],
        layer_order="linear-relu-dropout",
        rng=rng(),
    )
    names = ("fc1", "fc2", "fc3", "fc4", "output_layer.0")
    network.load_state_dict(
        {
            f"layers.{i}.{part}": state[f"params_model.{layer}.{part}"]
            for i, layer in enumerate(names)
            for part in ("weight_g", "weight_v", "bias")
        },
        strict=True,
    )
    return network


@pytest.mark.parametrize(
    ("weights", "renders", "stage", "noise"),
    [
        ("Ruehle2021TiO2_paper.G_27.pth", "Ruehle2021TiO2.npz", (0.01, 0.4), (0.001, 0.1)),
        ("Ag_paper.G_42.pth", "Ag.npz", (0.01, 5.0), (0.001, 0.2)),
    ],
)
def test_published_weights_give_the_published_parameters(weights, renders, stage, noise):
    network = published(weights, [stage, *[(0.01, 5.0)] * 5, noise])
    data = np.load(REFERENCE / "renders" / renders, allow_pickle=False)
    theta = network(torch.from_numpy(data["phi"]))
    assert np.allclose(theta.detach().numpy(), data["theta"], rtol=1e-4)


@settings(deadline=None, max_examples=20)
@given(scale=st.floats(0.01, 100), seed=st.integers(0, 100))
def test_output_lies_in_the_ranges(scale, seed):
    network = RegressionNetwork(4, SPECS, rng=rng(seed))
    theta = network(scale * torch.randn(5, 4, 4, generator=rng(seed)), rng(seed))
    assert theta.shape == (5, 2)
    for column, spec in zip(theta.T, SPECS, strict=True):
        assert spec.low <= column.min()
        assert column.max() <= spec.high


def test_fresh_network_starts_near_the_middle():
    theta = RegressionNetwork(40, SPECS, rng=rng(1))(torch.randn(50, 40, 4, generator=rng(2)))
    assert torch.allclose(theta.mean(0), torch.tensor([2.5, -2.0]), atol=0.3)


def test_weight_norm_separates_length_and_direction():
    layer = WeightNormLinear(6, 3, rng())
    x = torch.randn(2, 6, generator=rng(1))
    before = layer(x)
    with torch.no_grad():
        layer.weight_v *= 7
    assert torch.allclose(layer(x), before, atol=1e-6)
    with torch.no_grad():
        layer.weight_g *= 2
    assert torch.allclose(layer(x), 2 * before, atol=1e-6)


def test_dropout_keeps_the_mean_and_follows_its_generator():
    x = torch.ones(200, 200)
    dropped = dropout(x, 0.2, rng(3))
    assert set(dropped.unique().tolist()) == {0.0, 1.25}
    assert dropped.mean().item() == pytest.approx(1, abs=0.01)
    assert torch.equal(dropped, dropout(x, 0.2, rng(3)))
    assert torch.equal(dropout(x, 0.2, None), x)


def test_dropout_takes_nothing_from_the_global_generator():
    network = RegressionNetwork(4, SPECS, rng=rng())
    before = torch.get_rng_state()
    phi = torch.ones(1, 4, 4)
    first = network(phi, rng(1))
    assert torch.equal(first, network(phi, rng(1)))
    assert not torch.equal(first, network(phi, rng(2)))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(("order", "drops_input"), [("dropout-linear-relu", True), ("linear-relu-dropout", False)])
def test_layer_orders(order, drops_input, monkeypatch):
    seen = []

    def spy(x, probability, generator):
        seen.append(tuple(x.shape))
        return x

    monkeypatch.setattr("diffrendergan.gan.regression.dropout", spy)
    RegressionNetwork(5, SPECS, hidden=8, layer_order=order, rng=rng())(torch.ones(1, 5, 4), rng())
    assert seen == [(1, 20), (1, 8), (1, 8), (1, 8)] if drops_input else [(1, 8)] * 4


def test_gradient_reaches_every_weight():
    network = RegressionNetwork(4, SPECS, hidden=16, rng=rng())
    network(torch.randn(8, 4, 4, generator=rng(1))).sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name
