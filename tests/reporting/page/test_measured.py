from __future__ import annotations

import shutil

import imageio.v3 as iio
import numpy as np
import pytest

from diffrendergan.errors import RunFolderError
from diffrendergan.evaluation.pictures import write_labels
from diffrendergan.reporting.page.measured import in_words, measure_predictions
from diffrendergan.reporting.page.scores import read_scores
from diffrendergan.runs.reporter import SilentReporter

from ..conftest import changed, edit_scores

PLACE = "evaluate/predictions/seed_0/components"


def measured(project, run):
    return measure_predictions(project, run, read_scores(run), SilentReporter())


def test_the_headline_networks_particles_are_measured_beside_the_annotated_ones(finished, project):
    found = measured(project, finished)
    assert (found.seed, found.decoding, found.missing) == (0, "components", None)
    assert [scan.name for scan in found.scans] == ["scan c", "scan d"]
    for scan, picture in found.pictures:
        assert (scan.scale.unit, scan.scale.per_px) == ("nm", 5.0)
        # The components of seed 0 are the truth itself.
        assert scan.predicted.area.tolist() == scan.annotated.area.tolist()
        assert picture.labels.shape == picture.scan.pixels.shape == (64, 64)
        assert scan.spread is None and picture.wires is None
    assert not found.left_out and not found.unread


def test_the_decoding_is_that_of_the_headline(run, project):
    edit_scores(run, lambda value: value["headline"].update(decoding="watershed"))
    found = measured(project, run)
    assert found.decoding == "watershed"
    assert found.scans[0].predicted.y.tolist() != found.scans[0].annotated.y.tolist()


def test_pictures_are_kept_of_the_first_scans_only(finished, project, monkeypatch):
    monkeypatch.setattr("diffrendergan.reporting.page.measured.MOST_SHOWN", 1)
    found = measured(project, finished)
    assert [scan.name for scan, _ in found.pictures] == ["scan c"] and len(found.scans) == 2


def test_wires_have_a_thickness(finished, project, wiry):
    assert wiry.about_wires and not project.about_wires
    for scan, picture in measured(wiry, finished).pictures:
        assert scan.spread.scan == scan.name and 0 < scan.spread.d10 <= scan.spread.d90 <= 10 * 5.0 * 2
        assert picture.wires.thickness.shape == (64, 64)


@pytest.mark.parametrize(
    ("gone", "told"),
    [
        ("evaluate", "`diffrendergan evaluate` does that"),
        ("evaluate/predictions", "`diffrendergan evaluate` writes them"),
        ("prepare", "`diffrendergan prepare` settles it"),
    ],
)
def test_what_is_missing_is_said(run, project, gone, told):
    shutil.rmtree(run / gone)
    found = measured(project, run)
    assert told in found.missing and found.missing.endswith(".")
    assert not found.scans and not found.pictures


def test_without_held_out_scans_the_note_of_the_scores_is_told(run, project):
    edit_scores(run, lambda value: value.update(scans=[]))
    assert measured(project, run).missing == "Scores of the held-out scans."


def test_one_scan_that_moved_away_is_left_out(scans, finished, project, tmp_path):
    images = shutil.copytree(scans / "images", tmp_path / "images")
    (images / "scan c.png").unlink()
    found = measured(changed(project, data={"images": images}), finished)
    assert [scan.name for scan in found.scans] == ["scan d"] and found.missing is None
    assert found.left_out["scan c"].endswith("scan c.png does not exist.")


def test_without_any_scan_the_first_reason_is_told(finished, project, tmp_path):
    found = measured(changed(project, data={"images": tmp_path}), finished)
    assert found.missing.startswith("No held-out scan can be measured. Left out: scan scan c and 1 more, since")


def test_annotations_are_optional(finished, project, unannotating, tmp_path):
    assert all(scan.annotated is None for scan in measured(unannotating, finished).scans)
    moved = measured(changed(project, data={"masks": tmp_path / "gone"}), finished)
    assert all(scan.annotated is None for scan in moved.scans) and set(moved.unread) == {"scan c", "scan d"}


def test_both_sides_are_measured_on_the_rows_they_share(scans, finished, project, tmp_path):
    masks = shutil.copytree(scans / "masks", tmp_path / "masks")
    path = masks / "scan c_m.png"
    iio.imwrite(path, iio.imread(path)[:60])
    scan, picture = measured(changed(project, data={"masks": masks}), finished).pictures[0]
    assert picture.labels.shape == picture.scan.pixels.shape == (60, 64)
    assert scan.predicted.area.tolist() == scan.annotated.area.tolist()


def test_a_broken_prediction_is_named(run, project):
    path = run / PLACE / "scan d.tif"
    path.write_bytes(b"II*\0 broken")
    with pytest.raises(RunFolderError, match=r"scan d\.tif is broken"):
        measured(project, run)
    write_labels(path, np.zeros((9, 9), np.int32), None)
    with pytest.raises(RunFolderError, match=r"scan d\.tif is broken \(it has the shape \(9, 9\)"):
        measured(project, run)


def test_reasons_in_words():
    assert in_words({}, "scan") == ""
    assert in_words({"a": "it is gone."}, "scan") == "Left out: scan a, since it is gone."
    assert in_words({"a": "it is gone.", "b": "?"}, "scan") == "Left out: scan a and 1 more, since it is gone."
