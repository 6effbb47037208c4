"""napari itself: layers, table and view together. `test_viewer.py` runs these in a process of their own."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import napari
import numpy as np
import pytest
from npe2 import PluginManager, PluginManifest
from qtpy.QtWidgets import QApplication

import diffrendergan
from diffrendergan.napari import segmenting
from diffrendergan.napari.layers import KEY
from diffrendergan.quantification.tables import read_table

PICTURE = os.environ.get("NAPARI_SCREENSHOT", "")
MEASURE, CORRECT, FIND = "Measure particles", "Hand on corrections", "Find particles"
TABLE = "Features table widget (napari)"


@pytest.fixture(scope="module")
def viewer() -> Iterator[Any]:
    """A viewer with the plugin."""
    manifest = Path(diffrendergan.__file__).parent / "napari" / "napari.yaml"
    plugins = PluginManager.instance()
    if "diffrendergan" not in plugins:  # an environment into which the package was installed knows it
        plugins.register(PluginManifest.from_file(manifest))
    shown = napari.Viewer(show=False)
    yield shown
    shown.close()


def test_from_results_to_corrections(viewer: Any, kept_results: Path, tmp_path: Path) -> None:
    layers = viewer.open(str(kept_results), plugin="diffrendergan")
    particles = layers[1]
    assert [str(unit) for layer in layers for unit in layer.units] == ["nanometer"] * 8
    assert [layer.scale[0] for layer in layers] == pytest.approx([2.0, 2.0, 0.8, 0.8])
    extent = layers[2].extent.world  # the scale counts: a pixel of the second scan is 0.8 nm
    assert extent[1] - extent[0] == pytest.approx([96 * 0.8, 120 * 0.8], rel=0.02)

    _, widget = viewer.window.add_plugin_dock_widget("diffrendergan", MEASURE)
    widget.particles.value = particles
    widget.table.changed.emit(True)
    table = viewer.window.dock_widgets[TABLE].table
    by_number = {row["label"]: row for row in read_table(kept_results / "particles" / "a.parquet").to_pylist()}

    table.selectRow(5)
    assert particles.selected_label == 5
    place = by_number[5]["y_nm"] - 1, by_number[5]["x_nm"] - 1  # the middle of napari's first pixel is at 0
    assert viewer.camera.center[-2:] == pytest.approx(place)
    assert particles.get_value(place, world=True) == 5
    assert f"diameter_nm: {by_number[5]['diameter_nm']:.3g}" in " ".join(particles._get_properties(place, world=True))

    particles.data[particles.data == 4] = 0  # after 3 is gone, so is 4: the others keep their rows
    particles.data[70:90, 90:110] = 9
    widget()
    assert widget.told.value == "5 particles were measured."
    table.selectRow(6)
    assert particles.selected_label == 6 and particles.features["area_nm2"][6] == by_number[6]["area_nm2"]
    assert np.isnan(particles.features["area_nm2"][[3, 4]]).all()
    assert particles.features["area_nm2"][9] == 20 * 20 * 4

    _, corrections = viewer.window.add_plugin_dock_widget("diffrendergan", CORRECT)
    corrections.particles.value, corrections.folder.value = particles, tmp_path / "corrections"
    corrections()
    assert (tmp_path / "corrections" / "a.tif").is_file() and "diffrendergan correct RUN" in corrections.told.value

    written = viewer.layers.save(str(tmp_path / "all.particles"))
    assert str(tmp_path / "all.particles" / "labels" / "b.tif") in written
    again = viewer.open(str(tmp_path / "all.particles"), plugin="diffrendergan")
    assert np.array_equal(again[1].data, particles.data)
    viewer.layers.clear()


def test_a_layer_of_32_bits_in_micrometres_is_saved(viewer: Any, tmp_path: Path) -> None:
    place = {"scale": (0.002, 0.002), "units": ("um", "um"), "axis_labels": ("y", "x")}
    viewer.add_image(np.arange(64 * 64, dtype=np.uint16).reshape(64, 64), name="c", **place)
    labels = np.zeros((64, 64), np.uint32)
    labels[10:20, 10:20] = 70_000
    viewer.add_labels(labels, name="Labels", **place)
    viewer.layers.save(str(tmp_path / "c.particles"))
    assert read_table(tmp_path / "c.particles" / "particles" / "c.parquet")["area_nm2"].to_pylist() == [400.0]
    viewer.layers.clear()


def test_particles_are_found_beside_the_window(viewer: Any, kept_results: Path, monkeypatch: Any) -> None:
    found = viewer.open(str(kept_results), plugin="diffrendergan")[1].as_layer_data_tuple()
    monkeypatch.setattr(segmenting, "find_particles", lambda source, run, how_sure: (*found[:2], "labels"))
    viewer.layers.clear()
    viewer.open(str(kept_results.parent / "scans" / "a.tif"), plugin="diffrendergan")
    _, widget = viewer.window.add_plugin_dock_widget("diffrendergan", FIND)
    widget()
    until = time.monotonic() + 60
    while len(viewer.layers) < 2 and time.monotonic() < until:
        QApplication.processEvents()
        time.sleep(0.01)
    assert viewer.layers[1].metadata[KEY].name == "a"


@pytest.mark.skipif(not PICTURE, reason="only for the documentation")
def test_picture(viewer: Any) -> None:
    def drawn() -> None:
        for _ in range(30):
            QApplication.processEvents()
            time.sleep(0.02)

    viewer.show()
    viewer.window.resize(1280, 800)
    _, particles = viewer.open(os.environ["NAPARI_RESULTS"], plugin="diffrendergan")[:2]
    _, widget = viewer.window.add_plugin_dock_widget("diffrendergan", MEASURE)
    widget.particles.value = particles
    widget.table.changed.emit(True)
    drawn()
    viewer.window.dock_widgets[TABLE].table.selectRow(57)
    viewer.scale_bar.visible, viewer.camera.zoom = True, 0.2
    drawn()
    viewer.screenshot(PICTURE, canvas_only=False, flash=False)
