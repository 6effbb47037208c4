from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.patches import StepPatch

from diffrendergan.reporting.figures.size_figures import size_comparison, size_histogram
from diffrendergan.sizes.sizes import Sizes, analyse_sizes


def sizes_of(values: np.ndarray, draws: int = 0) -> Sizes:
    return analyse_sizes(values, np.ones(len(values)), "nm", draws, 0)


def samples() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    broad = rng.normal(35, 8, 500).clip(8)
    return {
        "unimodal": rng.lognormal(3, 0.3, 200),
        "bimodal": np.append(rng.normal(20, 3, 360), rng.normal(50, 5, 240)),
        "specks": np.append(rng.uniform(1.1, 3.4, 120), broad),
        "equal specks": np.append(np.full(120, 1.128), broad),
        "few": np.array([18.0, 22, 25, 26, 40]),
        "one": np.array([18.0]),
        "equal": np.full(20, 18.0),
    }


@pytest.fixture(scope="module")
def sizes() -> Sizes:
    return sizes_of(samples()["unimodal"], 30)


def bars(axes: Axes) -> tuple[np.ndarray, np.ndarray]:
    """Return heights and edges of the histogram."""
    (steps,) = [patch for patch in axes.patches if isinstance(patch, StepPatch)]
    return np.asarray(steps.get_data().values), np.asarray(steps.get_data().edges)


def test_the_histogram_is_a_density_with_fits_and_band(sizes: Sizes) -> None:
    (axes,) = size_histogram(sizes, "a").axes
    heights, edges = bars(axes)
    assert (heights * np.diff(edges)).sum() == pytest.approx(1)
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert any(label.startswith("lognormal (preferred): BIC") for label in labels)
    assert "95 % band" in labels and "200 whole particles" in labels
    assert any(label.startswith("median 2") and "nm [" in label for label in labels)
    assert axes.get_xlabel().startswith("equivalent circular diameter [nm]")


@pytest.mark.parametrize("name", samples())
def test_legend_and_data_are_apart_and_no_peak_is_cut_off(name: str) -> None:
    figure = size_histogram(sizes_of(samples()[name], 30), name)
    figure.canvas.draw()
    (axes,) = figure.axes
    legend = axes.get_legend().get_window_extent()
    assert not legend.overlaps(axes.get_window_extent())
    assert not legend.overlaps(axes.xaxis.label.get_window_extent())
    # Within the figure, to a pixel.
    assert legend.x0 >= -1 and legend.y0 >= -1 and legend.x1 <= figure.bbox.x1 + 1
    top, end = axes.get_ylim()[1], axes.get_xlim()[1]
    assert bars(axes)[0].max() < top and bars(axes)[1][-1] < end
    for line in axes.lines[1:]:
        heights = np.asarray(line.get_ydata())
        assert heights.max() < top or set(heights) == {0, 1}  # the median goes through
    assert all(band.get_datalim(axes.transData).y1 < top for band in axes.collections)


def test_a_fit_is_drawn_as_its_means_over_a_bin() -> None:
    """A spike of equal sizes is as high as its bar, whatever the least deviation of a fit is."""
    (axes,) = size_histogram(sizes_of(samples()["equal specks"]), "a").axes
    bimodal = next(line for line in axes.lines if str(line.get_label()).startswith("bimodal"))
    assert np.asarray(bimodal.get_ydata()).max() == pytest.approx(bars(axes)[0].max(), rel=0.1)


def test_each_of_few_particles_is_marked() -> None:
    values = samples()["few"]
    (axes,) = size_histogram(sizes_of(values), "a").axes
    (marks,) = [line for line in axes.lines if line.get_marker() == "|"]
    assert np.array_equal(marks.get_xdata(), values)
    (axes,) = size_histogram(sizes_of(samples()["bimodal"]), "a").axes
    assert not [line for line in axes.lines if line.get_marker() == "|"]


def test_weights_move_the_histogram() -> None:
    values = np.repeat([10.0, 30.0], 50)
    sizes = analyse_sizes(values, np.repeat([1.0, 3.0], 50), "px", 0, 0)
    (axes,) = size_histogram(sizes, "a").axes
    heights = bars(axes)[0]
    first, second = heights[heights > 0]
    assert second == pytest.approx(3 * first)


def test_nothing_to_show() -> None:
    (axes,) = size_histogram(sizes_of(np.zeros(0)), "a").axes
    assert axes.texts[0].get_text() == "no whole particles"


def test_particles_beyond_the_axis_are_counted() -> None:
    (axes,) = size_histogram(sizes_of(np.append(np.linspace(5, 20, 300), [900, 950])), "a").axes
    assert axes.get_xlim()[1] < 60 and "(2 larger than shown)" in axes.get_xlabel()


def test_two_distributions_share_axes_and_bins(sizes: Sizes) -> None:
    other = sizes_of(np.random.default_rng(1).lognormal(3.4, 0.2, 80))
    left, right = size_comparison({"Predicted": sizes, "Annotated": other}).axes
    assert [axes.get_title(loc="left") for axes in (left, right)] == ["Predicted", "Annotated"]
    assert left.get_xlim() == right.get_xlim() and left.get_ylim() == right.get_ylim()
    assert np.array_equal(bars(left)[1], bars(right)[1])
    assert left.get_ylim()[1] > max(bars(axes)[0].max() for axes in (left, right))


def test_legends_of_two_panels_are_apart(sizes: Sizes) -> None:
    figure = size_comparison({"Predicted": sizes_of(samples()["specks"], 30), "Annotated": sizes})
    figure.canvas.draw()
    left, right = (axes.get_legend().get_window_extent() for axes in figure.axes)
    assert not left.overlaps(right) and right.x1 <= figure.bbox.x1 + 1
    assert not any(box.overlaps(axes.get_window_extent()) for box in (left, right) for axes in figure.axes)


def test_an_empty_side_leaves_the_other_its_axes(sizes: Sizes) -> None:
    nothing = sizes_of(np.zeros(0))
    left, right = size_comparison({"Predicted": nothing, "Annotated": sizes}).axes
    assert left.texts[0].get_text() == "no whole particles"
    assert len(right.get_xticks()) > 2
    assert all(axes.texts for axes in size_comparison({"Predicted": nothing, "Annotated": nothing}).axes)
