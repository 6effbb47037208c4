from __future__ import annotations

import os
from pathlib import Path

import pytest

from diffrendergan.errors import DataError, RunFolderError
from diffrendergan.runs import provenance
from diffrendergan.runs.digest import sha256_of, sha256_of_file
from diffrendergan.runs.provenance import Stamp, changed, digests, fingerprints, from_json, to_json, token

REMEDY = "remove its folder to train anew"


def test_a_stamp_fits_what_was_read_again() -> None:
    stamp = Stamp.of({"format": 2, "size": (3, 4), "config": {1: None}})
    assert stamp.values == {"format": 2, "size": [3, 4], "config": {"1": None}}
    assert stamp.fits({"size": [3, 4], "config": {"1": None}, "format": 2})
    assert not stamp.fits({"size": [3, 5], "config": {"1": None}, "format": 2})
    for broken in (None, [], "text", 3):
        assert not stamp.fits(broken)


def test_a_field_that_came_later_and_is_off_changes_nothing() -> None:
    assert Stamp.of({"a": 1, "later": None}).fits({"a": 1})
    assert Stamp.of({"a": 1}).fits({"a": 1, "earlier": None})
    assert changed({"a": 1, "c": 3}, {"a": 1, "b": 2, "d": False}) == ["b", "c", "d"]


def test_what_differs_is_named_and_how_to_go_on() -> None:
    with pytest.raises(RunFolderError, match=r"x belongs to another configuration \(b, c changed\); remove its folder"):
        Stamp.of({"a": 1, "b": 2}).require({"a": 1, "b": 3, "c": 0}, Path("x"), REMEDY)
    with pytest.raises(RunFolderError, match=r"\(a, b changed\)"):
        Stamp.of({"a": 1, "b": 2}).require("no mapping", Path("x"), REMEDY)
    Stamp.of({"a": (1,)}).require({"a": [1]}, Path("x"), REMEDY)


def test_work_that_begins_is_claimed_and_goes_on_under_the_same_stamp_only(tmp_path: Path) -> None:
    path = tmp_path / "claim.json"
    stamp = Stamp.of({"seed": [0, 1]})
    assert not stamp.is_that_of(path)
    stamp.claim(path, REMEDY)
    written = path.read_bytes()
    stamp.claim(path, REMEDY)
    assert path.read_bytes() == written and stamp.is_that_of(path)
    with pytest.raises(RunFolderError, match=r"claim\.json belongs to another configuration \(seed changed\)"):
        Stamp.of({"seed": [0, 2]}).claim(path, REMEDY)
    path.write_text("{")
    assert not stamp.is_that_of(path)
    with pytest.raises(RunFolderError, match="broken"):
        stamp.claim(path, REMEDY)


def test_a_token_is_that_of_runs_made_before() -> None:
    # As `done.json` of version 0.1.0 holds it: another would do all stages again.
    assert token("train", {"b": 1, "a": [2, None]}, {}, {"prepare": "0f"}, "") == "a892343e4628e00d"
    assert token("train", {"a": [2, None], "b": 1}, {}, {"prepare": "0f"}, "") == "a892343e4628e00d"
    assert token("train", {"a": [2, None], "b": 2}, {}, {"prepare": "0f"}, "") != "a892343e4628e00d"


def test_a_file_is_read_once_and_again_when_it_was_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, read = tmp_path / "scan.tif", []
    path.write_bytes(b"one")
    monkeypatch.setattr(provenance, "sha256_of_file", lambda file: read.append(file) or sha256_of_file(file))
    found = fingerprints({"scan": path})
    assert found["scan"].sha256 == digests([path])["scan.tif"]
    assert from_json(to_json(found)) == found
    assert fingerprints({"scan": path}) == found and read == [path, path]  # `digests` reads, too
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    path.write_bytes(b"two")
    os.utime(path, ns=times)
    now = fingerprints({"scan": path})["scan"]
    assert (now.size, now.mtime_ns) == (found["scan"].size, found["scan"].mtime_ns)
    assert now.sha256 == sha256_of(b"two") != found["scan"].sha256
    path.unlink()
    with pytest.raises(DataError, match="cannot be read"):
        fingerprints({"scan": path})
