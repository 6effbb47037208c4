"""`quantify`: the stage of a project, or all particles of any scans: tables, distributions, label images, figures."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from diffrendergan.cli.commands.run import Request, perform
from diffrendergan.cli.commands.score_options import KindChoice
from diffrendergan.cli.errors import explained
from diffrendergan.cli.options import (
    ClusterOption,
    DebugOption,
    DryRunOption,
    PresetOption,
    QuietOption,
    RedoOption,
    SetOption,
)

if TYPE_CHECKING:
    from diffrendergan.image_files.listing import Listing
    from diffrendergan.pipeline.quantify.run import QuantifySettings, ScanSegmenter
    from diffrendergan.runs.reporter import Reporter


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
PROJECT_ENDINGS = (".yaml", ".yml")
ModelOption = Annotated[
    Path | None,
    typer.Option("--model", metavar="RUN", show_default=False,
                 help="Run folder with a trained network.  [default: the packaged generalist]"),
]  # fmt: skip
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
    typer.Option("--pixel-size-nm", metavar="NM", min=1e-4, max=1e9, help="Of all scans, whatever their files say.",
                 show_default=False),
]  # fmt: skip
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
DataBarOption = Annotated[
    int | None,
    typer.Option("--data-bar", metavar="ROWS", min=0, max=10**6, help="Rows to crop at the bottom.  [default: found]",
                 show_default=False),
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
    typer.Option("--decoding", metavar="NAME", help="How touching particles are told apart, e.g. watershed.",
                 show_default=False),
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


def quantify(
    images: ProjectOrImagesArgument = None,
    model: ModelOption = None,
    labels: LabelsOption = None,
    labels_suffix: SuffixOption = None,
    labels_kind: LabelsKindOption = None,
    out: OutOption = None,
    structure: StructureOption = StructureChoice.AUTO,
    pixel_size_nm: PixelSizeOption = None,
    nm_per_number: NmPerNumberOption = None,
    tip_radius_nm: TipRadiusOption = None,
    data_bar: DataBarOption = None,
    series: SeriesOption = None,
    channel: ChannelOption = None,
    seed: SeedOption = None,
    decoding: DecodingOption = None,
    min_region_px: MinRegionOption = None,
    bootstrap: BootstrapOption = None,
    confidence: ConfidenceOption = True,
    min_confidence: MinConfidenceOption = None,
    sections: SectionsOption = False,
    montage: MontageOption = None,
    montage_as_stated: AsStatedOption = False,
    twin: TwinOption = False,
    sample: SampleOption = None,
    figures: FiguresOption = True,
    cluster: ClusterOption = None,
    force: ForceOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
    preset: PresetOption = None,
    set_: SetOption = None,
    redo: RedoOption = False,
    dry_run: DryRunOption = False,
) -> None:
    """Measure the particles of all scans: sizes, shapes, distributions; tables, label images, ROIs, figures.

    With a project, of its held-out scans, as predicted and as annotated; stages it needs run first if they are not
    finished. Else, of any scans: by the packaged generalist, which needs no training, by the network of --model, or as
    the label images of --labels have them.
    """
    with explained(debug):
        if images is None or (images.suffix.lower() in PROJECT_ENDINGS and not images.is_dir()):
            of_scans = {
                "--model": model, "--labels": labels, "--labels-suffix": labels_suffix, "--labels-kind": labels_kind,
                "--out": out, "--structure": None if structure is StructureChoice.AUTO else structure,
                "--pixel-size-nm": pixel_size_nm, "--data-bar": data_bar, "--series": series, "--channel": channel,
                "--sections": sections or None, "--nm-per-number": nm_per_number, "--tip-radius-nm": tip_radius_nm,
                "--seed": seed, "--decoding": decoding,
                "--min-region-px": min_region_px, "--bootstrap": bootstrap, "--sample": sample,
                "--no-confidence": None if confidence else True, "--min-confidence": min_confidence,
                "--twin": twin or None, "--montage": montage, "--montage-as-stated": montage_as_stated or None,
                "--no-figures": None if figures else True,
            }  # fmt: skip
            if images is None and (model is not None or labels is not None):
                raise typer.BadParameter("name a folder of micrographs, or one file.", param_hint="IMAGES")
            refuse_unused(of_scans, "a project")
            perform(
                Request(images, preset, set_ or (), dry_run, force, quiet, redo, cluster=cluster), target="quantify"
            )
            return
        refuse_unused(
            {"--preset": preset, "--set": set_ or None, "--redo": redo or None, "--dry-run": dry_run or None},
            "a folder of scans",
        )
        from diffrendergan.quantification.results import DRAWS
        from diffrendergan.runs.console import make_reporter

        if labels is not None:
            unknown = {"--no-confidence": None if confidence else True, "--min-confidence": min_confidence}
            refuse_unused(unknown, "--labels (only a network is sure of something)")
            refuse_unused({"--twin": twin or None}, "--labels (only a network can look at twins)")
        if not confidence:
            refuse_unused({"--min-confidence": min_confidence}, "--no-confidence")
        if montage is not None:
            of_one: dict[str, object] = {"--twin": twin or None, "--sections": sections or None, "--sample": sample}
            refuse_unused(of_one, "--montage")
        else:
            refuse_unused({"--montage-as-stated": montage_as_stated or None}, "scans that are no --montage")
        reporter = make_reporter(quiet)
        folder = _results(images, out, force)
        listing = _scans(images)
        segmenter = _segmenter(
            model,
            labels,
            labels_suffix,
            labels_kind,
            list(listing.files),
            folder,
            seed,
            decoding,
            min_region_px,
            reporter,
            pixel_size_nm is None,
        )
        from diffrendergan.pipeline.quantify.run import QuantifySettings

        settings = QuantifySettings(
            structure=structure.value,
            pixel_size_nm=pixel_size_nm,
            nm_per_number=nm_per_number,
            tip_radius_nm=tip_radius_nm,
            data_bar=data_bar,
            series=series,
            channel=channel,
            bootstrap=DRAWS if bootstrap is None else bootstrap,
            figures=figures,
            images=images,
            confidence=confidence,
            min_confidence=min_confidence or 0.0,
            sections=sections,
            twin=twin,
            sample=sample,
            force=force,
        )
        from diffrendergan.runs.cluster.backend import on_cluster

        with on_cluster(cluster, folder, reporter):
            if montage is not None:
                _measure_montage(listing, segmenter, settings, montage, montage_as_stated, folder, reporter, quiet)
                return
            _measure(listing, segmenter, settings, folder, reporter, quiet)


def _measure(
    listing: Listing,
    segmenter: ScanSegmenter,
    settings: QuantifySettings,
    folder: Path,
    reporter: Reporter,
    quiet: bool,
) -> None:
    """Measure scans and show what was found; ends with status 1 if a scan could not be used."""
    from diffrendergan.cli.commands.quantify_table import show_all
    from diffrendergan.pipeline.quantify.run import quantify_scans

    show_all(quantify_scans(listing.paths, segmenter, settings, folder, reporter, listing), quiet)


def _measure_montage(
    listing: Listing,
    segmenter: ScanSegmenter,
    settings: QuantifySettings,
    source: Path,
    as_stated: bool,
    folder: Path,
    reporter: Reporter,
    quiet: bool,
) -> None:
    """Measure the tiles of a montage, and show what was found in it."""
    from diffrendergan.cli.commands.quantify_table import show_all
    from diffrendergan.pipeline.montage.run import MontageSettings, quantify_montage

    montage = MontageSettings(source, not as_stated)
    show_all(quantify_montage(listing, segmenter, settings, montage, folder, reporter), quiet)


def _results(images: Path, out: Path | None, force: bool) -> Path:
    """Return the folder for results, which by default must hold none of other scans."""
    from diffrendergan.pipeline.quantify.records import check_images

    if out is not None:
        return out
    folder = _default_out(images)
    if not force:
        check_images(folder, images)
    return folder


def _scans(images: Path) -> Listing:
    """Return what a folder holds, or the one file."""
    from diffrendergan.image_files.listing import Listing, is_one_scan, list_scans
    from diffrendergan.image_files.names import scan_name

    return Listing(images.parent, {scan_name(images): images}) if is_one_scan(images) else list_scans(images)


def _default_out(images: Path) -> Path:
    """Return the folder of scans with `-quantified`, here; what follows a dot ends a file's name only."""
    from diffrendergan.image_files.listing import is_one_scan

    whole = images.resolve()
    return Path(f"{whole.stem if is_one_scan(images) else whole.name}-quantified")


