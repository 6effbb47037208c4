"""Every stored file of a finished folder, flipped and cut short: is it told?"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Literal

from tests.faults.children import command, forked
from tests.faults.projects import BENCHMARK_PROJECT, MONTAGE, WATCH, Places
from tests.faults.records import Case, Verdict
from tests.faults.trees import differences, tree_of

Kind = Literal["flip", "cut"]
KINDS: tuple[Kind, ...] = ("flip", "cut")
CHECKED = frozenset({"watch.json", "arrived.jsonl"})
"""Files that carry checksums of their own."""
UNCHANGED = frozenset({".lock", "selection.txt", "log.jsonl", "log.earlier.jsonl", "progress.json"})
"""Files that hold no results, and the one that users edit."""
FOLDERS = {"run": ("reportd", "run"), "measured": ("measured", "out"), "imported": ("imported", "imported"),
           "corrected": ("corrected", "run/corrected"), "library": ("library", "library"),
           "generator": ("authors", "authors/Few_paper/generator"), "watched": ("watched", "watched"),
           "montage": ("montage", "out"), "benchmark": ("benched", "bench")}  # fmt: skip
"""Finished folders: where each begins, and its place there."""


@dataclass(frozen=True)
class Damage:
    """One way in which a file is not what it was."""

    kind: Kind
    seed: int

    def done_to(self, content: bytes) -> bytes:
        """Return a content with one bit changed, or with its second half missing."""
        if self.kind == "cut":
            return content[: len(content) // 2]
        chance = random.Random(self.seed)
        place, bit = chance.randrange(len(content)), 1 << chance.randrange(8)
        return content[:place] + bytes([content[place] ^ bit]) + content[place + 1 :]


def stored_files(folder: Path) -> list[Path]:
    """Return what lies in a folder, but empty files, links and locks."""
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sorted(path for path in found if path.name not in UNCHANGED and path.stat().st_size)


def damage_cases(places: Places) -> Iterator[Case]:
    """Yield a case for each file of each finished folder and each kind of damage: `verify` must name it."""
    for name, (start, place) in FOLDERS.items():
        folder = places.begin(start) / place
        for path in stored_files(folder):
            if path.name in CHECKED or (name == "benchmark" and path.parent != folder):
                continue
            inside = path.relative_to(folder).as_posix()
            for number, kind in enumerate(KINDS):
                damage = Damage(kind, hash_of(inside) + number)
                yield Case(f"{name}/{inside}, {kind}", lambda p=path, f=folder, d=damage, n=name: _verified(f, p, d, n))


def hash_of(text: str) -> int:
    """Return a number of a text, the same in each process."""
    return int.from_bytes(text.encode()[-8:], "big") % 2**32


def _verified(folder: Path, path: Path, damage: Damage, name: str) -> Verdict:
    from diffrendergan.errors import UserError
    from diffrendergan.pipeline.verifying import verify_folder
    from diffrendergan.runs.reporter import SilentReporter

    content = path.read_bytes()
    path.write_bytes(damage.done_to(content))
    try:
        verify_folder(folder, SilentReporter())
    except UserError as error:
        told = path.name in str(error) or path.name == "files.json"
        return Verdict(told, [] if told else [f"another file is named: {error}"], {"folder": name, "kind": damage.kind})
    finally:
        path.write_bytes(content)
    return Verdict(False, ["nothing is told"], {"folder": name, "kind": damage.kind})


USED = {
    "train": "prepare", "select": "train", "synthesize": "select", "segment": "synthesize", "evaluate": "segment",
    "judge": "segment", "report": "evaluate",
}  # fmt: skip
"""Stages, each with one whose results it uses."""


GIVEN_AGAIN = {"watched": ("watched", "watched", WATCH[:-1], (*CHECKED, "scan_*")),
               "benched": ("benched", "bench", BENCHMARK_PROJECT, ("scan_*.json", "scores.csv")),
               "montage": ("montage", "out", MONTAGE, ("montage.json", "tile_0*", "quantify.json"))}  # fmt: skip
"""Finished folders, the command that made each, and the files of which one after the other is damaged."""


def use_cases(places: Places) -> Iterator[Case]:
    """Yield cases of commands and stages that find a file damaged: they must not use it."""
    for name, (start, inside, arguments, patterns) in GIVEN_AGAIN.items():
        folder = places.start(start) / inside
        places.begin(start)
        for path in stored_files(folder):
            if any(fnmatch(path.name, pattern) for pattern in patterns) and path.suffix != ".png":
                for kind in KINDS:
                    file = Path(inside, path.relative_to(folder))
                    yield Case(f"{name} again, {file}, {kind}", lambda s=start, a=arguments, f=file, k=kind: _again(
                        places, s, a, f, k))  # fmt: skip
    for stage, source in USED.items():
        for kind in KINDS:
            yield Case(f"{stage} from {source}, {kind}", lambda s=stage, u=source, k=kind: _used(places, s, u, k))


def _again(places: Places, start: str, arguments: tuple[str, ...], file: Path, kind: Kind) -> Verdict:
    """Damage a file that a command left, and give the command again: it makes the file again, or names it."""
    place = places.begin(start)
    wanted = tree_of(place)
    path = place / file
    path.write_bytes(Damage(kind, hash_of(str(file))).done_to(path.read_bytes()))
    ended = forked(command(*arguments), place)
    if ended.status == 0:  # who has lost a line of what arrived is told, and has another order
        faults = [] if f"{path.name} changed since" in ended.said else differences(wanted, tree_of(place))
    else:
        named = ended.status == 1 and ended.plain and (path.name in ended.said or path.stem in ended.said)
        faults = [] if named else [f"ended by {ended.status}: {ended.said[-300:]}"]
    return Verdict(not faults, faults[:6], {"kind": kind, "refused": ended.status != 0})


def _used(places: Places, stage: str, source: str, kind: Kind) -> Verdict:
    place = places.begin("reportd")
    files = [path for path in stored_files(place / "run" / source) if path.name not in ("files.json", "done.json")]
    path = random.Random(f"{stage} {kind}").choice(files)
    path.write_bytes(Damage(kind, 7).done_to(path.read_bytes()))
    ended = forked(command(stage, "project.yaml", "--redo", "-q"), place)
    good = ended.status == 1 and ended.plain and path.name in ended.said
    faults = [] if good else [f"{path.name}: ended by {ended.status}: {ended.said[-300:]}"]
    return Verdict(good, faults, {"kind": kind, "refused": ended.status != 0})
