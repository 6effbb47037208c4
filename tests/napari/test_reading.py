"""Readers are plain functions: they need no napari."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.napari.conftest import SHAPE, SIZES_NM, numbers

from diffrendergan.errors import RunFolderError
from diffrendergan.labels.reading import read_numbers
from diffrendergan.micrographs.rules import ReadingRules
from diffrendergan.micrographs.scans import read_scan
from diffrendergan.napari import layers as layers_of
from diffrendergan.napari.layers import KEY, features_of, labels_layer, pixel_size_of
from diffrendergan.napari.reading import read_results, results_reader, scan_reader
from diffrendergan.quantification.tables import read_table


def test_results_open_as_scans_and_particles(kept_results: Path) -> None:
    reader = results_reader(str(kept_results))
    assert reader is not None
    layers = reader(str(kept_results))
    assert [(settings["name"], kind) for _, settings, kind in layers] == [
        ("a", "image"), ("a particles", "labels"), ("b", "image"), ("b particles", "labels"),
    ]  # fmt: skip
    for (data, settings, kind), size in zip(layers, (2.0, 2.0, 0.8, 0.8), strict=True):
        assert settings["scale"] == pytest.approx((size, size))
        assert settings["units"] == ("nanometer", "nanometer") and settings["axis_labels"] == ("y", "x")
        assert settings["visible"] == (size == 2.0)
        name = settings["name"].split()[0]
        if kind == "image":
            rules = ReadingRules(data_bar=16)
            expected = read_scan(kept_results.parent / "scans" / f"{name}.tif", rules).pixels
        else:
            expected = numbers(3 if name == "a" else 0)
        assert data.shape == SHAPE and np.array_equal(data, expected)


def test_index_is_the_number_of_a_particle(kept_results: Path) -> None:
    """Also for napari's own table, which takes row i for number i: particle 3 is not there."""
    features = read_results(str(kept_results))[1][1]["features"]
    assert features["index"].tolist() == [0, 1, 2, 3, 4, 5, 6]
    table = read_table(kept_results / "particles" / "a.parquet").to_pydict()
    assert table["label"] == [1, 2, 4, 5, 6]
    for name in ("area_nm2", "diameter_nm", "x_nm", "intensity_mean"):
        assert features[name][table["label"]].tolist() == table[name]
        assert np.isnan(features[name][[0, 3]]).all()
    assert features["touches_border"][6] is True and features["touches_border"][3] is None
    assert "confidence" not in features  # nothing is known of it


def test_very_high_numbers_take_a_row_each_only(monkeypatch: pytest.MonkeyPatch, kept_results: Path) -> None:
    monkeypatch.setattr(layers_of, "MOST_ROWS", 5)
    features = features_of(read_table(kept_results / "particles" / "a.parquet"))
    assert features["index"].tolist() == [1, 2, 4, 5, 6] and len(features["x_nm"]) == 5


def test_a_label_image_of_results_opens_with_its_scan_and_table(kept_results: Path) -> None:
    path = str(kept_results / "labels" / "b.tif")
    reader = scan_reader(path)
    assert reader is not None
    (_, scan, _), (_, particles, _) = reader(path)
    assert (scan["name"], particles["name"]) == ("b", "b particles") and scan["visible"]
    assert len(particles["features"]["index"]) == 7


def test_a_scan_opens_without_data_bar_in_nm(kept_results: Path) -> None:
    path = str(kept_results.parent / "scans" / "a.tif")
    reader = scan_reader(path)
    assert reader is not None
    ((data, settings, kind),) = reader(path)
    assert kind == "image" and data.shape == SHAPE and settings["scale"] == (2.0, 2.0)
    assert settings["units"] == ("nanometer", "nanometer")


def test_other_folders_and_stacks_are_left_to_others(tmp_path: Path) -> None:
    assert results_reader(str(tmp_path)) is None
    assert results_reader([str(tmp_path)]) is None
    assert scan_reader(["a.tif", "b.tif"]) is None


