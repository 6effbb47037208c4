from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from diffrendergan.errors import DataError
from diffrendergan.image_files.names import (
    LABEL_FORMS,
    by_scan,
    fitting_suffixes,
    made_from,
    named_by,
    otherwise_named,
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


@pytest.mark.parametrize("form", [form for form in LABEL_FORMS if form])
def test_every_form_names_what_is_made_of_the_scan_beside(form):
    name = named_by(form, "s0")
    assert made_from(name, {"s0"}) == "s0"
    assert made_from(name, {"s1", name}) is None
    assert by_scan({name: 1}, form, ["s0"]) == {"s0": 1}


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
        "mask_s0",
        "Labels_s0.png",
        "s0_RoiSet",
        "S0_mask",
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


@pytest.mark.parametrize(
    ("scan", "label", "suffix"),
    [
        ("A", "a", ""),
        ("a", "a.tif", ""),
        ("a.tif", "a.png", ""),
        ("a", "a.tif_mask", "_mask"),
        ("a", "A_MASK", "_mask"),
        ("a", "a-mask", "_mask"),
        ("a", "Mask of a.tif", "Mask of NAME"),
        ("a", "a_tif.rf.0c1d2e", ""),
        ("my scan.1", "my-scan-1_png.rf.0c1d2e", ""),
        ("a_png.rf.0c1d2e", "a", ""),
    ],
)
def test_names_alike_fit_where_nothing_else_does(scan, label, suffix):
    assert list(fitting_suffixes({label: 0, "other": 0}, [scan, "b"])) == [suffix]
    assert by_scan({label: 1, scan: 2}, "", [scan])[scan] == 2
    found = by_scan({label: Path(f"{label}.png")}, suffix, [scan])
    named = otherwise_named(found, suffix)
    assert named == ([] if label == "a-mask" else [(scan, f"{label}.png")])


def test_names_alike_that_fit_twice_are_refused():
    for files, scans in (({"a": 1, "A.tif": 2}, ["A"]), ({"a": 1}, ["A", "a.tif"])):
        with pytest.raises(DataError, match="alike"):
            by_scan(files, "", scans)
    with pytest.raises(DataError, match="both are label images of a"):
        by_scan({"a_mask": 1, "a-mask": 2}, "_mask", ["a"])
    assert by_scan({"a_mask": 1, "a-mask": 2}, "-mask", ["a"], given=True) == {"a": 2}
    assert by_scan({"a": 1, "A": 2}, "", ["a", "A"]) == {"a": 1, "A": 2}


@pytest.mark.parametrize(("scan", "label"), [("a_tif.rf.01", "a_tif.rf.02"), ("a.1", "a-1"), ("a1", "a")])
def test_other_names_do_not_fit(scan, label):
    assert scan not in by_scan({label: 1}, "", [scan])
