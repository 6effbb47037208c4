from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.quantification.sizes import Sizes, analyse_sizes
from diffrendergan.reporting.size_figures import axis_end, bin_edges, size_comparison, size_histogram


@pytest.fixture(scope="module")
def sizes() -> Sizes:
    values = np.random.default_rng(0).lognormal(3, 0.3, 200)
    return analyse_sizes(values, np.ones(200), "nm", 30, 0)


def test_the_histogram_is_a_density_with_fits_and_band(sizes: Sizes) -> None:
    (axes,) = size_histogram(sizes, "a").axes
    area = sum(bar.get_width() * bar.get_height() for bar in axes.patches if bar.get_y() == 0 and bar.get_x() >= 0)
    assert area > 0.9
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert any(label.startswith("lognormal (preferred): BIC") for label in labels)
    assert "95 % band" in labels and "200 whole particles" in labels
    assert any(label.startswith("median 2") and "nm [" in label for label in labels)
    assert axes.get_xlabel().startswith("equivalent circular diameter [nm]")


def test_weights_move_the_histogram() -> None:
    values = np.repeat([10.0, 30.0], 50)
    sizes = analyse_sizes(values, np.repeat([1.0, 3.0], 50), "px", 0, 0)
    (axes,) = size_histogram(sizes, "a").axes
    heights = [bar.get_height() for bar in axes.patches if bar.get_height() > 0][:2]
    assert heights[1] == pytest.approx(3 * heights[0])


def test_nothing_to_show() -> None:
    (axes,) = size_histogram(analyse_sizes(np.zeros(0), np.zeros(0), "px", 0, 0), "a").axes
    assert axes.texts[0].get_text() == "no whole particles"


def test_one_giant_does_not_squeeze_the_axis() -> None:
    values = np.append(np.linspace(10, 20, 200), 900)
    assert axis_end(values) < 50
    edges = bin_edges(values, 40)
    assert edges[0] == 0 and edges[-1] == 40 and 8 <= len(edges) - 1 <= 60
    assert len(bin_edges(np.full(20, 5.0), 6)) == 9


def test_two_distributions_share_axes_and_bins(sizes: Sizes) -> None:
    values = np.random.default_rng(1).lognormal(3.4, 0.2, 80)
    other = analyse_sizes(values, np.ones(80), "nm", 0, 0)
    left, right = size_comparison({"Predicted": sizes, "Annotated": other}).axes
    assert [axes.get_title(loc="left") for axes in (left, right)] == ["Predicted", "Annotated"]
    assert left.get_xlim() == right.get_xlim() and left.get_ylim() == right.get_ylim()
    widths = {round(bar.get_width(), 9) for axes in (left, right) for bar in axes.containers[0]}
    assert len(widths) == 1
    highest = max(bar.get_height() for axes in (left, right) for bar in axes.containers[0])
    assert left.get_ylim()[1] > 1.2 * highest


def test_an_empty_side_leaves_the_other_its_axes(sizes: Sizes) -> None:
    nothing = analyse_sizes(np.zeros(0), np.zeros(0), "nm", 0, 0)
    left, right = size_comparison({"Predicted": nothing, "Annotated": sizes}).axes
    assert left.texts[0].get_text() == "no whole particles"
    assert len(right.get_xticks()) > 2
    assert all(axes.texts for axes in size_comparison({"Predicted": nothing, "Annotated": nothing}).axes)
