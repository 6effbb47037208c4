from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from diffrendergan.api import measure_particles
from diffrendergan.errors import DataError
from diffrendergan.image_files.writing import write_png
from diffrendergan.labels.reading import read_numbers
from diffrendergan.labels.tiff import write_imagej_tiff
from diffrendergan.quantification.tables import write_table
from diffrendergan.runs.atomic import read_json, write_json
from diffrendergan.studio.flow import gather_labels
from diffrendergan.studio.sheets import Place, open_sheet, redo, take_step, undo
from diffrendergan.studio.workspace import Workspace


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Results of `quantify` on one small scan, written as it writes them."""
    labels = np.zeros((40, 60), np.int32)
    labels[5:15, 0:12], labels[20:32, 20:32], labels[20:30, 40:50] = 1, 2, 4
    rng = np.random.default_rng(0)
    write_png(
        tmp_path / "scans" / "a.png",
        np.where(labels > 0, 180, 60).astype(np.uint8) + rng.integers(0, 9, (40, 60), np.uint8),
    )
    results = tmp_path / "work" / "first-look"
    write_imagej_tiff(results / "labels" / "a.tif", labels, 2.0)
    table = measure_particles(labels, 2.0, np.full(labels.shape, 0.5), "a", [0, 0.9, 0.5, 0, 0.7])
    write_table(results / "particles", "a", table)
    write_json(results / "scans" / "a.json", {"row": {"pixel_size_nm": 2.0}})
    return Place(results, tmp_path / "scans" / "a.png", "a", tmp_path / "work")


def test_what_was_found_is_shown_with_its_numbers(place: Place) -> None:
    sheet = open_sheet(place)
    assert (sheet.unit, sheet.labels, sheet.border) == ("nm", (1, 2, 4), (True, False, False))
    assert sheet.confidence == (0.9, 0.5, 0.7)
    shown = read_json(place.folder / "cache" / sheet.outlines)
    assert shown["particles"][1]["o"] == [20, 20, 32, 20, 32, 32, 20, 32]
    assert dict(zip(shown["columns"], shown["particles"][1]["r"], strict=True))["area_nm2"] == 4 * 144


def test_a_step_measures_what_it_changed_as_all_would_be(place: Place) -> None:
    sheet = take_step(place, {"do": "split", "line": [[18, 26], [34, 26]]})
    assert sheet.labels == (1, 2, 4, 5) and sheet.steps == 1
    assert sheet.confidence == (0.9, None, 0.7, None)
    corrected = read_numbers(place.target)
    assert corrected.pixel_size_nm == 2.0
    whole = measure_particles(corrected.numbers, 2.0).to_pydict()
    assert sheet.labels == tuple(whole["label"])
    assert sheet.diameters == pytest.approx(whole["diameter_nm"])
    shown = read_json(place.folder / "cache" / sheet.outlines)
    measured = {one["l"]: dict(zip(shown["columns"], one["r"], strict=True)) for one in shown["particles"]}
    for name in ("area_nm2", "feret_max_nm", "x_nm", "border_weight"):
        assert [measured[label][name] for label in sheet.labels] == pytest.approx(whole[name], rel=1e-4)


def test_steps_are_undone_and_taken_again_after_a_reload(place: Place) -> None:
    take_step(place, {"do": "delete", "labels": [4]})
    take_step(place, {"do": "merge", "labels": [1, 2]})
    assert open_sheet(place).labels == (1,)
    assert undo(place).labels == (1, 2)
    sheet = undo(place)
    assert (sheet.labels, sheet.steps, sheet.undone) == ((1, 2, 4), 0, 2)
    assert not place.target.exists()
    assert redo(place).labels == (1, 2)
    assert place.target.is_file()
    with pytest.raises(DataError, match="Choose a particle"):
        take_step(place, {"do": "delete", "labels": [4]})
    assert open_sheet(place).steps == 1


def test_steps_belong_to_what_was_found(place: Place) -> None:
    take_step(place, {"do": "delete", "labels": [4]})
    other = replace(place, results=place.results.with_name("other"))
    shutil.copytree(place.results, other.results)
    assert (open_sheet(other).steps, open_sheet(other).elsewhere) == (0, True)
    assert (open_sheet(place).steps, open_sheet(place).elsewhere) == (1, False)
    undo(other)
    assert place.target.is_file()  # it is not the other's to remove
    write_imagej_tiff(place.labels, np.ones((40, 60), np.int32), 2.0)
    assert (open_sheet(place).steps, open_sheet(place).elsewhere) == (0, True)


def test_corrected_label_images_take_the_place_of_found_ones(place: Place) -> None:
    take_step(place, {"do": "delete", "labels": [4]})
    write_png(place.scan.with_name("b.png"), np.arange(2400, dtype=np.uint16).reshape(40, 60))
    write_imagej_tiff(place.results / "labels" / "b.tif", np.ones((40, 60), np.int32), 2.0)
    space = Workspace(place.folder, place.scan.parent)
    gather_labels(space, place.results, place.folder / "final")
    assert np.unique(read_numbers(place.folder / "final" / "a.tif").numbers).tolist() == [0, 1, 2]
    assert (place.folder / "final" / "b.tif").read_bytes() == (place.results / "labels" / "b.tif").read_bytes()
