"""The table of a benchmark, as Markdown, CSV and JSON, beside what the paper reports."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any, Literal

from diffrendergan.config.words import one_of, some
from diffrendergan.errors import ConfigError
from diffrendergan.evaluation.baseline import THRESHOLDS
from diffrendergan.evaluation.differences import differences
from diffrendergan.evaluation.scoring import MEASURES, Row, summarize, write_table
from diffrendergan.pipeline.benchmark.rows import Source
from diffrendergan.pipeline.benchmark.settings import BenchmarkSettings
from diffrendergan.pipeline.benchmark.splits import WHOLE, Split
from diffrendergan.runs.atomic import write_json, write_text
from diffrendergan.runs.cells import plain_row
from diffrendergan.runs.environment import describe_environment
from diffrendergan.runs.seal import seal_files
from diffrendergan.runs.words import plural

COLUMNS = {
    "dsc": "DSC",
    "foreground_iou": "IoU",
    "ap50": "AP50",
    "ap": "AP",
    "pq": "PQ",
    "aji": "AJI",
    "boundary_f1": "boundary F1",
    "relative_count_error": "count error",
    "diameter_distance_nm": "diameters off by",
}
"""The scores of the Markdown table, with their titles."""

REFERENCES = ("real", "run", "generalist", "otsu")
"""Which row the others are compared with, scan by scan: the first that is there, unless another is asked for."""


RESULTS = ("table.md", "table.csv", "scores.csv", "benchmark.json")


def write_results(
    settings: BenchmarkSettings, splits: Sequence[Split], rows: Sequence[Row], remarks: Sequence[str] = ()
) -> None:
    """Write `table.md`, `table.csv`, `scores.csv` and `benchmark.json` into the folder of the benchmark.

    Cross-validated scans and those of the final split are never averaged together.
    """
    out, parts = settings.out, parts_of(splits, rows)
    titles = {source.name: source.title for source in settings.sources}
    summaries = {name: summarize(chosen) for name, chosen in parts.items()}
    write_table(out / "scores.csv", rows)
    write_text(out / "table.csv", _csv(summaries))
    usual = settings.base().evaluation.decoding
    references = {name: reference_of(settings, chosen) for name, chosen in parts.items()}
    apart = {name: differences(chosen, references[name], usual) for name, chosen in parts.items()}
    text = "\n".join(
        _markdown(settings, name, summary, titles) + _apart(apart[name], titles, references[name])
        for name, summary in summaries.items()
    )
    text += "".join(f"\n{remark}\n" for remark in remarks)
    write_text(out / "table.md", text)
    write_json(
        out / "benchmark.json",
        {
            "dataset": settings.subject.name,
            "seeds": None if settings.seeds is None else list(settings.seeds),
            "overrides": list(settings.overrides),
            "splits": [{"name": s.name, "train": list(s.train), "test": list(s.test)} for s in splits],
            "rows": titles,
            "paper": [
                {"row": row.title, "dsc": row.dsc, "ap50": row.ap50, "foreground_iou": row.foreground_iou}
                for row in settings.subject.paper
            ],
            "tables": summaries,
            "differences": {"references": references, "tables": apart},
            "remarks": list(remarks),
            "environment": describe_environment(),
        },
    )
    seal_files(out, RESULTS)


def reference_of(settings: BenchmarkSettings, rows: Sequence[Row]) -> str:
    """Return the row that the others are compared with."""
    there = {row.method for row in rows}
    return settings.against or next((name for name in REFERENCES if name in there), REFERENCES[0])


def check_reference(against: str | None, sources: Sequence[Source]) -> None:
    """Refuse a row to compare with that is not among the rows.

    Raises
    ------
    ConfigError
        Naming those that there are.
    """
    names = [source.name for source in sources if source.kind != "classical"]
    if any(source.kind == "classical" for source in sources):
        names += THRESHOLDS
    if against is not None and against not in names:
        raise ConfigError(f"--against {against}: there is no such row; it takes {one_of(against, names)}.")


def parts_of(splits: Sequence[Split], rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Return the rows of the cross-validation (of undivided scans where nothing is trained), and of the final split."""
    first = "scans" if any(split.name == WHOLE for split in splits) else "cross-validation"
    final = {name for split in splits if split.final for name in split.test}
    parts = {
        first: [row for row in rows if row.scan not in final],
        "scans kept back": [row for row in rows if row.scan in final],
    }
    return {name: chosen for name, chosen in parts.items() if chosen}


