"""Full and read-only disks, two processes at once, folders that moved, clocks that went back, files put in place."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.faults import clocks, moves
from tests.faults.children import Ended, command, forked, started
from tests.faults.clocks import clock_cases
from tests.faults.commands import COMMANDS, Tried
from tests.faults.kills import KEPT_ANEW, Baseline, baseline
from tests.faults.moves import move_cases
from tests.faults.projects import Places
from tests.faults.records import Case, Verdict
from tests.faults.traps import How, Trap
from tests.faults.trees import differences, tree_of

CHEAP = ("prepare", "segment", "compare", "evaluate", "quantify", "quantify --labels", "fetch", "correct",
         "particles make", "import-authors", "import", "zoo add", "export-data coco",
         "export-data ome-zarr", "watch", "quantify --montage", "benchmark of a project", "zoo get", "init",
         "export")  # fmt: skip
"""Commands that take well under a second of processor time."""
SHARES = (0.1, 0.6)
"""Where in all that a command writes its disk becomes full, or read only."""
SIZES_KB = (40, 300)
"""What is free on a small disk that a command begins on [kB]."""
DAY_S = 86_400


@dataclass(frozen=True)
class Known:
    """Commands, and what they do without a fault, which is found out once."""

    places: Places
    found: dict[str, Baseline]

    def of(self, tried: Tried) -> Baseline:
        """Return what a command does."""
        if tried.name not in self.found:
            self.found[tried.name] = baseline(self.places, tried)
        return self.found[tried.name]


def condition_cases(places: Places) -> Iterator[Case]:
    """Yield all cases."""
    known, commands = Known(places, {}), {tried.name: tried for tried in COMMANDS}
    for name in CHEAP:
        tried = commands[name]
        for how in ("full", "read-only"):
            for share in SHARES:
                yield Case(f"{how} disk, {name}, from {share:.0%}",
                           lambda t=tried, h=how, s=share: _disk(places, t, known.of(t), h, s))  # fmt: skip
        yield Case(f"two at once, {name}", lambda t=tried: _two(places, t, known.of(t)))
        for size in SIZES_KB:
            yield Case(f"small disk, {name}, {size} kB", lambda t=tried, s=size: _small(places, t, known.of(t), s))
    for name, change in {
        "moved": _moved,
        "copied": _copied,
        "clock set back": _earlier,
        "dates lost": _touched,
    }.items():
        yield Case(f"finished run, {name}", lambda c=change: _nothing_to_do(places, c))
    for name in ("synthesize", "segment", "quantify"):
        yield Case(f"clock set back a day, {name}", lambda t=commands[name]: _on_another_day(places, t, known.of(t)))
    yield from clock_cases(places, known.of)
    yield from move_cases(places)
    yield Case("scan replaced, of the same size and date", lambda: _replaced(places))


def _judged(place: Path, tried: Tried, wanted: Baseline, first: Ended, kind: str, words: str) -> Verdict:
    """Judge a command that a disk stopped, after giving it again on a good one."""
    again = forked(command(*tried.arguments), place, before=tried.before)
    faults = []
    if first.status != 0 and not (first.status in (1, 2) and first.plain and words in first.said):
        faults.append(f"ended by {first.status}: {first.said[-300:]}")
    if again.status != 0 and "exists already" not in again.said:
        faults.append(f"does not go on: {again.said[-300:]}")
    else:
        faults += differences(wanted.tree, tree_of(place))
    return Verdict(not faults, faults[:6], {"kind": kind, "stopped": first.status != 0})


def _disk(places: Places, tried: Tried, wanted: Baseline, how: How, share: float) -> Verdict:
    place = places.begin(tried.start)
    at = int(share * len(wanted.ended.changes))
    first = forked(command(*tried.arguments), place, Trap(at, how), before=tried.before)
    return _judged(place, tried, wanted, first, f"{how} disk", "full" if how == "full" else "Read-only file system")


def _small(places: Places, tried: Tried, wanted: Baseline, free_kb: int) -> Verdict:
    """Work on a small file system of its own, which then becomes larger."""
    start = places.begin(tried.start)
    aside = start.with_name("aside")
    shutil.rmtree(aside, ignore_errors=True)
    start.rename(aside)
    start.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=500m", "tmpfs", str(start)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        start.rmdir()
        return Verdict(True, facts={"skipped": "no file system may be mounted here"})
    try:
        shutil.copytree(aside, start, symlinks=True, dirs_exist_ok=True)
        used = shutil.disk_usage(start).used // 1024
        subprocess.run(["mount", "-o", f"remount,size={used + free_kb}k", str(start)], check=True)
        first = forked(command(*tried.arguments), start, before=tried.before)
        subprocess.run(["mount", "-o", "remount,size=500m", str(start)], check=True)
        return _judged(start, tried, wanted, first, "small disk", "full")
    finally:
        subprocess.run(["umount", "--lazy", str(start)], check=False)


def _two(places: Places, tried: Tried, wanted: Baseline) -> Verdict:
    """Give a command twice at the same time: one of them may be refused, and what is there is as by one."""
    place = places.begin(tried.start)
    both = [started(command(*tried.arguments), place, before=tried.before) for _ in range(2)]
    ended = [child.wait() for child in both]
    faults = [f"ended by {one.status}: {one.said[-300:]}" for one in ended if one.status not in (0, 1) or not one.plain]
    if all(one.status for one in ended):
        faults.append(f"neither did it: {ended[0].said[-200:]}")
    if not faults:
        faults = differences(wanted.tree, tree_of(place))
    return Verdict(not faults, faults[:6], {"kind": "two at once", "refused": sum(one.status != 0 for one in ended)})


def _moved(place: Path) -> Path:
    target = place.with_name("elsewhere")
    shutil.rmtree(target, ignore_errors=True)
    return place.rename(target)


def _copied(place: Path) -> Path:
    target = place.with_name("elsewhere")
    shutil.rmtree(target, ignore_errors=True)
    return Path(shutil.copytree(place, target, copy_function=shutil.copy))  # without dates


def _earlier(place: Path) -> Path:
    return place


def _touched(place: Path) -> Path:
    for path in place.rglob("*"):
        os.utime(path, (time.time() + DAY_S,) * 2)
    return place


def _clock_back() -> None:
    now = time.time
    time.time = lambda: now() - DAY_S


def _nothing_to_do(places: Places, change: Callable[[Path], Path]) -> Verdict:
    """Give `run` again in a finished project: no stage may do anything."""
    place = change(places.begin("reportd"))
    ended = forked(command("run", "project.yaml", "-q"), place, before=(_clock_back,) if change is _earlier else ())
    work = [path for path in ended.put if path.rsplit("/", 1)[-1] not in KEPT_ANEW]
    faults = (
        [] if ended.status == 0 and not work else [f"ended by {ended.status}, wrote {work[:3]}: {ended.said[-200:]}"]
    )
    return Verdict(not faults, faults, {"kind": "moved, copied, dates"})


def _on_another_day(places: Places, tried: Tried, wanted: Baseline) -> Verdict:
    place = places.begin(tried.start)
    ended = forked(command(*tried.arguments), place, before=(*tried.before, _clock_back))
    faults = differences(wanted.tree, tree_of(place)) if ended.status == 0 else [ended.said[-300:]]
    return Verdict(not faults, faults[:6], {"kind": "moved, copied, dates"})


def _replaced(places: Places) -> Verdict:
    place = places.begin("prepared")
    path = place / "data" / "images" / "scan_00.tif"
    content, status = path.read_bytes(), path.stat()
    path.write_bytes(content[:-200] + bytes([content[-200] ^ 1]) + content[-199:])
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    ended = forked(command("prepare", "project.yaml"), place)
    good = ended.status == 0 and "scan_00.tif was changed" in ended.said
    return Verdict(good, [] if good else [ended.said[-300:]], {"kind": "moved, copied, dates"})


KINDS: Mapping[str, str] = {
    "full disk": "disk that becomes full", "read-only disk": "disk that becomes read only",
    "small disk": "file system of a few hundred kB", "two at once": "command given twice at once",
    "moved, copied, dates": "finished folder moved, copied, clock or dates changed",
    clocks.KIND: "clocks set between stages, and running wild; files of other dates",
    moves.MOVED: "run or scans renamed; copied in the middle of a stage, gone on there",
    moves.COMPANY: "two different commands at once on a run", moves.READ_ONLY: "run on a disk that is read only",
}  # fmt: skip
