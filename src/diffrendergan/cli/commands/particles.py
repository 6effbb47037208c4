"""`particles make` and `particles show`: mesh libraries on their own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from diffrendergan.cli.errors import explained
from diffrendergan.cli.options import DebugOption, PresetOption, ProjectArgument, SetOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diffrendergan.config.shapes import ParticleConfig
    from diffrendergan.particles.mesh import Mesh

PICTURE = "library.png"
MOST_DRAWN = 400
"""Meshes on a contact sheet."""

app = typer.Typer(help="Make and show mesh libraries.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def make(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="Folder for the library.")],
    project: ProjectArgument = None,
    preset: PresetOption = None,
    set_: SetOption = None,
    shape: Annotated[
        str | None,
        typer.Option("--shape", metavar="FAMILY", help="Family of shapes, with its defaults.", show_default=False),
    ] = None,
    count: Annotated[
        int | None, typer.Option("--count", min=1, max=10**5, metavar="N", help="Meshes.", show_default=False)
    ] = None,
    faces: Annotated[
        int | None,
        typer.Option("--faces", min=100, max=10**7, metavar="N", help="Triangles per mesh.", show_default=False),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, max=2**63 - 1, metavar="N", help="Seed.", show_default=False)
    ] = None,
    from_: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="FOLDER", help="Take all PLY, OBJ and STL files of a folder.", show_default=False
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Use FOLDER though something else lies there.")] = False,
    debug: DebugOption = False,
) -> None:
    """Make a mesh library with its contact sheet; several projects can use it."""
    with explained(debug, resumes=False):
        from diffrendergan.config.load import load_project
        from diffrendergan.errors import ConfigError
        from diffrendergan.particles.library import library_info, library_seed, make_library, save_library
        from diffrendergan.runs.lock import locked
        from diffrendergan.runs.seal import SEAL, seal

        if shape is not None and from_ is not None:
            raise ConfigError("--shape and --from exclude each other; give one of them.")
        overrides = list(set_ or ())
        if shape is not None:
            overrides.append(f"particles.shape={{family: {shape}}}")
        if count is not None:
            overrides.append(f"particles.count={count}")
        if faces is not None:
            overrides.append(f"particles.faces={faces}")
        config = load_project(project, preset, [*overrides, *([f"seed={seed}"] if seed is not None else [])])
        particles = config.particles if from_ is None else _of_folder(config.particles, from_, count)
        _refuse_foreign(output, force)
        with locked(output, "name another folder"):
            (output / SEAL).unlink(missing_ok=True)
            # The same numbers as in a run of the project.
            number = library_seed(config.seed)
            meshes = make_library(particles, number)
            _draw(output / PICTURE, meshes)
            save_library(output, meshes, library_info(particles, number))
            seal(output)
        for index, mesh in enumerate(meshes):
            if mesh.repairs:
                typer.echo(f"mesh {index}: {'; '.join(mesh.repairs)}")
        typer.echo(f"wrote {output}")
        typer.echo(f"to use it in a project: particles: {{shape: {{family: library, folder: {output.absolute()}}}}}")


@app.command()
def show(
    sources: Annotated[
        list[Path],
        typer.Argument(metavar="SOURCE...", help="Libraries, runs, folders of mesh files; project or mesh files."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="PNG to write.")] = Path(
        "particles.png"
    ),
    debug: DebugOption = False,
) -> None:
    """Draw meshes on a contact sheet and list their sizes."""
    with explained(debug, resumes=False):
        from diffrendergan.cli.tables import for_tables
        from diffrendergan.errors import ConfigError

        meshes = [mesh for source in sources for mesh in _meshes_of(source)]
        if len(meshes) > MOST_DRAWN:
            raise ConfigError(f"{len(meshes)} meshes are too many for a sheet; name at most {MOST_DRAWN}.")
        _draw(output, meshes)
        for_tables().print(_table(meshes))
        typer.echo(f"wrote {output}")


def _of_folder(particles: ParticleConfig, folder: Path, count: int | None) -> ParticleConfig:
    from diffrendergan.config.shapes import FilesShape
    from diffrendergan.errors import DataError
    from diffrendergan.particles.names import mesh_names

    names = mesh_names(folder)
    if not names:
        raise DataError(f"{folder} holds no PLY, OBJ or STL file; export the meshes there, or name another folder.")
    # What a preset does to its own shapes is not meant for these.
    return particles.model_copy(
        update={"shape": FilesShape(folder=folder.absolute()), "count": count or len(names), "deform": ()}
    )


def _refuse_foreign(folder: Path, force: bool) -> None:
    """Refuse a folder that holds anything but a library, whole or begun, which is replaced."""
    from diffrendergan.errors import ConfigError
    from diffrendergan.particles.names import LIBRARY_MANIFEST
    from diffrendergan.runs.lock import LOCK

    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is a file; name a folder for the library.")
    if force or not folder.is_dir() or any((folder / name).exists() for name in (LIBRARY_MANIFEST, LOCK)):
        return
    if any(folder.iterdir()):
        raise ConfigError(f"{folder} holds something else than a mesh library; name another folder, or give --force.")


def _meshes_of(source: Path) -> Sequence[Mesh]:
    from diffrendergan.errors import ConfigError
    from diffrendergan.particles.files import read_mesh
    from diffrendergan.particles.library import load_library
    from diffrendergan.particles.names import ENDINGS, LIBRARY_MANIFEST, mesh_names

    if source.is_dir():
        libraries = [source, source / "train" / "library"]
        found = next((folder for folder in libraries if (folder / LIBRARY_MANIFEST).exists()), None)
        if found is not None:
            return load_library(found)
        if (source / "project.yaml").exists():
            return _meshes_of(source / "project.yaml")
        if mesh_names(source):
            return [read_mesh(source / name) for name in mesh_names(source)]
        raise ConfigError(f"{source} holds no mesh library, no mesh file and no project.yaml; name another folder.")
    if source.suffix.lower() in ENDINGS:
        return [read_mesh(source)]
    if not source.exists():
        raise ConfigError(f"{source} does not exist; name a mesh library, a mesh file or a project file.")
    return _meshes_of_project(source)


def _meshes_of_project(file: Path) -> Sequence[Mesh]:
    from diffrendergan.config.load import load_project
    from diffrendergan.particles.library import library_seed, make_library

    project = load_project(file)
    return make_library(project.particles, library_seed(project.seed))


def _draw(path: Path, meshes: Sequence[Mesh]) -> None:
    from diffrendergan.image_files.writing import write_png
    from diffrendergan.particles.picture import contact_sheet

    write_png(path, contact_sheet(meshes[:MOST_DRAWN]))


def _table(meshes: Sequence[Mesh]) -> object:
    import numpy as np
    from rich import box
    from rich.table import Table

    from diffrendergan.particles.picture import equivalent_diameter

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("mesh", "faces", "diameter", "x", "y", "z"):
        table.add_column(title, justify="right")
    table.add_column("watertight")
    for index, mesh in enumerate(meshes):
        extents = np.ptp(mesh.vertices, axis=0)
        closed = "yes" if mesh.to_trimesh().is_watertight else "no (split vertices)"
        cells = [f"{value:.3f}" for value in (equivalent_diameter(mesh), *extents)]
        table.add_row(str(index), str(len(mesh.faces)), *cells, closed)
    return table
