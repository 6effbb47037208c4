"""A picture of the choice of the epoch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from diffrendergan.gan.balanced.kernel_score import interval_of, value_of
from diffrendergan.gan.epoch_choice import EpochChoice
from diffrendergan.gan.history import EpochRecord
from diffrendergan.image_files.figures import write_figure_png
from diffrendergan.rendering.protocol import ParameterSpec

_LINE = "#4c566a"
_CANDIDATE = "#d08770"
_CHOSEN = "#bf2f3b"
_COLUMNS = 2
_PANEL_INCHES = (4.2, 2.1)


def plot_selection(
    path: Path, records: Sequence[EpochRecord], choice: EpochChoice, specs: Sequence[ParameterSpec]
) -> None:
    """Write a PNG: FID or kernel distance, breadth and each learned parameter (mean ± sd over Φ) by epoch.

    Parameters
    ----------
    path : Path
        Where to write.
    records : sequence of EpochRecord
        All finished epochs.
    choice : EpochChoice
        Marked: candidates as rings, the chosen epoch as a line.
    specs : sequence of ParameterSpec
        Learned parameters; each panel spans the range of its own.
    """
    rows = 1 + -(-len(specs) // _COLUMNS)
    figure = Figure(figsize=(_PANEL_INCHES[0] * _COLUMNS, _PANEL_INCHES[1] * rows), layout="constrained")
    panels = figure.subplots(rows, _COLUMNS, sharex=True, squeeze=False).ravel()
    extractor = choice.record.extractor
    if choice.record.kernel is None:
        _score_panel(panels[0], records, choice, attrgetter("fid"), f"FID ({extractor})")
    else:
        _score_panel(panels[0], records, choice, value_of, f"kernel distance ({extractor})")
        low, high = zip(*(interval_of(record) for record in records), strict=True)
        panels[0].fill_between([record.epoch for record in records], low, high, color=_LINE, alpha=0.25, linewidth=0)
    _score_panel(panels[1], records, choice, attrgetter("breadth"), "breadth of parameters")
    for panel, spec in zip(panels[2:], specs, strict=False):
        _parameter_panel(panel, records, spec)
    for panel in panels[2 + len(specs) :]:
        panel.set_visible(False)
    for panel in panels[: 2 + len(specs)]:
        panel.axvline(choice.record.epoch, color=_CHOSEN, linewidth=1, zorder=0)
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        panel.tick_params(labelbottom=True, labelsize=8)
    panels[0].legend(loc="best", fontsize=8, frameon=False)
    figure.suptitle(f"Epoch {choice.record.epoch} chosen" + (" by selection.epoch" if choice.override else ""))
    figure.supxlabel("epoch", fontsize=9)
    write_figure_png(path, figure, 120)


def _score_panel(
    panel: Axes, records: Sequence[EpochRecord], choice: EpochChoice, score: Callable[[EpochRecord], float], title: str
) -> None:
    panel.plot([record.epoch for record in records], [score(record) for record in records], color=_LINE)
    panel.plot(
        [record.epoch for record in choice.candidates],
        [score(record) for record in choice.candidates],
        "o",
        color=_CANDIDATE,
        fillstyle="none",
        label="lowest FID" if choice.record.kernel is None else "candidates",
    )
    panel.plot(choice.record.epoch, score(choice.record), "o", color=_CHOSEN, label="chosen")
    panel.set_title(title, fontsize=9)


def _parameter_panel(panel: Axes, records: Sequence[EpochRecord], spec: ParameterSpec) -> None:
    epochs = [record.epoch for record in records]
    mean = np.array([record.parameters[spec.name]["mean"] for record in records])
    sd = np.array([record.parameters[spec.name]["sd"] for record in records])
    panel.plot(epochs, mean, color=_LINE, marker="." if len(epochs) == 1 else None)
    panel.fill_between(epochs, mean - sd, mean + sd, color=_LINE, alpha=0.25, linewidth=0)
    margin = 0.03 * (spec.high - spec.low)
    panel.set_ylim(spec.low - margin, spec.high + margin)
    panel.set_title(f"{spec.name} (mean ± sd over Φ)", fontsize=9)
