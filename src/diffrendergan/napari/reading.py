"""Readers of napari: a run, results of `quantify`, one of its label images, or a scan."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from diffrendergan.config.load import RUN_CONFIG
from diffrendergan.errors import RunFolderError, UserError
from diffrendergan.exchange.sets.measured import MARKER, holds_results, measured_names, scan_files
from diffrendergan.image_files.names import nfc, scan_name
from diffrendergan.labels.reading import read_numbers
from diffrendergan.micrographs.field import upper_rows
from diffrendergan.napari.layers import LayerData, Source, labels_layer, scan_layer
from diffrendergan.quantification.results import PARTICLES
from diffrendergan.quantification.tables import read_table
from diffrendergan.runs.atomic import read_json

Reader = Callable[[str], list[LayerData]]
MEASURED = Path("quantify") / "predictions"
"""In a run folder: what its network found on the held-out scans."""
LABELS, LABELS_OME = "labels", "labels-ome"
"""In results: label images for Fiji, and those that keep every number."""


def results_reader(path: str | Sequence[str]) -> Reader | None:
    """Return what opens a folder, if it is a run or holds results of `quantify`."""
    if not isinstance(path, str):
        return None
    folder = Path(path)
    return read_results if holds_results(folder) or (folder / RUN_CONFIG).is_file() else None


def scan_reader(path: str | Sequence[str]) -> Reader | None:
    """Return what opens a file: a scan, or a label image of results with its scan and table."""
    if not isinstance(path, str):
        return None
    return read_one if _results_of(Path(path)) is not None else read_scan_file


def read_scan_file(path: str) -> list[LayerData]:
    """Open a scan as the commands read it: without data bar, with its scale in nm.

    Raises
    ------
    DataError
        If it cannot be read as one grey scan.
    """
    from diffrendergan.micrographs.scans import read_scan

    scan = read_scan(Path(path))
    return [scan_layer(scan, Source(scan.name, scan))]


def read_results(path: str) -> list[LayerData]:
    """Open results of `quantify`, or those of a run on its held-out scans: of each scan two layers, the first shown.

    Raises
    ------
    RunFolderError
        If a run has not come that far, or a file of the results is missing.
    """
    folder = Path(path)
    run = None if holds_results(folder) else folder
    results = folder if run is None else folder / MEASURED
    if not holds_results(results):
        raise RunFolderError(f"{folder} holds no particles yet; run `diffrendergan run` to its end.")
    return _read(results, measured_names(results), run, folder)


def read_one(path: str) -> list[LayerData]:
    """Open a label image of results of `quantify`, with its scan and its table."""
    results = _results_of(Path(path))
    assert results is not None
    return _read(results, [scan_name(Path(path))], None, results)


def _results_of(path: Path) -> Path | None:
    """Return the results that a file is a label image of."""
    results = path.parent.parent
    return results if path.parent.name == LABELS and holds_results(results) else None


def _read(results: Path, names: Sequence[str], run: Path | None, opened: Path) -> list[LayerData]:
    if not names:
        raise RunFolderError(f"{results} holds no measured scan; run `diffrendergan quantify` to its end.")
    try:
        files = scan_files(results)
    except UserError as error:
        warnings.warn(f"Particles are shown without their scans: {error}", stacklevel=2)
        files = {}
    run = _run_of(results) if run is None else run
    layers = []
    for name in names:
        source = Source(name, run=run, folder=opened)
        layers += _scan_layers(results, source, files.get(nfc(name)), visible=name == names[0])
    return layers


def _run_of(results: Path) -> Path | None:
    """Return the run whose network found the particles; None for a generalist or label images, or if it has moved."""
    network = read_json(results / MARKER).get("segmenter", {}).get("model", "")
    # As the command was given it: seen from where it ran, which is here, or where its results lie.
    files = [file for file in (Path(network), results.resolve().parent / network) if file.is_file()]
    folders = (folder for file in files for folder in file.resolve().parents)
    return next((folder for folder in folders if (folder / RUN_CONFIG).is_file()), None)


def _scan_layers(results: Path, source: Source, file: Path | None, visible: bool) -> list[LayerData]:
    """Return a scan, unless its file is missing or broken, and its particles."""
    from diffrendergan.micrographs.scans import read_scan
    from diffrendergan.pipeline.quantify.records import read_rules

    name, rules = source.name, read_rules(results)
    found = read_numbers(results / LABELS_OME / f"{name}.ome.tif")
    labels, size, scan = found.numbers.astype(np.int32), found.pixel_size_nm, None
    if file is not None:
        try:
            scan = upper_rows(read_scan(file, replace(rules, pixel_size_nm=size or "auto")), len(labels))
        except UserError as error:
            warnings.warn(f"The particles of {name} are shown without their scan: {error}", stacklevel=2)
    if scan is not None and scan.pixels.shape != labels.shape:
        warnings.warn(f"{scan.source} has another size than when it was measured; it is not shown.", stacklevel=2)
        scan = None
    source = replace(source, scan=scan, rules=rules)
    table = read_table(results / PARTICLES / f"{name}.parquet")
    layers = [] if scan is None else [scan_layer(scan, source, visible)]
    return [*layers, labels_layer(labels, size, source, table, visible)]
