from __future__ import annotations

import numpy as np

from diffrendergan.reporting.thickness_figures import ThicknessSpread, thickness_distributions, thickness_map


def test_the_map_has_a_colour_bar_in_nanometres() -> None:
    thickness = np.zeros((60, 80), np.float32)
    thickness[20:30] = 10
    figure = thickness_map(np.random.default_rng(0).random((60, 80)), thickness, np.array([[40.0, 25]]), 2.5, "a")
    axes, bar = figure.axes
    assert bar.get_ylabel() == "local thickness [nm]"
    shown = axes.images[1].get_array()
    assert shown.max() == 25 and shown.mask[0].all() and not shown.mask[25].any()
    assert axes.get_title(loc="left") == "a: 1 crossing"
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
