"""The stage `train`: mesh library, constellations, transport images, GAN."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diffrendergan.arrangement.phi import draw_phis, make_placer
from diffrendergan.config.project import Project
from diffrendergan.gan.trainer import train
from diffrendergan.imaging.image_model import image_model
from diffrendergan.imaging.run_ground import ground_of
from diffrendergan.metrics.extractors import make_extractor
from diffrendergan.particles.kept_library import LIBRARY, fresh_library
from diffrendergan.particles.library import load_library
from diffrendergan.particles.mesh import Mesh
from diffrendergan.patches.prepare import Prepared, load_prepared
from diffrendergan.rendering.factory import CACHE, make_renderer
from diffrendergan.runs.atomic import atomic_path
from diffrendergan.runs.reporter import Reporter

STAGE = "train"


def generator_folder(project: Project, folder: Path) -> Path:
    """Return where the generator lies: what `select` chose, or one made elsewhere."""
    return project.generator.folder or folder / "select"


def library_of(project: Project, folder: Path) -> list[Mesh]:
    """Return the mesh library that the generator was trained with."""
    elsewhere = project.generator.folder
    return mesh_library(folder) if elsewhere is None else load_library(elsewhere / LIBRARY)


def mesh_library(folder: Path, project: Project | None = None) -> list[Mesh]:
    """Return the mesh library of a run; with a project, make it if it is not there yet.

    Parameters
    ----------
    folder : pathlib.Path
        The run folder.
    project : Project, optional
        Its `particles` and `seed` decide what is made.
    """
    place = folder / STAGE
    return load_library(place / LIBRARY) if project is None else fresh_library(place, project)


def constellations(
    folder: Path, project: Project, meshes: list[Mesh], prepared: Prepared, reporter: Reporter
) -> NDArray[np.float32]:
    """Return Φ (m, n, 4 or 8), one for each real patch, drawn once and kept in `train/phi.npy`."""
    count = len(prepared.patches)
    path = folder / STAGE / "phi.npy"
    if path.exists():
        # A broken file is drawn again: the same Φ follow from the same seed.
        with suppress(OSError, ValueError, EOFError):
            phis = np.load(path, allow_pickle=False)
            if phis.ndim == 3 and phis.shape[:2] == (count, len(meshes)):
                return phis
    phis = draw_phis(make_placer(project, meshes, prepared.pixel_size_nm), count, project.seed, reporter)
    with atomic_path(path) as temporary:
        np.save(temporary, phis, allow_pickle=False)
    return phis


def run_train(project: Project, folder: Path, reporter: Reporter) -> None:
    """Train the GAN on the prepared patches; continues an interrupted training.

    Parameters
    ----------
    project : Project
        The configuration.
    folder : pathlib.Path
        The run folder, with `prepare` finished.
    reporter : Reporter
        Shows progress.
    """
    stage = folder / STAGE
    prepared = load_prepared(folder)
    meshes = mesh_library(folder, project)
    phis = constellations(folder, project, meshes, prepared, reporter)
    renderer = make_renderer(project, meshes, phis, folder / CACHE, reporter)
    extractor = make_extractor(project.fid)
    model = image_model(renderer, project.imaging, ground_of(project, folder, reporter))
    train(project, stage, phis, prepared.patches, renderer, model, extractor, reporter)
