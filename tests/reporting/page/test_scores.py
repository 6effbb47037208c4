import pytest

from diffrendergan.errors import RunFolderError
from diffrendergan.reporting.page.scores import overlay_paths, read_scores

from ..conftest import edit_scores


@pytest.fixture
def scores(run):
    return read_scores(run)


def test_methods_come_in_the_order_of_interest(scores):
    assert scores.methods == ["synthetic", "real", "otsu"]
    assert dict(scores.seeds) == {"synthetic": 2, "real": 2, "otsu": 1}
    assert dict(scores.particles) == {"scan c": 3, "scan d": 3}


def test_values_are_those_of_the_summary(scores):
    # Components of seed 0 are the truth itself; those of seed 1 are shifted by a row.
    shifted = scores.of_scan("synthetic", "scan c", "dsc", "watershed")
    found = scores.value("synthetic", "dsc")
    assert 0.8 < found.mean < 1 and found.spread > 0
    assert scores.value("otsu", "dsc") == (1.0, None, (1.0, 1.0))
    low, high = found.interval
    assert 0 < low <= found.mean <= high <= 1
    assert scores.value("otsu", "dsc", "watershed").mean < 1
    assert scores.value("nobody", "dsc") is None
    assert shifted < 1


def test_a_scans_score_is_the_mean_over_the_seeds(scores):
    one, two = (scores.of_overlay("scan c", seed)["dsc"] for seed in (0, 1))
    assert one == 1.0 and two < 1.0
    assert scores.of_scan("synthetic", "scan c", "dsc") == pytest.approx((one + two) / 2)
    assert scores.of_scan("synthetic", "nowhere", "dsc") is None
    assert scores.of_overlay("scan c", 5) == {}


def test_scores_that_no_scan_tells_are_left_out(run):
    def without_scale(value):
        for entry in value["summary"]:
            entry["diameter_distance_nm"] = {"mean": None, "std": None, "variance": None, "interval": None}
        for row in value["rows"]:
            row["diameter_distance_nm"] = None

    edit_scores(run, without_scale)
    scores = read_scores(run)
    assert scores.value("synthetic", "diameter_distance_nm") is None
    assert scores.of_scan("synthetic", "scan c", "diameter_distance_nm") is None
    assert scores.value("synthetic", "diameter_distance_px").mean == 0
    assert scores.value("synthetic", "count_error").mean == 0


def test_the_headline_decides_which_instances_count(run):
    edit_scores(run, lambda value: value["headline"].update(decoding="watershed"))
    scores = read_scores(run)
    assert scores.value("otsu", "dsc").mean < 1
    assert {path.parent.name for path in overlay_paths(run, scores, 0).values()} == {"watershed"}


def test_overlays_are_those_of_one_seed_that_are_there(run, scores):
    (run / "evaluate/overlays/seed_1/components/scan c.png").unlink()
    assert list(overlay_paths(run, scores, 0)) == ["scan c", "scan d"]
    assert list(overlay_paths(run, scores, 1)) == ["scan d"]
    assert overlay_paths(run, scores, 2) == {}


def test_scans_without_annotation_have_no_scores(unannotated):
    scores = read_scores(unannotated)
    assert not scores.summary and not scores.particles and not scores.methods
    assert scores.scans == ("scan c", "scan d")


def test_before_evaluate_there_are_no_scores(tmp_path):
    assert read_scores(tmp_path) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value.pop("summary"),
        lambda value: value.pop("headline"),
        lambda value: value["summary"][0].pop("dsc"),
        lambda value: value["summary"][0].update(dsc=0.5),
        lambda value: value["summary"][0]["dsc"].pop("interval"),
        lambda value: value["summary"][0].pop("aji"),
        lambda value: value["rows"][0].update(pq="much"),
        lambda value: value["scans"][0].pop("annotated_particles"),
        lambda value: value["headline"].update(decoding="magic"),
    ],
)
def test_scores_of_another_kind_are_named(run, change):
    edit_scores(run, change)
    with pytest.raises(RunFolderError, match=r"scores\.json"):
        read_scores(run)


@pytest.mark.parametrize("text", ["", "{", "[]", "3"])
def test_a_broken_file_is_named(run, text):
    (run / "evaluate" / "scores.json").write_text(text)
    with pytest.raises(RunFolderError, match=r"scores\.json"):
        read_scores(run)
