"""`tiles`: a scan that is larger than memory, cut for `quantify --montage`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from diffrendergan.cli.commands.quantify_options import ChannelOption, SeriesOption
from diffrendergan.cli.errors import explained
from diffrendergan.cli.options import DebugOption, QuietOption


def tiles(
    scan: Annotated[Path, typer.Argument(metavar="SCAN", help="OME-Zarr or TIFF, of any size.")],
    out: Annotated[Path, typer.Argument(metavar="FOLDER", help="Gets the tiles and positions.csv.")],
    edge: Annotated[int, typer.Option("--edge", metavar="PX", help="Edge of a tile.")] = 2048,
    overlap: Annotated[
        int, typer.Option("--overlap", metavar="PX", help="What two tiles share: more than the largest particle.")
    ] = 256,
    series: SeriesOption = None,
    channel: ChannelOption = None,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Cut a scan that is larger than memory into overlapping tiles, in which `quantify --montage` counts all once."""
    with explained(debug):
        from diffrendergan.exchange.tiles import POSITIONS, cut_into_tiles
        from diffrendergan.runs.console import make_reporter

        reporter = make_reporter(quiet)
        made = cut_into_tiles(scan, out, reporter, edge, overlap, series, channel)
        for remark in made.remarks:
            reporter.note(f"{scan}: {remark}")
        size = "of unknown scale" if made.pixel_size_nm is None else f"of {made.pixel_size_nm:.4g} nm a pixel"
        typer.echo(f"{made.count} tiles, {size}: {out}")
        folder, places = shlex.quote(str(out)), shlex.quote(str(out / POSITIONS))
        typer.echo(
            f"Measure them: diffrendergan quantify {folder} --montage {places} --montage-as-stated --data-bar 0 -o OUT"
        )
