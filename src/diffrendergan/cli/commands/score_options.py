"""The arguments and options of `evaluate` that two folders take."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class KindChoice(StrEnum):
    """What the numbers of label images mean."""

    auto = "auto"
    instances = "instances"
    particles = "particles"
    classes = "classes"


ProjectOrPredArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="PROJECT|PRED",
        help="Project file (YAML); without it, --preset decides. Or, with GT, a folder of predicted label images.",
        show_default=False,
    ),
]
GtArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="GT",
        help="Folder of annotations: scores the label images in the folder named first, and runs nothing.",
        show_default=False,
    ),
]
PredSuffixOption = Annotated[
    str | None,
    typer.Option(
        "--pred-suffix", metavar="TEXT", help="Folders: NAME<TEXT>.tif is the prediction of NAME.", show_default=False
    ),
]
GtSuffixOption = Annotated[
    str | None,
    typer.Option(
        "--gt-suffix", metavar="TEXT", help="Folders: NAME<TEXT>.tif is the annotation of NAME.", show_default=False
    ),
]
PredKindOption = Annotated[
    KindChoice | None,
    typer.Option("--pred-kind", help="Folders: meaning of the predicted numbers.  [default: auto]", show_default=False),
]
GtKindOption = Annotated[
    KindChoice | None,
    typer.Option("--gt-kind", help="Folders: meaning of the annotated numbers.  [default: auto]", show_default=False),
]
PixelSizeOption = Annotated[
    float | None,
    typer.Option(
        "--pixel-size-nm", metavar="NM", help="Folders: edge of a pixel; else from TIFF files.", show_default=False
    ),
]
MinRegionOption = Annotated[
    int | None,
    typer.Option(
        "--min-region-px", min=0, metavar="N", help="Folders: drop smaller predictions.  [default: 0]",
        show_default=False,
    ),
]  # fmt: skip
CropOption = Annotated[
    bool, typer.Option("--crop-data-bar", help="Folders: crop annotations that are taller than the prediction.")
]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Folders: write FILE.csv and FILE.json.", show_default=False),
]
BootstrapOption = Annotated[
    int | None,
    typer.Option(
        "--bootstrap", min=1, metavar="N", help="Folders: resamples for the intervals.  [default: 2000]",
        show_default=False,
    ),
]  # fmt: skip
SeedOption = Annotated[
    int | None,
    typer.Option(
        "--seed", min=0, metavar="N", help="Folders: seed of the resamples.  [default: 0]", show_default=False
    ),
]


@dataclass(frozen=True)
class FolderRequest:
    """What `evaluate` was asked for beside the folders; None and False are what was not given."""

    pred_suffix: str | None = None
    gt_suffix: str | None = None
    pred_kind: KindChoice | None = None
    gt_kind: KindChoice | None = None
    pixel_size_nm: float | None = None
    min_region_px: int | None = None
    crop_data_bar: bool = False
    out: Path | None = None
    bootstrap: int | None = None
    seed: int | None = None

    def given(self) -> list[str]:
        """Return the options that were given."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        given = [name for name, value in values.items() if value is not None and value is not False]
        return [f"--{name.replace('_', '-')}" for name in given]