def _csv(summaries: dict[str, list[dict[str, Any]]]) -> str:
    text = io.StringIO()
    names = [f"{measure}_{what}" for measure in MEASURES for what in ("mean", "std", "variance", "low", "high")]
    writer = csv.DictWriter(text, ["scans", "row", "decoding", "seeds", "number_of_scans", *names], lineterminator="\n")
    writer.writeheader()
    for part, summary in summaries.items():
        for entry in summary:
            line = {
                "scans": part, "row": entry["method"], "decoding": entry["decoding"], "seeds": entry["seeds"],
                "number_of_scans": entry["scans"],
            }  # fmt: skip
            for measure in MEASURES:
                value = entry[measure]
                low, high = value["interval"] or (None, None)
                line |= {f"{measure}_{what}": value[what] for what in ("mean", "std", "variance")}
                line |= {f"{measure}_low": low, f"{measure}_high": high}
            writer.writerow(plain_row(line))
    return text.getvalue()


def _markdown(settings: BenchmarkSettings, part: str, summary: Sequence[dict[str, Any]], titles: dict[str, str]) -> str:
    scans = max(entry["scans"] for entry in summary)
    lines = [
        f"### {settings.subject.name}, {part}: {plural(scans, 'scan')}",
        "",
        "Means over scans, ± standard deviation over seeds. IoU is what Table 1 of the paper calls PQ.",
        "",
        *_table(summary, titles, "seeds", _cell),
    ]
    for row in settings.subject.paper:
        paper = {"dsc": row.dsc, "ap50": row.ap50, "foreground_iou": row.foreground_iou}
        cells = [f"*{paper[measure]:.3f}*" if measure in paper else "" for measure in COLUMNS]
        lines.append(f"| *{row.title}* | *components* | *3* | {' | '.join(cells)} |")
    fewer = {entry["method"]: entry["scans"] for entry in summary if entry["scans"] < scans}
    if fewer:
        lines += ["", f"On fewer scans: {', '.join(f'{name} ({number})' for name, number in fewer.items())}."]
    return "\n".join([*lines, ""])


def _apart(found: Sequence[dict[str, Any]], titles: dict[str, str], reference: str) -> str:
    """Return the differences from the reference as a table; nothing without it."""
    if not found:
        return ""
    others = {entry["against"] for entry in found if entry["against"] != entry["decoding"]}
    lines = [
        "",
        f"Differences from the row `{reference}`: means over the scans that both have, with the 95 % bootstrap "
        "interval over scans; of the count error, its size."
        + (f" Where that row has no such way of telling particles apart, by {some(sorted(others))}." if others else ""),
        "",
        *_table(found, titles, "scans", _difference),
        "",
    ]
    return "\n".join(lines)


def _table(
    entries: Sequence[dict[str, Any]],
    titles: dict[str, str],
    counted: Literal["seeds", "scans"],
    cell: Callable[[dict[str, Any], str], str],
) -> list[str]:
    """Return the lines of a Markdown table with a row for each method and decoding, and how many of what it is of."""
    lines = [
        f"| trained on | particles by | {counted} | {' | '.join(COLUMNS.values())} |",
        f"|---|---|---|{'---|' * len(COLUMNS)}",
    ]
    for entry in entries:
        cells = [cell(entry[measure], measure) for measure in COLUMNS]
        title = titles.get(entry["method"], f"nothing: {entry['method'].capitalize()}'s threshold")
        lines.append(f"| {title} | {entry['decoding']} | {entry[counted]} | {' | '.join(cells)} |")
    return lines


def _difference(value: dict[str, Any], measure: str) -> str:
    """Return ``+0.016 (+0.004 to +0.030)``, in the units of `_cell`."""
    if value["mean"] is None:
        return ""
    factor, digits, unit = {
        "relative_count_error": (100, 0, " %"), "diameter_distance_nm": (1, 1, " nm")
    }.get(measure, (1, 3, ""))  # fmt: skip
    ends = "" if value["interval"] is None else " ({:+.{d}f} to {:+.{d}f})".format(
        *(factor * end for end in value["interval"]), d=digits)  # fmt: skip
    return f"{factor * value['mean']:+.{digits}f}{unit}{ends}"


def _cell(value: dict[str, Any], measure: str) -> str:
    """Return ``.916 ± .004``, a count error in percent, a distance in nm."""
    mean, spread = value["mean"], value["std"]
    if mean is None:
        return ""
    if measure == "relative_count_error":
        return f"{100 * mean:+.0f} %"
    if measure == "diameter_distance_nm":
        return f"{mean:.1f} nm"
    return f"{mean:.3f}" + ("" if spread is None else f" ± {spread:.3f}")
