"""Runs and scans that were renamed, copied or made read only, and other commands at work on the same run."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults.children import Ended, command, forked, started
from tests.faults.doubles import same_salt
from tests.faults.projects import WATCH, Places
from tests.faults.records import Case, Verdict
from tests.faults.traps import Trap
from tests.faults.trees import Tree, differences, tree_of

MOVED, COMPANY, READ_ONLY = "renamed or copied", "two commands at once on a run", "run that is read only"
RUN = ("run", "project.yaml", "-q")
QUANTIFY = ("quantify", "data/images", "--model", "run", "-o", "out", "--no-figures", "-q")
QUANTIFY_LABELS = ("quantify", "data/images", "--labels", "data/masks", "-o", "out", "--no-figures", "-q")
CALIBRATE = ("calibrate", "project.yaml", "--arrangements", "60", "--patches", "4", "-q")


@dataclass(frozen=True)
class Move:
    """What is renamed, and what the same command is then told."""

    renamed: dict[str, str]
    told: tuple[str, ...]


MOVES = {
    "the run": Move({"run": "other-run"}, ("run=other-run",)),
    "the scans": Move({"data": "other-data"}, ("data.images=other-data/images", "data.masks=other-data/masks")),
    "run and scans": Move(
        {"run": "other-run", "data": "other-data"},
        ("run=other-run", "data.images=other-data/images", "data.masks=other-data/masks"),
    ),
}
MIDDLE = {"prepared": ("train",), "selectd": ("synthesize",), "segmentd": ("evaluate", "quantify")}
"""Beginnings, and stages that go on after a move, each killed in its middle before."""
PAIRS: dict[str, tuple[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "run and run": ("evaluated", (RUN, RUN)),
    "segment and evaluate": ("synthesized", (("segment", "project.yaml", "-q"), ("evaluate", "project.yaml", "-q"))),
    "synthesize --redo and quantify": ("segmentd", (("synthesize", "project.yaml", "--redo", "-q"), QUANTIFY)),
    "correct and quantify": ("segmentd", (("correct", "run", "data/masks", "--steps", "6", "-q"), QUANTIFY)),
    "evaluate and export": ("segmentd", (("evaluate", "project.yaml", "-q"), ("export", "run", "model.zip", "-q"))),
    "evaluate and verify": ("segmentd", (("evaluate", "project.yaml", "-q"), ("verify", "run"))),
    "segment and status": ("synthesized", (("segment", "project.yaml", "-q"), ("status", "run"))),
    "run and watch": ("segmentd", (RUN, WATCH)),
    "segment --redo and watch": ("segmentd", (("segment", "project.yaml", "--redo", "-q"), WATCH)),
    "two quantify into a folder": ("segmentd", (QUANTIFY, QUANTIFY_LABELS)),
    "calibrate and prepare": ("scans", (CALIBRATE, ("prepare", "project.yaml", "-q"))),
    "calibrate and prepare --redo": ("prepared", (CALIBRATE, ("prepare", "project.yaml", "--redo", "-q"))),
}
"""Two commands at the same time; each does what it does alone, or before or after the other, or is refused."""
READS: dict[str, tuple[str, ...]] = {
    "verify": ("verify", "run"), "status": ("status", "run"), "quantify": QUANTIFY, "watch": WATCH,
    "export": ("export", "run", "model.zip", "-q"),
    "export-data": ("export-data", "run", "exported", "--format", "coco", "-q"),
}  # fmt: skip
"""Commands that only read a run."""
WRITES: dict[str, tuple[str, ...]] = {
    "run": RUN, "synthesize": ("synthesize", "project.yaml", "--redo", "-q"),
    "correct": ("correct", "run", "data/masks", "--steps", "6", "-q"), "report": ("report", "project.yaml", "-q"),
}  # fmt: skip


def move_cases(places: Places) -> Iterator[Case]:
    """Yield all cases."""
    for name, move in MOVES.items():
        for start in MIDDLE:
            yield Case(f"{name} renamed, {start}", lambda m=move, s=start: _renamed(places, s, m))
    for start, stages in MIDDLE.items():
        for stage in stages:
            yield Case(f"copied in the middle of {stage}", lambda s=start, t=stage: _copied(places, s, t))
    for name, (start, pair) in PAIRS.items():
        yield Case(f"at once, {name}", lambda s=start, p=pair: _together(places, s, p))
    for name, arguments in READS.items():
        yield Case(f"read only, {name}", lambda a=arguments: _read_only(places, a, reads=True))
    for name, arguments in WRITES.items():
        yield Case(f"read only, {name}", lambda a=arguments: _read_only(places, a, reads=False))


def _told(values: Sequence[str]) -> list[str]:
    return [word for value in values for word in ("--set", value)]


def _renamed(places: Places, start: str, move: Move) -> Verdict:
    """Go on after something was renamed: no finished stage is made again, and the end is the same."""
    wanted = tree_of(places.begin("reportd"))
    place = places.begin(start)
    for old, new in move.renamed.items():
        (place / old).rename(place / new)
    ended = forked(command(*RUN, *_told(move.told)), place)
    if ended.status != 0:
        return Verdict(ended.plain, [] if ended.plain else [ended.said[-300:]], {"kind": MOVED, "stopped": True})
    for old, new in move.renamed.items():
        (place / new).rename(place / old)
        _say(place, new, old)
    faults = [one for one in differences(wanted, tree_of(place)) if not one.startswith("run/config.yaml")]
    return Verdict(not faults, faults[:6], {"kind": MOVED, "stopped": False})


def _copied(places: Places, start: str, stage: str) -> Verdict:
    """Kill a stage, copy all to another place without its dates, and go on in the copy; the first stays as it is."""
    wanted = _there(places.begin("reportd"))
    place = places.begin(start)
    alone = forked(command(stage, "project.yaml", "-q"), place)
    place = places.begin(start)
    forked(command(stage, "project.yaml", "-q"), place, Trap(len(alone.changes) // 2, "kill"))
    before, target = tree_of(place), place.with_name("elsewhere")
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(place, target, copy_function=shutil.copy)
    ended = forked(command(*RUN), target)
    faults = [] if ended.status == 0 else [f"ended by {ended.status}: {ended.said[-300:]}"]
    _say(target, str(target), str(place))
    faults += differences(wanted, _there(target)) if not faults else []
    faults += [f"{one} (in the first place)" for one in differences(before, tree_of(place))]
    shutil.rmtree(target)
    return Verdict(not faults, faults[:6], {"kind": MOVED, "stopped": False})


def _say(place: Path, new: str, old: str) -> None:
    """Let results name the place that their scans had before, which they say, and nothing else of it."""
    for path in place.rglob("*.json"):
        text = path.read_text(encoding="utf-8")
        if new in text:
            path.write_text(text.replace(new, old), encoding="utf-8")


def _there(place: Path) -> Tree:
    """Return a tree without what says where it is."""
    return {name: digest for name, digest in tree_of(place).items() if name != "run/config.yaml"}


def _together(places: Places, start: str, pair: tuple[tuple[str, ...], tuple[str, ...]]) -> Verdict:
    """Give two commands at once, and those that were refused again: the end is that of one after the other."""
    turns = [_in_turn(places, start, order) for order in (pair, pair[::-1])]
    place = places.begin(start)
    both = [child.wait() for child in [started(command(*arguments), place, before=(same_salt,)) for arguments in pair]]
    faults = [
        f"{arguments[0]} ended by {one.status}: {one.said[-300:]}"
        for arguments, one in zip(pair, both, strict=True)
        if one.status not in (0, 1) or not one.plain
    ]
    for arguments, one in zip(pair, both, strict=True):
        again = forked(command(*arguments), place, before=(same_salt,)) if one.status else one
        if again.status and not (again.plain and any(turn.refused[arguments] for turn in turns)):
            faults.append(f"does not go on: {again.said[-300:]}")
    if not faults:
        found = tree_of(place)
        faults = min((differences(turn.tree, found) for turn in turns), key=len)
    return Verdict(not faults, faults[:6], {"kind": COMPANY, "refused": sum(one.status != 0 for one in both)})


@dataclass(frozen=True)
class Turn:
    """What two commands leave, one after the other, and which of them is refused then."""

    tree: Tree
    refused: dict[tuple[str, ...], bool]


def _in_turn(places: Places, start: str, order: Sequence[tuple[str, ...]]) -> Turn:
    place = places.begin(start)
    refused = {arguments: forked(command(*arguments), place, before=(same_salt,)).status != 0 for arguments in order}
    return Turn(tree_of(place), refused)


@contextmanager
def _unwritable(folder: Path) -> Iterator[bool]:
    """Mount a folder over itself, read only; gives False where that is not allowed."""
    bind = ["mount", "--bind", str(folder), str(folder)]
    if subprocess.run(bind, capture_output=True, check=False).returncode != 0:
        yield False
        return
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
        yield True
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


def _read_only(places: Places, arguments: tuple[str, ...], reads: bool) -> Verdict:
    place = places.begin("reportd")
    alone = forked(command(*arguments), place)
    wanted = tree_of(place)
    place = places.begin("reportd")
    before = tree_of(place / "run")
    with _unwritable(place / "run") as can_be_tried:
        if not can_be_tried:
            return Verdict(True, facts={"skipped": "no file system may be mounted here"})
        ended = forked(command(*arguments), place)
    faults = [f"{one} (of the run)" for one in differences(before, tree_of(place / "run"))]
    faults += _as_alone(ended, alone) if reads else _refused(ended)
    faults += differences(wanted, tree_of(place)) if reads and not faults else []
    return Verdict(not faults, faults[:6], {"kind": READ_ONLY, "stopped": ended.status != 0})


def _as_alone(ended: Ended, alone: Ended) -> list[str]:
    return [] if ended.status == alone.status == 0 else [f"ended by {ended.status}: {ended.said[-300:]}"]


def _refused(ended: Ended) -> list[str]:
    good = ended.status == 1 and ended.plain and "ead-only" in ended.said
    return [] if good else [f"ended by {ended.status}: {ended.said[-300:]}"]
