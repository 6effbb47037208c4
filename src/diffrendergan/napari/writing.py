"""Writer of napari: particles and their scans as a folder of results, measured as `quantify` does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.api.measuring import as_labels
from diffrendergan.errors import DataError
from diffrendergan.micrographs.rules import ReadingRules
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.napari.layers import LayerData, Source, full_size, pixel_size_of, source_of
from diffrendergan.napari.scans import scan_of_layer

Labels = NDArray[np.int32]


def write_results(path: str, layers: Sequence[LayerData]) -> list[str]:
    """Write a folder of results: label images, ROIs, and tables of what is measured anew on them.

    `diffrendergan quantify SCANS --labels` gives the same numbers for the same label images. The folder opens in napari
    again, and its `labels` are read by `diffrendergan correct`.

    Parameters
    ----------
    path : str
        The folder; one that holds something else is refused.
    layers : sequence of LayerData
        Labels, and the scans of those that were not opened with one.

    Returns
    -------
    list of str
        The files that were written.

    Raises
    ------
    DataError
        If a layer is no label image, its scan is not among the layers, or two are of one scan.
    RunFolderError
        If the folder holds something else, or cannot be written.
    """
    from diffrendergan.pipeline.quantify.drawn import Drawn
    from diffrendergan.pipeline.quantify.run import quantify_scans
    from diffrendergan.pipeline.quantify.settings import QuantifySettings
    from diffrendergan.runs.reporter import SilentReporter

    images = [layer for layer in layers if layer[2] == "image"]
    drawn: dict[str, tuple[Source, Labels]] = {}
    for data, settings, kind in layers:
        if kind == "labels":
            source, labels = _with_scan(data, settings, images)
            if source.name in drawn:
                raise DataError(f"two layers hold particles of the scan {source.name}; save one of them.")
            drawn[source.name] = source, labels
    scans = {name: source.scan for name, (source, _) in drawn.items() if source.scan is not None}
    paths = {name: _path(scan) for name, scan in scans.items()}
    by_path = {paths[name]: scan for name, scan in scans.items()}
    rules = {repr(source.rules): source.rules for source, _ in drawn.values()}
    segmenter = Drawn(
        {name: labels for name, (_, labels) in drawn.items()},
        next(iter(rules.values())) if len(rules) == 1 else ReadingRules(),
    )
    chosen = QuantifySettings(
        figures=False,
        images=_folder(list(paths.values())),
        read=by_path.__getitem__,
        pixel_size_option="the layer's scale",
    )
    made = quantify_scans(list(paths.values()), segmenter, chosen, Path(path), SilentReporter())
    if made.failed:
        raise DataError(next(iter(made.failed.values())))
    return [str(Path(path) / file) for record in made.records for file in record.files]


def _with_scan(data: Any, settings: dict[str, Any], images: Sequence[LayerData]) -> tuple[Source, Labels]:
    """Return where particles come from, with their scan, and their label image.

    Raises
    ------
    DataError
        If the scan cannot be told.
    """
    name = settings["name"]
    labels, source = as_labels(full_size(data)), source_of(settings.get("metadata", {}), name)
    size = pixel_size_of(settings["scale"], settings.get("units"), name)
    if source.scan is None:
        fitting = [layer for layer in images if full_size(layer[0]).shape == labels.shape]
        if len(fitting) != 1:
            what = "no image" if not fitting else f"{len(fitting)} images"
            raise DataError(f"{what} among the layers may be the scan of {name}; select both, and save them together.")
        source = scan_of_layer(*fitting[0][:2])
    assert source.scan is not None
    return replace(source, scan=replace(source.scan, pixel_size_nm=size)), labels


def _path(scan: Micrograph) -> Path:
    """Return the file of a scan, or a name for one that has none."""
    return scan.source if scan.source.stem == scan.name else scan.source.with_name(f"{scan.name}.tif")


def _folder(paths: Sequence[Path]) -> Path | None:
    """Return the only file, or the folder of all; None where there is none."""
    there = [path for path in paths if path.exists()]
    if len(there) == len(paths) == 1:
        return there[0]
    folders = {path.parent for path in there}
    return folders.pop() if len(there) == len(paths) and len(folders) == 1 else None
