"""`init`, `fetch` and `demo`: ways to begin."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from diffrendergan.cli.errors import explained
from diffrendergan.cli.options import DebugOption, PixelSizeOption, QuietOption, SetOption

DEMO_SCANS = 8
_DEMO_PROJECT = """\
# The demo: virtual micrographs with known particles. The same command continues or repeats it.
preset: demo
run: run
data:
  images: data/images
  masks: data/masks
"""


def init(
    images: Annotated[Path, typer.Argument(metavar="IMAGES", help="Folder of micrographs.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Project file to write.")] = Path("project.yaml"),
    preset: Annotated[
        str | None,
        typer.Option(
            "--preset", metavar="NAME", help="Preset to start from; by default the nearest.", show_default=False
        ),
    ] = None,
    look: Annotated[
        str | None,
        typer.Option(
            "--look", metavar="NAME", help="How images are made; by default as suits the scans.", show_default=False
        ),
    ] = None,
    pixel_size_nm: PixelSizeOption = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    picture: Annotated[
        bool, typer.Option("--picture/--no-picture", help="Also write a picture of what was measured.")
    ] = True,
    found: Annotated[
        Path | None,
        typer.Option("--found", metavar="FILE", help="Also write what was found as JSON.", show_default=False),
    ] = None,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Look at a folder of micrographs and write a commented project file to start from."""
    with explained(debug):
        from diffrendergan.calibration.project_file import check_text
        from diffrendergan.config.presets import check_names
        from diffrendergan.errors import ConfigError
        from diffrendergan.generalist.first_look import first_look
        from diffrendergan.inspection.config_file import initial_config
        from diffrendergan.inspection.values import described
        from diffrendergan.runs.atomic import write_text
        from diffrendergan.runs.console import make_reporter

        if output.is_dir():
            output = output / "project.yaml"
        if output.exists() and not force:
            raise ConfigError(f"{output} exists already; choose another name with -o, or give --force to replace it.")
        check_names(preset, look)  # before all scans are looked at
        report = first_look(images, make_reporter(quiet), pixel_size_nm=pixel_size_nm)
        text = initial_config(report, images, output, preset, look)
        check_text(output, text)
        if found is not None:
            from diffrendergan.inspection.found import write_found

            write_found(found, report)
        drawn = output.with_name(f"{output.stem}-measured.png") if report.estimate is not None and picture else None
        if drawn is not None:
            from diffrendergan.inspection.picture import write_measured_picture

            write_measured_picture(drawn, report)
        write_text(output, text)  # last: where it is, all is
        if report.estimate is not None and not quiet:
            for part in described(report.estimate, report.pixel_size_nm):
                look = "  look at this" if part.doubtful else ""
                typer.echo(f"{part.name:<11}{part.value:<60} {part.certainty}{look}")
        if report.estimate is None:
            typer.echo(
                "warning: no particles were found, so that sizes, numbers and shape are those of the preset: check "
                "data.foreground, and give them yourself before anything is run.",
                err=True,
            )
        if drawn is not None:
            typer.echo(f"wrote {drawn}, which shows what was measured")
        typer.echo(f"wrote {output}; look at it, then give these commands, one after the other:")
        for command in (f"calibrate {output} --in-place", f"preview {output}", f"run {output}"):
            typer.echo(f"  diffrendergan {command}")


def fetch(
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="Name of the dataset: tio2-sem.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to put it in.")],
    source: Annotated[
        Path | None, typer.Option("--from", metavar="FOLDER", help="Take files already at hand, instead of a download.")
    ] = None,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Fetch a published dataset, verify every file, and show its licence."""
    with explained(debug):
        from diffrendergan.micrographs.datasets import fetch as fetch_dataset
        from diffrendergan.runs.console import make_reporter

        result = fetch_dataset(dataset, folder, source, make_reporter(quiet))
        if quiet:  # the licence is shown in any case
            typer.echo(result.notice)
        typer.echo(f"images: {result.images}\nmasks: {result.masks}")


def demo(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Folder for the demo.", show_default=True)] = Path(
        "demo-run"
    ),
    set_: SetOption = None,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Make virtual micrographs with known particles and run everything on them."""
    with explained(debug):
        from diffrendergan.cli.results import show_results, show_verdict
        from diffrendergan.config.load import load_project
        from diffrendergan.errors import ConfigError
        from diffrendergan.pipeline.runner import run_project
        from diffrendergan.runs.atomic import write_text
        from diffrendergan.runs.console import make_reporter

        reporter = make_reporter(quiet)
        folder = Path(os.path.normpath(folder.absolute()))
        project_file = folder / "project.yaml"
        if not project_file.exists():
            write_text(project_file, _DEMO_PROJECT)
        project = load_project(project_file, None, set_ or ())
        if project.data.images != (folder / "data" / "images"):
            raise ConfigError(f"{project_file} is not the demo's; choose another folder for the demo.")
        from diffrendergan.simulator.settings import DEMO
        from diffrendergan.simulator.write import write_demo_data

        write_demo_data(folder / "data", DEMO_SCANS, DEMO, project.seed, reporter)
        run_project(project, reporter)
        show_verdict(project.run)
        show_results(project.run)
