"""A network that is laid out is the same network."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from diffrendergan.config.segmentation import SegmentationConfig
from diffrendergan.runs.device import PRECISION
from diffrendergan.segmentation.unet.layout import laid_out
from diffrendergan.segmentation.unet.network import NetworkInfo, build_network, load_network, save_network

CONFIG = SegmentationConfig(channels=(6, 10, 12), residual_units=1)
CPU = torch.device("cpu")


@pytest.fixture
def images() -> torch.Tensor:
    return torch.randn(2, 1, 48, 64, generator=torch.Generator().manual_seed(0))


def test_outputs_and_gradients_are_those_of_before(images: torch.Tensor) -> None:
    plain, laid = build_network(CONFIG, 0).train(), laid_out(build_network(CONFIG, 0), CPU).train()
    first, second = plain(images), laid(images)
    torch.testing.assert_close(first, second, rtol=1e-4, atol=1e-4)
    for outputs in (first, second):
        outputs.square().mean().backward()
    named = dict(laid.named_parameters())
    for name, parameter in plain.named_parameters():
        torch.testing.assert_close(parameter.grad, named[name].grad, rtol=1e-3, atol=1e-4)


def test_weights_keep_names_values_and_identity() -> None:
    network = build_network(CONFIG, 1)
    before = {name: (id(parameter), parameter.detach().clone()) for name, parameter in network.named_parameters()}
    norms = {name: parameter for name, parameter in network.named_parameters() if ".N." in name}
    laid = laid_out(network, CPU)
    assert [name for name, _ in laid.named_parameters()] == list(before)
    for name, parameter in laid.named_parameters():
        assert torch.equal(parameter, before[name][1])
        assert name not in norms or id(parameter) == before[name][0]
    assert not any(isinstance(module, nn.InstanceNorm2d) for module in laid.modules())


def test_it_is_written_and_read_as_any_other(tmp_path, images: torch.Tensor) -> None:  # type: ignore[no-untyped-def]
    laid = laid_out(build_network(CONFIG, 2), CPU).eval()
    save_network(
        tmp_path / "n.safetensors", laid.state_dict(), NetworkInfo((6, 10, 12), 1, 32, None, "synthetic", 0, 1, 0)
    )
    read, _ = load_network(tmp_path / "n.safetensors")
    with torch.inference_mode():
        torch.testing.assert_close(read(images), laid(images), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("precision", "plain"), [("bfloat16", True), ("float32", False)])
def test_what_learns_in_bfloat16_on_a_processor_stays_as_it_is(monkeypatch, precision: str, plain: bool) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv(PRECISION, precision)
    kinds = {type(module) for module in laid_out(build_network(CONFIG, 0), CPU, learns=True).modules()}
    assert (nn.InstanceNorm2d in kinds, nn.GroupNorm in kinds) == (plain, not plain)
    assert nn.GroupNorm in {type(module) for module in laid_out(build_network(CONFIG, 0), CPU).modules()}
