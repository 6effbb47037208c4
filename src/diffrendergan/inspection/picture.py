"""A picture of what `init` measured: outlines on a few scans, the sizes with their fit, and the proposal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from skimage.segmentation import find_boundaries

from diffrendergan.errors import DataError
from diffrendergan.image_files.figures import write_figure_png
from diffrendergan.inspection.arrangement_evidence import Objects
from diffrendergan.inspection.measurements import ScanMeasurement
from diffrendergan.inspection.proposal import Estimate
from diffrendergan.inspection.report import Inspection
from diffrendergan.inspection.values import described

SHOWN = 3
GREEN, ORANGE, BLUE, INK = "#33d17a", "#ff7800", "#1c71d8", "#303030"
OUTLINE = (0.2, 0.82, 0.48)
BEYOND = (0.85, 0.8, 0.9)
"""Colour of what is no field."""
WORDS = {
    "outlines": "green: outlines by the generalist, as measured",
    "watershed": "green: outlines by threshold and watershed, as measured",
    "circles": "orange: circles fitted to outlines, as measured; green: threshold and watershed",
    "regions": "green: connected agglomerates, as measured",
    "ridges": "orange: wires, as measured",
}


def write_measured_picture(path: Path, inspection: Inspection) -> None:
    """Write the picture of a proposal as a PNG.

    Parameters
    ----------
    path : Path
        The picture to write.
    inspection : Inspection
        What `inspect_folder` found.

    Raises
    ------
    DataError
        If no particles were found, so that there is nothing to show.
    RunFolderError
        If the file cannot be written.
    """
    proposal = inspection.estimate
    if proposal is None:
        raise DataError(f"no particles were found in {inspection.folder}, so there is no picture; see data.foreground.")
    figure = Figure(figsize=(15, 9.6), dpi=100, facecolor="white", layout="constrained")
    grid = figure.add_gridspec(2, 6, height_ratios=[1, 0.85])
    shown = _representative(inspection.measurements, proposal)
    columns = 6 // len(shown)
    for index, scan in enumerate(shown):
        _draw_scan(figure.add_subplot(grid[0, index * columns : (index + 1) * columns]), scan, proposal)
    _draw_sizes(figure.add_subplot(grid[1, :3]), inspection, proposal)
    _draw_words(figure.add_subplot(grid[1, 3:]), inspection, proposal)
    figure.suptitle(f"Measured without labels; {WORDS[proposal.source]}", fontsize=12, color=INK)
    write_figure_png(path, figure, 100)


def _representative(scans: Sequence[ScanMeasurement], proposal: Estimate) -> list[ScanMeasurement]:
    """Return scans with few, a usual number of, and many particles, in this order."""
    order = sorted(scans, key=lambda scan: len(_objects(scan, proposal).radius))
    busy = [scan for scan in order if len(_objects(scan, proposal).radius) > 0] or order
    if len(busy) <= SHOWN:
        return busy
    return [busy[round(share * (len(busy) - 1))] for share in (0.25, 0.6, 1.0)]


def _objects(scan: ScanMeasurement, proposal: Estimate) -> Objects:
    return Objects.of_wires(scan.wires) if proposal.source == "ridges" else Objects.of_scan(scan, proposal.source)


def _draw_scan(axes: Axes, scan: ScanMeasurement, proposal: Estimate) -> None:
    low, high = np.percentile(scan.pixels, [0.5, 99.8])
    grey = np.clip((scan.pixels - low) / max(high - low, 1e-6), 0, 1)
    picture = np.dstack([grey] * 3)
    if proposal.source != "ridges":
        labels = (scan.labels > 0).astype(np.int32) if proposal.source == "regions" else scan.labels
        picture[find_boundaries(labels, mode="thick")] = OUTLINE
    if scan.field is not None:
        picture[~scan.field] = BEYOND
    axes.imshow(picture, interpolation="antialiased")
    if proposal.source == "circles":
        turn = np.linspace(0, 2 * np.pi, 90)
        for x, y, radius in zip(scan.circles.x, scan.circles.y, scan.circles.radius, strict=True):
            axes.plot(x + radius * np.cos(turn), y + radius * np.sin(turn), color=ORANGE, linewidth=1.4)
    if proposal.source == "ridges":
        for wire in scan.wires:
            axes.plot(*wire.points.T, color=ORANGE, linewidth=1.6)
    axes.set_xlim(0, scan.pixels.shape[1] - 1)
    axes.set_ylim(scan.pixels.shape[0] - 1, 0)
    axes.set_title(
        f"{scan.name}: {len(_objects(scan, proposal).radius)} measured", fontsize=10, color=INK, parse_math=False
    )
    axes.set_axis_off()


def _draw_sizes(axes: Axes, inspection: Inspection, proposal: Estimate) -> None:
    factor, unit = (1.0, "px") if inspection.pixel_size_nm is None else (inspection.pixel_size_nm, "nm")
    values = factor * np.asarray(proposal.diameters)
    fit = proposal.size.value.scaled(factor)
    top = float(np.percentile(values, 99.5)) * 1.1
    bins = int(np.clip(2 * np.sqrt(len(values)), 8, 50))
    axes.hist(
        values, bins=list(np.linspace(0, top, bins + 1)), density=True, color="#c0bfbc", label=f"{len(values)} measured"
    )
    places: NDArray[np.float64] = np.linspace(top / 500, top, 500)
    density = fit.density(places)
    axes.plot(places, density, color=BLUE, linewidth=2, label=f"fitted: {fit.distribution}")
    axes.axvline(fit.median, color=ORANGE, linestyle="--", label=f"median {fit.median:.3g} {unit}")
    axes.set_xlabel(f"{'width' if proposal.family == 'wire' else 'diameter'} [{unit}]")
    axes.set_ylabel(f"density [1/{unit}]")
    axes.set_xlim(0, top)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)


def _draw_words(axes: Axes, inspection: Inspection, proposal: Estimate) -> None:
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.text(0, 0.98, "proposal", weight="bold", fontsize=11, color=INK, va="top")
    axes.text(0.74, 0.98, "interval or confidence", weight="bold", fontsize=11, color=INK, va="top")
    parts = described(proposal, inspection.pixel_size_nm)
    for index, part in enumerate(parts):
        y = 0.88 - index * min(0.12, 0.84 / len(parts))
        axes.text(0, y, part.name, fontsize=10.5, color="#707070", va="center")
        axes.text(0.15, y, _broken(part.value), fontsize=10.5, color=INK, va="center")
        colour = ORANGE if part.doubtful else GREEN
        if part.confidence is None:
            axes.plot(0.725, y, "o", color=colour, markersize=6)
            axes.text(0.74, y, _broken(part.certainty, 30), fontsize=10, color=INK, va="center")
        else:
            axes.barh(y, 0.13, height=0.035, left=0.82, color="#e8e8e8")
            axes.barh(y, 0.13 * part.confidence, height=0.035, left=0.82, color=colour)
            axes.text(0.96, y, f"{part.confidence:.1f}", fontsize=10, color=INK, va="center")
    if any(part.doubtful for part in parts):
        axes.text(0, 0.0, "orange: look at this, and correct it in the project file", fontsize=10, color=ORANGE)


def _broken(words: str, most: int = 52) -> str:
    """Return words on two lines if they are long."""
    if len(words) <= most:
        return words
    space = words.rfind(" ", 0, most)
    return words[:space] + "\n" + words[space + 1 :]
