"""`quantify`: tables, distributions, label images and figures of all particles of many scans."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from diffrendergan.cli.errors import USER_ERROR, explained, show_error
from diffrendergan.cli.options import DebugOption, QuietOption
from diffrendergan.cli.score_options import KindChoice

if TYPE_CHECKING:
    from rich.table import Table

    from diffrendergan.pipeline.quantify import QuantifySummary, ScanSegmenter
    from diffrendergan.runs.reporter import Reporter

MOST_ROWS = 40
"""More scans are not printed, but counted."""


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
    str, typer.Option("--labels-suffix", metavar="TEXT", help="Label images are named NAME<TEXT>.<any image ending>.")
]
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
FiguresOption = Annotated[bool, typer.Option("--figures/--no-figures", help="Draw figures (PNG and SVG).")]
ForceOption = Annotated[bool, typer.Option("--force", help="Measure all anew; use --out though it holds other files.")]


def quantify(
    images: ImagesArgument,
    model: ModelOption = None,
    labels: LabelsOption = None,
    labels_suffix: SuffixOption = "",
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
        from rich.console import Console

        from diffrendergan.cli.console import make_reporter
        from diffrendergan.micrographs.reading import list_images
        from diffrendergan.pipeline.quantify import QuantifySettings, quantify_scans

        folder = _default_out(images) if out is None else out
        paths = [images] if images.is_file() else list_images(images)
        reporter = make_reporter(quiet)
        segmenter = _segmenter(
            model, labels, labels_suffix, labels_kind, folder, seed, decoding, min_region_px, reporter
        )
        settings = QuantifySettings(
            structure=structure.value,
            pixel_size_nm=pixel_size_nm,
            data_bar=data_bar,
            bootstrap=bootstrap,
            seed=seed or 0,
            figures=figures,
            force=force,
        )
        made = quantify_scans(paths, segmenter, settings, folder, reporter)
        if made.records:
            Console(highlight=False).print(_table(made))
        typer.echo(f"wrote {folder}")
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
    suffix: str,
    kind: KindChoice | None,
    out: Path,
    seed: int | None,
    decoding: str | None,
    min_region_px: int | None,
    reporter: Reporter,
) -> ScanSegmenter:
    from diffrendergan.errors import ConfigError

    if (model is None) == (labels is None):
        raise ConfigError("give either a run folder with --model, or a folder of label images with --labels.")
    if model is not None:
        if kind is not None:
            raise ConfigError("--labels-kind is for label images; leave it out with --model.")
        from diffrendergan.segmentation.trained import load_trained

        return load_trained(model, seed, decoding, min_region_px)
    from diffrendergan.pipeline.label_folder import open_labels

    if decoding is not None:
        raise ConfigError("--decoding changes what a model finds; leave it out with --labels.")
    assert labels is not None
    if labels.resolve().is_relative_to(out.resolve()):
        raise ConfigError(f"the label images in {labels} would be overwritten; name another folder with --out.")
    return open_labels(labels, suffix, "auto" if kind is None else kind.value, min_region_px or 0, reporter)


def _table(made: QuantifySummary) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("scan", "particles", "whole", "covered", "median", "95 %", "fit"):
        table.add_column(heading, justify="left" if heading in ("scan", "fit") else "right", no_wrap=True)
    for record in made.records[:MOST_ROWS]:
        row, unit = record.row, record.unit
        ends = (row[f"d50_low_{unit}"], row[f"d50_high_{unit}"])
        counts = (str(row["number"]), str(row["number_whole"]), f"{100 * row['coverage']:.1f} %")
        table.add_row(record.name, *counts, *_told(row[f"d50_{unit}"], ends, unit), row["fit"] or "–")
    if len(made.records) > MOST_ROWS:
        table.add_row(f"… {len(made.records) - MOST_ROWS} more in scans.csv", *[""] * 6)
    if len(made.records) > 1:
        table.add_section()
        for unit, sizes in made.pooled.items():
            group = [record.row for record in made.records if record.unit == unit]
            median, bounds = sizes.median
            number, whole = (str(sum(row[key] for row in group)) for key in ("number", "number_whole"))
            fit = sizes.fits.preferred or "–"
            told = _told(median, (None, None) if bounds is None else tuple(bounds), unit)
            table.add_row(f"together [{unit}]", number, whole, "", *told, fit)
    return table


def _told(median: float | None, ends: tuple[float | None, ...], unit: str) -> tuple[str, str]:
    if median is None or median != median:
        return "–", "–"
    low, high = ends
    return f"{median:.3g} {unit}", "–" if low is None or high is None else f"{low:.3g} to {high:.3g}"
