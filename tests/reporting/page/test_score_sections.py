from __future__ import annotations

import pytest

from diffrendergan.reporting.page.score_sections import scores_section
from diffrendergan.reporting.page.scores import read_scores

from ..conftest import edit_scores

TOLD = {"dsc": 0.9, "count_error": -2.25, "relative_count_error": 0.123, "diameter_distance_nm": 12.345}


def section(run, project, change):
    edit_scores(run, change)
    return scores_section(project, read_scores(run))


def test_measures_are_told_with_spread_and_interval_in_their_own_way(run, project):
    def change(value):
        for name, mean in TOLD.items():
            spread, interval = abs(mean) / 9, [mean - 0.1, mean + 0.1]
            value["summary"][0][name] = {"mean": mean, "std": spread, "variance": 0.1, "interval": interval}

    made = section(run, project, change)
    row = {
        title: cell
        for table in made["tables"]
        for title, cell in zip(table["measures"], table["rows"][0]["cells"], strict=True)
    }
    assert row["DSC"] == {"mean": ".900", "spread": ".100", "interval": "[.800, 1.000]"}
    minus = "\N{MINUS SIGN}"
    assert row["Count error"] == {"mean": f"{minus}2.2", "spread": "0.2", "interval": f"[{minus}2.4, {minus}2.1]"}
    assert row["Count error, relative"]["mean"] == "+12 %"
    assert row["Diameter distance [nm]"]["mean"] == "12.3"
    assert made["table"][0]["cells"][0]["interval"] == "[.800, 1.000]"


@pytest.mark.parametrize(
    ("unknown", "shown"),
    [((), ["nm"]), (("scan c",), ["px", "nm"]), (("scan c", "scan d"), ["px"])],
)
def test_the_diameter_distance_is_in_the_units_known(run, project, unknown, shown):
    def change(value):
        for row in value["rows"]:
            row["diameter_distance_nm"] = None if row["scan"] in unknown else row["diameter_distance_nm"]
        for entry in value["summary"] if len(unknown) == 2 else ():
            entry["diameter_distance_nm"] = {"mean": None, "std": None, "variance": None, "interval": None}

    shares, counts = section(run, project, change)["tables"]
    assert len(shares["measures"]) == 9 and counts["measures"][:2] == ["Count error", "Count error, relative"]
    assert [title for title in counts["measures"] if "Diameter" in title] == [
        f"Diameter distance [{unit}]" for unit in shown
    ]


def test_one_scan_has_no_interval_and_unknown_scores_a_dash(run, project):
    def change(value):
        value["summary"][0]["dsc"]["interval"] = None
        value["summary"] = [entry for entry in value["summary"] if entry["decoding"] == "components"]

    made = section(run, project, change)
    cells = made["table"][0]["cells"]
    assert cells[0]["interval"] is None
    assert cells[3] == {"mean": "–", "spread": None, "interval": None}  # AP50 by watershed


def test_doubts_of_annotations_are_shown(run, project):
    assert scores_section(project, read_scores(run))["doubts"] == []
    edit_scores(run, lambda value: value.update(doubts=["scan c_m.png: no pixel is 0."]))
    shown = scores_section(project, read_scores(run))["doubts"]
    assert shown == ["Doubtful annotations: scan c_m.png: no pixel is 0."]


def test_whole_particles_are_told_where_they_are_known(run, project):
    assert scores_section(project, read_scores(run))["whole"] == ""
    bias = {"true_visible": -0.06, "visible": -0.055, "whole": 0.012}
    known = {"images": 24, "visible": {"ap50": 0.91}, "whole": {"ap50": 0.88}, "median_bias": bias}

    def change(value):
        value["whole_shapes"] = {"seed_0": known}
        for entry in (*value["summary"], *value["rows"]):
            if entry["method"] == "synthetic" and entry["decoding"] == "watershed":
                entry["decoding"] = "amodal"
        value["headline"]["decoding"] = "amodal"

    told = section(run, project, change)
    minus = "\N{MINUS SIGN}"
    assert "24 synthetic images" in told["whole"] and "AP50 .880 of the whole, .910 of what is seen" in told["whole"]
    assert f"off by +1.2 %, that of what is seen by {minus}5.5 %" in told["whole"]
    # The others, which predict none, stand beside it by the watershed.
    assert all(row["cells"][0]["mean"] != "–" for row in told["table"])
