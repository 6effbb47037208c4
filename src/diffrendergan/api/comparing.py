"""Folders of images compared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from diffrendergan.api.progress import Progress, reporter_of
from diffrendergan.realism.rules import RULES

if TYPE_CHECKING:
    from diffrendergan.realism.comparison import Comparison


def compare(
    real: str | Path,
    synthetic: str | Path,
    out: str | Path | None = None,
    patch_px: int | None = None,
    patches: int = RULES.patches,
    seed: int = 0,
    progress: Progress = False,
) -> Comparison:
    """Find out whether synthetic micrographs can be told from real ones, as the command `compare` does.

    Parameters
    ----------
    real, synthetic : path
        Folders of scans, or of images as large as a patch.
    out : path, optional
        Folder for `comparison.json` and pictures; by default nothing is written.
    patch_px : int, optional
        Edge of the patches [px]; by default 256, or the smallest edge of an image.
    patches : int
        Patches of either side, at most.
    seed : int
        Of all draws; equal seeds give equal results.
    progress : bool or Reporter
        See `Progress`.

    Returns
    -------
    Comparison
        `error` of the classifier (.5 is guessing) with its interval, distances, and `sentences` that say what tells the
        two apart; see docs/compare.md.

    Raises
    ------
    DataError
        If the images cannot be read, or there are too few of them.
    """
    from diffrendergan.pipeline.comparing import compare_folders

    folder = None if out is None else Path(out)
    return compare_folders(Path(real), Path(synthetic), folder, reporter_of(progress), patch_px, patches, seed)
