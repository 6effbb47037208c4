"""Whether a scan is like anything that the generalist was taught."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import nn

from diffrendergan.generalist.kinds.features import described
from diffrendergan.generalist.kinds.model import packaged_kinds
from diffrendergan.generalist.kinds.windows import windows_of
from diffrendergan.micrographs.types import LabelImage, Micrograph


def description_of(network: nn.Module, scan: Micrograph, labels: LabelImage) -> NDArray[np.float32]:
    """Return what tells of a scan with its particles (H, W): its windows as the network sees them, (n, features)."""
    return described(network, windows_of(scan, labels))


def is_strange(network: nn.Module, scan: Micrograph, labels: LabelImage) -> bool:
    """Tell whether a scan with its particles (H, W) lies further from the training images than those from each other.

    One in a hundred virtual images that were kept back does.
    """
    return are_strange(description_of(network, scan, labels))


def are_strange(vectors: NDArray[np.float32]) -> bool:
    """Tell the same of the described windows (n, features) of a scan."""
    return bool(packaged_kinds().strangeness(vectors).mean() > 1)
