"""From the authors' published files to projects of ours."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diffrendergan.authors.meshes import find_meshes, read_order
from diffrendergan.authors.settings import mesh_scale, project_values, read_network, read_settings
from diffrendergan.config.load import load_project
from diffrendergan.config.yaml_text import dump_yaml
from diffrendergan.errors import DataError, RunFolderError
from diffrendergan.gan.saved import WEIGHTS, save_description, save_weights
from diffrendergan.particles.files import read_meshes
from diffrendergan.particles.kept_library import LIBRARY
from diffrendergan.particles.library import save_library
from diffrendergan.runs.atomic import write_json, write_text
from diffrendergan.runs.digest import sha256_of_file
from diffrendergan.runs.lock import LOCK, locked
from diffrendergan.runs.reporter import Reporter
from diffrendergan.runs.seal import SEAL, seal

PRESET = "authors-code"
MOST_FACES = 12_000
"""Their TiO2 meshes have ten times as many triangles, which shows in no image but takes ten times as long."""
PROJECT = "project.yaml"
GENERATOR = "generator"
SOURCE = "source.json"
"""Beside the generator: checksums of the files that it was made from."""
_HEAD = """\
# Made by `diffrendergan import-authors` from {settings} and {weights}.
# The generator is theirs (in generator/), so nothing is trained: `diffrendergan synthesize` makes images with it.
# Set data.images to a folder of scans to go on with `segment` and `evaluate`.
"""


@dataclass(frozen=True)
class AuthorsModel:
    """The files of one model.

    Attributes
    ----------
    settings, weights : pathlib.Path
        Their JSON file and state dict.
    meshes : pathlib.Path
        See `authors_meshes.find_meshes`.
    order : pathlib.Path or None
        See `authors_meshes.read_order`.
    """

    settings: Path
    weights: Path
    meshes: Path
    order: Path | None = None


def find_models(folder: Path) -> list[AuthorsModel]:
    """Return all models in a folder with the subfolders `settings`, `weights` and `meshes`.

    Weights NAME.G_11.pth belong to settings NAME.json; the order of meshes comes from `renders/X.npz` if NAME begins
    with X.

    Raises
    ------
    DataError
        If there is none.
    """
    models = []
    for settings in sorted((folder / "settings").glob("*.json")):
        weights = sorted((folder / "weights").glob(f"{settings.stem}*.pth"))
        orders = [path for path in sorted((folder / "renders").glob("*.npz")) if settings.stem.startswith(path.stem)]
        if weights:
            models.append(AuthorsModel(settings, weights[-1], folder / "meshes", orders[0] if orders else None))
    if not models:
        raise DataError(
            f"{folder} holds no models: it needs settings/NAME.json, weights/NAME*.pth and meshes/; "
            "or name a settings file and a weights file."
        )
    return models


def import_model(
    model: AuthorsModel, folder: Path, reporter: Reporter, force: bool = False, most_faces: int = MOST_FACES
) -> Path:
    """Turn a model into a project from which `synthesize` works.

    Parameters
    ----------
    model : AuthorsModel
        Its files.
    folder : pathlib.Path
        The folder to make: the project file, the generator, and later the run.
    reporter : Reporter
        Told what had to be assumed.
    force : bool
        Use a folder in which something else lies, too.
    most_faces : int
        Simplify meshes with more triangles; 0 keeps them.

    Returns
    -------
    pathlib.Path
        The project file.

    Raises
    ------
    DataError
        If a file is broken or the files do not belong together.
    RunFolderError
        If the folder holds something else or cannot be written.
    """
    settings = read_settings(model.settings)
    network = read_network(model.weights, settings.specs())
    found = find_meshes(model.meshes, settings.mesh_folder)
    order = found.ordered(None if model.order is None else read_order(model.order))
    if len(order) != network.particles:
        raise DataError(
            f"{model.weights} was trained with {network.particles} meshes, but {model.order or found.source} has "
            f"{len(order)}; name their folder with --meshes, or their order with --order."
        )
    if model.order is None:
        reporter.note(
            f"{settings.name}: the order of the meshes is not known (--order), so they are sorted by name; "
            "the generator was trained with another one, which changes θ of an arrangement a little"
        )
    scale = mesh_scale(settings)
    meshes = read_meshes([path for _, path in order], scale, most_faces)
    values = project_values(settings) | {"particles": _particles([path for _, path in order], scale, most_faces)}
    text = _HEAD.format(settings=model.settings.name, weights=model.weights.name) + dump_yaml(
        {"preset": PRESET, "run": "run", "generator": {"folder": GENERATOR}} | values
    )
    _check_free(folder, force)
    generator, project_file = folder / GENERATOR, folder / PROJECT
    info = {"settings": model.settings.name, "scale": scale, "order": [name for name, _ in order]}
    with locked(folder, "choose another folder with -o"):
        (generator / SEAL).unlink(missing_ok=True)
        save_library(generator / LIBRARY, meshes, info)
        save_weights(generator / WEIGHTS, network)
        save_description(generator, network, unused=settings.unused())
        read = (model.settings, model.weights)
        write_json(generator / SOURCE, {path.name: sha256_of_file(path) for path in read})
        seal(generator)
        write_text(project_file, text)
        load_project(project_file)
    for name, reason in settings.unused().items():
        reporter.note(f"{settings.name}: {name} was learned, but changes no image ({reason})")
    return project_file


def _check_free(folder: Path, force: bool) -> None:
    """Refuse a folder in which something else lies; a model that was imported before, or in part, is replaced."""
    if not folder.exists() or force:
        return
    ours = any((folder / name).is_file() for name in (f"{GENERATOR}/{SOURCE}", LOCK))
    if not folder.is_dir() or (any(folder.iterdir()) and not ours):
        raise RunFolderError(
            f"{folder} holds something else; choose another folder with -o, or give --force to put the model there."
        )


def _particles(files: list[Path], scale: float, most_faces: int) -> dict[str, Any]:
    """Return the section `particles` for mesh files in the order of Φ."""
    folder = Path(os.path.commonpath([_tidy(path).parent for path in files]))
    names = [_tidy(path).relative_to(folder).as_posix() for path in files]
    shape = {
        "family": "files",
        "folder": str(folder),
        "files": names,
        "normalise": False,
        "scale": scale,
        "most_faces": most_faces,
    }
    return {"count": len(files), "shape": shape, "deform": []}


def _tidy(path: Path) -> Path:
    return Path(os.path.normpath(path.absolute()))
