"""nnU-Net v2 as a segmenter: its data, its training in a process of its own, its predictions.

The names below are imported when first asked for: the worker's process needs none of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from diffrendergan.segmentation.nnunet.info import NnunetInfo
    from diffrendergan.segmentation.nnunet.prediction import load_nnunet
    from diffrendergan.segmentation.nnunet.probabilities import read_probabilities
    from diffrendergan.segmentation.nnunet.training import train_nnunet

__all__ = ["NnunetInfo", "load_nnunet", "read_probabilities", "train_nnunet"]

_HOMES = {
    "NnunetInfo": "info",
    "load_nnunet": "prediction",
    "read_probabilities": "probabilities",
    "train_nnunet": "training",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
