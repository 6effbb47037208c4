from __future__ import annotations

import json

import pytest

from diffrendergan.reporting.page.measured import Measured, read_measured
from diffrendergan.reporting.page.particle_sections import instances_section, sizes_section, thickness_section
from diffrendergan.reporting.page.pooled import pool_sizes
from diffrendergan.reporting.page.scores import read_scores

from ..conftest import changed, quantified


def measured(project, run) -> Measured:
    return read_measured(project, run, read_scores(run))


def sizes(project, run, least_px=20):
    found = measured(project, run)
    return sizes_section(found, pool_sizes(found.scans, project.seed), least_px)


def test_missing_predictions_are_one_sentence_in_each_section():
    nothing = Measured(0, "components", missing="Nothing is there.")
    for section in (instances_section(nothing), sizes_section(nothing, (), 20), thickness_section(nothing)):
        assert section == {"missing": "Nothing is there."}


def test_each_shown_scan_has_a_picture_within_its_budget(finished, project, monkeypatch):
    section = instances_section(measured(project, finished))
    assert [item["name"] for item in section["figures"]] == ["scan c", "scan d"]
    assert all(item["uri"].startswith("data:image/jpeg;base64,") for item in section["figures"])
    assert "seed 0" in section["sentence"] and "connected components" in section["sentence"]
    assert section["left_out"] is None and section["notes"] == []
    monkeypatch.setattr("diffrendergan.reporting.page.measured.MOST_SHOWN", 1)
    assert instances_section(measured(project, finished))["left_out"] == "1 more scan is not drawn here."


def test_sizes_have_rows_for_each_scan(finished, project):
    (group,) = sizes(project, finished)["groups"]
    assert group["title"] is None and group["annotated"] and group["unit"] == "nm"
    assert [row["name"] for row in group["rows"]] == ["scan c", "scan d"]
    assert group["rows"][0]["cells"][0] == group["rows"][0]["cells"][2] == "3"
    assert group["rows"][0]["distance"] == "0"
    assert group["figure"].startswith("<svg")


def test_annotated_specks_are_counted(finished, project):
    assert sizes(project, finished)["notes"] == []
    (note,) = sizes(project, finished, 200)["notes"]
    # Of the six, one ends a pixel from the border and counts as cut.
    assert note == "5 annotated particles are smaller than 200 px, below which predicted regions are dropped."


def test_scans_with_and_without_annotation_are_told_apart(run, project, tmp_path, scans):
    masks = tmp_path / "masks"
    masks.mkdir()
    (masks / "scan c_m.png").write_bytes((scans / "masks" / "scan c_m.png").read_bytes())
    fewer = changed(project, data={"masks": masks})
    groups = sizes(fewer, quantified(fewer, run))["groups"]
    assert [group["title"] for group in groups] == [
        "1 scan with annotation, sizes in nm", "1 scan without annotation, sizes in nm",
    ]  # fmt: skip
    assert [len(group["rows"][0]["cells"]) for group in groups] == [4, 2]


@pytest.mark.parametrize(("scale", "unit"), [({}, "nm"), ({"pixel_size_nm": "auto"}, "px")])
def test_thickness_is_told_in_the_unit_that_is_known(run, wiry, scale, unit):
    scaled = changed(wiry, data=scale)
    section = thickness_section(measured(scaled, quantified(scaled, run)))
    assert len(section["figures"]) == 2 and len(section["bars"]) == len(section["distributions"]) == 1
    assert f"local thickness [{unit}]" in section["bars"][0]
    assert all(item["told"].startswith("median ") and f" {unit}, " in item["told"] for item in section["figures"])


def test_particles_have_no_thickness(finished, project):
    assert thickness_section(measured(project, finished)) is None


def test_what_was_said_of_scans_and_sizes_is_shown(run, project):
    """Remarks of reading, and warnings of both sides, as the stage `quantify` recorded them."""
    for side, warnings in (("predictions", ["too dim.", "both."]), ("annotations", ["12 of 20 are specks.", "both."])):
        path = run / "quantify" / side / "summary.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"warnings": warnings}))
    path = run / "quantify" / "predictions" / "scans" / "scan c.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"remarks": ["9 rows of a data bar at the top"]}))
    found = read_measured(project, run, read_scores(run))
    assert found.told == (
        "scan c: 9 rows of a data bar at the top.", "too dim.", "both.", "Of the annotations, 12 of 20 are specks.",
    )  # fmt: skip
    notes = sizes_section(found, [], 0)["notes"]
    assert notes[:4] == list(found.told)
