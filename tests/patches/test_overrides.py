from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
import pytest

from diffrendergan.errors import ConfigError
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.patches.candidates import Place
from diffrendergan.patches.overrides import check_field, format_selection, parse_overrides, read_overrides
from diffrendergan.patches.selection import Flipped

SIZES = {"scan_1": (200, 300), "a scan": (200, 300)}
AUTOMATIC = [Flipped(Place("scan_1", 0, 0)), Flipped(Place("scan_1", 64, 0)), Flipped(Place("a scan", 10, 20))]


def parse(text: str):
    return parse_overrides(text, SIZES, 64, "selection.txt")


def test_what_is_written_reads_back():
    background = [Flipped(Place("scan_1", 5, 6)), Flipped(Place("scan_1", 5, 6), "both")]
    text = format_selection([(item.place, 4) for item in AUTOMATIC], background, 64)
    edits = parse(text)
    assert edits.patches.apply([]) == AUTOMATIC
    assert edits.background.apply([]) == background
    assert not edits.patches.empty


def test_names_in_another_unicode_form():
    decomposed = unicodedata.normalize("NFD", "Köln")
    assert parse_overrides(f"{decomposed} 1 2", {"Köln": (200, 300)}, 64, "").patches.listed == (
        Flipped(Place("Köln", 1, 2)),
    )


def test_plus_and_minus_change_the_automatic_choice():
    edits = parse("- scan_1 64 0\n+ a scan 30 40  # a good one\n")
    assert edits.patches.apply(AUTOMATIC) == [AUTOMATIC[0], AUTOMATIC[2], Flipped(Place("a scan", 30, 40))]
    assert edits.background.empty and edits.background.apply(AUTOMATIC) == AUTOMATIC


def test_listed_lines_replace_the_automatic_choice():
    assert parse("scan_1 1 2\n").patches.apply(AUTOMATIC) == [Flipped(Place("scan_1", 1, 2))]
    assert parse("scan_1 1 2\n- scan_1 1 2").patches.apply(AUTOMATIC) == []
    assert parse("# nothing\n\n[background]\n").patches.apply(AUTOMATIC) == AUTOMATIC


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("scan_1 12", "not understood"),
        ("scan_1 12 b", "not understood"),
        ("scan_1 1.5 2", "not understood"),
        ("scan_1 --2 2", "not understood"),
        (f"scan_1 0 {'9' * 5000}", "not understood"),
        ("scan_11 0 0", "did you mean scan_1"),
        ("scan_1 237 0", "x may be 0 to 236, y 0 to 136"),
        ("scan_1 0 -1", "reaches out"),
        ("[patch]", "there is no section"),
        ("scan_1 0 0\nscan_1 0 0", "given twice"),
    ],
)
def test_wrong_lines_are_named(line, words):
    with pytest.raises(ConfigError) as caught:
        parse("# remark\n" + line)
    assert words in str(caught.value) and "selection.txt, line" in str(caught.value)


def test_missing_file(tmp_path):
    with pytest.raises(ConfigError, match=r"data\.overrides"):
        read_overrides(tmp_path / "none.txt", SIZES, 64)


@pytest.mark.parametrize("section", ["patches", "background"])
def test_patches_that_leave_the_field_are_said_or_refused(section):
    field = np.ones((200, 300), bool)
    field[:, :50] = False
    scans = [
        Micrograph("scan_1", np.zeros((200, 300), np.float32), None, Path("scan_1.tif"), 8, field=field),
        Micrograph("a scan", np.zeros((200, 300), np.float32), None, Path("a scan.tif"), 8),
    ]

    def said(lines: str):
        return check_field(parse(f"[{section}]\n{lines}"), scans, 64, Path("mine.txt"))

    assert said("scan_1 50 0\na scan 0 0\n- scan_1 0 0") == []
    assert said("+ scan_1 0 0\n- scan_1 0 0") == []  # taken back at once
    (note,) = said("+ scan_1 48 0")
    assert f"mine.txt, [{section}] takes scan_1 48 0, of which 3.1% lies beyond the field" in note
    with pytest.raises(ConfigError, match=rf"mine\.txt, \[{section}\] takes scan_1 40 10, of which 15\.6%"):
        said("scan_1 100 0\nscan_1 40 10")
