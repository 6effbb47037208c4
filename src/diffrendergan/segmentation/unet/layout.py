"""How a network lies in memory, and by which of torch's functions it normalises: the same network, a third faster."""

from __future__ import annotations

import torch
from torch import nn

from diffrendergan.runs.device import network_precision


def laid_out(network: nn.Module, device: torch.device, learns: bool = False) -> nn.Module:
    """Return a network as it is quickest, on a device; outputs agree with those of before to rounding.

    Channels lie beside each other, as convolutions on processors want them. There `instance_norm` copies each image to
    the other layout and back; a group of each channel, which is the same, does not. Measured for the packaged network
    in docs/benchmarks.md. Weights keep their names, values and, where they are tied to an optimiser, their identity.

    Parameters
    ----------
    network : torch.nn.Module
        Changed in place.
    device : torch.device
        Where it goes.
    learns : bool
        Whether it is trained there. In bfloat16 on a processor the gradients of groups with channels beside each other
        take as long as in float32; such a network stays as it is, which is two thirds of the time.
    """
    if learns and device.type == "cpu" and network_precision(device) == "bfloat16":
        return network.to(device)
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.InstanceNorm2d) and child.affine and not child.track_running_stats:
                setattr(module, name, _by_groups(child))
    moved: nn.Module = network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return moved


def _by_groups(norm: nn.InstanceNorm2d) -> nn.GroupNorm:
    groups = nn.GroupNorm(norm.num_features, norm.num_features, norm.eps)
    groups.weight, groups.bias = norm.weight, norm.bias
    return groups.train(norm.training)
