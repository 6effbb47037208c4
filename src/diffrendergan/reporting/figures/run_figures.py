"""The pictures of a run's predictions as files, beside those in the page."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from diffrendergan.reporting.figures.drawing import write_figure
from diffrendergan.reporting.figures.scan_figures import instances_figure, thickness_figure
from diffrendergan.reporting.page.measured import Measured
from diffrendergan.reporting.page.pooled import SizeGroup, pool_thickness
from diffrendergan.runs.reporter import Reporter


def write_run_figures(folder: Path, measured: Measured, groups: Sequence[SizeGroup], reporter: Reporter) -> list[Path]:
    """Write each picture of the predictions as PNG and SVG, named as `quantify` names them.

    `NAME_instances` and, for wires, `NAME_thickness` of the scans that the page shows; `sizes` and `thickness` of all.
    What the folder held before is removed.

    Raises
    ------
    RunFolderError
        If a file cannot be written.
    """
    shutil.rmtree(folder, ignore_errors=True)
    files: list[Path] = []
    shown = measured.pictures
    for scan, picture in reporter.track(shown, "draw the predictions", len(shown)):
        figure = instances_figure(picture.scan, picture.labels, scan.predicted.cut)
        files += write_figure(folder, f"{scan.name}_instances", figure)
        if picture.wires is not None:
            shown_wires = picture.wires.thickness_px, picture.wires.crossings_px
            files += write_figure(folder, f"{scan.name}_thickness", thickness_figure(picture.scan, *shown_wires))
    for group in groups:
        files += write_figure(folder, group.name, group.figure())
    for wires in pool_thickness(measured.scans):
        files += write_figure(folder, wires.name, wires.figure())
    return files
