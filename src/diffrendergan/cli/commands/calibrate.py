"""`calibrate`: sizes and places of the particles fitted to the scans."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from diffrendergan.cli.errors import explained
from diffrendergan.cli.options import DebugOption, QuietOption


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
        int | None,
        typer.Option(
            "--arrangements",
            min=60,
            max=10**6,
            metavar="N",
            help="Arrangements to draw; more are more exact.  [default: 240; with thresholds 1000]",
            show_default=False,
        ),
    ] = None,
    patches: Annotated[
        int | None,
        typer.Option(
            "--patches",
            min=4,
            max=10**4,
            metavar="N",
            help="Most real patches to compare with.  [default: 48; with thresholds 80]",
            show_default=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Fit sizes, numbers and places of the particles to the scans, without labels: a few minutes."""
    with explained(debug):
        from diffrendergan.errors import ConfigError
        from diffrendergan.pipeline.calibrating import beside, calibrate_file
        from diffrendergan.runs.console import make_reporter

        if in_place and output is not None:
            raise ConfigError("give either --in-place or -o, not both.")
        target = project if in_place else output or project.with_name(f"{project.stem}-calibrated.yaml")
        # What lies beside it is written before: without the file, it is the beginning of a calibration.
        if target.exists() and not (force or in_place):
            raise ConfigError(f"{target} exists already; choose another name with -o, or give --force to replace it.")
        facts = calibrate_file(project, target, arrangements, patches, make_reporter(quiet))
        _tell(facts, target, beside(target, ".png"))


def _tell(facts: dict[str, Any], target: Path, picture: Path) -> None:
    from rich import box
    from rich.table import Table

    from diffrendergan.cli.tables import for_tables

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
    for_tables().print(table)
    names = {"median": "median diameter", "p10": "10th percentile", "p90": "90th percentile"}
    for name, words in names.items():
        if name in facts["intervals"]:
            value, low, high = (facts["intervals"][name][part] * factor for part in ("value", "low", "high"))
            typer.echo(f"{words}: {value:.3g} {unit}, 90 %: {low:.3g} to {high:.3g} {unit}")
    for name, value in facts["changed"].items():
        typer.echo(f"{name}: {value}")
    if not facts["improved"]:
        typer.echo("nothing better was found: the values stay as they are (more --arrangements may help)")
    typer.echo(f"wrote {target}; look at {picture}")
