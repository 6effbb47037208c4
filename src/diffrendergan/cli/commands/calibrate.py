"""`calibrate`: sizes and places of the particles fitted to the scans."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from diffrendergan.cli.errors import explained
from diffrendergan.cli.options import DebugOption, QuietOption

if TYPE_CHECKING:
    from diffrendergan.config.project import Project


def calibrate(
    project: Annotated[Path, typer.Argument(metavar="PROJECT", help="Project file (YAML).")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Project file to write; by default PROJECT-calibrated.yaml.",
            show_default=False,
        ),
    ] = None,
    in_place: Annotated[bool, typer.Option("--in-place", help="Change the project file itself.")] = False,
    arrangements: Annotated[
        int, typer.Option("--arrangements", min=60, metavar="N", help="Arrangements to draw; more are more exact.")
    ] = 1000,
    patches: Annotated[
        int, typer.Option("--patches", min=4, metavar="N", help="Most real patches to compare with.")
    ] = 80,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Fit sizes, numbers and places of the particles to the scans, without labels: a few minutes."""
    with explained(debug, resumes=False):
        from diffrendergan.cli.console import make_reporter
        from diffrendergan.config.load import load_project
        from diffrendergan.errors import ConfigError

        given = load_project(project)
        if in_place and output is not None:
            raise ConfigError("give either --in-place or -o, not both.")
        target = project if in_place else output or project.with_name(f"{project.stem}-calibrated.yaml")
        written = [target, *(_beside(target, ending) for ending in (".json", ".png"))]
        for path in () if force or in_place else written:
            if path.exists():
                raise ConfigError(f"{path} exists already; choose another name with -o, or give --force to replace it.")

        from diffrendergan.calibration.real import read_real_patches
        from diffrendergan.calibration.record import record
        from diffrendergan.calibration.search import calibrate as fit
        from diffrendergan.generalist.search import search_of
        from diffrendergan.pipeline.runner import is_finished
        from diffrendergan.reporting.preview.calibration import write_sheet
        from diffrendergan.runs.atomic import write_json, write_text

        reporter = make_reporter(quiet)
        real = read_real_patches(given, patches, patches, reporter, is_finished(given, "prepare"), search_of(given))
        found = fit(given, real, arrangements, reporter)
        facts = record(given, real, found)
        write_json(_beside(target, ".json"), facts)
        write_sheet(_beside(target, ".png"), real, found)
        text = _text(project, target, given, found.project)
        _check(target, text)
        write_text(target, text)
        _tell(facts, target)


def _check(target: Path, text: str) -> None:
    """Read the text as a project file before it replaces anything."""
    from diffrendergan.config.load import load_project

    trial = target.with_name(f".{target.stem}-trial.yaml")
    try:
        trial.write_text(text, encoding="utf-8")
        load_project(trial)
    finally:
        trial.unlink(missing_ok=True)


def _beside(target: Path, ending: str) -> Path:
    return target.with_name(f"{target.stem}-fit{ending}")


def _text(source: Path, target: Path, given: Project, found: Project) -> str:
    from datetime import date

    from diffrendergan.calibration.project_file import calibrated_text

    note = f"Sizes and places calibrated by `diffrendergan calibrate {source.name}` on {date.today().isoformat()}."
    return calibrated_text(source.read_text(encoding="utf-8-sig"), given, found, source, target, note)


def _tell(facts: dict[str, Any], target: Path) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    pixel = facts["pixel_size_nm"]
    unit, factor = ("px", 1.0) if pixel is None else ("nm", pixel)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("", "real patches", "before", "after"):
        table.add_column(name, justify="right" if name else "left")
    sides = (facts["real"], facts["before"]["measured"], facts["after"]["measured"])
    diameters = [side["median_diameter_px"] for side in sides]
    table.add_row("median diameter", *("–" if d is None else f"{d * factor:.3g} {unit}" for d in diameters))
    table.add_row("covered fraction", *(f"{100 * side['covered']:.1f} %" for side in sides))
    table.add_row("particles per patch", *(f"{side['particles_per_patch']:.1f}" for side in sides))
    table.add_row("distance of all statistics", "", *(f"{facts[name]['total']:.2f}" for name in ("before", "after")))
    Console(highlight=False).print(table)
    for name, value in facts["changed"].items():
        typer.echo(f"{name}: {value}")
    if not facts["improved"]:
        typer.echo("nothing better was found: the values stay as they are (more --arrangements may help)")
    typer.echo(f"wrote {target}; look at {_beside(target, '.png')}")
