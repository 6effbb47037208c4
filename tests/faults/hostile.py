"""Hostile files: what each reader makes of thousands of changed ones, within time and memory."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.faults.children import forked
from tests.faults.mutations import mutated
from tests.faults.projects import Places
from tests.faults.readers import READERS, Reader
from tests.faults.records import Case, Verdict

LIMIT_S = 10.0
"""A case may take so much processor time [s]."""
MEMORY_MB = 2048
"""A process may take so much more than it began with [MB]."""
BATCH = 40
"""Cases of one process."""


class TooLongError(BaseException):
    """A case is over its time."""


@dataclass(frozen=True)
class Told:
    """What became of a case: `read`, `refused`, or what went wrong."""

    seed: int
    file: str
    how: str


def files_of(corpus: Path) -> list[Path]:
    """Return the files of a corpus."""
    return sorted(path for path in corpus.rglob("*") if path.is_file())


def hostile_cases(places: Places, count: int) -> Iterator[Case]:
    """Yield batches of changed files for each reader, `count` files in all for each."""
    for name, reader in READERS.items():
        for first in range(0, count, BATCH):
            seeds = range(first, min(first + BATCH, count))
            yield Case(
                f"{name}, {seeds.start} to {seeds.stop - 1}", lambda n=name, r=reader, s=seeds: _batch(places, n, r, s)
            )


def corpus_of(places: Places, name: str) -> Path:
    """Return the folder of a reader's right files, which are made if they are not there."""
    corpus = places.lasting / "corpus" / name
    if not corpus.is_dir():
        made = corpus.with_name(f"{name}.new")
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        READERS[name].corpus(places, made)
        made.rename(corpus)
    return corpus


def _batch(places: Places, name: str, reader: Reader, seeds: range) -> Verdict:
    corpus, place = corpus_of(places, name), places.root / "hostile"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    told, peak, left = [], 0.0, list(seeds)
    while left:
        journal = place / "told.jsonl"
        journal.write_text("")
        ended = forked(lambda todo=tuple(left): _in_turn(reader, corpus, place, todo, name), place,
                       limit_s=60 * LIMIT_S, memory_mb=MEMORY_MB)  # fmt: skip
        lines = [Told(**json.loads(line)) for line in journal.read_text().splitlines()]
        told += lines
        peak = max(peak, ended.grown_mb)
        left = left[len(lines) :]
        if left and ended.status != 0:  # it was the next one
            told.append(Told(left[0], "", f"the process ended by {ended.status}: {ended.said[-200:]}"))
            left = left[1:]
    faults = [f"seed {one.seed} ({one.file}): {one.how}" for one in told if one.how not in ("read", "refused")]
    facts = {"reader": name, "inputs": len(told), "refused": sum(one.how == "refused" for one in told),
             "read": sum(one.how == "read" for one in told), "peak_mb": round(peak)}  # fmt: skip
    return Verdict(not faults, faults, facts)


def _in_turn(reader: Reader, corpus: Path, place: Path, seeds: tuple[int, ...], name: str) -> None:
    """Try one changed file after the other; each result is a line of a journal before the next begins."""
    signal.signal(signal.SIGPROF, too_long)
    work = place / "files"
    shutil.copytree(corpus, work, dirs_exist_ok=True)
    with (place / "told.jsonl").open("a") as journal:
        for seed in seeds:
            chance = random.Random(f"{name} {seed}")
            path = chance.choice(files_of(corpus))
            target = work / path.relative_to(corpus)
            target.write_bytes(mutated(path.read_bytes(), chance))
            signal.setitimer(signal.ITIMER_PROF, LIMIT_S)
            how = outcome(reader, work, target)
            signal.setitimer(signal.ITIMER_PROF, 0)
            shutil.copy(path, target)
            journal.write(json.dumps({"seed": seed, "file": path.name, "how": how}) + "\n")
            journal.flush()


def outcome(reader: Reader, folder: Path, path: Path) -> str:
    """Read a folder, and say what came of it."""
    from diffrendergan.errors import UserError

    try:
        reader.read(folder, path)
    except UserError as error:
        return "refused" if _is_sentence(str(error)) else f"no sentence: {error!s:.200}"
    except TooLongError:
        return f"longer than {LIMIT_S:g} s"
    except BaseException as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {error!s:.160} ({Path(where.filename).name}:{where.lineno})"
    return "read"


def _is_sentence(text: str) -> bool:
    from diffrendergan.cli.errors import for_terminal

    return bool(text.strip()) and "Traceback" not in text and len(for_terminal(text)) < 20_000


def too_long(number: int, frame: object) -> None:
    """End what a reader does: the handler of SIGPROF."""
    raise TooLongError


def main() -> None:
    """Show what a single case does: NAME SEED CORPUS."""
    name, seed, corpus = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    chance = random.Random(f"{name} {seed}")
    path = chance.choice(files_of(corpus))
    work = Path(os.environ.get("TMPDIR", "/tmp")) / "one-case"
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(corpus, work)
    target = work / path.relative_to(corpus)
    target.write_bytes(mutated(path.read_bytes(), chance))
    print(target, READERS[name].read(work, target))


if __name__ == "__main__":
    main()
