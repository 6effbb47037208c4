"""The mesh library of a project, kept in a folder of its run."""

from __future__ import annotations

from pathlib import Path

from diffrendergan.config.project import Project
from diffrendergan.image_files.writing import write_png
from diffrendergan.particles.library import library_info, library_seed, load_library, make_library, save_library
from diffrendergan.particles.mesh import Mesh
from diffrendergan.particles.picture import contact_sheet

LIBRARY = "library"


def fresh_library(folder: Path, project: Project) -> list[Mesh]:
    """Return the mesh library in a folder, made from `particles` and `seed` if it is not there yet."""
    library, picture = folder / LIBRARY, folder / LIBRARY / "library.png"
    if not (library / "library.json").exists():
        seed = library_seed(project.seed)
        save_library(library, make_library(project.particles, seed), library_info(project.particles, seed))
    meshes = load_library(library)
    if not picture.exists():  # whoever made the meshes may have been killed before
        write_png(picture, contact_sheet(meshes))
    return meshes
