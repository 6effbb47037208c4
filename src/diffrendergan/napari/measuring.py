"""Widget that measures particles into the features table; a chosen row moves the view to its particle."""

from typing import Any

import numpy as np

from diffrendergan.api.measuring import as_labels, measure_particles
from diffrendergan.napari.layers import features_of, full_size, pixel_size_of, source_of
from diffrendergan.napari.scans import scan_of_layer, settings_of

TABLE = "napari", "Features table widget"
"""Napari's own: a row that is chosen there chooses the particle, and the other way round."""
LEAST_SHOWN = 30.0
"""A particle that takes less of the screen [px] is magnified"""
SHOWN = 120.0
"""to this length [px]."""


def measure_layer(labels: Any, scan: Any = None) -> int:
    """Measure the particles of a layer into its features, as the command `quantify` does.

    Parameters
    ----------
    labels : napari.layers.Labels
        Particles; those that were opened with their scan need no other.
    scan : napari.layers.Image, optional
        Their scan, for grey values; without it that column is missing.

    Returns
    -------
    int
        How many there are.

    Raises
    ------
    DataError
        If it is no label image (H, W), its scan has another shape, or its pixels are not square.
    """
    numbers, source = as_labels(full_size(labels.data)), source_of(labels.metadata, labels.name)
    known = source.scan
    if known is None and scan is not None:
        known = scan_of_layer(scan.data, settings_of(scan)).scan
    size = pixel_size_of(labels.scale, labels.units, labels.name)
    table = measure_particles(numbers, size, known, source.name)
    labels.features = features_of(table)
    return len(table)


def follow(viewer: Any, labels: Any) -> None:
    """Move the view to the particle that is chosen in a layer, when another is.

    Parameters
    ----------
    viewer : napari.Viewer or napari.components.ViewerModel
    labels : napari.layers.Labels
    """

    def show() -> None:
        features = labels.features
        row = np.flatnonzero("index" in features and features["index"] == labels.selected_label)
        unit = "nm" if "x_nm" in features else "px"
        if not len(row) or f"x_{unit}" not in features:
            return
        edge = (pixel_size_of(labels.scale, labels.units, labels.name) or 1.0) if unit == "nm" else 1.0
        x, y, longest = (float(features[f"{name}_{unit}"][row[0]]) / edge for name in ("x", "y", "feret_max"))
        if not np.isfinite(x):
            return
        # The middle of napari's first pixel is at 0, ours at half a pixel.
        place = np.array(labels.data_to_world((y - 0.5, x - 0.5)), float)
        across = float(np.linalg.norm(np.array(labels.data_to_world((y - 0.5, x - 0.5 + longest)), float) - place))
        if across * viewer.camera.zoom < LEAST_SHOWN:
            viewer.camera.zoom = SHOWN / across
        viewer.camera.center = tuple(place.tolist())

    labels.events.selected_label.connect(show)


def measure_widget() -> Any:
    """Return the widget; from now on, the view follows what is chosen in any layer of particles."""
    from magicgui import magicgui
    from napari import current_viewer
    from napari.layers import Image, Labels

    @magicgui(
        call_button="Measure",
        scan={"label": "scan", "nullable": True, "tooltip": "Of particles that were not opened with theirs."},
        table={"widget_type": "PushButton", "text": "Show the table"},
        told={"label": " ", "widget_type": "Label"},
    )
    def widget(particles: Labels, scan: Image | None = None, table: bool = False, told: str = "") -> None:
        widget.told.value = f"{measure_layer(particles, scan)} particles were measured."
        show_table()

    def show_table() -> None:
        viewer.layers.selection = {widget.particles.value}
        viewer.window.add_plugin_dock_widget(*TABLE)

    def follow_one(layer: Any) -> None:
        if isinstance(layer, Labels):
            follow(viewer, layer)

    widget.table.changed.connect(show_table)
    viewer = current_viewer()
    for layer in viewer.layers:
        follow_one(layer)
    viewer.layers.events.inserted.connect(lambda event: follow_one(event.value))
    return widget
