"""Widget that saves edited label layers to where `diffrendergan correct` reads them."""

import shlex
from pathlib import Path
from typing import Any

from diffrendergan.api.measuring import as_labels
from diffrendergan.errors import DataError
from diffrendergan.labels.tiff import write_imagej_tiff
from diffrendergan.napari.layers import Source, full_size, pixel_size_of, source_of

FOLDER = "corrections"
"""Beside what the particles were opened from: `corrected` in a run is the network that learned from them."""


def save_corrections(labels: Any, folder: Path | None = None) -> tuple[Path, str]:
    """Save a layer as the label image of its scan, for `diffrendergan correct`.

    Parameters
    ----------
    labels : napari.layers.Labels
        All particles of a scan, as they are right.
    folder : Path, optional
        Of the corrections of all scans; by default `corrections` beside the results that the layer was opened from.

    Returns
    -------
    Path, str
        The file that was written, and the command that lets the network learn from the folder.

    Raises
    ------
    DataError
        If it is no label image, or no folder is given nor known.
    RunFolderError
        If the file cannot be written.
    """
    numbers, source = as_labels(full_size(labels.data)), source_of(labels.metadata, labels.name)
    folder = _beside(source) if folder is None else folder
    path = folder / f"{source.name}.tif"
    write_imagej_tiff(path, numbers, pixel_size_of(labels.scale, labels.units, labels.name))
    return path, command_of(source, folder)


def command_of(source: Source, folder: Path) -> str:
    """Return the command that lets a network learn from a folder of corrections."""
    run = "RUN" if source.run is None else str(source.run)
    scans = () if source.scan is None else ("--scans", str(source.scan.source.parent))
    return shlex.join(("diffrendergan", "correct", run, str(folder), *scans))


def _beside(source: Source) -> Path:
    if source.folder is None:
        raise DataError(f"the scan {source.name} is of no run or results; name a folder for the corrections.")
    return source.folder.absolute().parent / FOLDER


def correct_widget() -> Any:
    """Return the widget."""
    from magicgui import magicgui
    from napari.layers import Labels

    @magicgui(
        call_button="Save for correct",
        folder={
            "label": "folder",
            "mode": "d",
            "nullable": True,
            "tooltip": "By default beside the results.",
        },
        # Lines break in it, and the command can be copied.
        told={"label": " ", "widget_type": "TextEdit"},
    )
    def widget(particles: Labels, folder: Path | None = None, told: str = "") -> None:
        path, command = save_corrections(particles, folder)
        widget.told.value = f"Saved {path}. When all corrected scans are saved:\n{command}"

    return widget
