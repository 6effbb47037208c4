"""`correct`: the network of a run learns from corrected label images."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from diffrendergan.cli.errors import explained
from diffrendergan.cli.options import DebugOption, LabelsKindOption, LabelsSuffixOption, QuietOption

RunArgument = Annotated[Path, typer.Argument(metavar="RUN", help="Run folder with a trained network.")]
CorrectedArgument = Annotated[
    Path,
    typer.Argument(metavar="CORRECTED", help="Folder of corrected label images, or of Fiji's ROI archives."),
]
ScansOption = Annotated[
    Path | None,
    typer.Option("--scans", metavar="FOLDER", show_default=False, help="Of the scans.  [default: the run's own]"),
]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="FOLDER", show_default=False,
                 help="For the corrected network.  [default: RUN/corrected]"),
]  # fmt: skip
SeedOption = Annotated[
    int | None,
    typer.Option("--seed", metavar="N", help="Which of the run's networks.  [default: first]", show_default=False),
]
StepsOption = Annotated[
    int | None,
    typer.Option("--steps", metavar="N", min=1, max=10**6, help="Training steps.  [default: 120]", show_default=False),
]


def correct(
    run: RunArgument,
    corrected: CorrectedArgument,
    scans: ScansOption = None,
    out: OutOption = None,
    seed: SeedOption = None,
    steps: StepsOption = None,
    labels_suffix: LabelsSuffixOption = None,
    labels_kind: LabelsKindOption = None,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Let the network of a run learn from corrected label images, in some minutes; the run stays as it is.

    `quantify` writes label images and outlines: edit copies of some in Fiji, and name their folder. The corrected
    network is a run folder of its own, for `quantify --model`.
    """
    with explained(debug):
        from diffrendergan.pipeline.correcting import correct_run
        from diffrendergan.runs.console import make_reporter

        made = correct_run(
            run,
            corrected,
            make_reporter(quiet),
            out,
            scans,
            seed,
            steps,
            labels_suffix,
            "auto" if labels_kind is None else labels_kind.value,
        )
        for sentence in made.told:
            typer.echo(sentence)
        typer.echo(f"wrote {made.folder}: use it with `diffrendergan quantify SCANS --model {made.folder}`")
