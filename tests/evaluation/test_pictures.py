"""Overlays and label files."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from diffrendergan.errors import DataError
from diffrendergan.evaluation.pictures import overlay, write_labels


def test_colours_say_found_invented_missed():
    pixels = np.full((20, 30), 0.5, np.float32)
    true, predicted = np.zeros((20, 30), np.int32), np.zeros((20, 30), np.int32)
    true[2:18, 2:18] = 1
    predicted[2:18, 10:28] = 1
    colours = overlay(pixels, predicted, true).astype(int)
    assert colours.shape == (20, 30, 3)
    red, green, blue = range(3)
    assert colours[10, 14].argmax() == green
    assert colours[10, 24].argmax() == red
    assert colours[10, 5].argmax() == blue
    assert colours[0, 0].tolist() == [128, 128, 128]
    assert colours[10, 10].tolist() == [255, 255, 255]  # outline
    assert overlay(pixels, predicted, None)[10, 24].argmax() == green


def test_label_file_carries_its_pixel_size(tmp_path):
    labels = np.arange(12, dtype=np.int32).reshape(3, 4) * 20
    write_labels(tmp_path / "a.tif", labels, 7.34375)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        page = file.pages[0]
        assert page.asarray().dtype == np.uint16
        assert page.asarray().tolist() == labels.tolist()
        assert page.tags["ResolutionUnit"].value == 3
        numerator, denominator = page.tags["XResolution"].value
        assert 1e7 / (numerator / denominator) == pytest.approx(7.34375, rel=1e-6)
        assert file.shaped_metadata[0]["pixel_size_nm"] == 7.34375


def test_unknown_pixel_size_is_not_invented(tmp_path):
    write_labels(tmp_path / "a.tif", np.ones((3, 4), np.int32), None)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert file.pages[0].tags["ResolutionUnit"].value == 1  # none
        assert "pixel_size_nm" not in (file.shaped_metadata[0] or {})


def test_too_many_labels(tmp_path):
    with pytest.raises(DataError, match="65535"):
        write_labels(tmp_path / "a.tif", np.array([[70000]], np.int32), None)
    assert not list(tmp_path.iterdir())
