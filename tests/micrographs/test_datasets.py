from __future__ import annotations

import functools
import hashlib
import http.server
import threading
from collections import Counter

import pytest

from diffrendergan.errors import ConfigError, DataError
from diffrendergan.micrographs.datasets import Dataset, RegistryEntry, fetch, fetch_entries, read_registry

CONTENT = {"a.tif": b"scan a", "a_m.tif": b"mask a", "b.tif": b"scan b"}
SPLIT = {"a.tif": "train", "a_m.tif": "train", "b.tif": "test"}


def entries() -> list[RegistryEntry]:
    return [
        RegistryEntry(
            hashlib.sha256(data).hexdigest(),
            f"Some Folder/{name}",
            SPLIT[name],
            "masks" if "_m" in name else "images",
            name,
        )
        for name, data in CONTENT.items()
    ]


def toy(base_url: str = "http://127.0.0.1:9/") -> Dataset:
    return Dataset("toy", base_url, "Licence: CC BY-NC-ND 4.0\n")


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    for index, (name, data) in enumerate(CONTENT.items()):
        place = folder / f"deep{index}" / "er"
        place.mkdir(parents=True)
        (place / name).write_bytes(data)
    return folder


def test_registry_lists_all_files():
    registry = read_registry("tio2-sem")
    assert len(registry) == 80
    assert Counter((entry.kind, entry.split) for entry in registry) == {
        ("images", "train"): 32, ("masks", "train"): 32, ("images", "test"): 8, ("masks", "test"): 8,
    }  # fmt: skip
    assert all(len(entry.sha256) == 64 and entry.path.endswith(entry.name) for entry in registry)
    assert len({entry.sha256 for entry in registry}) == 80


def test_takes_files_at_any_depth_and_verifies_them(tmp_path, source, notes):
    result = fetch_entries(toy(), entries(), tmp_path / "out", source, notes)
    assert (result.images / "a.tif").read_bytes() == b"scan a"
    assert (result.masks / "a_m.tif").read_bytes() == b"mask a"
    assert result.verified == ("images/a.tif", "masks/a_m.tif", "images/b.tif") and result.missing == ()
    assert "CC BY-NC-ND 4.0" in result.notice and "CC BY-NC-ND 4.0" in (tmp_path / "out" / "NOTICE.txt").read_text()
    assert any("CC BY-NC-ND" in line for line in notes.lines)


def test_missing_test_files_are_counted_but_missing_training_files_refused(tmp_path, source, notes):
    (source / "deep2/er/b.tif").unlink()
    result = fetch_entries(toy(), entries(), tmp_path / "out", source, notes)
    assert result.missing == ("images/b.tif",) and len(result.verified) == 2
    assert any(line.startswith("1 files of the held-back test split") for line in notes.lines)
    (source / "deep1/er/a_m.tif").unlink()
    with pytest.raises(DataError, match=r"a_m\.tif of toy is not in"):
        fetch_entries(toy(), entries(), tmp_path / "other", source, notes)


def test_corrupt_files_are_named_unless_a_right_one_is_there(tmp_path, source, notes):
    (source / "deep0/er/a.tif").write_bytes(b"scan A")
    with pytest.raises(DataError, match=r"a\.tif is not the published"):
        fetch_entries(toy(), entries(), tmp_path / "out", source, notes)
    (source / "zz").mkdir()
    (source / "zz/a.tif").write_bytes(b"scan a")
    assert len(fetch_entries(toy(), entries(), tmp_path / "out", source, notes).verified) == 3


def test_what_is_in_place_is_kept_and_what_is_broken_replaced(tmp_path, source, notes):
    out = tmp_path / "out"
    fetch_entries(toy(), entries(), out, source, notes)
    before = (out / "images/a.tif").stat().st_mtime_ns
    (out / "images/b.tif").write_bytes(b"broken")
    fetch_entries(toy(), entries(), out, source, notes)
    assert (out / "images/a.tif").stat().st_mtime_ns == before
    assert (out / "images/b.tif").read_bytes() == b"scan b"


def test_download_from_a_server(tmp_path, notes):
    served = tmp_path / "served" / "Some Folder"
    served.mkdir(parents=True)
    for name, data in CONTENT.items():
        (served / name).write_bytes(data)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments) -> None:
            pass

    handler = functools.partial(Quiet, directory=tmp_path / "served")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            dataset = toy(f"http://127.0.0.1:{server.server_port}/")
            assert len(fetch_entries(dataset, entries(), tmp_path / "out", None, notes).verified) == 3
            (served / "a.tif").write_bytes(b"tampered")
            with pytest.raises(DataError, match=r"a\.tif from .* is not the published file"):
                fetch_entries(dataset, entries(), tmp_path / "again", None, notes)
            assert not (tmp_path / "again/images/a.tif").exists()
            (served / "a.tif").unlink()
            with pytest.raises(DataError, match=r"a\.tif cannot be downloaded"):
                fetch_entries(dataset, entries(), tmp_path / "again", None, notes)
        finally:
            server.shutdown()
            thread.join()


def test_no_network_is_one_sentence(tmp_path, notes):
    with pytest.raises(DataError, match="cannot be downloaded"):
        fetch_entries(toy(), entries(), tmp_path / "out", None, notes)


def test_unknown_names_and_folders(tmp_path, notes):
    with pytest.raises(ConfigError, match=r"'tio2'.*tio2-sem"):
        fetch("tio2", tmp_path)
    with pytest.raises(DataError, match="does not exist"):
        fetch("tio2-sem", tmp_path / "out", tmp_path / "none", notes)


def test_real_files_at_hand(shared, tmp_path, notes):
    result = fetch("tio2-sem", tmp_path / "tio2", shared / "data" / "tio2-sem", notes)
    assert len(result.verified) == 64 and len(result.missing) == 16
    assert len(list(result.images.glob("*.tif"))) == len(list(result.masks.glob("*.tif"))) == 32
