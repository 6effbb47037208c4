"""`score PRED GT`: scores of any tool's label images against annotations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from diffrendergan.cli.commands.score_options import (
    BootstrapOption,
    CropOption,
    DryRunOption,
    GtArgument,
    GtKindOption,
    GtSuffixOption,
    MinRegionOption,
    OutOption,
    PixelSizeOption,
    PredArgument,
    PredKindOption,
    PredSuffixOption,
    SeedOption,
)
from diffrendergan.cli.errors import USER_ERROR, explained, show_error, show_warning
from diffrendergan.cli.options import DebugOption, KindChoice, QuietOption

if TYPE_CHECKING:
    from rich.table import Table

    from diffrendergan.evaluation.folders.plan import FolderOptions, FolderPlan
    from diffrendergan.evaluation.folders.scores import FolderScores
    from diffrendergan.labels.pairs import Pair

COLUMNS = {
    "dsc": "DSC",
    "foreground_iou": "IoU",
    "ap50": "AP50",
    "ap": "AP",
    "pq": "PQ",
    "aji": "AJI",
    "boundary_f1": "BF1",
    "count_error": "count",
}
"""Scores and their column titles; the diameter distance comes last, with its unit."""
MOST_NAMED = 10
"""Files without a partner, and reasons of failures, that are named on the terminal; the JSON file names all."""


def score(
    pred: PredArgument,
    gt: GtArgument,
    pred_suffix: PredSuffixOption = None,
    gt_suffix: GtSuffixOption = None,
    pred_kind: PredKindOption = KindChoice.auto,
    gt_kind: GtKindOption = KindChoice.auto,
    pixel_size_nm: PixelSizeOption = None,
    min_region_px: MinRegionOption = 0,
    crop_data_bar: CropOption = False,
    out: OutOption = None,
    bootstrap: BootstrapOption = 2000,
    seed: SeedOption = 0,
    dry_run: DryRunOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Score a folder of label images, made by any tool, against a folder of annotations."""
    with explained(debug, resumes=False):
        from diffrendergan.errors import ConfigError
        from diffrendergan.evaluation.folders.plan import FolderOptions

        if pixel_size_nm is not None and not 0 < pixel_size_nm < float("inf"):
            raise ConfigError(
                f"--pixel-size-nm is {pixel_size_nm}, but a pixel has a positive size; give it in nanometres."
            )
        options = FolderOptions(
            pred_suffix=pred_suffix,
            gt_suffix=gt_suffix,
            pred_kind=pred_kind.value,
            gt_kind=gt_kind.value,
            pixel_size_nm=pixel_size_nm,
            min_region_px=min_region_px,
            crop_data_bar=crop_data_bar,
            resamples=bootstrap,
            seed=seed,
        )
        _score(pred, gt, options, _base(out), dry_run, quiet)


def _score(pred: Path, gt: Path, options: FolderOptions, base: Path | None, dry_run: bool, quiet: bool) -> None:
    """Score the label images of `pred` against those of `gt`, write the scores if asked, and show them.

    A dry run only finds out whether all of this could be done. Ends with status 1 if a pair cannot be scored.
    """
    from diffrendergan.evaluation.folders.plan import check_pairs, plan_folders
    from diffrendergan.evaluation.folders.scores import score_folders, write_folder_scores
    from diffrendergan.runs.console import make_reporter

    reporter = make_reporter(quiet)
    plan = plan_folders(pred, gt, options, reporter)
    if not quiet:
        _show_plan(plan, pred, gt)
    if dry_run:
        failures: Mapping[str, str] = check_pairs(plan, options, reporter)
        if not (failures or quiet):
            typer.echo("every pair can be scored; this was a dry run, so nothing was scored or written")
    else:
        scores = score_folders(pred, gt, options, plan, reporter)
        failures = scores.failures
        if base is not None and scores.rows:
            write_folder_scores(base, pred, gt, options, scores)
        if scores.rows:
            _show_scores(scores)
        if base is not None and scores.rows:
            typer.echo(f"wrote {base}.csv and {base}.json")
    for doubt in plan.doubts:
        show_warning(doubt)
    if failures:
        _show_failures(failures, plan, dry_run)
        raise typer.Exit(USER_ERROR)


def _show_failures(failures: Mapping[str, str], plan: FolderPlan, dry_run: bool) -> None:
    sentences = said_once(failures, plan.pairing.pairs)
    for sentence in sentences[:MOST_NAMED]:
        show_error(sentence)
    show_error(_failed(len(failures), len(plan.pairing.pairs), len(sentences), dry_run))


