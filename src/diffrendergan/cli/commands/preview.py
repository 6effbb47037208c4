"""`preview`: real patches beside arrangements, before anything is trained."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from diffrendergan.cli.errors import explained
from diffrendergan.cli.options import DebugOption, PresetOption, ProjectArgument, QuietOption, SetOption, asked_project

if TYPE_CHECKING:
    from rich.table import Table

    from diffrendergan.reporting.preview.preview import Preview


def preview(
    project: ProjectArgument = None,
    preset: PresetOption = None,
    set_: SetOption = None,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="PNG to write.")] = Path("preview.png"),
    arrangements: Annotated[
        int, typer.Option("--arrangements", min=1, max=400, metavar="N", help="Arrangements to draw.")
    ] = 18,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Show real patches beside arrangements in a neutral material, with the sizes of both; trains nothing."""
    with explained(debug, resumes=False):
        from diffrendergan.cli.tables import for_tables
        from diffrendergan.runs.console import make_reporter

        config = asked_project(project, preset, set_ or ())
        from diffrendergan.pipeline.runner import is_finished
        from diffrendergan.reporting.preview.preview import make_preview, verdict
        from diffrendergan.reporting.preview.preview_sheet import write_preview

        made = make_preview(config, arrangements, make_reporter(quiet), is_finished(config, "prepare"))
        write_preview(output, made)
        for_tables().print(_table(made))
        for line in verdict(made):
            typer.echo(line)
        typer.echo(f"wrote {output}")


def _table(made: Preview) -> Table:
    from rich import box
    from rich.table import Table

    from diffrendergan.reporting.preview.preview import summary

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    table.add_column("real", justify="right")
    table.add_column("arrangements", justify="right")
    for row in summary(made):
        table.add_row(row.name, row.real, row.drawn)
    return table
