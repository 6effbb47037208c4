"""The writer is a plain function: layers go in as napari gives them, results come out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.napari.conftest import SIZES_NM, numbers, quantified

from diffrendergan.errors import DataError, RunFolderError
from diffrendergan.labels.label_set import open_label_set
from diffrendergan.labels.tiff import write_imagej_tiff
from diffrendergan.napari.layers import LayerData
from diffrendergan.napari.reading import read_results
from diffrendergan.napari.writing import write_results
from diffrendergan.pipeline.quantify.label_folder import open_labels
from diffrendergan.quantification.tables import read_table

UNITS = ("nanometer", "nanometer")


def edited(results: Path) -> list[LayerData]:
    """Return the layers of results after some work: particle 4 of the first scan is gone, 9 is new."""
    layers = read_results(str(results))
    labels = layers[1][0]
    labels[labels == 4] = 0
    labels[70:90, 90:110] = 9
    return layers


def same(table: Any, other: Any) -> bool:
    """Tell whether two tables hold the same, but for the numbers of the particles."""
    return table.drop_columns(["label"]).equals(other.drop_columns(["label"]))


def test_the_table_is_that_of_the_command(kept_results: Path, tmp_path: Path) -> None:
    layers = edited(kept_results)
    for index, name in ((1, "a"), (3, "b")):
        write_imagej_tiff(tmp_path / "drawn" / f"{name}.tif", layers[index][0], SIZES_NM[name])
    by_command = quantified(
        kept_results.parent / "scans", open_labels(tmp_path / "drawn", list(SIZES_NM)), tmp_path / "by command"
    )
    out = tmp_path / "edited.particles"
    written = write_results(str(out), layers)
    assert str(out / "labels" / "a.tif") in written and all(Path(file).is_file() for file in written)
    for name in SIZES_NM:
        ours, theirs = (read_table(folder / "particles" / f"{name}.parquet") for folder in (out, by_command))
        assert same(ours, theirs)
    assert ours.num_rows == 6


def test_it_opens_again_as_it_was_saved(kept_results: Path, tmp_path: Path) -> None:
    layers, out = edited(kept_results), tmp_path / "edited.particles"
    write_results(str(out), layers)
    again = read_results(str(out))
    assert [kind for _, _, kind in again] == ["image", "labels", "image", "labels"]
    for (before, settings, _), (after, others, _) in zip(layers, again, strict=True):
        assert np.array_equal(before, after)
        assert others["scale"] == pytest.approx(settings["scale"]) and others["units"] == settings["units"]
    again[1][0][:] = 0  # saved once more into the same folder: what changed is measured anew
    write_results(str(out), again)
    assert read_table(out / "particles" / "a.parquet").num_rows == 0


def test_its_label_images_are_what_correct_reads(kept_results: Path, tmp_path: Path) -> None:
    layers, out = edited(kept_results), tmp_path / "edited.particles"
    write_results(str(out), layers[1:2])
    found = open_label_set(out / "labels", ["a"])
    labels = found.read("a", layers[1][0].shape)
    assert labels.pixel_size_nm == pytest.approx(2.0)
    assert np.array_equal(labels.labels > 0, layers[1][0] > 0) and labels.labels.max() == 5


@pytest.mark.parametrize(("scale", "unit"), [(0.8, "nanometer"), (0.0008, "micrometer")])
def test_a_scan_that_napari_opened_and_labels_of_32_bits(scale: float, unit: str, tmp_path: Path) -> None:
    """`uint32` is refused by some writers; micrometres stand beside nanometres."""
    place = {"scale": (scale, scale), "units": (unit, unit), "metadata": {}}
    image = (np.arange(96 * 120, dtype=np.uint16).reshape(96, 120), {"name": "c", **place}, "image")
    other = (np.zeros((5, 5)), {"name": "d", **place}, "image")
    drawn = (numbers().astype(np.uint32), {"name": "Labels", **place}, "labels")
    write_results(str(tmp_path / "c.particles"), [image, other, drawn])
    table = read_table(tmp_path / "c.particles" / "particles" / "c.parquet")
    assert table.num_rows == 6
    areas = np.bincount(numbers().ravel())[1:] * 0.8**2
    assert table["area_nm2"].to_pylist() == pytest.approx(areas.tolist())
    with pytest.warns(UserWarning, match="without their scans"):
        ((labels, settings, _),) = read_results(str(tmp_path / "c.particles"))
    assert np.array_equal(labels, numbers()) and settings["units"] == UNITS
    with pytest.raises(DataError, match="no image among the layers"):
        write_results(str(tmp_path / "e.particles"), [drawn, other])


def test_what_cannot_be_saved_is_said(kept_results: Path, tmp_path: Path) -> None:
    layers = read_results(str(kept_results))
    labels, settings, kind = layers[1]
    with pytest.raises(DataError, match="two layers hold particles of the scan a"):
        write_results(str(tmp_path / "x.particles"), [layers[1], layers[1]])
    with pytest.raises(DataError, match="only square ones"):
        write_results(str(tmp_path / "x.particles"), [(labels, {**settings, "scale": (1.0, 2.0)}, kind)])
    with pytest.raises(DataError, match="negative"):
        write_results(str(tmp_path / "x.particles"), [(labels - 1, settings, kind)])
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").touch()
    with pytest.raises(RunFolderError, match="holds files that are no results"):
        write_results(str(tmp_path / "full"), [layers[1]])
