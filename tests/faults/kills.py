"""Commands that are killed at points spread over all that they write, and given again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from tests.faults.children import Ended, command, forked
from tests.faults.commands import Tried
from tests.faults.projects import CampaignError, Places
from tests.faults.records import Case, Verdict
from tests.faults.traps import WAYS, How, Trap
from tests.faults.trees import NO_RESULTS, Tree, differences, tree_of

KEPT_ANEW = (*NO_RESULTS, "config.yaml", "started.json", "done.json", "files.json")
"""Small files that say what is going on, written at each start; no work."""
STATUS = {"kill": -9, "torn": -9, "terminate": 143, "interrupt": 130}


@dataclass(frozen=True)
class Baseline:
    """What a command does when nothing disturbs it."""

    ended: Ended
    tree: Tree

    @cached_property
    def put(self) -> Counter[str]:
        """How often each file is put in its place."""
        return Counter(self.ended.put)


def baseline(places: Places, tried: Tried) -> Baseline:
    """Run a command without any fault.

    Raises
    ------
    CampaignError
        If it fails.
    """
    place = places.begin(tried.start)
    ended = forked(command(*tried.arguments), place, before=tried.before)
    if ended.status != 0:
        raise CampaignError(f"{tried.name} fails without any fault: {ended.said}")
    return Baseline(ended, tree_of(place))


def points(changes: int, count: int) -> list[tuple[int, How]]:
    """Return places spread over all changes of files, and a way to end the process at each."""
    count = min(count, changes)
    return [((2 * number + 1) * changes // (2 * count), WAYS[number % len(WAYS)]) for number in range(count)]


def kill_cases(places: Places, commands: Sequence[Tried]) -> Iterator[Case]:
    """Yield a case for each point at which each command is killed."""
    for tried in commands:
        if not tried.can_be_tried:
            continue
        found: list[Baseline] = []

        def known(tried: Tried = tried, found: list[Baseline] = found) -> Baseline:
            if not found:
                found.append(baseline(places, tried))
            return found[0]

        for number in range(tried.kills):
            yield Case(
                f"{tried.name}, kill {number + 1} of {tried.kills}",
                lambda tried=tried, number=number, known=known: _killed(places, tried, known(), number),
            )


def _killed(places: Places, tried: Tried, wanted: Baseline, number: int) -> Verdict:
    all_points = points(len(wanted.ended.changes), tried.kills)
    if number >= len(all_points):
        return Verdict(True, facts={"skipped": "fewer changes than kills"})
    at, how = all_points[number]
    place = places.begin(tried.start)
    first = forked(command(*tried.arguments), place, Trap(at, how), before=tried.before)
    second = forked(command(*tried.arguments), place, before=tried.before)
    faults = []
    if first.status not in (STATUS[how], 0) or (first.status > 0 and not first.plain):
        faults.append(f"ended by {first.status}: {first.said[-300:]}")
    if second.status != 0 and "exists already" not in second.said:  # it had finished before the signal came
        faults.append(f"does not go on ({second.status}): {second.said[-400:]}")
    else:
        faults += differences(wanted.tree, tree_of(place))
    lost = _written_again(wanted, first, second)
    facts = {
        "command": tried.name, "at": at, "of": len(wanted.ended.changes), "how": how, "lost": lost,
        "continued": second.status == 0, "cpu_s": round(first.cpu_s + second.cpu_s, 1),
        "share_again": round((first.cpu_s + second.cpu_s) / max(wanted.ended.cpu_s, 0.01) - 1, 2),
    }  # fmt: skip
    return Verdict(not faults, faults[:6], facts)


def _written_again(wanted: Baseline, first: Ended, second: Ended) -> int:
    """Return how many finished files of one kind were written once more: more than one is more than a step."""
    again: Counter[str] = Counter()
    for path, count in (Counter(first.put) + Counter(second.put)).items():
        if path.rsplit("/", 1)[-1] not in KEPT_ANEW and (more := count - wanted.put[path]) > 0:
            again[re.sub(r"\d+", "N", path)] += more
    return max(again.values(), default=0)
