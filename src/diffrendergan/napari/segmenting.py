"""Widget that finds the particles of a scan: with the network of a run, or with the packaged generalist."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from diffrendergan.napari.layers import LayerData, Source, labels_layer


def find_particles(source: Source, run: Path | None = None, how_sure: bool = True) -> LayerData:
    """Return the particles of a scan as a layer, measured, as `diffrendergan quantify` finds and measures them.

    Parameters
    ----------
    source : Source
        The scan, as `scan_of_layer` gives it.
    run : Path, optional
        A run folder with a trained network; by default the packaged generalist is taken.
    how_sure : bool
        Look again in other ways to tell how sure each particle is, which takes at least as long again.

    Raises
    ------
    DataError
        If the scan's grey range or scale is not what the network was trained for.
    RunFolderError
        If the run holds no network.
    """
    from diffrendergan.api import Segmenter, measure_particles

    segmenter = Segmenter.generalist() if run is None else Segmenter.load(run)
    scan = _as_its_scans(source, run)
    if how_sure:
        labels, confidence = segmenter.segment_surely(scan)
    else:
        labels, confidence = segmenter.segment(scan), None
    table = measure_particles(labels, scan.pixel_size_nm, scan, source.name, confidence)
    return labels_layer(labels, scan.pixel_size_nm, replace(source, scan=scan, run=run), table)


def _as_its_scans(source: Source, run: Path | None) -> Any:
    """Return a scan as it is read for a network: one that was brought to the greys of another run is read again."""
    from diffrendergan.api import read_scan

    scan = source.scan
    if scan is None or not scan.source.is_file():
        return scan
    rules = source.rules
    return read_scan(scan.source, scan.pixel_size_nm, scan.data_bar_rows, rules.series, rules.channel, run)


def segment_widget() -> Any:
    """Return the widget."""
    from magicgui import magicgui
    from napari import Viewer
    from napari.layers import Image, Layer
    from napari.qt.threading import create_worker

    from diffrendergan.napari.scans import scan_of_layer, settings_of

    @magicgui(
        call_button="Find particles",
        scan={"label": "scan"},
        run={"label": "run", "mode": "d", "nullable": True, "tooltip": "A run folder; without one, the generalist."},
        how_sure={"label": "tell how sure each is", "tooltip": "Takes at least as long again."},
    )
    def widget(viewer: Viewer, scan: Image, run: Path | None = None, how_sure: bool = True) -> None:
        source = scan_of_layer(scan.data, settings_of(scan))

        def show(found: LayerData) -> None:
            viewer.add_layer(Layer.create(*found))

        worker = create_worker(find_particles, source, run, how_sure, _progress={"desc": "Finding particles"})
        worker.returned.connect(show)
        worker.start()

    return widget
