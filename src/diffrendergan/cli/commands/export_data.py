"""`export-data`: annotated images, and measured scans, in the formats of other programs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from diffrendergan.cli.errors import explained
from diffrendergan.cli.options import DebugOption, QuietOption


class FormatChoice(StrEnum):
    """The formats; a table in `exchange.sets.formats` says how each is written."""

    COCO = "coco"
    YOLO = "yolo"
    NNUNET = "nnunet"
    WEBDATASET = "webdataset"
    OME_ZARR = "ome-zarr"


def export_data(
    source: Annotated[
        Path, typer.Argument(metavar="RUN|RESULTS", help="Run folder; for ome-zarr also one that `quantify` wrote.")
    ],
    out: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder to write.")],
    format_: Annotated[FormatChoice, typer.Option("--format", "-f", help="Format to write.")],
    amodal: Annotated[
        bool, typer.Option("--amodal", help="coco: full silhouettes, which overlap (needs synthesis.amodal).")
    ] = False,
    validation: Annotated[
        float, typer.Option("--validation", metavar="SHARE", min=0, max=0.5, help="yolo: share of images held out.")
    ] = 0.1,
    shard_images: Annotated[
        int, typer.Option("--shard-images", metavar="N", min=1, help="webdataset, ome-zarr: images in a shard.")
    ] = 1000,
    scans: Annotated[
        Path | None,
        typer.Option("--scans", metavar="FOLDER", help="Of measured scans that have moved.", show_default=False),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write into a folder that holds something else.")] = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Write a run's synthetic set as COCO, YOLO, nnU-Net, WebDataset or OME-Zarr; or measured scans as OME-Zarr."""
    with explained(debug):
        from diffrendergan.exchange.sets.formats import export_data
        from diffrendergan.exchange.sets.options import Options
        from diffrendergan.runs.console import make_reporter

        options = Options(amodal, validation, shard_images)
        written = export_data(source, out, format_.value, make_reporter(quiet), options, scans, force)
        typer.echo(f"wrote {written} to {out}")
