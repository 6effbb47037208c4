"""The stage `train`: mesh library, constellations, transport images, GAN."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diffrendergan.arrangement.phi import draw_phis, make_placer
from diffrendergan.config.project import Project
from diffrendergan.fitting.law import FILE as FIT_FILE
from diffrendergan.fitting.law import STAGE as FIT
from diffrendergan.fitting.law import load_law
from diffrendergan.gan.balanced.recipe import BalancedRecipe
from diffrendergan.gan.trainer import train
from diffrendergan.gan.won import won_sentence
from diffrendergan.imaging.ground import Ground
from diffrendergan.imaging.image_model import image_model
from diffrendergan.imaging.run_ground import ground_of
from diffrendergan.metrics.extractors import make_extractor
from diffrendergan.particles.kept_library import LIBRARY, fresh_library
from diffrendergan.particles.library import load_library
from diffrendergan.particles.mesh import Mesh
from diffrendergan.patches.prepare import Prepared, load_prepared, patch_places
from diffrendergan.rendering.factory import CACHE, make_renderer
from diffrendergan.runs.atomic import atomic_path
from diffrendergan.runs.device import torch_device
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
    """Return Φ (m, n, 4 or 8), drawn once and kept in `train/phi.npy`: one for each real patch, or those of the fit."""
    count = project.fit.constellations if project.starts_from_fit else len(prepared.patches)
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
    """Train the GAN on the prepared patches; continues an interrupted training, and says if the discriminator has won.

    Parameters
    ----------
    project : Project
        The configuration.
    folder : pathlib.Path
        The run folder, with `prepare` finished, and `fit` if the training starts from it.
    reporter : Reporter
        Shows progress.
    """
    stage = folder / STAGE
    prepared = load_prepared(folder)
    meshes = mesh_library(folder, project)
    phis = constellations(folder, project, meshes, prepared, reporter)
    # The fit has drawn the same arrangements: what it traced is used again.
    cache = folder / FIT / CACHE if project.starts_from_fit else folder / CACHE
    renderer = make_renderer(project, meshes, phis, cache, reporter)
    extractor = make_extractor(project.fid)
    ground = ground_of(project, folder, reporter)
    model = image_model(renderer, project.imaging, ground)
    recipe = _balanced(project, folder, prepared, ground) if project.starts_from_fit else None
    train(project, stage, phis, prepared.patches, renderer, model, extractor, reporter, recipe)
    won = won_sentence(stage, project.training)
    if won is not None:
        reporter.note(f"warning: {won}")


def _balanced(project: Project, folder: Path, prepared: Prepared, ground: Ground) -> BalancedRecipe:
    """Return the recipe that starts from the fit of a run."""
    return BalancedRecipe(
        law=load_law(folder / FIT / FIT_FILE),
        spread=project.fit.spread,
        real=prepared.patches,
        scans=tuple(place.scan for place in patch_places(folder)),
        ground=ground,
        seed=project.seed,
        device=torch_device(project.compute.device),
    )
