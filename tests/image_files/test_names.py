from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from diffrendergan.image_files.names import (
    LABEL_SUFFIXES,
    by_scan,
    fitting_suffixes,
    made_from,
    readable,
    scan_name,
    without_channel,
)

DECOMPOSED = unicodedata.normalize("NFD", "Köln")


def test_names_are_composed_and_lose_only_their_ending():
    assert DECOMPOSED != "Köln" == scan_name(Path(f"{DECOMPOSED}.tif"))
    assert scan_name(Path("a.b.tif")) == "a.b"


def test_undecodable_names_are_read_as_utf_8_or_western_european():
    assert readable(os.fsdecode("Größe".encode("cp1252"))) == "Größe"
    assert readable("Gr\udcc3\udcb6\udcc3\udc9fe") == "Größe"  # UTF-8 where the system was told ASCII
    assert readable("Köln") == "Köln"
    scan_name(Path("Gr\udcf6\udcdfe.tif")).encode("utf-8")


@pytest.mark.parametrize("suffix", [suffix for suffix in LABEL_SUFFIXES if suffix])
def test_every_suffix_names_what_is_made_of_the_scan_beside(suffix):
    assert made_from(f"s0{suffix}", {"s0"}) == "s0"
    assert made_from(f"s0{suffix}", {"s1", f"s0{suffix}"}) is None


@pytest.mark.parametrize(
    "name",
    [
        "s0_Mask",
        "s0-masks",
        "s0 label",
        "s0.seg",
        "s0.tif_mask",
        "s0_Probabilities",
        "s0_flows_cp_masks",
        "Mask of s0.tif",
    ],
)
def test_forms_of_the_same(name):
    assert made_from(name, {"s0", "s0.tif"}) in ("s0", "s0.tif")


@pytest.mark.parametrize("name", ["a1_2", "a1_x", "a1m", "a1", "_m", "a2_mask"])
def test_other_names_may_end_as_they_like(name):
    assert made_from(name, {"a1", ""}) is None


def test_by_scan():
    files = {"a_m": 1, "b_m": 2, "_m": 3, "c": 4}
    assert by_scan(files, "_m") == {"a": 1, "b": 2}
    assert by_scan(files, "") == files
    umlaut = unicodedata.normalize("NFD", "_ä")
    assert by_scan({"a_ä": 1}, umlaut) == {"a": 1}


def test_nnunet_leaves_the_channel_out_of_the_labels_name():
    assert [without_channel(name) for name in ("s0_0000", "s0_0001", "_0000", "s0")] == ["s0", "s0_0001", "_0000", "s0"]
    assert by_scan({"s0": 1, "s1": 2}, "", ["s0_0000", "s1"]) == {"s0_0000": 1, "s1": 2}
    assert by_scan({"s0_m": 1, "s0_0000_m": 2}, "_m", ["s0_0000"]) == {"s0": 1, "s0_0000": 2}
    assert by_scan({"s0": 1}, "", ["s1_0000", "s0_0001"]) == {"s0": 1}
    assert by_scan({"s0": 1}, "", ["s0_0000", "s0"]) == {"s0": 1, "s0_0000": 1}


def test_fitting_suffixes():
    files = dict.fromkeys(("a_mask", "b_mask", "s_0000_m", "other"), 0)
    assert fitting_suffixes(files, ["a", "b", "c"]) == {"_mask": ["a", "b"]}
    assert fitting_suffixes({"s": 0}, ["s_0000"]) == {"": ["s_0000"]}


def test_the_ome_of_an_ending_may_stand_in_one_name_alone():
    assert by_scan({"a": 1, "b.ome": 2, "c.ome": 3}, "", ["a.ome", "b", "c.ome"]) == {"a.ome": 1, "b": 2, "c.ome": 3}
