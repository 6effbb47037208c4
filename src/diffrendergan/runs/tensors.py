"""Checks of stored tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def finite(tensors: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Return tensors by name as they are: a network with a number that is none finds nothing, without a word.

    Raises
    ------
    ValueError
        If one of them holds NaN or infinity.
    """
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            raise ValueError(f"{name} holds NaN or infinity")
    return tensors
