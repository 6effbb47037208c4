"""Where PyTorch computes."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from diffrendergan.config.compute import DeviceName
from diffrendergan.errors import ConfigError, MissingDependencyError

if TYPE_CHECKING:
    import torch

PrecisionName = Literal["float32", "bfloat16"]
PRECISION = "DIFFRENDERGAN_PRECISION"
NATIVE = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
"""What tells of PyTorch that the processor multiplies bfloat16; an AMX without it was never built."""


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


def network_precision(device: torch.device) -> PrecisionName:
    """Return in which numbers networks compute on a device: bfloat16 where it multiplies these itself, else float32.

    These are GPUs, and processors with AVX-512-BF16 or AMX, where a network predicts twice as fast with the same
    scores (docs/benchmarks.md); on others bfloat16 is ten times slower. Weights and losses stay in float32. The
    variable `DIFFRENDERGAN_PRECISION` overrules it, for results that machines of several kinds have in common.

    Raises
    ------
    ConfigError
        If the variable names anything else.
    """
    import torch

    asked = os.environ.get(PRECISION, "").strip().lower()
    if asked:
        if asked not in get_args(PrecisionName):
            raise ConfigError(
                f"the environment variable {PRECISION} is {asked!r}; set it to float32 or bfloat16, or leave it out."
            )
        return cast("PrecisionName", asked)
    if device.type != "cpu":
        return "bfloat16"
    told = (getattr(torch.cpu, name, None) for name in NATIVE)
    return "bfloat16" if any(has is not None and has() for has in told) else "float32"


def mixed_precision(device: torch.device) -> AbstractContextManager[Any]:
    """Return the context in which a network computes in the numbers that suit a device (`network_precision`)."""
    import torch

    mixed = network_precision(device) == "bfloat16"
    return torch.autocast(device.type, dtype=torch.bfloat16) if mixed else nullcontext()
