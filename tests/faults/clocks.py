"""Clocks that are wrong: of one command, from one to the next, and while a command works."""

from __future__ import annotations

import datetime as dates
import itertools
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.faults.children import command, forked
from tests.faults.commands import COMMANDS, Tried
from tests.faults.kills import Baseline
from tests.faults.projects import STAGES, Places
from tests.faults.records import Case, Verdict
from tests.faults.trees import differences, tree_of

DAY_S = 86_400
YEAR_S = 365 * DAY_S
Clock = Callable[[float], float]
"""From the right time to the one that is shown [s since 1970]."""
KIND = "clocks and dates"


def _steady(shift: float) -> Clock:
    return lambda now: now + shift


def _rushing() -> Clock:
    count = itertools.count()
    return lambda now: now + 3600 * next(count)


def _falling() -> Clock:
    count = itertools.count()
    return lambda now: now - 3600 * next(count)


CLOCKS: dict[str, tuple[Callable[[], Clock], ...]] = {
    "set back a year after each stage": tuple(lambda n=n: _steady(-n * YEAR_S) for n in range(len(STAGES))),
    "set forward a year after each stage": tuple(lambda n=n: _steady(n * YEAR_S) for n in range(len(STAGES))),
    "back and forward": tuple(lambda n=n: _steady((-1) ** n * YEAR_S) for n in range(len(STAGES))),
}
"""Clocks of the stages, one after the other."""
WORKING = {"an hour later at each look": _rushing, "an hour earlier at each look": _falling}
WHILE = ("prepare", "synthesize", "segment", "quantify a folder", "watch", "export-data webdataset")
"""Commands that are tried with a clock that runs wild."""


def set_clock(clock: Clock) -> Callable[[], None]:
    """Return what sets the clock of a child, as this package reads it."""

    def change() -> None:
        right = time.time
        time.time = lambda: clock(right())
        time.time_ns = lambda: int(1e9 * clock(right()))

        class Shown(dates.datetime):
            @classmethod
            def now(cls, tz: dates.tzinfo | None = None) -> dates.datetime:  # type: ignore[override]
                return dates.datetime.fromtimestamp(time.time(), tz)

        for name, module in list(sys.modules.items()):
            if name.startswith("diffrendergan") and getattr(module, "datetime", None) is dates.datetime:
                module.datetime = Shown  # type: ignore[attr-defined]

    return change


def with_other_dates(place: Path, seed: int) -> None:
    """Give every file a date of its own, up to a year ago or to come."""
    chance = random.Random(seed)
    for path in sorted(place.rglob("*")):
        os.utime(path, (time.time() + chance.uniform(-YEAR_S, YEAR_S),) * 2)


def clock_cases(places: Places, known: Callable[[Tried], Baseline]) -> Iterator[Case]:
    """Yield all cases."""
    for name, clocks in CLOCKS.items():
        yield Case(f"clock {name}", lambda c=clocks: _stages(places, c))
    commands = {tried.name: tried for tried in COMMANDS}
    for name in WHILE:
        for words, clock in WORKING.items():
            yield Case(f"clock {words}, {name}", lambda t=commands[name], c=clock: _wild(places, t, known(t), c()))


def _stages(places: Places, clocks: tuple[Callable[[], Clock], ...]) -> Verdict:
    """Give the stages one by one, each on another day, with files that get other dates in between."""
    wanted = tree_of(places.begin("reportd"))
    place = places.begin("scans")
    for number, (stage, clock) in enumerate(zip(STAGES, clocks, strict=True)):
        ended = forked(command(stage, "project.yaml", "-q"), place, before=(set_clock(clock()),))
        if ended.status != 0:
            return Verdict(False, [f"{stage} ended by {ended.status}: {ended.said[-300:]}"], {"kind": KIND})
        with_other_dates(place, number)
    faults = differences(wanted, tree_of(place))
    return Verdict(not faults, faults[:6], {"kind": KIND})


def _wild(places: Places, tried: Tried, wanted: Baseline, clock: Clock) -> Verdict:
    place = places.begin(tried.start)
    ended = forked(command(*tried.arguments), place, before=(*tried.before, set_clock(clock)))
    faults = differences(wanted.tree, tree_of(place)) if ended.status == 0 else [ended.said[-300:]]
    if "nothing has moved" in ended.said:
        faults.append(f"a stall is told that was none: {ended.said[-200:]}")
    return Verdict(not faults, faults[:6], {"kind": KIND})
