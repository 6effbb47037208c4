"""The arguments and options of `score`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from diffrendergan.cli.options import KindChoice

PredArgument = Annotated[Path, typer.Argument(metavar="PRED", help="Folder of predicted label images, of any tool.")]
GtArgument = Annotated[Path, typer.Argument(metavar="GT", help="Folder of annotations.")]
PredSuffixOption = Annotated[
    str | None,
    typer.Option("--pred-suffix", metavar="TEXT", show_default=False,
                 help="NAME<TEXT>.tif is the prediction of NAME.  [default: usual ones]"),
]  # fmt: skip
GtSuffixOption = Annotated[
    str | None,
    typer.Option("--gt-suffix", metavar="TEXT", show_default=False,
                 help="NAME<TEXT>.tif is the annotation of NAME.  [default: usual ones]"),
]  # fmt: skip
PredKindOption = Annotated[KindChoice, typer.Option("--pred-kind", help="Meaning of the predicted numbers.")]
GtKindOption = Annotated[KindChoice, typer.Option("--gt-kind", help="Meaning of the annotated numbers.")]
PixelSizeOption = Annotated[
    float | None,
    typer.Option("--pixel-size-nm", metavar="NM", help="Edge of a pixel; else from TIFF files.", show_default=False),
]
MinRegionOption = Annotated[
    int, typer.Option("--min-region-px", min=0, max=10**9, metavar="N", help="Drop smaller predictions.")
]
CropOption = Annotated[
    bool,
    typer.Option("--crop-data-bar", help="Crop annotations taller than the prediction even where those rows are "
                                         "annotated; empty rows are cropped in any case."),
]  # fmt: skip
OutOption = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Write FILE.csv and FILE.json.", show_default=False)
]
BootstrapOption = Annotated[
    int, typer.Option("--bootstrap", min=1, max=10**6, metavar="N", help="Resamples for the intervals.")
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, max=2**63 - 1, metavar="N", help="Seed of the resamples.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only find out whether every pair can be scored.")]
