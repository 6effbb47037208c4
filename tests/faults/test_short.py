"""A short part of the campaign, without what takes long; `make campaign` does all of it."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.faults.children import command, forked
from tests.faults.commands import COMMANDS
from tests.faults.conditions import condition_cases
from tests.faults.fuzzing import fuzz_cases
from tests.faults.hostile import files_of, outcome
from tests.faults.kills import kill_cases
from tests.faults.mutations import mutated
from tests.faults.projects import Beginning, Places
from tests.faults.readers import READERS
from tests.faults.records import Book, Case, Verdict
from tests.faults.tables import markdown, tables_of
from tests.fixtures.command_line import in_this_process

forks = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="processes are waited for as Linux can")
QUICK = ("fetch", "particles make")
"""Commands that neither need PyTorch, whose threads a fork of a process that used them lacks, nor much time."""


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Have imported what the commands import, so that forks need not."""
    folder = tmp_path_factory.mktemp("imported")
    (folder / "project.yaml").write_text("preset: demo\nparticles: {count: 1, faces: 100}\n")
    assert in_this_process("particles", "make", "project.yaml", "-o", "library", cwd=folder).returncode == 0
    assert in_this_process("fetch", "tio2-sem", "data", "--from", "library", cwd=folder).returncode == 1


@pytest.fixture
def places(imported: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """The campaign's folders, where scans are a few bytes and particles a few triangles."""

    def few(folder: Path) -> None:
        for kind in ("images", "masks"):
            (folder / "data" / kind).mkdir(parents=True)
            for number in range(3):
                (folder / "data" / kind / f"scan_{number:02d}.tif").write_bytes(bytes([number]) * 100)
        (folder / "project.yaml").write_text("preset: demo\nparticles: {count: 2, faces: 100}\n")

    monkeypatch.setitem(Places.begin.__globals__["STARTS"], "scans", Beginning(call=few))
    return Places(tmp_path)


@forks
@pytest.mark.parametrize("name", QUICK)
def test_a_killed_command_goes_on_and_makes_the_same(name: str, places: Places) -> None:
    tried = next(each for each in COMMANDS if each.name == name)
    for case in kill_cases(places, [replace(tried, kills=4)]):
        assert (verdict := case.do()).good, (case.name, verdict.faults)


@forks
def test_full_and_read_only_disks_and_two_at_once(places: Places) -> None:
    names = ("full disk, fetch, from 60%", "read-only disk, fetch, from 60%", "two at once, particles make")
    cases = [case for case in condition_cases(places) if case.name in names]
    assert len(cases) == len(names)
    for case in cases:
        assert (verdict := case.do()).good, (case.name, verdict.faults)


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Right files for some readers, and a copy in which one is changed."""
    folder = tmp_path_factory.mktemp("corpora")
    places = Places(folder / "places")
    for name in ("labels", "meshes"):
        (folder / name).mkdir()
        READERS[name].corpus(places, folder / name)
        shutil.copytree(folder / name, folder / f"{name}-changed")
    return folder


@pytest.mark.parametrize("name", ["labels", "meshes"])
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), part=st.floats(0, 0.999))
def test_changed_files_are_read_or_refused_in_a_sentence(name: str, seed: int, part: float, corpora: Path) -> None:
    files = files_of(corpora / name)
    path = files[int(part * len(files))]
    target = corpora / f"{name}-changed" / path.relative_to(corpora / name)
    target.write_bytes(mutated(path.read_bytes(), random.Random(seed)))
    assert outcome(READERS[name], corpora / f"{name}-changed", target) in ("read", "refused")
    shutil.copy(path, target)


def test_leftovers_are_taken_up_but_files_of_others_are_not(tmp_path: Path) -> None:
    (tmp_path / "project.yaml").write_text("preset: demo\nparticles: {count: 1, faces: 100}\n")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "particle_000.ply").write_text("mine")
    refused = in_this_process("particles", "make", "project.yaml", "-o", "mine", cwd=tmp_path)
    assert refused.returncode == 1 and "something else" in refused.stderr
    assert (tmp_path / "mine" / "particle_000.ply").read_text() == "mine"


def test_a_campaign_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    done: list[str] = []

    def case(name: str, good: bool) -> Case:
        facts = {"command": name[0], "of": 9, "continued": good, "lost": 1}
        return Case(name, lambda: done.append(name) or Verdict(good, [] if good else ["lost"], facts))

    cases, book = [case("a1", True), case("a2", False), case("b1", True)], Book(tmp_path / "work" / "kills.jsonl")
    book.do(cases, until=lambda: len(done) == 2)
    assert done == ["a1", "a2"]
    assert list(book.do(cases)) == ["a1", "a2", "b1"] == done
    page = markdown(tables_of({"kills": list(book.read().values())}))
    assert "| a | 9 | 2 | 1 | 1 | 1 |" in page and "| **all** |  | 3 | 2 | 2 | 1 |" in page


def test_fuzzing_is_added_up(tmp_path: Path) -> None:
    book, done = Book(tmp_path / "fuzz.jsonl"), []

    def fuzz(name: str, left: float) -> Verdict:
        done.append((name, left))
        good = name != "meshes"
        return Verdict(good, [] if good else ["found"], {"reader": name, "cpu_s": left / (1 if good else 100)})

    def cases(seconds: float) -> Iterator[Case]:
        return fuzz_cases(Places(tmp_path), seconds, book, ["labels", "meshes"], fuzz)

    book.do(cases(100), until=lambda: len(done) == 3)
    assert done == [("labels", 60), ("meshes", 60), ("labels", 40)]
    book.do(cases(100))
    assert [name for name, _ in done[3:]] == ["meshes"] * 4, "until it is mended"
    book.do(cases(170))
    assert done[7:] == [("labels", 60), ("labels", 10)]


@forks
def test_a_command_ends_with_its_status(tmp_path: Path) -> None:
    ended = forked(command("verify", "nowhere"), tmp_path)
    assert ended.status == 1 and ended.plain and "nowhere" in ended.said
