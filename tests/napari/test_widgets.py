"""What the widgets do, on stand-ins for the layers of napari."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.napari.conftest import numbers

from diffrendergan.api import Segmenter, measure_particles, read_scan
from diffrendergan.errors import DataError
from diffrendergan.labels.label_set import open_label_set
from diffrendergan.napari.correcting import save_corrections
from diffrendergan.napari.layers import KEY, LayerData
from diffrendergan.napari.measuring import measure_layer
from diffrendergan.napari.reading import read_results, read_scan_file
from diffrendergan.napari.scans import scan_of_layer, settings_of
from diffrendergan.napari.segmenting import find_particles
from diffrendergan.pipeline.quantify.drawn import Drawn


def layer(of: LayerData) -> Any:
    return SimpleNamespace(data=of[0], **of[1])


def test_measuring_is_that_of_the_table(kept_results: Path) -> None:
    of = read_results(str(kept_results))[1]
    particles = layer(of)
    assert measure_layer(particles) == 5
    for name, values in of[1]["features"].items():
        assert np.array_equal(particles.features[name], values, equal_nan=values.dtype != object), name
    particles.data = particles.data.copy()
    particles.data[particles.data == 4] = 0
    assert measure_layer(particles) == 4 and np.isnan(particles.features["area_nm2"][4])


def test_particles_without_a_scan_are_measured_without_grey_values(kept_results: Path) -> None:
    results = read_results(str(kept_results))
    particles = layer(results[1])
    particles.metadata = {}
    assert measure_layer(particles) == 5 and "intensity_mean" not in particles.features
    assert measure_layer(particles, layer(results[0])) == 5
    assert np.isfinite(particles.features["intensity_mean"][1])
    particles.name = "a/b"
    with pytest.raises(DataError, match="rename it"):
        measure_layer(particles)


def test_corrections_go_where_correct_reads_them(kept_results: Path, tmp_path: Path) -> None:
    results = read_results(str(kept_results))
    particles = layer(results[1])
    particles.data = particles.data.astype(np.uint32)
    path, command = save_corrections(particles, tmp_path / "my corrections")
    assert path == tmp_path / "my corrections" / "a.tif"
    found = open_label_set(path.parent, ["a", "b"])
    assert found.kind == "instances" and not found.doubts
    assert np.array_equal(found.read("a", particles.data.shape).labels > 0, particles.data > 0)
    scans = kept_results.parent / "scans"
    assert shlex.split(command) == ["diffrendergan", "correct", "RUN", str(path.parent), "--scans", str(scans)]
    source = replace(particles.metadata[KEY], run=Path("/runs/1"), folder=tmp_path / "measured")
    particles.metadata = {KEY: source}
    path, command = save_corrections(particles)
    assert path == tmp_path / "corrections" / "a.tif" and " correct /runs/1 " in command
    particles.metadata = {}
    with pytest.raises(DataError, match="name a folder"):
        save_corrections(particles)


def test_particles_are_found_and_measured_as_in_python(kept_results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By something that stands for the generalist."""
    path = kept_results.parent / "scans" / "a.tif"
    network = Segmenter(Drawn({"a": numbers()}))
    monkeypatch.setattr(Segmenter, "generalist", lambda: network)
    scan = read_scan(path)
    expected = network.segment(path)
    data, settings, kind = find_particles(scan_of_layer(*read_scan_file(str(path))[0][:2]), how_sure=False)
    assert kind == "labels" and np.array_equal(data, expected) and data.max() > 0
    table = measure_particles(expected, scan.pixel_size_nm, scan, "a")
    assert settings["features"]["area_nm2"][table["label"].to_numpy()].tolist() == table["area_nm2"].to_pylist()
    assert settings["scale"] == (2.0, 2.0) and settings["metadata"][KEY].run is None


def test_a_scale_that_was_set_by_hand_holds(kept_results: Path) -> None:
    image = layer(read_scan_file(str(kept_results.parent / "scans" / "a.tif"))[0])
    image.scale, image.units = (0.004, 0.004), ("micrometer", "micrometer")
    source = scan_of_layer(image.data, settings_of(image))
    assert source.scan is not None and source.scan.pixel_size_nm == pytest.approx(4.0)
    colours = layer((np.zeros((8, 8, 3)), {"name": "rgb", "scale": (1, 1), "units": None, "metadata": {}}, "image"))
    with pytest.raises(DataError, match="give one grey image"):
        scan_of_layer(colours.data, settings_of(colours))