def said_once(failures: Mapping[str, str], pairs: Sequence[Pair]) -> list[str]:
    """Return why pairs failed; what is true of several but for the names of their files is one sentence."""
    from diffrendergan.config.words import some

    files = {pair.name: (str(pair.pred), str(pair.gt)) for pair in pairs}
    alike: dict[str, list[str]] = {}
    for name, sentence in failures.items():
        reason = sentence
        for file in files.get(name, ()):
            reason = reason.replace(file, "")
        alike.setdefault(reason, []).append(name)
    return [
        failures[names[0]] + (f" The same is true of {some(names[1:])}." if len(names) > 1 else "")
        for names in alike.values()
    ]


def _failed(failed: int, pairs: int, reasons: int, dry_run: bool) -> str:
    unnamed = f", for {reasons} reasons of which {MOST_NAMED} are named here" if reasons > MOST_NAMED else ""
    if dry_run:
        left_out = "" if failed == pairs else "; the mean would be that of the others"
        return f"{failed} of {pairs} pairs cannot be scored as they are{unnamed}{left_out}."
    left_out = "" if failed == pairs else "; the mean is that of the others"
    return f"{failed} of {pairs} pairs could not be scored{unnamed}{left_out}."


def _base(out: Path | None) -> Path | None:
    """Return the path that .csv and .json are appended to."""
    from diffrendergan.errors import ConfigError

    if out is None:
        return None
    if out.is_dir() or not out.name:
        raise ConfigError(f"--out names {out}, which is a folder; name a file for the table, for example scores.csv.")
    return out.with_suffix("") if out.suffix.lower() in (".csv", ".json") else out


def _show_plan(plan: FolderPlan, pred: Path, gt: Path) -> None:
    """Say what is compared with what, and which files have no partner."""
    from diffrendergan.image_files.names import named_by

    pairing = plan.pairing
    count = len(pairing.pairs)
    typer.echo(f"{count} pair{'s' if count != 1 else ''} of label images")
    typer.echo(f"  predictions: {named_by(pairing.pred_suffix, 'NAME')}.* in {pred}, read as {plan.pred_kind}")
    typer.echo(f"  annotations: {named_by(pairing.gt_suffix, 'NAME')}.* in {gt}, read as {plan.gt_kind}")
    for sentence in plan.remarks:
        typer.echo(f"  {sentence}")
    for names, what in (
        (pairing.without_annotation, "not annotated, so not scored"),
        (pairing.without_prediction, "annotated, but not predicted, so not scored"),
    ):
        if names:
            more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
            typer.echo(f"{what}: {', '.join(names[:MOST_NAMED])}{more}", err=True)


def _show_scores(scores: FolderScores) -> None:
    from diffrendergan.cli.tables import for_tables

    for_tables().print(score_table(scores))
    if scores.whole:
        told = ", ".join(f"{name.upper()} {value:.3f}" for name, value in scores.whole_means.items())
        typer.echo(f"whole particles of {len(scores.whole)} scans whose outlines lie over each other: {told}")


def score_table(scores: FolderScores) -> Table:
    """Return the table: a row per scan, then the mean and the 95 % interval of the mean."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    in_nm = any(row.scores.diameter_distance_nm is not None for row in scores.rows)
    unit = "nm" if in_nm else "px"
    columns = COLUMNS | {f"diameter_distance_{unit}": f"ΔD [{unit}]"}
    # As narrow as it gets, so that names fit on a terminal of 80 columns.
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 0, 0, 1), pad_edge=False)
    table.add_column("scan", overflow="fold")
    for title in columns.values():
        table.add_column(escape(title), justify="right", no_wrap=True)
    for row in scores.rows:
        table.add_row(escape(row.scan), *(_cell(name, getattr(row.scores, name)) for name in columns))
    table.add_section()
    table.add_row("mean", *(_cell(name, scores.summary[name]["mean"], mean=True) for name in columns))
    if len(scores.rows) > 1:
        for end, title in enumerate(("95 % from", "95 % to")):
            intervals = {name: scores.summary[name]["interval"] for name in columns}
            table.add_row(title, *(_cell(n, i[end] if i else None, mean=True) for n, i in intervals.items()))
    return table


def _cell(name: str, value: float | None, mean: bool = False) -> str:
    """Return `.123` for scores, `+3` for counts, `1.2` for lengths."""
    if value is None:
        return "–"
    if name == "count_error":
        return f"{value:+.1f}" if mean else f"{value:+d}"
    return f"{value:.2f}" if name.startswith("diameter") else f"{value:.3f}"
