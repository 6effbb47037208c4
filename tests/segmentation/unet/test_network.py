"""The network, and its file."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from diffrendergan.config.segmentation import GENERALIST_CHANNELS, SegmentationConfig
from diffrendergan.errors import ConfigError, RunFolderError
from diffrendergan.segmentation.packaged import packaged_network
from diffrendergan.segmentation.unet.network import OUTPUTS, NetworkInfo, build_network, load_network, save_network

INFO = NetworkInfo((4, 8), 1, 32, 7.34, "synthetic", 3, 100, 0.8)


def test_default_network_is_light_and_keeps_the_size():
    network = build_network(SegmentationConfig(), seed=0)
    assert 0.5e6 < sum(parameter.numel() for parameter in network.parameters()) < 3e6
    with torch.no_grad():
        assert network(torch.zeros(1, 1, 64, 32)).shape == (1, OUTPUTS, 64, 32)


def test_weights_depend_on_the_seed_and_leave_global_randomness_alone(toy_config):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, again, other = (build_network(toy_config, seed).state_dict() for seed in (1, 1, 2))
    assert torch.equal(torch.rand(3), expected)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)


def test_file_gives_the_network_back(tmp_path, toy_config):
    network = build_network(toy_config, 0).eval()
    save_network(tmp_path / "network.safetensors", network.state_dict(), INFO)
    loaded, info = load_network(tmp_path / "network.safetensors")
    image = torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    assert info == INFO
    assert torch.equal(loaded(image), network(image))


@pytest.mark.parametrize("content", [None, b"", b"no network at all"])
def test_broken_file_is_one_sentence(tmp_path, content):
    path = tmp_path / "network.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RunFolderError, match=r"network\.safetensors is missing or broken"):
        load_network(path)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused(tmp_path, toy_config, number):
    weights = build_network(toy_config, 0).state_dict()
    next(iter(weights.values())).view(-1)[3] = number
    save_network(tmp_path / "network.safetensors", weights, INFO)
    with pytest.raises(RunFolderError, match="holds NaN or infinity"):
        load_network(tmp_path / "network.safetensors")


@pytest.mark.parametrize("said", [{"residual_units": 10**9}, {"channels": (4, 10**9)}, {"channels": (4,) * 10**4}])
def test_a_description_beyond_its_weights_makes_no_network(tmp_path, toy_config, said):
    save_network(tmp_path / "network.safetensors", build_network(toy_config, 0).state_dict(), replace(INFO, **said))
    with pytest.raises(RunFolderError, match="of a larger network than its weights"):
        load_network(tmp_path / "network.safetensors")


def test_impossible_networks_are_refused():
    with pytest.raises(ConfigError, match=r"segmentation\.patch_size must be a multiple of 16"):
        build_network(SegmentationConfig(patch_size=100), 0)
    with pytest.raises(ConfigError, match="two levels"):
        build_network(SegmentationConfig(channels=(8,)), 0)


def test_a_network_can_have_the_generalists_shape() -> None:
    config = SegmentationConfig(start="generalist")
    assert config.built_channels == GENERALIST_CHANNELS
    shapes = [{name: value.shape for name, value in network.state_dict().items()} for network in (
        build_network(config, 0), packaged_network()[0]
    )]  # fmt: skip
    assert shapes[0] == shapes[1]


def test_other_channels_than_the_generalists_are_refused_with_it() -> None:
    with pytest.raises(ValueError, match="leave out `channels`"):
        SegmentationConfig(start="generalist", channels=(8, 16))
    assert SegmentationConfig(start="generalist", channels=GENERALIST_CHANNELS).built_channels == GENERALIST_CHANNELS
