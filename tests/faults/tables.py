"""What came of a campaign, as tables in Markdown and as plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tests.faults.conditions import KINDS

Entries = Sequence[Mapping[str, Any]]


def tables_of(results: Mapping[str, Entries]) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of a table for each part of the campaign, by the part's name."""
    tried = {name: [entry for entry in entries if "skipped" not in entry] for name, entries in results.items()}
    return {name: _ROWS[name](entries) for name, entries in tried.items() if entries}


def markdown(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Return the tables as a page."""
    return "\n\n".join(f"### {TITLES[name]}\n\n{_table(rows)}" for name, rows in tables.items()) + "\n"


TITLES = {
    "kills": "Commands that were killed", "damage": "Stored files, flipped and cut short",
    "use": "Commands that find a file damaged", "conditions": "Disks, company, places and clocks",
    "hostile": "Hostile files", "fuzz": "Fuzzing by coverage",
}  # fmt: skip


def _kills(entries: Entries) -> list[dict[str, Any]]:
    def row(name: str, chosen: Entries) -> dict[str, Any]:
        return {
            "command": name,
            "changes of files": max(entry["of"] for entry in chosen) if name != ALL else "",
            "killed": len(chosen),
            "went on": sum(entry["continued"] for entry in chosen),
            "identical": sum(entry["good"] for entry in chosen),
            "most files of a kind made again": max(entry["lost"] for entry in chosen),
        }

    return _grouped(entries, "command", row)


def _damage(entries: Entries) -> list[dict[str, Any]]:
    def row(name: str, chosen: Entries) -> dict[str, Any]:
        kinds = {kind: [entry for entry in chosen if entry["kind"] == kind] for kind in ("flip", "cut")}
        told = {
            f"{kind}: told": f"{sum(each['good'] for each in group)} of {len(group)}" for kind, group in kinds.items()
        }
        return {"folder": name, **told}

    return _grouped(entries, "folder", row)


def _use(entries: Entries) -> list[dict[str, Any]]:
    refused = sum(entry["good"] and entry["refused"] for entry in entries)
    mended = sum(entry["good"] and not entry["refused"] for entry in entries)
    return [{"tried": len(entries), "refused in a sentence": refused, "made again, identical": mended}]


def _conditions(entries: Entries) -> list[dict[str, Any]]:
    def row(name: str, chosen: Entries) -> dict[str, Any]:
        stopped = sum(bool(entry.get("stopped") or entry.get("refused")) for entry in chosen)
        good = sum(entry["good"] for entry in chosen)
        return {"": KINDS.get(name, name), "tried": len(chosen), "stopped": stopped, "told, and identical": good}

    return _grouped(entries, "kind", row)


def _hostile(entries: Entries) -> list[dict[str, Any]]:
    def row(name: str, chosen: Entries) -> dict[str, Any]:
        sums = {what: sum(entry[what] for entry in chosen) for what in ("inputs", "refused", "read")}
        wrong = sum(len(entry["faults"]) for entry in chosen)
        return {"reader": name, **sums, "wrong": wrong, "most memory [MB]": max(entry["peak_mb"] for entry in chosen)}

    return _grouped(entries, "reader", row)


def _fuzz(entries: Entries) -> list[dict[str, Any]]:
    def row(name: str, chosen: Entries) -> dict[str, Any]:
        sums = {"processor time [s]": sum(entry["cpu_s"] for entry in chosen),
                "inputs": sum(entry["inputs"] for entry in chosen)}  # fmt: skip
        most = max(entry["branches"] for entry in chosen) if name != ALL else ""
        return {"reader": name, **sums, "branches": most, "wrong": sum(len(entry["faults"]) for entry in chosen)}

    return _grouped(entries, "reader", row)


ALL = "**all**"


def _grouped(entries: Entries, key: str, row: Callable[[str, Entries], dict[str, Any]]) -> list[dict[str, Any]]:
    names = list(dict.fromkeys(entry[key] for entry in entries if key in entry))
    groups = {name: [entry for entry in entries if entry.get(key) == name] for name in names}
    return [*(row(name, group) for name, group in groups.items()), row(ALL, [e for g in groups.values() for e in g])]


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    names = list(rows[0])
    return "\n".join((_line(names), _line("---" for _ in names), *(_line(row.values()) for row in rows)))


def _line(cells: Iterable[Any]) -> str:
    return f"| {' | '.join(str(cell) for cell in cells)} |"


_ROWS: Mapping[str, Callable[[Entries], list[dict[str, Any]]]] = {
    "kills": _kills, "damage": _damage, "use": _use, "conditions": _conditions, "hostile": _hostile, "fuzz": _fuzz,
}  # fmt: skip
