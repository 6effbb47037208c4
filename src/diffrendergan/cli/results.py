"""What a finished run shows: the score table and where the report lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from diffrendergan.cli.tables import for_tables
from diffrendergan.errors import RunFolderError
from diffrendergan.runs.atomic import read_json

MEASURES = {
    "dsc": "DSC",
    "foreground_iou": "IoU",
    "ap50": "AP50",
    "pq": "PQ",
}
"""Scores and their column titles: Dice and intersection over union of the particle class, then by particles."""
_METHODS = {"synthetic": "synthetic images", "real": "real masks", "otsu": "nothing (Otsu)", "li": "nothing (Li)"}


def show_verdict(run: Path, console: Console | None = None) -> None:
    """Print what is to be thought of a run without labels, if it was judged: a table, and what is wrong."""
    from diffrendergan.judging.verdict import COLUMNS, read_verdict, remarks_of, table_of

    verdict = read_verdict(run)
    if verdict is None:
        return
    console = console or for_tables()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in COLUMNS:
        table.add_column(title, justify="right" if title else "left")
    for row in table_of(verdict):
        table.add_row(*row)
    console.print(table)
    for sentence in remarks_of(verdict):
        console.print(sentence, markup=False)
    console.print(f"verdict: {verdict.judgement}. {verdict.headline}", markup=False)
    for sentence in verdict.sentences:
        console.print(f"- {sentence}", markup=False)


def show_results(run: Path, console: Console | None = None) -> None:
    """Print the score table, if the run has one, and the path of the report."""
    console = console or for_tables()
    path = run / "evaluate" / "scores.json"
    if path.is_file():
        scores = read_json(path)
        table = score_table(scores)
        if table is not None:
            console.print(table)
        elif isinstance(scores, Mapping) and scores.get("note"):
            console.print(str(scores["note"]), markup=False)
    report = run / "report.html"
    for candidate in (report, run / "report" / "report.html"):
        if candidate.is_file():
            older = path.is_file() and candidate.stat().st_mtime < path.stat().st_mtime
            more = " (older than these scores: `diffrendergan report PROJECT` writes it anew)" if older else ""
            # Not wrapped, so that a terminal recognises the path.
            console.print(f"report: {candidate}{more}", markup=False, soft_wrap=True)
            return


def score_table(scores: Mapping[str, Any]) -> Table | None:
    """Return the table of mean scores on the test scans, below each its interval; None if no test scan is annotated.

    Raises
    ------
    RunFolderError
        If `scores.json` does not hold what `evaluate` writes.
    """
    try:
        summary = scores["summary"]
        if not summary:
            return None
        table = Table(
            title=_title(summary), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False
        )
        table.add_column("trained on")
        table.add_column("particles by")
        for title in MEASURES.values():
            table.add_column(title, justify="right")
        for entry in summary:
            method = str(entry["method"])
            cells = [_cell(entry[measure]) for measure in MEASURES]
            table.add_row(_METHODS.get(method, method), str(entry["decoding"]), *cells)
    except (KeyError, TypeError, ValueError) as error:
        raise RunFolderError(
            "scores.json is not as `evaluate` writes it; give `evaluate` the option --redo."
        ) from error
    return table


def _title(summary: Sequence[Mapping[str, Any]]) -> str:
    scans, seeds = (max(entry[name] for entry in summary) for name in ("scans", "seeds"))
    title = f"Mean scores on {_counted(scans, 'test scan')}" + (f", {_counted(seeds, 'seed')}" if seeds > 1 else "")
    return f"{title}; below: 95 % interval over the scans" if scans > 1 else title


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"


def _cell(value: Mapping[str, Any]) -> str:
    """Return ``0.916`` or ``0.916 ± 0.004``, and in a second line the interval, if it is known."""
    mean, spread, interval = value["mean"], value["std"], value["interval"]
    if mean is None:
        return "–"
    told = _digits(mean) if spread is None else f"{_digits(mean)} ± {_digits(spread)}"
    # Two digits keep the table as narrow as it is without.
    return told if interval is None else "\n".join([told, "\N{EN DASH}".join(f"{bound:.2f}" for bound in interval)])


def _digits(number: float) -> str:
    return f"{number:.3f}"
