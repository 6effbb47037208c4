"""`quantify`: tables, distributions, label images and figures of all particles of many scans."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from diffrendergan.cli.commands.score_options import KindChoice
from diffrendergan.cli.errors import USER_ERROR, explained, show_error
from diffrendergan.cli.options import DebugOption, QuietOption

if TYPE_CHECKING:
    from diffrendergan.pipeline.quantify.run import ScanSegmenter
    from diffrendergan.runs.reporter import Reporter


class StructureChoice(StrEnum):
    """What the scans show."""

    AUTO = "auto"
    PARTICLES = "particles"
    WIRES = "wires"


ImagesArgument = Annotated[Path, typer.Argument(metavar="IMAGES", help="Folder of micrographs, or one file.")]
ModelOption = Annotated[
    Path | None, typer.Option("--model", metavar="RUN", help="Run folder with a trained network.", show_default=False)
]
LabelsOption = Annotated[
    Path | None,
    typer.Option("--labels", metavar="FOLDER", help="Label images, in place of --model.", show_default=False),
]
SuffixOption = Annotated[
    str | None,
    typer.Option("--labels-suffix", metavar="TEXT", show_default=False,
                 help="Label images are named NAME<TEXT>.<any image ending>.  [default: usual ones]"),
]  # fmt: skip
LabelsKindOption = Annotated[
    KindChoice | None,
    typer.Option("--labels-kind", help="Meaning of their numbers.  [default: auto]", show_default=False),
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
PixelSizeOption = Annotated[
    float | None,
    typer.Option("--pixel-size-nm", metavar="NM", min=1e-4, help="Of all scans, whatever their files say.",
                 show_default=False),
]  # fmt: skip
DataBarOption = Annotated[
    int | None,
    typer.Option("--data-bar", metavar="ROWS", min=0, help="Rows to crop at the bottom.  [default: found]",
                 show_default=False),
]  # fmt: skip
SeedOption = Annotated[
    int | None,
    typer.Option("--seed", metavar="N", help="Which of the model's networks.  [default: first]", show_default=False),
]
DecodingOption = Annotated[
    str | None,
    typer.Option("--decoding", metavar="NAME", help="How touching particles are told apart, e.g. watershed.",
                 show_default=False),
]  # fmt: skip
MinRegionOption = Annotated[
    int | None,
    typer.Option("--min-region-px", metavar="N", min=0, help="Drop smaller particles.", show_default=False),
]
BootstrapOption = Annotated[
    int, typer.Option("--bootstrap", metavar="N", min=0, help="Draws for confidence intervals; 0 for none.")
]
FiguresOption = Annotated[
    bool, typer.Option("--figures/--no-figures", help="Draw figures (PNG and SVG); those there are stay.")
]
ForceOption = Annotated[bool, typer.Option("--force", help="Measure all anew; use --out though it holds other files.")]


def quantify(
    images: ImagesArgument,
    model: ModelOption = None,
    labels: LabelsOption = None,
    labels_suffix: SuffixOption = None,
    labels_kind: LabelsKindOption = None,
    out: OutOption = None,
    structure: StructureOption = StructureChoice.AUTO,
    pixel_size_nm: PixelSizeOption = None,
    data_bar: DataBarOption = None,
    seed: SeedOption = None,
    decoding: DecodingOption = None,
    min_region_px: MinRegionOption = None,
    bootstrap: BootstrapOption = 400,
    figures: FiguresOption = True,
    force: ForceOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Measure the particles of all scans: sizes, shapes, distributions; tables, label images, ROIs, figures."""
    with explained(debug):
        from diffrendergan.cli.commands.quantify_table import show_summary
        from diffrendergan.cli.console import make_reporter
        from diffrendergan.micrographs.reading import list_images
        from diffrendergan.pipeline.quantify.records import check_images
        from diffrendergan.pipeline.quantify.run import QuantifySettings, quantify_scans

        folder = _default_out(images) if out is None else out
        if out is None and not force:
            check_images(folder, images)
        paths = [images] if images.is_file() else list_images(images)
        reporter = make_reporter(quiet)
        segmenter = _segmenter(
            model,
            labels,
            labels_suffix,
            labels_kind,
            paths,
            folder,
            seed,
            decoding,
            min_region_px,
            reporter,
            pixel_size_nm is None,
        )
        settings = QuantifySettings(
            structure=structure.value,
            pixel_size_nm=pixel_size_nm,
            data_bar=data_bar,
            bootstrap=bootstrap,
            figures=figures,
            images=images,
            force=force,
        )
        made = quantify_scans(paths, segmenter, settings, folder, reporter)
        show_summary(made, quiet)
        if made.failed:
            some = ", ".join(sorted(made.failed)[:5]) + (", …" if len(made.failed) > 5 else "")
            show_error(f"{len(made.failed)} of {len(paths)} scans could not be used ({some}); summary.json says why.")
            raise typer.Exit(USER_ERROR)


def _default_out(images: Path) -> Path:
    """Return the folder of scans with `-quantified`, here; what follows a dot ends a file's name only."""
    whole = images.resolve()
    return Path(f"{whole.stem if images.is_file() else whole.name}-quantified")


def _segmenter(
    model: Path | None,
    labels: Path | None,
    suffix: str | None,
    kind: KindChoice | None,
    scans: list[Path],
    out: Path,
    seed: int | None,
    decoding: str | None,
    min_region_px: int | None,
    reporter: Reporter,
    check_scale: bool,
) -> ScanSegmenter:
    from diffrendergan.errors import ConfigError

    if model is not None and labels is None:
        _refuse({"--labels-suffix": suffix, "--labels-kind": kind}, "--model")
        from diffrendergan.segmentation.trained import load_trained

        return load_trained(model, seed, decoding, min_region_px)
    if labels is None or model is not None:
        raise ConfigError("give either a run folder with --model, or a folder of label images with --labels.")
    _refuse({"--seed": seed, "--decoding": decoding}, "--labels")
    if labels.resolve().is_relative_to(out.resolve()):
        raise ConfigError(f"the label images in {labels} would be overwritten; name another folder with --out.")
    from diffrendergan.pipeline.quantify.label_folder import open_labels

    names = [path.stem for path in scans]
    return open_labels(
        labels, names, suffix, "auto" if kind is None else kind.value, min_region_px or 0, reporter, check_scale
    )


def _refuse(options: Mapping[str, object], source: str) -> None:
    """Refuse options that have no effect on what `source` names, rather than pass over them in silence.

    Raises
    ------
    ConfigError
        Naming the first that was given.
    """
    from diffrendergan.errors import ConfigError

    given = [name for name, value in options.items() if value is not None]
    if given:
        raise ConfigError(f"{given[0]} has no effect with {source}; leave it out.")
