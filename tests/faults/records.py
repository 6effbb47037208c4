"""Cases and what came of them: kept line by line, so that a campaign goes on where it was stopped."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Facts = dict[str, Any]


@dataclass(frozen=True)
class Verdict:
    """What came of a case.

    Attributes
    ----------
    good : bool
        Whether all is as it should be.
    faults : sequence of str
        What is not.
    facts : dict
        Plain values.
    """

    good: bool
    faults: Sequence[str] = ()
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One try: a name, and what to do."""

    name: str
    do: Callable[[], Verdict]


@dataclass(frozen=True)
class Book:
    """The file of results of one part of the campaign."""

    path: Path

    def read(self) -> dict[str, Facts]:
        """Return what is known, by the names of cases."""
        if not self.path.is_file():
            return {}
        lines = [line for line in self.path.read_text(encoding="utf-8").splitlines() if line.endswith("}")]
        return {entry["case"]: entry for entry in map(json.loads, lines)}

    def do(self, cases: Iterable[Case], until: Callable[[], bool] = lambda: False) -> dict[str, Facts]:
        """Do the cases that are not in the book, and return all that is."""
        known = self.read()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as stream:
            for case in cases:
                if case.name in known:
                    continue
                if until():
                    break
                verdict = case.do()
                entry = {"case": case.name, "good": verdict.good, "faults": list(verdict.faults), **verdict.facts}
                stream.write(json.dumps(entry) + "\n")
                stream.flush()
                known[case.name] = entry
                if not verdict.good:
                    print(f"{case.name}: {'; '.join(verdict.faults)}", flush=True)
        return known
