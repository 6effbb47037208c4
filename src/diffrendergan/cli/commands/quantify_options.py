"""The arguments and options of `quantify`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class StructureChoice(StrEnum):
    """What the scans show."""

    AUTO = "auto"
    PARTICLES = "particles"
    WIRES = "wires"


ProjectOrImagesArgument = Annotated[
    Path | None,
    typer.Argument(metavar="PROJECT|IMAGES", show_default=False,
                   help="Folder of micrographs, or one file. Or a project file (YAML), of whose run the held-out scans "
                        "are measured."),
]  # fmt: skip
LabelsOption = Annotated[
    Path | None,
    typer.Option("--labels", metavar="FOLDER", help="Label images, in place of --model.", show_default=False),
]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="FOLDER", help="For the results.  [default: IMAGES-quantified, here]",
                 show_default=False),
]  # fmt: skip
StructureOption = Annotated[
    StructureChoice,
    typer.Option("--structure", help="Wires are measured along their length as well; auto: what the model was for."),
]
NmPerNumberOption = Annotated[
    float | None,
    typer.Option("--nm-per-number", metavar="NM", min=1e-9, show_default=False,
                 help="Scans are height maps, and one of their numbers is worth so much.  [default: as files state]"),
]  # fmt: skip
TipRadiusOption = Annotated[
    float | None,
    typer.Option("--tip-radius-nm", metavar="NM", min=1e-3, show_default=False,
                 help="Of height maps: the tip, for diameters and surfaces without what it adds."),
]  # fmt: skip
SeriesOption = Annotated[
    str | None,
    typer.Option("--series", metavar="N", help="Which of several images in a file (or its name).  [default: largest]",
                 show_default=False),
]  # fmt: skip
ChannelOption = Annotated[
    str | None,
    typer.Option("--channel", metavar="N", help="Which of several detectors (or its name).  [default: first]",
                 show_default=False),
]  # fmt: skip
SeedOption = Annotated[
    int | None,
    typer.Option("--seed", metavar="N", help="Which of the model's networks.  [default: first]", show_default=False),
]
DecodingOption = Annotated[
    str | None,
    typer.Option("--decoding", metavar="NAME", show_default=False,
                 help="How touching particles are told apart, e.g. watershed; amodal gives whole shapes, too, also "
                 "without a model."),
]  # fmt: skip
MinRegionOption = Annotated[
    int | None,
    typer.Option("--min-region-px", metavar="N", min=0, max=10**9, help="Drop smaller particles.", show_default=False),
]
BootstrapOption = Annotated[
    int | None,
    typer.Option("--bootstrap", metavar="N", min=0, max=10**6, show_default=False,
                 help="Draws for confidence intervals; 0 for none.  [default: 400]"),
]  # fmt: skip
ConfidenceOption = Annotated[
    bool,
    typer.Option("--confidence/--no-confidence", show_default=False,
                 help="Tell how sure each particle is, by looking again, which takes time.  [default: yes]"),
]  # fmt: skip
MinConfidenceOption = Annotated[
    float | None,
    typer.Option("--min-confidence", metavar="C", min=0, max=1, help="Leave out less sure particles.",
                 show_default=False),
]  # fmt: skip
SectionsOption = Annotated[
    bool,
    typer.Option("--sections", help="Scans are sections: tell the sizes of balls from the discs that are cut, too."),
]
MontageOption = Annotated[
    Path | None,
    typer.Option("--montage", metavar="FILE|ome", show_default=False,
                 help="Scans are overlapping tiles of one montage: each particle counts once. Their places as a list "
                      "(CSV: file, x, y) or as OME-TIFF files say them."),
]  # fmt: skip
AsStatedOption = Annotated[
    bool, typer.Option("--montage-as-stated", help="Take the places as they are; do not look in the overlaps.")
]
TwinOption = Annotated[
    bool,
    typer.Option("--twin", help="Correct figures by twins of the scans: images like them of known truth."),
]
SampleOption = Annotated[
    str | None,
    typer.Option("--sample", metavar="TEXT", show_default=False,
                 help="What the data sheet is of.  [default: name of the folder]"),
]  # fmt: skip
FiguresOption = Annotated[
    bool, typer.Option("--figures/--no-figures", help="Draw figures and the data sheet; those there are stay.")
]
ForceOption = Annotated[
    bool,
    typer.Option("--force", help="Measure all anew; use --out though it holds other files. With a project: use the run "
                                 "folder though another project made it."),
]  # fmt: skip
