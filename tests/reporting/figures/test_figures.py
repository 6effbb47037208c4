from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest

from diffrendergan.gan.history import EpochRecord
from diffrendergan.reporting.figures import figures
from diffrendergan.reporting.page.results import ParameterTrack, SegmentationHistory, StageCost


def records(fids: list[float]) -> list[EpochRecord]:
    return [
        EpochRecord(epoch, 10 * epoch, 0.5, 0.2, 0.6, 0.4, fid, "pixels", 0.1 * epoch, {}, 1.0)
        for epoch, fid in enumerate(fids, 1)
    ]


def track(epochs: int = 4, parameters: int = 2, arrangements: int = 101) -> ParameterTrack:
    table = np.linspace(0.2, 0.8, arrangements, dtype=np.float32)[:, None].repeat(parameters, axis=1)
    names = tuple(f"parameter {number}" for number in range(parameters))
    ranges = np.array([[0.0, 1.0 + number] for number in range(parameters)])
    return ParameterTrack(names, ranges, tuple(range(1, epochs + 1)), (table,) * epochs)


def lines(axes, label):
    return [line for line in axes.lines if line.get_label() == label]


def test_the_kernel_distance_takes_the_place_of_the_fid_with_its_range():
    kernels = [(0.2, 0.4), (0.1, 0.3)]
    found = [replace(record, kernel=kernel) for record, kernel in zip(records([90.0, 40.0]), kernels, strict=True)]
    distance = figures.training_curves(found, chosen=2).axes[1]
    assert distance.get_title(loc="left").startswith("Kernel distance (pixels)")
    assert distance.lines[0].get_ydata().tolist() == pytest.approx([0.3, 0.2])
    band = distance.collections[0].get_paths()[0].vertices[:, 1]
    assert 0.1 < band.min() < 0.11 and 0.39 < band.max() < 0.4


def test_the_chosen_epoch_and_the_candidates_are_marked_where_they_are():
    figure = figures.training_curves(records([90.0, 40.0, 50.0, 45.0]), chosen=4, candidates=[2, 3, 4])
    losses, fid, broad = figure.axes
    (star,) = lines(fid, "chosen: epoch 4")
    assert star.get_xydata().tolist() == [[4, 45.0]]
    (rings,) = lines(fid, "candidates")
    assert rings.get_xydata().tolist() == [[2, 40.0], [3, 50.0], [4, 45.0]]
    assert lines(broad, "chosen: epoch 4")[0].get_ydata()[0] == pytest.approx(0.4)
    assert broad.get_ylim() == pytest.approx((0, 0.44))
    for axes in (losses, fid, broad):
        assert any(list(line.get_xdata()) == [4, 4] for line in axes.lines)
    assert [text.get_text() for text in figure.legends[0].texts] == [
        "generator", "discriminator", "candidates", "chosen: epoch 4",
    ]  # fmt: skip


def test_without_a_choice_nothing_is_marked():
    figure = figures.training_curves(records([90.0, 40.0]))
    assert not any("chosen" in line.get_label() for axes in figure.axes for line in axes.lines)


def test_one_epoch_is_enough():
    figure = figures.training_curves(records([10.0]))
    assert figure.axes[1].lines[0].get_marker() == "o"
    assert len(figures.parameter_distributions(track(epochs=1)).axes) == 2


def test_a_wide_range_of_distances_is_drawn_on_a_log_scale_and_zero_is_not():
    assert figures.training_curves(records([1000.0, 50.0])).axes[1].get_yscale() == "log"
    assert figures.training_curves(records([60.0, 50.0])).axes[1].get_yscale() == "linear"
    assert figures.training_curves(records([60.0, 0.0])).axes[1].get_yscale() == "linear"


@pytest.mark.parametrize("parameters", [1, 3, 4, 7])
def test_each_parameter_has_a_panel_over_its_whole_range(parameters):
    figure = figures.parameter_distributions(track(parameters=parameters), chosen=2)
    assert [axes.get_title(loc="left") for axes in figure.axes] == [f"parameter {k}" for k in range(parameters)]
    for number, axes in enumerate(figure.axes):
        low, high = axes.get_ylim()
        assert low < 0 and high > 1 + number


def test_bands_hold_half_and_nine_tenths():
    axes = figures.parameter_distributions(track()).axes[0]
    wide, narrow = axes.collections
    assert wide.get_datalim(axes.transData).y0 == pytest.approx(0.23)
    assert wide.get_datalim(axes.transData).y1 == pytest.approx(0.77)
    assert narrow.get_datalim(axes.transData).y0 == pytest.approx(0.35)
    assert lines(axes, "median over arrangements")[0].get_ydata() == pytest.approx([0.5] * 4)


def test_each_scan_is_a_mark_and_the_bar_is_their_mean():
    scores = {"one": {"a": {"dsc": 0.8}, "b": {"dsc": 0.9}}, "other": {"a": {"dsc": 0.5}, "b": {}}}
    (axes,) = figures.scan_scores(scores, {"dsc": "DSC"}).axes
    marks, bar, other, _ = axes.lines
    assert marks.get_xydata().tolist() == [[0.8, 0], [0.9, 0]]
    assert list(bar.get_xdata()) == pytest.approx([0.85, 0.85])
    assert other.get_xydata().tolist() == [[0.5, 1]]
    low, high = axes.get_xlim()
    assert low < 0.5 and high > 0.9


@pytest.mark.parametrize("values", [(0.0,), (1.0,), (0.0, 1.0), (0.5, 0.5)])
def test_extreme_scores_stay_inside_the_panel(values):
    scores = {"one": {str(k): {"pq": value} for k, value in enumerate(values)}}
    low, high = figures.scan_scores(scores, {"pq": "PQ"}).axes[0].get_xlim()
    assert low < min(values) and max(values) < high


def test_bars_are_as_long_as_the_stages_and_unmeasured_memory_is_said():
    figure = figures.stage_costs([StageCost("prepare", 60.0, None), StageCost("train", 600.0, 2048.0)])
    time, memory = figure.axes
    assert [bar.get_width() for bar in time.patches] == pytest.approx([1.0, 10.0])
    assert "min" in time.get_title(loc="left") and "11 min" in time.get_title(loc="left")
    assert [bar.get_width() for bar in memory.patches] == pytest.approx([0.0, 2.0])
    assert [text.get_text() for text in memory.texts] == ["not measured", "2.00"]


def test_without_any_measured_memory_there_is_no_panel_for_it():
    assert len(figures.stage_costs([StageCost("prepare", 0.0, None)]).axes) == 1


def test_a_network_without_held_out_images_has_a_loss_only():
    with_dice = SegmentationHistory(0, 20, ({"step": 10, "train_loss": 1.0, "validation_dice": 0.5},
                                            {"step": 20, "train_loss": 0.5, "validation_dice": 0.8}))  # fmt: skip
    without = SegmentationHistory(1, 20, ({"step": 20, "train_loss": 0.5},))
    loss, dice = figures.segmentation_curves([with_dice, without]).axes
    assert [line.get_label() for line in loss.lines] == ["seed 0", "seed 1"]
    assert len(dice.lines) == 2  # seed 0 and the star of its best step
    assert dice.lines[1].get_xydata().tolist() == [[20, 0.8]]


def test_nothing_global_changes():
    before = dict(mpl.rcParams)
    figures.stage_costs([StageCost("prepare", 1.0, 1.0)])
    assert dict(mpl.rcParams) == before
