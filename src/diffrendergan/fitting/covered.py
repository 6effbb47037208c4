"""What particles cover in the real patches, as the search without labels finds it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diffrendergan.detection.foreground import Search
from diffrendergan.errors import DataError
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.runs.atomic import atomic_path
from diffrendergan.runs.reporter import Reporter


def covered_of(
    stage: Path, patches: NDArray[np.float32], dark: bool, search: Search, reporter: Reporter
) -> list[NDArray[np.bool_]]:
    """Return what particles cover in real patches, which is kept in the folder of the stage.

    Raises
    ------
    DataError
        If nothing is found in any.
    """
    path = stage / "covered.npy"
    if path.exists():
        kept: NDArray[np.bool_] = np.load(path, allow_pickle=False)
        if kept.shape == patches.shape:
            return list(kept)
    scans = [Micrograph(f"patch {i}", image, None, Path(), 8) for i, image in enumerate(patches)]
    found, _ = search(scans, dark, reporter)
    covered = [each.labels > 0 for each in found]
    if not any(mask.any() for mask in covered):
        raise DataError("no particle was found in the real patches, so that there is no look to fit; see `prepare`.")
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.save(file, np.stack(covered), allow_pickle=False)
    return covered
