from __future__ import annotations

import shutil

import imageio.v3 as iio
import numpy as np
import pytest

from diffrendergan.errors import RunFolderError
from diffrendergan.quantification.particles import measure_particles
from diffrendergan.quantification.results import DRAWS
from diffrendergan.quantification.wires.wires import measure_wires
from diffrendergan.reporting.page.measured import in_words, read_measured
from diffrendergan.reporting.page.scores import read_scores
from diffrendergan.sizes.distribution import size_statistics
from diffrendergan.sizes.sizes import analyse_sizes

from ..conftest import blobs, changed, edit_scores, picture, quantified


def measured(project, run):
    return read_measured(project, run, read_scores(run))


def test_the_headline_networks_particles_are_measured_beside_the_annotated_ones(finished, project):
    found = measured(project, finished)
    assert (found.seed, found.decoding, found.missing) == (0, "components", None)
    assert [scan.name for scan in found.scans] == ["scan c", "scan d"]
    for scan, shown in found.pictures:
        assert (scan.scale.unit, scan.scale.per_px) == ("nm", 5.0)
        # The components of seed 0 are the truth itself.
        assert scan.predicted.area_px.tolist() == scan.annotated.area_px.tolist()
        assert shown.labels.shape == shown.scan.pixels.shape == (64, 64)
        assert scan.spread is None and shown.wires is None
    assert not found.left_out and not found.unread


def test_the_decoding_is_that_of_the_headline(run, project):
    edit_scores(run, lambda value: value["headline"].update(decoding="watershed"))
    found = measured(project, quantified(project, run))
    assert found.decoding == "watershed"
    # The watershed of seed 0 is the truth, a row further down.
    assert (found.pictures[0][1].labels == np.roll(blobs(0, 64), 1, axis=0)).all()


@pytest.mark.parametrize("pixel_size", [5.0, 3.7])
def test_the_numbers_are_those_that_measuring_at_once_gives(run, project, pixel_size):
    project = changed(project, data={"pixel_size_nm": pixel_size})
    for number, scan in enumerate(measured(project, quantified(project, run)).scans):
        pixels = np.rint(255 * picture(blobs(number, 64), number)) / 255
        wanted = measure_particles(blobs(number, 64), pixels)
        sizes = analyse_sizes(wanted.diameter * pixel_size, wanted.border_weight, "nm", DRAWS, project.seed, scan.name)
        for side in (scan.predicted, scan.annotated):
            assert side.label.tolist() == wanted.label.tolist()
            assert side.area_px.tolist() == wanted.area.tolist()
            assert side.diameter.tolist() == (wanted.diameter * pixel_size).tolist()
            assert side.border_weight.tolist() == wanted.border_weight.tolist()
            assert side.cut.tolist() == wanted.label[wanted.touches_border].tolist()
            assert side.median.particles == (~wanted.touches_border).sum()
            assert (side.median.value, side.median.interval) == sizes.median


def test_pictures_are_kept_of_the_first_scans_only(finished, project, monkeypatch):
    monkeypatch.setattr("diffrendergan.reporting.page.measured.MOST_SHOWN", 1)
    found = measured(project, finished)
    assert [scan.name for scan, _ in found.pictures] == ["scan c"] and len(found.scans) == 2


def test_wires_have_a_thickness(run, project, wiry):
    assert wiry.about_wires and not project.about_wires
    for number, (scan, shown) in enumerate(measured(wiry, quantified(wiry, run)).pictures):
        wanted = measure_wires(blobs(number, 64))
        levels = size_statistics(wanted.thickness[wanted.thickness > 0].astype(float) * 5.0)
        assert scan.spread.scan == scan.name
        assert (scan.spread.d10, scan.spread.d50, scan.spread.d90) == pytest.approx(
            (levels.d10, levels.d50, levels.d90)
        )
        assert (shown.wires.thickness == wanted.thickness * np.float32(5.0)).all()
        assert shown.wires.thickness_px == pytest.approx(wanted.thickness)
        assert shown.wires.crossings_px.tolist() == wanted.crossings.tolist()


@pytest.mark.parametrize(
    ("gone", "told"),
    [
        ("evaluate", "`diffrendergan evaluate` does that"),
        ("quantify", "`diffrendergan quantify` does that"),
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


def test_a_scan_that_moved_away_before_it_was_measured_is_left_out(scans, run, project, tmp_path):
    images = shutil.copytree(scans / "images", tmp_path / "images")
    (images / "scan c.png").unlink()
    moved = changed(project, data={"images": images})
    found = measured(moved, quantified(moved, run))
    assert [scan.name for scan in found.scans] == ["scan d"] and found.missing is None
    assert found.left_out["scan c"].endswith("scan c.png does not exist.")


def test_a_scan_that_moved_away_since_is_told_of_but_not_drawn(scans, finished, project, tmp_path):
    images = shutil.copytree(scans / "images", tmp_path / "images")
    (images / "scan c.png").unlink()
    found = measured(changed(project, data={"images": images}), finished)
    assert [scan.name for scan in found.scans] == ["scan c", "scan d"] and not found.left_out
    assert [scan.name for scan, _ in found.pictures] == ["scan d"]
    assert found.undrawn["scan c"].endswith("scan c.png does not exist.")


def test_without_any_scan_the_first_reason_is_told(run, project, tmp_path):
    moved = changed(project, data={"images": tmp_path})
    found = measured(moved, quantified(moved, run))
    assert found.missing.startswith("No held-out scan can be measured. Left out: scan scan c and 1 more, since")


def test_annotations_are_optional(unannotated, unannotating):
    assert all(scan.annotated is None for scan in measured(unannotating, unannotated).scans)


def test_annotations_that_moved_away_are_told_of(run, project, tmp_path):
    elsewhere = changed(project, data={"masks": tmp_path / "gone"})
    moved = measured(elsewhere, quantified(elsewhere, run))
    assert all(scan.annotated is None for scan in moved.scans) and set(moved.unread) == {"scan c", "scan d"}


def test_both_sides_are_measured_on_the_rows_they_share(scans, run, project, tmp_path):
    masks = shutil.copytree(scans / "masks", tmp_path / "masks")
    path = masks / "scan c_m.png"
    iio.imwrite(path, iio.imread(path)[:60])
    cropped = changed(project, data={"masks": masks})
    scan, shown = measured(cropped, quantified(cropped, run)).pictures[0]
    assert shown.labels.shape == shown.scan.pixels.shape == (60, 64)
    assert scan.predicted.area_px.tolist() == scan.annotated.area_px.tolist()


@pytest.mark.parametrize("gone", ["scans/scan d.json", "particles/scan d.parquet", "labels/scan d.tif"])
def test_a_broken_result_is_named(run, project, gone):
    (run / "quantify" / "predictions" / gone).unlink()
    with pytest.raises(RunFolderError, match=r"is broken \(.*scan d.*--redo"):
        measured(project, run)


def test_reasons_in_words():
    assert in_words({}, "scan") == ""
    assert in_words({"a": "it is gone."}, "scan") == "Left out: scan a, since it is gone."
    assert in_words({"a": "it is gone.", "b": "?"}, "scan") == "Left out: scan a and 1 more, since it is gone."
