"""nnU-Net's checkpoints, read without running code from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from diffrendergan.errors import RunFolderError, first_line

SCALAR = np.float64(0).__reduce__()[0]
"""The function by which NumPy unpickles its scalars."""
ALLOWED: list[Any] = [SCALAR, np.dtype, *(type(np.dtype(kind)) for kind in ("f4", "f8", "i4", "i8"))]
"""What nnU-Net's logs hold besides plain numbers: NumPy's scalars."""


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Return a checkpoint of nnU-Net, its tensors on the CPU.

    Raises
    ------
    RunFolderError
        If the file is missing, broken, or holds more than tensors, plain values and NumPy's scalars.
    """
    try:
        with torch.serialization.safe_globals(ALLOWED):
            # Mapped, the optimizer's state, as large as the network, is not read unless it is used.
            return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:  # a file that was changed can raise anything there
        raise RunFolderError(
            f"{path} is missing or broken ({first_line(error)}); remove its folder and give the command again to "
            "train that network anew."
        ) from error
