"""What a project and its scans say where arrangements and looks are drawn, kept from call to call."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from diffrendergan.errors import DataError, UserError
from diffrendergan.studio.pictures import as_address, histogram_of, spectrum_of

if TYPE_CHECKING:
    from diffrendergan.config.project import Project
    from diffrendergan.micrographs.types import Micrograph

MOST_PATCHES = 8


@dataclass(frozen=True)
class Real:
    """A real patch, and what its pixels say."""

    scan: str
    picture: str
    histogram: tuple[float, ...]
    spectrum: tuple[float, ...]


def real_patches(file: Path, stamp: int) -> list[Real]:
    """Return a patch of each of some scans, from its middle, as the project looks at them.

    Raises
    ------
    UserError
        If no scan can be read.
    """
    from diffrendergan.image_files.listing import list_scans
    from diffrendergan.micrographs.resampling import resampled
    from diffrendergan.micrographs.rules import rules_of
    from diffrendergan.micrographs.scans import read_scan
    from diffrendergan.runs.spacing import evenly_spaced

    project = project_of(file, stamp)
    paths = list_scans(project.data.images).paths
    edge, scale = project.data.patch_size, project.data.scale
    found = []
    for index in evenly_spaced(len(paths), MOST_PATCHES):
        try:
            scan = read_scan(paths[index], rules_of(project))
        except UserError:
            continue
        pixels = resampled(scan, scale).pixels
        top, left = ((length - edge) // 2 for length in pixels.shape)
        if min(top, left) < 0:
            continue
        patch = pixels[top : top + edge, left : left + edge]
        found.append(Real(scan.name, as_address(patch), histogram_of(patch), spectrum_of(patch)))
    if not found:
        raise DataError(f"no scan in {project.data.images} is as large as a patch ({edge} px); lower data.patch_size.")
    return found


@lru_cache(maxsize=2)
def project_of(file: Path, stamp: int) -> Project:
    """Return a project, by its file and when this was changed, as it is drawn in one process without a GPU."""
    from diffrendergan.config.load import load_project

    project = load_project(file)
    return project.model_copy(update={"compute": project.compute.model_copy(update={"device": "cpu", "workers": 1})})


def pixel_size_of(project: Project) -> float | None:
    """Return the edge of a pixel of a patch [nm], as the project or the first scan says."""
    given = project.data.pixel_size_nm
    size = given if isinstance(given, float) else _size_of_scans(project.data.images)
    return None if size is None else size / project.data.scale


@lru_cache(maxsize=1)
def level_of_scans(folder: Path) -> float:
    """Return the median grey value of the first scan: of its ground, where particles are few."""
    return float(np.median(_first_scan(folder).pixels))


@lru_cache(maxsize=1)
def _size_of_scans(folder: Path) -> float | None:
    return _first_scan(folder).pixel_size_nm


def _first_scan(folder: Path) -> Micrograph:
    """Return the first scan of a folder that can be read.

    Raises
    ------
    DataError
        If none can.
    """
    from diffrendergan.api import read_scan
    from diffrendergan.image_files.listing import list_scans
    from diffrendergan.image_files.passing_over import none_usable

    failed = {}
    for path in list_scans(folder).paths:
        try:
            return read_scan(path)
        except DataError as error:
            failed[path.name] = str(error)
    raise DataError(none_usable(failed))