def test_a_run_opens_with_what_it_found_on_its_held_out_scans(kept_results: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "config.yaml").write_text("{}", encoding="utf-8")
    with pytest.raises(RunFolderError, match="diffrendergan run"):
        read_results(str(run))
    shutil.copytree(kept_results, run / "quantify" / "predictions")
    shutil.copytree(kept_results.parent / "scans", run / "quantify" / "scans")  # as seen from the results
    layers = read_results(str(run))
    assert len(layers) == 4
    assert {settings["metadata"][KEY].folder for _, settings, _ in layers} == {run}


def test_a_run_is_known_by_its_network(kept_results: Path, tmp_path: Path) -> None:
    results = tmp_path / "measured"
    shutil.copytree(kept_results, results)
    network = tmp_path / "run" / "segment" / "seed_0" / "network.safetensors"
    network.parent.mkdir(parents=True)
    network.write_bytes(b"")
    (tmp_path / "run" / "config.yaml").write_text("{}", encoding="utf-8")
    marker = json.loads((results / "quantify.json").read_text("utf-8"))
    marker["segmenter"] = {"model": "run/segment/seed_0/network.safetensors"}  # seen from where the results lie
    (results / "quantify.json").write_text(json.dumps(marker), encoding="utf-8")
    with pytest.warns(UserWarning, match="without their scans"):
        layers = read_results(str(results))
    assert layers[0][1]["metadata"][KEY].run == (tmp_path / "run").resolve()
    assert [kind for _, _, kind in layers] == ["labels", "labels"]  # the scans stayed where they were


def test_unknown_pixel_sizes_are_pixels() -> None:
    source = layers_of.Source("a")
    _, settings, _ = labels_layer(numbers(), None, source)
    assert settings["scale"] == (1.0, 1.0) and settings["units"] == ("pixel", "pixel")


def test_large_images_are_shown_in_levels(monkeypatch: pytest.MonkeyPatch, kept_results: Path) -> None:
    """Graphics cards leave pixels of larger ones out; a level holds no number that the one below has not."""
    monkeypatch.setattr(layers_of, "MOST_EDGE_PX", 100)
    monkeypatch.setattr("diffrendergan.exchange.sets.ome_zarr.LEAST_PX", 40)
    (scan, settings, _), (labels, _, _) = read_results(str(kept_results))[:2]
    assert settings["multiscale"] and [level.shape for level in scan] == [(96, 120), (48, 60), (24, 30)]
    for level, below in zip(labels[1:], labels, strict=False):
        assert set(np.unique(level)) <= set(np.unique(below))
    assert np.array_equal(layers_of.full_size(labels), numbers(3))


@pytest.mark.parametrize(
    ("scale", "units", "size"),
    [
        ((2.0, 2.0), ("nanometer", "nanometer"), 2.0),
        ((0.002, 0.002), ("micrometer", "micrometer"), 2.0),
        ((5.0, 0.8, 0.8), ("pixel", "nm", "nm"), 0.8),
        ((2.0, 2.0), ("pixel", "pixel"), None),
        ((1.0, 1.0), None, None),
    ],
)
def test_pixel_sizes_in_any_unit(scale: tuple[float, ...], units: tuple[str, ...] | None, size: float | None) -> None:
    assert pixel_size_of(scale, units, "a") == (None if size is None else pytest.approx(size))


def test_65536_numbers_at_a_small_scale(tmp_path: Path) -> None:
    """What is stored for other programs keeps every number, and its scale in nm."""
    from diffrendergan.labels.tiff import write_imagej_tiff, write_ome_tiff

    many = np.arange(257 * 256).reshape(257, 256)
    write_imagej_tiff(tmp_path / "a.tif", many, 0.8)
    write_ome_tiff(tmp_path / "a.ome.tif", many, 0.8, "a")
    for name in ("a.tif", "a.ome.tif"):
        found = read_numbers(tmp_path / name)
        assert np.array_equal(found.numbers, many) and found.pixel_size_nm == pytest.approx(0.8)


def test_all_scans_have_a_size(kept_results: Path) -> None:
    sources = [settings["metadata"][KEY] for _, settings, _ in read_results(str(kept_results))]
    assert [source.scan.pixel_size_nm for source in sources] == pytest.approx([2.0, 2.0, 0.8, 0.8])
    assert {source.name for source in sources} == set(SIZES_NM)
