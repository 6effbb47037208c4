from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from diffrendergan.reporting.drawing import round_length, thinned, told, write_figure
from diffrendergan.reporting.instance_colours import CUT_GREY, coloured, instance_colours, instance_overlay


def labels() -> np.ndarray:
    picture = np.zeros((60, 80), np.int32)
    picture[10:30, 10:30], picture[10:30, 30:50], picture[50:, 60:] = 1, 2, 3
    return picture


def test_neighbours_differ_and_cut_particles_are_grey() -> None:
    colours = instance_colours(labels(), np.array([3]))
    assert np.abs(colours[1] - colours[2]).max() > 0.3
    assert (colours[3] == CUT_GREY).all()
    picture = coloured(np.random.default_rng(0).random((60, 80)), labels(), np.array([3]))
    assert (picture[10, 10] == colours[1]).all() and np.ptp(picture[0, 0]) == 0
    assert np.ptp(coloured(np.zeros((9, 9)), np.zeros((9, 9), int), np.zeros(0, int))) == 0


def test_files_are_whole_and_equal_each_time(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).random((60, 80))
    for folder in ("one", "two"):
        write_figure(tmp_path / folder, "a", instance_overlay(pixels, labels(), np.array([3]), 2.0, "a"))
    for name in ("a.png", "a.svg"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    with Image.open(tmp_path / "one" / "a.png") as picture:
        assert picture.width == 1200
    text = (tmp_path / "one" / "a.svg").read_text()
    assert "3 particles" in text and "nm" in text


def test_lengths_are_round() -> None:
    assert [round_length(most) for most in (0.9, 1, 4.99, 730, 2100)] == [0.5, 1, 2, 500, 2000]
    assert (told(500, 1.0), told(2000, 1.0), told(200, None)) == ("500 nm", "2 µm", "200 px")
    assert thinned(np.zeros((5000, 300))).shape == (1667, 100)


def test_without_title_the_picture_fills_the_figure() -> None:
    pixels = np.random.default_rng(0).random((60, 80))
    titled, bare = (instance_overlay(pixels, labels(), np.array([3]), 2.0, title) for title in ("a", None))
    assert titled.axes[0].get_title(loc="left").strip() == "a: 3 particles, those cut by the border grey"
    assert titled.get_figheight() > bare.get_figheight() == 6
    assert bare.axes[0].get_position().bounds == (0, 0, 1, 1)
