"""`watch`: scans are measured as they arrive."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from diffrendergan.cli.errors import explained
from diffrendergan.cli.options import DataBarOption, DebugOption, ModelOption, PixelSizeOption, QuietOption

FolderArgument = Annotated[
    Path, typer.Argument(metavar="FOLDER", help="Folder that scans arrive in, with a folder for each sample, or none.")
]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="OUT", help="For the results.  [default: FOLDER-watched, here]",
                 show_default=False),
]  # fmt: skip
GroupOption = Annotated[
    str | None,
    typer.Option("--group", metavar="PATTERN", show_default=False,
                 help="Names of scans, with {sample} in place of the sample's and * for anything: '{sample}_*'.  "
                      "[default: each folder is a sample]"),
]  # fmt: skip
ReferenceOption = Annotated[
    str | None,
    typer.Option("--reference", metavar="SAMPLE", show_default=False,
                 help="Sample that the others are compared with.  [default: all pairs, or with the first]"),
]  # fmt: skip
EveryOption = Annotated[
    float, typer.Option("--every", metavar="S", min=0.1, max=86400, help="Look every so often [s].")
]
SettleOption = Annotated[
    float,
    typer.Option(
        "--settle", metavar="S", min=0, max=86400, help="Files that did not change for so long are whole [s]."
    ),
]
OnceOption = Annotated[bool, typer.Option("--once", help="Measure what is there, and end.")]


def watch(
    folder: FolderArgument,
    model: ModelOption = None,
    out: OutOption = None,
    group: GroupOption = None,
    reference: ReferenceOption = None,
    every: EveryOption = 10.0,
    settle: SettleOption = 10.0,
    once: OnceOption = False,
    pixel_size_nm: PixelSizeOption = None,
    data_bar: DataBarOption = None,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Measure scans as they arrive in a folder, compare samples, and warn when the instrument drifts.

    Files that are still being written are waited for; damaged ones are named and passed over. The same command goes on
    where it stopped. OUT/watch.html shows how it stands, and loads itself anew. Ctrl-C ends it.
    """
    with explained(debug):
        from diffrendergan.generalist.segmenter import Generalist
        from diffrendergan.pipeline.quantify.settings import QuantifySettings, ScanSegmenter
        from diffrendergan.pipeline.watch.page import PAGE
        from diffrendergan.pipeline.watch.run import WatchSettings, check_watched, watch_folder
        from diffrendergan.pipeline.watch.trained import read_instrument
        from diffrendergan.runs.console import make_reporter

        segmenter: ScanSegmenter = Generalist()
        if model is not None:
            from diffrendergan.exchange.models.opening import open_model

            segmenter = open_model(model)
        place = out or Path(f"{folder.resolve().name}-watched")
        settings = QuantifySettings(pixel_size_nm=pixel_size_nm, data_bar=data_bar, figures=False)
        chosen = WatchSettings(group, reference, every, settle, once)
        check_watched(folder, chosen)
        typer.echo(f"{place / PAGE} shows how it stands.")
        seen = watch_folder(folder, segmenter, settings, place, make_reporter(quiet), read_instrument(model), chosen)
        typer.echo(f"{len(seen.scans)} scans measured, {len(seen.failed)} passed over: {place}")
