"""The U-Net is MONAI's: names of weights, weights of a seed, outputs and gradients."""

from __future__ import annotations

import pytest
import torch

from diffrendergan.segmentation.unet.architecture import UNet


@pytest.mark.parametrize("channels", [(4, 8), (8, 8, 16), (4, 6, 8, 12)])
@pytest.mark.parametrize("residual_units", [0, 1, 2, 3])
def test_it_is_monais(channels, residual_units):
    from monai.networks.nets.unet import UNet as MonaisUNet

    torch.manual_seed(3)
    ours = UNet(5, channels, residual_units)
    drawn = torch.rand(1)
    torch.manual_seed(3)
    theirs = MonaisUNet(
        spatial_dims=2,
        in_channels=1,
        out_channels=5,
        channels=channels,
        strides=(2,) * (len(channels) - 1),
        num_res_units=residual_units,
        act=("leakyrelu", {"inplace": True}),
        norm=("instance", {"affine": True}),
    )
    assert torch.equal(torch.rand(1), drawn)
    expected = theirs.state_dict()
    assert list(ours.state_dict()) == list(expected)
    assert all(torch.equal(weights, expected[name]) for name, weights in ours.state_dict().items())
    images = torch.rand(2, 1, 32, 48, generator=torch.Generator().manual_seed(0))
    outputs = ours(images)
    assert outputs.shape == (2, 5, 32, 48)
    assert torch.equal(outputs, theirs(images))
    for network in (ours, theirs):
        network(images).square().sum().backward()
    assert all(
        torch.equal(mine.grad, other.grad) for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True)
    )
