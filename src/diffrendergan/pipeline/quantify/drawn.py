"""Label images in memory in place of a trained network: what a person drew in a program that shows arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import DataError
from diffrendergan.micrographs.rules import AS_FILES_SAY, ReadingRules
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.pipeline.quantify.settings import Structure


@dataclass(frozen=True, eq=False)
class Drawn:
    """Label images by the names of their scans, and how these were read."""

    labels: Mapping[str, NDArray[np.int32]]
    """(H, W) each: 0 background, particles above; numbers may be missing."""
    rules: ReadingRules = AS_FILES_SAY
    structure: Structure = "particles"

    @property
    def grey(self) -> None:
        """Nothing: no network has to know the grey values."""
        return

    @property
    def doubts(self) -> tuple[str, ...]:
        """Nothing: a person drew them."""
        return ()

    def segment(self, scan: Micrograph) -> NDArray[np.int32]:
        """Return the particles of a scan (H, W).

        Raises
        ------
        DataError
            If there are none, or of another size.
        """
        labels = self.labels.get(scan.name)
        if labels is None or labels.shape != scan.pixels.shape:
            size = "no label image" if labels is None else f"a label image of {labels.shape}"
            raise DataError(f"the scan {scan.name} {scan.pixels.shape} has {size}; give one of its own pixels.")
        return labels

    def describe(self) -> dict[str, Any]:
        """Return a digest of each label image, as values for JSON."""
        return {"drawn": {name: sha256(labels.tobytes()).hexdigest() for name, labels in self.labels.items()}}

    def files(self, name: str) -> tuple[()]:
        """Return no file: the label images are described."""
        return ()