def _segmenter(
    model: Path | None,
    labels: Path | None,
    suffix: str | None,
    kind: KindChoice | None,
    scans: list[str],
    out: Path,
    seed: int | None,
    decoding: str | None,
    min_region_px: int | None,
    reporter: Reporter,
    check_scale: bool,
) -> ScanSegmenter:
    from diffrendergan.errors import ConfigError

    if model is None and labels is None:
        unused = {"--labels-suffix": suffix, "--labels-kind": kind, "--seed": seed, "--decoding": decoding}
        refuse_unused(unused, "the packaged generalist (which is used without --model or --labels)")
        from diffrendergan.generalist.segmenter import Generalist

        return Generalist(min_region_px or 0)
    if model is not None and labels is None:
        refuse_unused({"--labels-suffix": suffix, "--labels-kind": kind}, "--model")
        from diffrendergan.exchange.models.opening import open_model

        return open_model(model, seed, decoding, min_region_px)
    if labels is None or model is not None:
        raise ConfigError("give a run folder with --model, or a folder of label images with --labels, but not both.")
    refuse_unused({"--seed": seed, "--decoding": decoding}, "--labels")
    if labels.resolve().is_relative_to(out.resolve()):
        raise ConfigError(f"the label images in {labels} would be overwritten; name another folder with --out.")
    from diffrendergan.pipeline.quantify.label_folder import open_labels

    return open_labels(
        labels, scans, suffix, "auto" if kind is None else kind.value, min_region_px or 0, reporter, check_scale
    )


def refuse_unused(options: Mapping[str, object], source: str) -> None:
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
