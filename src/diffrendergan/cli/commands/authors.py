"""`import-authors` and `contact-sheet`: generators made elsewhere, and a look at any generator."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from diffrendergan.cli.errors import explained
from diffrendergan.cli.options import DebugOption, QuietOption


def import_authors(
    settings: Annotated[
        Path,
        typer.Argument(
            metavar="SETTINGS",
            help="Settings file (JSON), or a folder with settings/, weights/ and meshes/: then all models in it.",
        ),
    ],
    weights: Annotated[
        Path | None,
        typer.Argument(metavar="[WEIGHTS]", help="Generator weights G_*.pth.", show_default=False),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="RUN", help="Folder to make; of several models, its parent.")
    ] = Path("authors"),
    meshes: Annotated[
        Path | None,
        typer.Option("--meshes", metavar="FOLDER", help="Folder of the mesh files.", show_default=False),
    ] = None,
    order: Annotated[
        Path | None,
        typer.Option(
            "--order",
            metavar="FILE",
            help="Order of the meshes in training: names in a text or JSON file, or an NPZ with mesh_files.",
            show_default=False,
        ),
    ] = None,
    faces: Annotated[
        int,
        typer.Option(
            "--faces", min=0, max=10**7, metavar="N", help="Simplify meshes with more triangles than this; 0 keeps all."
        ),
    ] = 12_000,
    force: Annotated[bool, typer.Option("--force", help="Use RUN though something else lies there.")] = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Turn the published models of Possart et al. into projects that `synthesize` works from."""
    with explained(debug):
        from diffrendergan.authors.importing import AuthorsModel, find_models, import_model
        from diffrendergan.errors import ConfigError
        from diffrendergan.runs.console import make_reporter

        reporter = make_reporter(quiet)
        if not settings.exists():
            raise ConfigError(f"{settings} does not exist; name a settings file, or the folder of all models.")
        if settings.is_dir():
            if weights is not None or meshes is not None or order is not None:
                raise ConfigError(f"{settings} is a folder of models, so WEIGHTS, --meshes and --order are not needed.")
            models = [(model, output / model.settings.stem) for model in find_models(settings)]
        else:
            if weights is None or meshes is None:
                raise ConfigError("name the weights after the settings, and the folder of the meshes with --meshes.")
            models = [(AuthorsModel(settings, weights, meshes, order), output)]
        for model, run in models:
            typer.echo(f"wrote {import_model(model, run, reporter, force, faces)}")


def contact_sheet(
    projects: Annotated[
        list[Path],
        typer.Argument(metavar="PROJECT...", help="Project files, or folders that hold a project.yaml."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="PNG to write.")] = Path(
        "contact-sheet.png"
    ),
    images: Annotated[int, typer.Option("--images", min=1, max=24, help="Images of each generator.")] = 6,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Draw a few annotated images of each project's generator on one sheet."""
    with explained(debug):
        from diffrendergan.config.load import load_project
        from diffrendergan.reporting.figures.materials import draw_row, write_sheet
        from diffrendergan.runs.console import make_reporter

        reporter = make_reporter(quiet)
        files = [path / "project.yaml" if path.is_dir() else path for path in projects]
        rows = [draw_row(load_project(file), images, reporter) for file in files]
        write_sheet(output, rows)
        typer.echo(f"wrote {output}")
