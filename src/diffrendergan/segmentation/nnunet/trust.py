"""What nnU-Net's files in a run folder may name: the folder may be somebody else's, and nnU-Net runs what they name."""

from __future__ import annotations

import importlib
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from diffrendergan.errors import RunFolderError, first_line
from diffrendergan.runs.atomic import read_json

NETWORKS = tuple(
    f"dynamic_network_architectures.architectures.unet.{name}" for name in ("PlainConvUNet", "ResidualEncoderUNet")
)
"""Networks that nnU-Net's planners plan."""
PARTS = {
    "conv_op": ("torch.nn.modules.conv.Conv2d",),
    "norm_op": (
        "torch.nn.modules.instancenorm.InstanceNorm2d",
        "torch.nn.modules.batchnorm.BatchNorm2d",
    ),
    "dropout_op": ("torch.nn.modules.dropout.Dropout2d",),
    "nonlin": ("torch.nn.LeakyReLU", "torch.nn.ReLU", "torch.nn.modules.activation.LeakyReLU"),
}
"""Arguments of theirs that name a class, and the classes that they may name; or none."""
ARRAYS = {
    ("numpy", "ndarray"), ("numpy", "dtype"), ("numpy.core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "scalar"), ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"), ("numpy._core.numeric", "_frombuffer"), ("numpy.core.numeric", "_frombuffer"),
}  # fmt: skip
"""What a pickled array is made with."""
MOST_BYTES = 2**31
"""No array of an image's properties is as large [bytes]."""


def read_plans(path: Path) -> dict[str, Any]:
    """Return nnU-Net's plans, which name classes that it imports and calls.

    Raises
    ------
    RunFolderError
        If the file is missing or broken, or names anything but the networks and parts that nnU-Net plans.
    """
    plans = read_json(path)
    configurations = plans.get("configurations") if isinstance(plans, dict) else None
    if not isinstance(configurations, dict):
        raise RunFolderError(f"{path} holds no plans of nnU-Net; remove its folder and train that network anew.")
    for plan in configurations.values():
        if isinstance(plan, dict) and "inherits_from" in plan and "architecture" not in plan:
            continue
        # Plans of nnU-Net before 2.3 have no architecture, and name their network in another way.
        named = _foreign(plan.get("architecture") if isinstance(plan, dict) else None)
        if named is not None:
            raise RunFolderError(
                f"{path} names {named!r}, which is no part of nnU-Net's networks and could be any program; remove its "
                "folder, and train that network anew."
            )
    return plans


def _foreign(architecture: Any) -> str | None:
    """Return what an architecture names beside the known networks and their parts; None if there is nothing."""
    if not isinstance(architecture, dict):
        return str(architecture)
    network, imported = architecture.get("network_class_name"), architecture.get("_kw_requires_import", ())
    if network not in NETWORKS:
        return str(network)
    for argument in imported:
        named = architecture.get("arch_kwargs", {}).get(argument)
        if argument not in PARTS or (named is not None and named not in PARTS[argument]):
            return str(named)
    return None


class _Arrays(pickle._Unpickler):
    """Reads plain values and arrays, and imports nothing else.

    In Python: the one in C makes a list as long as an index in the file says, of gigabytes for five bytes.
    """

    read: Callable[[int], bytes]
    append: Callable[[Any], None]
    dispatch: ClassVar[dict[int, Any]] = dict(pickle._Unpickler.dispatch)

    def load_bytearray8(self) -> None:
        """Read bytes before room is made for them: the file may say any length."""
        (length,) = struct.unpack("<Q", self.read(8))
        if length > MOST_BYTES:
            raise pickle.UnpicklingError(f"it says that it holds {length:,} bytes")
        self.append(bytearray(self.read(length)))

    dispatch[pickle.BYTEARRAY8[0]] = load_bytearray8

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ARRAYS:
            raise pickle.UnpicklingError(f"it names {module}.{name}")
        return getattr(importlib.import_module(module), name)


def load_properties(path: str, mode: str = "rb") -> Any:
    """Return what nnU-Net has pickled of a preprocessed image, in the place of its own `load_pickle`.

    Raises
    ------
    RunFolderError
        If the file is broken, or names more than plain values and arrays.
    """
    try:
        with Path(path).open(mode) as file:
            return _Arrays(file).load()
    except Exception as error:  # a file that was changed can call for anything that arrays are made with
        raise RunFolderError(
            f"{path} is missing or broken ({first_line(error)}); remove the folder {Path(path).parent}, and give the "
            "command again."
        ) from error
