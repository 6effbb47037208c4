from __future__ import annotations

import numpy as np
import tifffile
from PIL import Image
from tests.fixtures.scans import Notes

from diffrendergan.micrographs.scans import read_scan
from diffrendergan.micrographs.twins import say_twins, seen_key, twins_among
from diffrendergan.runs.reporter import SilentReporter

GREY = np.random.default_rng(0).integers(20, 220, (40, 50)).astype(np.uint8)


def test_equal_pixels_in_any_format_are_twins(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", GREY)
    tifffile.imwrite(tmp_path / "deep.tif", GREY.astype(np.uint16) * 257)
    tifffile.imwrite(tmp_path / "shifted.tif", GREY.astype(np.uint16) + 100)
    Image.fromarray(GREY).save(tmp_path / "copy of a.png")
    Image.fromarray(np.dstack([GREY] * 3)).save(tmp_path / "rgb.png")
    tifffile.imwrite(tmp_path / "other.tif", GREY[:, ::-1])
    (tmp_path / "broken.tif").write_bytes(b"II*")
    found = twins_among(sorted(tmp_path.iterdir()), SilentReporter())
    assert found == (("a", "copy of a", "deep", "rgb", "shifted"),)
    notes = Notes()
    say_twins(found, notes)
    assert "a = copy of a = deep = rgb = shifted; they stay on one side of the split" in notes.lines[0]
    say_twins((), notes)
    assert len(notes.lines) == 1


def test_a_pixel_tells_scans_apart(tmp_path):
    changed = GREY.copy()
    changed[5, 5] += 1
    for name, values in (("a", GREY), ("b", changed), ("c", GREY.reshape(50, 40))):
        tifffile.imwrite(tmp_path / f"{name}.tif", values)
    assert twins_among(sorted(tmp_path.iterdir()), SilentReporter()) == ()


def test_copies_are_told_once_they_are_read(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", GREY)
    tifffile.imwrite(tmp_path / "deep.tif", GREY.astype(np.uint16) * 257)
    Image.fromarray(GREY).save(tmp_path / "copy of a.png")
    tifffile.imwrite(tmp_path / "other.tif", GREY[:, ::-1])
    keys = {path.stem: seen_key(read_scan(path)) for path in tmp_path.iterdir()}
    assert keys["a"] == keys["deep"] == keys["copy of a"] != keys["other"]
