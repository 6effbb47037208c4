from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from tests.fixtures.scans import Notes

from diffrendergan.errors import DataError
from diffrendergan.image_files.listing import files_in, list_labels, list_scans, scans_in

CLUTTER = (".DS_Store", "Thumbs.db", "desktop.ini", "._s0.tif", "~$s0.tif", "notes.txt", "README", "s0.hdr", "s0.json")


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).write_bytes(b"x")
    return folder


def test_a_folder_without_scans_is_refused(tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        list_scans(tmp_path / "none")
    touch(tmp_path, "notes.txt")
    with pytest.raises(DataError, match=r"holds no image; it takes files ending in \.tif"):
        list_scans(tmp_path)
    touch(tmp_path, "a.czi", "b.czi")
    with pytest.raises(DataError, match=r"2 files of other kinds \(\.czi\)"):
        list_scans(tmp_path)
    (tmp_path / "Images").mkdir()
    with pytest.raises(DataError, match=r"Did you mean .*Images"):
        list_scans(tmp_path)
    assert not scans_in(tmp_path).files


def test_scans_by_name_and_no_news_of_clutter(tmp_path):
    touch(tmp_path, "b.TIF", "a.png", "grid_mask.png", "a1.tif", "a1_2.tif", *CLUTTER)
    (tmp_path / "folder.tif").mkdir()
    listing = list_scans(tmp_path)
    assert {name: path.name for name, path in listing.files.items()} == {
        "a": "a.png", "a1": "a1.tif", "a1_2": "a1_2.tif", "b": "b.TIF", "grid_mask": "grid_mask.png"
    }  # fmt: skip
    assert listing.remarks == () and not listing.failed


def test_what_is_made_of_a_scan_is_passed_over_and_said(tmp_path):
    touch(tmp_path, "s0.tif", "s1.tif", "s0_cp_masks.png", "s0_seg.npy", "s1_Simple Segmentation.png", "s2_mask.png")
    listing = list_scans(tmp_path)
    assert list(listing.files) == ["s0", "s1", "s2_mask"]
    (remark,) = listing.remarks
    assert remark.startswith("3 files are passed over")
    assert "s0_cp_masks.png, s0_seg.npy, s1_Simple Segmentation.png; rename" in remark


def test_of_scan_and_preview_the_scan_is_taken(tmp_path):
    touch(tmp_path, "s0.tif", "s0.jpg", "s1.JPEG", "s1.bmp", "s2.jpg")
    listing = list_scans(tmp_path)
    assert [path.name for path in listing.paths] == ["s0.tif", "s1.bmp", "s2.jpg"]
    assert listing.remarks == (
        f"2 previews are passed over in {tmp_path} for scans of the same name: s0.jpg, s1.JPEG.",
    )


@pytest.mark.parametrize("names", [("a.png", "a.tif"), ("a.jpg", "a.jpeg")])
def test_two_files_of_one_kind_and_name_are_refused(tmp_path, names):
    touch(tmp_path, *names)
    with pytest.raises(DataError, match=r"same name but for the ending; move one away"):
        list_scans(tmp_path)


def test_names_in_two_unicode_forms_are_one_name(tmp_path):
    touch(tmp_path, unicodedata.normalize("NFD", "ö.tif"))
    assert list(list_scans(tmp_path).files) == ["ö"]
    touch(tmp_path, "ö.tif")
    with pytest.raises(DataError, match="same name but for how the system writes its letters"):
        list_scans(tmp_path)


def test_other_kinds_are_counted_and_named(tmp_path, monkeypatch):
    monkeypatch.setattr("diffrendergan.image_files.listing.em_installed", lambda: True)
    touch(tmp_path, "s0.tif", "s1.dm4", "s2.dm4", "s3.CZI")
    assert list_scans(tmp_path).remarks == (
        f"3 files of other kinds (.dm4, .czi) in {tmp_path} were not looked at; export as TIFF what is to be used.",
    )
    monkeypatch.setattr("diffrendergan.image_files.listing.em_installed", lambda: False)
    assert (
        list_scans(tmp_path)
        .remarks[0]
        .endswith("what is to be used, or read files of electron microscopes with pip install 'diffrendergan[em]'.")
    )
    assert "1 file of another kind (.jpg)" in list_labels(touch(tmp_path, "l.jpg"), (".tif", ".dm4", ".czi")).remarks[0]


def test_links_that_lead_nowhere_have_failed(tmp_path):
    touch(tmp_path, "s0.tif", "s1.jpg")
    for name in ("s1.tif", "s2.tif", ".hidden.tif"):
        (tmp_path / name).symlink_to("../.git/annex/objects/x")
    listing = list_scans(tmp_path)
    assert list(listing.files) == ["s0"]  # the preview of s1 is no replacement
    assert set(listing.failed) == {"s1", "s2"}
    assert "s1.tif is a link that leads nowhere" in listing.failed["s1"]
    notes = Notes()
    assert listing.usable(notes) == [tmp_path / "s0.tif"]
    assert "s1.jpg" in notes.lines[0]
    assert [line.split(":")[0] for line in notes.lines[1:]] == ["s1 is passed over", "s2 is passed over"]
    (tmp_path / "s0.tif").unlink()
    with pytest.raises(DataError, match=r"s1\.tif is a link .* No other can be used either: s2\."):
        list_scans(tmp_path)


def test_usable_says_what_was_passed_over(tmp_path):
    touch(tmp_path, "s0.tif", "s0_m.tif", "x.zip")
    notes = Notes()
    assert [path.name for path in list_scans(tmp_path).usable(notes)] == ["s0.tif"]
    assert [sentence.split(" ")[0] for sentence in notes.lines] == ["1", "1"]


def test_files_of_any_name(tmp_path):
    touch(tmp_path, "s0.tif", "s0_m.tif", "s0.jpg", ".a.tif", "notes.txt")
    assert [path.name for path in files_in(tmp_path, (".tif",))] == ["s0.tif", "s0_m.tif"]
    assert files_in(tmp_path / "none", (".tif",)) == []


def test_folders_inside_are_named_if_they_may_hold_scans(tmp_path):
    touch(tmp_path, "s0.tif", "s1.ome.tif", "s1_mask.png")
    for part in ("second day", "masks", "Labels", ".cache", "empty"):
        (tmp_path / part).mkdir()
        touch(tmp_path / part, *(() if part == "empty" else ("a.tif", "b.tif", "notes.txt")))
    listing = list_scans(tmp_path)
    assert list(listing.files) == ["s0", "s1.ome"]
    assert listing.remarks[1:] == (
        f"1 folder in {tmp_path} with 2 images was not looked into: second day; give such a folder by itself.",
    )
