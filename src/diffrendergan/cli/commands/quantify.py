"""`quantify`: the stage of a project, or all particles of any scans: tables, distributions, label images, figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from diffrendergan.cli.commands.quantify_options import (
    AsStatedOption,
    BootstrapOption,
    ChannelOption,
    ConfidenceOption,
    DecodingOption,
    FiguresOption,
    ForceOption,
    LabelsOption,
    MinConfidenceOption,
    MinRegionOption,
    MontageOption,
    NmPerNumberOption,
    OutOption,
    ProjectOrImagesArgument,
    SampleOption,
    SectionsOption,
    SeedOption,
    SeriesOption,
    StructureChoice,
    StructureOption,
    TipRadiusOption,
    TwinOption,
)
from diffrendergan.cli.commands.run import Request, perform
from diffrendergan.cli.commands.segmenters import segmenter_of
from diffrendergan.cli.errors import explained
from diffrendergan.cli.options import (
    PROJECT_ENDINGS,
    ClusterOption,
    DataBarOption,
    DebugOption,
    DryRunOption,
    LabelsKindOption,
    LabelsSuffixOption,
    ModelOption,
    PixelSizeOption,
    PresetOption,
    QuietOption,
    RedoOption,
    SetOption,
    names_project,
    refuse_unused,
)

if TYPE_CHECKING:
    from diffrendergan.image_files.listing import Listing
    from diffrendergan.pipeline.quantify.run import QuantifySettings, ScanSegmenter
    from diffrendergan.runs.reporter import Reporter


def quantify(
    images: ProjectOrImagesArgument = None,
    model: ModelOption = None,
    labels: LabelsOption = None,
    labels_suffix: LabelsSuffixOption = None,
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
            named = names_project(images, preset, set_ or ())
            if images is None and (not named or model is not None or labels is not None):
                wanted = "name a folder of micrographs, one file, or a project file."
                raise typer.BadParameter(wanted, param_hint="IMAGES")
            refuse_unused(of_scans, "a project")
            perform(
                Request(images, preset, set_ or (), dry_run, force, quiet, redo, cluster=cluster), target="quantify"
            )
            return
        refuse_unused(
            {"--preset": preset, "--set": set_ or None, "--redo": redo or None, "--dry-run": dry_run or None},
            "a folder of scans",
        )
        from diffrendergan.image_files.listing import scans_at
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
        listing = scans_at(images)
        segmenter = segmenter_of(
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


def _default_out(images: Path) -> Path:
    """Return the folder of scans with `-quantified`, here; what follows a dot ends a file's name only."""
    from diffrendergan.image_files.listing import is_one_scan

    whole = images.resolve()
    return Path(f"{whole.stem if is_one_scan(images) else whole.name}-quantified")
