"""`evaluate PRED GT`: scores of any tool's label images against annotations."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from diffrendergan.cli.commands.score_options import FolderRequest

if TYPE_CHECKING:
    from rich.table import Table

    from diffrendergan.evaluation.folders.plan import FolderOptions, FolderPlan
    from diffrendergan.evaluation.folders.scores import FolderScores

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
"""Files without a partner, and files that failed, that are named on the terminal; the JSON file names all."""
WIDE = 200
"""Columns where the output is no terminal, so that no name is cut."""


def refuse_mixture(gt: Path | None, request: FolderRequest, of_a_project: dict[str, bool]) -> None:
    """Refuse options for folders without folders, and options for a project with folders.

    Raises
    ------
    ConfigError
        Naming the option.
    """
    from diffrendergan.errors import ConfigError

    given = request.given()
    if gt is None and given:
        raise ConfigError(
            f"{given[0]} is for scoring folders; name a folder of predictions and one of annotations, "
            "as in `evaluate PRED GT`."
        )
    wrong = [name for name, is_given in of_a_project.items() if is_given]
    if gt is not None and wrong:
        raise ConfigError(f"{wrong[0]} is for a project, and means nothing for two folders; leave it out.")


def score_two_folders(pred: Path, gt: Path, request: FolderRequest, dry_run: bool, quiet: bool) -> None:
    """Score the label images of `pred` against those of `gt`, show the scores, and write them if asked.

    A dry run only finds out whether all of this could be done. Ends with status 1 if a pair cannot be scored.
    """
    from diffrendergan.cli.console import make_reporter
    from diffrendergan.cli.errors import USER_ERROR, show_error, show_warning
    from diffrendergan.evaluation.folders.plan import check_pairs, plan_folders
    from diffrendergan.evaluation.folders.scores import score_folders, write_folder_scores

    options = _options(request)
    base = _base(request.out)
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
        if scores.rows:
            _show_scores(scores)
        if base is not None and scores.rows:
            write_folder_scores(base, pred, gt, options, scores)
            typer.echo(f"wrote {base}.csv and {base}.json")
    for doubt in plan.doubts:
        show_warning(doubt)
    if failures:
        for sentence in list(failures.values())[:MOST_NAMED]:
            show_error(sentence)
        show_error(_failed(len(failures), len(plan.pairing.pairs), dry_run))
        raise typer.Exit(USER_ERROR)


def _failed(failed: int, pairs: int, dry_run: bool) -> str:
    unnamed = f", of which {MOST_NAMED} are named here" if failed > MOST_NAMED else ""
    if dry_run:
        left_out = "" if failed == pairs else "; the mean would be that of the others"
        return f"{failed} of {pairs} pairs cannot be scored as they are{unnamed}{left_out}."
    left_out = "" if failed == pairs else "; the mean is that of the others"
    return f"{failed} of {pairs} pairs could not be scored{unnamed}{left_out}."


def _options(request: FolderRequest) -> FolderOptions:
    from diffrendergan.errors import ConfigError
    from diffrendergan.evaluation.folders.plan import FolderOptions

    size = request.pixel_size_nm
    if size is not None and not 0 < size < float("inf"):
        raise ConfigError(f"--pixel-size-nm is {size}, but a pixel has a positive size; give it in nanometres.")
    default = FolderOptions()
    return FolderOptions(
        pred_suffix=request.pred_suffix,
        gt_suffix=request.gt_suffix,
        pred_kind=request.pred_kind.value if request.pred_kind else default.pred_kind,
        gt_kind=request.gt_kind.value if request.gt_kind else default.gt_kind,
        pixel_size_nm=size,
        min_region_px=request.min_region_px or default.min_region_px,
        crop_data_bar=request.crop_data_bar,
        resamples=request.bootstrap or default.resamples,
        seed=request.seed or default.seed,
    )


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
    pairing = plan.pairing
    count = len(pairing.pairs)
    typer.echo(f"{count} pair{'s' if count != 1 else ''} of label images")
    typer.echo(f"  predictions: NAME{pairing.pred_suffix}.* in {pred}, read as {plan.pred_kind}")
    typer.echo(f"  annotations: NAME{pairing.gt_suffix}.* in {gt}, read as {plan.gt_kind}")
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
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDE)
    console.print(score_table(scores))


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
