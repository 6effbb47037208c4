"""Where PyTorch computes."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from diffrendergan.config.compute import DeviceName
from diffrendergan.errors import MissingDependencyError

if TYPE_CHECKING:
    import torch


def torch_device(name: DeviceName) -> torch.device:
    """Return the device of a name; `auto` takes an NVIDIA GPU where PyTorch has one.

    Parameters
    ----------
    name
        What `compute.device` says.

    Raises
    ------
    MissingDependencyError
        If `cuda` is asked for but PyTorch finds no GPU.
    """
    import torch

    found = torch.cuda.is_available()
    if name == "cuda" and not found:
        raise MissingDependencyError(
            "`compute.device` is cuda, but PyTorch finds no NVIDIA GPU (or is a CPU build); set it to cpu or auto."
        )
    return torch.device("cuda" if found and name != "cpu" else "cpu")


def on_device(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """Send a tensor of the host to a device; a GPU fetches it from pinned memory, so that the host need not wait."""
    return tensor if device.type == "cpu" else tensor.pin_memory().to(device, non_blocking=True)


def mixed_precision(device: torch.device) -> AbstractContextManager[Any]:
    """Return the context in which a network computes in bfloat16 where that is exact enough and faster: on a GPU.

    On a CPU without AVX-512-BF16 it is ten times slower, so nothing changes there.
    """
    import torch

    return torch.autocast("cuda", dtype=torch.bfloat16) if device.type == "cuda" else nullcontext()
