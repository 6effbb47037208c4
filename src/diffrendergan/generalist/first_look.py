"""The first look at a folder of scans, with the generalist as its eyes: what `init` does before it writes a file."""

from __future__ import annotations

from pathlib import Path

from diffrendergan.generalist.kinds.judge import GeneralistKinds
from diffrendergan.generalist.search import GeneralistSearch
from diffrendergan.inspection.folder import inspect_folder
from diffrendergan.inspection.report import Inspection
from diffrendergan.runs.reporter import Reporter


def first_look(folder: Path, reporter: Reporter | None = None, pixel_size_nm: float | None = None) -> Inspection:
    """Look at the scans of a folder: particles, and the kind of image, by the generalist.

    Parameters
    ----------
    folder : Path
    reporter : Reporter, optional
    pixel_size_nm : float, optional
        Edge of a pixel of all scans [nm], whatever their files say.

    Raises
    ------
    DataError
        If there is no image, or one cannot be used.
    """
    return inspect_folder(folder, reporter, GeneralistSearch(empty_places=False), GeneralistKinds(), pixel_size_nm)
