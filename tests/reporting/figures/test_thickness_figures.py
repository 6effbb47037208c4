from __future__ import annotations

import numpy as np

from diffrendergan.quantification.results import ScanRecord
from diffrendergan.reporting.figures.thickness_figures import (
    ThicknessSpread,
    colour_bar,
    common_top,
    thickness_distributions,
    thickness_histogram,
    thickness_map,
    thickness_picture,
    thickness_spread,
)


def test_the_map_has_a_colour_bar_in_nanometres() -> None:
    thickness = np.zeros((60, 80), np.float32)
    thickness[20:30] = 10
    figure = thickness_map(np.random.default_rng(0).random((60, 80)), thickness, np.array([[40.0, 25]]), 2.5, "a")
    axes, bar = figure.axes
    assert bar.get_ylabel() == "local thickness [nm]"
    shown = axes.images[1].get_array()
    assert shown.max() == 25 and shown.mask[0].all() and not shown.mask[25].any()
    assert axes.get_title(loc="left") == "a: 1 crossing"
    assert axes.get_ylim()[0] > 60 and axes.patches[0].get_y() == 60  # the scale bar is below the scan
    empty = thickness_map(np.zeros((9, 9)), np.zeros((9, 9)), np.zeros((0, 2)), None, "a")
    assert empty.axes[1].get_ylabel() == "local thickness [px]"


def spread(name: str) -> ThicknessSpread:
    return ThicknessSpread(name, np.linspace(0, 10, 6), np.array([0, 0.2, 0.5, 0.3, 0]), 3, 5, 7)


def test_each_scan_has_a_row() -> None:
    (axes,) = thickness_distributions([spread("a"), spread("b")], "nm").axes
    assert [text.get_text() for text in axes.get_yticklabels()] == ["a", "b"]
    assert "[nm]" in axes.get_xlabel()
    (axes,) = thickness_distributions([spread(str(number)) for number in range(60)], "px").axes
    assert not axes.get_yticklabels() and axes.get_ylabel().startswith("60 scans")


def test_the_histogram_holds_all_of_the_area() -> None:
    thickness = np.zeros((10, 10), np.float32)
    thickness[:2], thickness[2:4] = 4, 8
    edges, share = thickness_histogram(thickness, 2.5)
    assert edges[0] == 0 and 20 < edges[-1] < 20.1 and share.sum() == 1 and share[-1] == 0.5
    assert thickness_histogram(np.zeros((3, 3)), 2.5)[1].sum() == 0


def record(thickness: dict | None, levels: tuple[float | None, ...]) -> ScanRecord:
    row = {f"thickness_{name}_nm": level for name, level in zip(("d10", "d50", "d90"), levels, strict=True)}
    return ScanRecord("a", "nm", row, {}, thickness, (), (), {})


def test_a_spread_is_what_was_measured() -> None:
    found = thickness_spread(record({"edges": [0.0, 1.0, 2.0], "share": [0.25, 0.75]}, (1.0, 2.0, 3.0)))
    assert (found.scan, found.d10, found.d50, found.d90) == ("a", 1, 2, 3)
    assert found.edges.tolist() == [0, 1, 2] and found.share.tolist() == [0.25, 0.75]
    nothing = thickness_spread(record({"edges": [0.0, 1.0], "share": [0.0]}, (None, None, None)))
    assert (nothing.d10, nothing.d50, nothing.d90) == (0, 0, 0)
    assert thickness_spread(record(None, (None, None, None))) is None


def test_maps_can_share_their_colours() -> None:
    thickness = np.zeros((60, 80), np.float32)
    thickness[20:30] = 10
    top = common_top([thickness, 3 * thickness])
    assert top == 30 and common_top([np.zeros((3, 3))]) == 1
    figure = thickness_picture(np.random.default_rng(0).random((60, 80)), thickness, np.zeros((0, 2)), None, top)
    (axes,) = figure.axes
    assert axes.images[1].get_clim() == (0, 30)
    assert axes.get_position().bounds == (0, 0, 1, 1) and not axes.get_title(loc="left")
    (bar,) = colour_bar(top, "px").axes
    assert bar.get_xlabel() == "local thickness [px]" and bar.get_xlim() == (0, 30)
