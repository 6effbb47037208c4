from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import rgb_to_hsv
from PIL import Image

from diffrendergan.reporting.figures.drawing import STRIP_FRACTION, round_length, thinned, told, write_figure
from diffrendergan.reporting.figures.instance_colours import CUT_COLOUR, coloured, instance_colours, instance_overlay


def labels() -> np.ndarray:
    picture = np.zeros((60, 80), np.int32)
    picture[10:30, 10:30], picture[10:30, 30:50], picture[50:, 60:] = 1, 2, 3
    return picture


def test_neighbours_differ_and_only_cut_particles_are_yellow() -> None:
    colours = instance_colours(labels(), np.array([3]))
    assert np.abs(colours[1] - colours[2]).max() > 0.3
    assert colours[3] == pytest.approx(CUT_COLOUR)
    others = rgb_to_hsv(instance_colours(np.arange(2000)[None], np.zeros(0, int)))
    assert np.abs(others[:, 0] - rgb_to_hsv(np.array(CUT_COLOUR))[0]).min() > 0.03
    assert others[:, 1].min() > 0.8 and others[:, 2].min() > 0.69  # far from any grey


def test_what_is_no_particle_is_grey_and_nothing_else() -> None:
    picture = coloured(np.random.default_rng(0).random((60, 80)), labels(), np.array([3]))
    saturation = np.ptp(picture, axis=2)
    assert (picture[10, 10] == instance_colours(labels(), np.array([3]))[1]).all()
    assert (saturation[labels() == 0] == 0).all()
    whole = (labels() == 1) | (labels() == 2)
    assert saturation[whole].min() > 0.25
    # Of a particle that the border cuts, every other stripe is yellow, and the outline.
    inside = saturation[52:-2, 62:-2]
    assert (inside > 0.25).mean() == pytest.approx(0.5, abs=0.1) and saturation[50, 60:].min() > 0.25
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


def test_without_title_picture_and_scale_bar_fill_the_figure() -> None:
    pixels = np.random.default_rng(0).random((60, 80))
    titled, bare = (instance_overlay(pixels, labels(), np.array([3]), 2.0, title) for title in ("a", None))
    title = titled.axes[0].get_title(loc="left").strip()
    assert title == "a: 3 particles, those cut by the border in yellow stripes"
    assert titled.get_figheight() > bare.get_figheight() == pytest.approx(8 * (60 / 80 + STRIP_FRACTION))
    assert bare.axes[0].get_position().bounds == (0, 0, 1, 1)


def test_the_scale_bar_covers_no_pixel_of_the_scan() -> None:
    pixels = np.random.default_rng(0).random((60, 80))
    (axes,) = instance_overlay(pixels, labels(), np.array([3]), 2.0, None).axes
    axes.figure.canvas.draw()
    (image,), (strip, bar), (text,) = axes.images, axes.patches, axes.texts
    assert image.get_extent() == [0, 80, 60, 0]
    assert (strip.get_y(), strip.get_width()) == (60, 80) and strip.get_y() + strip.get_height() == axes.get_ylim()[0]
    assert bar.get_width() == 10 and text.get_text() == "20 nm"  # at 2 nm a pixel
    for drawn in (bar, text):
        inside = drawn.get_window_extent().transformed(axes.transData.inverted())
        assert min(inside.intervaly) > 60 and max(inside.intervaly) < axes.get_ylim()[0]
        assert 0 < inside.x0 < inside.x1 < 80


def test_names_are_no_formulas(tmp_path):
    """`a$x^2_$b` is no valid formula; the name of a scan may be anything."""
    write_figure(
        tmp_path, "a", instance_overlay(np.zeros((8, 8)), np.zeros((8, 8), int), np.array([], int), 2.0, "a$x^2_$")
    )
    assert "a$x^2_$" in (tmp_path / "a.svg").read_text()
