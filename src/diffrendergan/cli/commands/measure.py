"""`measure`: a folder of scans to sizes, by a network that is made for them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from diffrendergan.cli.errors import explained
from diffrendergan.cli.options import ClusterOption, DebugOption, PixelSizeOption, QuietOption, StrictOption


def measure(
    scans: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of micrographs.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="OUT", help="Folder for everything that is made.")],
    quick: Annotated[bool, typer.Option("--quick", help="Few images and steps: minutes, and less exact.")] = False,
    pixel_size_nm: PixelSizeOption = None,
    cluster: ClusterOption = None,
    strict: StrictOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Measure all scans of a folder by a network of their own: init, calibrate, run and quantify in one command.

    The same command goes on where it was stopped. The project file in OUT may be edited, and is then followed.
    """
    with explained(debug):
        from diffrendergan.cli.commands.quantify_table import show_all
        from diffrendergan.cli.commands.run import refuse_bad
        from diffrendergan.cli.results import show_verdict
        from diffrendergan.pipeline.measure.run import measure_folder
        from diffrendergan.runs.cluster.backend import on_cluster
        from diffrendergan.runs.console import make_reporter

        reporter = make_reporter(quiet)
        with on_cluster(cluster, out, reporter):
            made = measure_folder(scans, out, reporter, quick, pixel_size_nm)
        show_verdict(made.project.run)
        typer.echo(made.network)
        if strict:
            refuse_bad(made.project.run)
        show_all(made.summary, quiet)
