"""Two folders of label images: what belongs together, and the scores."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
import tifffile
from PIL import Image

from diffrendergan.errors import DataError
from diffrendergan.evaluation.folders.plan import FolderOptions, plan_folders
from diffrendergan.evaluation.folders.scores import score_folders, write_folder_scores
from diffrendergan.labels.layer_files import write_layers
from diffrendergan.labels.layers import Layers
from diffrendergan.labels.pairs import pair_folders
from diffrendergan.metrics.segmentation import score_scan
from diffrendergan.runs.reporter import SilentReporter


@pytest.fixture
def folders(tmp_path):
    for name in ("pred", "gt"):
        (tmp_path / name).mkdir()
    return tmp_path / "pred", tmp_path / "gt"


def touch(folder, *names):
    for name in names:
        (folder / name).touch()


def squares(shift=0, shape=(30, 40)):
    labels = np.zeros(shape, np.uint16)
    labels[2:12, 2 + shift : 12 + shift], labels[15:25, 15 + shift : 25 + shift] = 3, 7
    return labels


def score(folders, **options):
    options = FolderOptions(**options)
    return score_folders(*folders, options, plan_folders(*folders, options))


@pytest.mark.parametrize(
    ("preds", "gts", "suffixes"),
    [
        (("a.tif", "b.tif"), ("a.png", "b.npy"), ("", "")),
        (("a.tif", "b.tif"), ("a_m.png", "b_m.png"), ("", "_m")),
        (("a_cp_masks.tif", "b_cp_masks.tif"), ("a_labels.png", "b_labels.png"), ("_cp_masks", "_labels")),
        (("a_m.tif", "b_m.tif"), ("a_m.png", "b_m.png"), ("", "")),
        (("a_m.tif", "b.tif"), ("a_m.png", "b.png"), ("", "")),
        (("A.TIF", "b.tif.tif"), ("mask_a.png", "mask_b.png"), ("", "mask_NAME")),
    ],
)
def test_suffixes_are_found(folders, preds, gts, suffixes):
    touch(folders[0], *preds)
    touch(folders[1], *gts)
    pairing = pair_folders(*folders)
    assert (pairing.pred_suffix, pairing.gt_suffix) == suffixes
    assert [(pair.pred.name, pair.gt.name) for pair in pairing.pairs] == list(zip(preds, gts, strict=True))


def test_files_without_partner_are_named(folders):
    touch(folders[0], "a.tif", "c.tif")
    touch(folders[1], "a_m.tif", "b_m.tif", "readme.png")
    pairing = pair_folders(*folders)
    assert [pair.name for pair in pairing.pairs] == ["a"]
    assert (pairing.without_annotation, pairing.without_prediction) == (("c.tif",), ("b_m.tif",))


def test_several_ways_are_refused(folders):
    touch(folders[0], "a.tif")
    touch(folders[1], "a.tif", "a_m.tif")  # the scan beside its annotation
    with pytest.raises(DataError, match=r"in several ways.*--gt-suffix"):
        pair_folders(*folders)
    assert pair_folders(*folders, gt_suffix="_m").pairs[0].gt.name == "a_m.tif"
    assert pair_folders(*folders, gt_suffix="").pairs[0].gt.name == "a.tif"


def test_names_that_do_not_fit(folders):
    touch(folders[0], "a-result.tif")
    touch(folders[1], "a.tif")
    with pytest.raises(DataError, match=r"for example a\.tif and a-result\.tif.*--pred-suffix"):
        pair_folders(*folders)
    assert pair_folders(*folders, pred_suffix="-result").pairs[0].name == "a"


def test_scores_by_hand(folders):
    # Scan a: perfect; b: both squares shifted by 2 columns, 80 of 120 pixels. An annotation of two values.
    for name, shift in (("a", 0), ("b", 2)):
        tifffile.imwrite(folders[0] / f"{name}.tif", squares(shift))
        Image.fromarray((255 * (squares() > 0)).astype(np.uint8)).save(folders[1] / f"{name}_mask.png")
    scores = score(folders, pixel_size_nm=4.0)
    assert (scores.plan.pred_kind, scores.plan.gt_kind) == ("instances", "particles")
    assert [row.scores.pq for row in scores.rows] == [1, pytest.approx(2 / 3)]
    assert scores.summary["pq"]["mean"] == pytest.approx(5 / 6)
    assert scores.summary["pq"]["interval"] == [pytest.approx(2 / 3), 1]
    assert scores.summary["diameter_distance_nm"]["mean"] == 0
    assert scores.failures == {}


def test_classes_of_a_network(folders):
    classes = np.where(squares() > 0, 2, 0)
    classes[3:11, 3:11], classes[16:24, 16:24] = 1, 1
    np.save(folders[0] / "a.npy", classes.astype(np.uint8))
    np.save(folders[1] / "a.npy", squares())
    scores = score(folders)
    assert (scores.plan.pred_kind, scores.plan.gt_kind) == ("classes", "instances")
    assert scores.rows[0].scores.sq == pytest.approx(64 / 100)
    # Taken otherwise, the contour counts as particle, or as one particle more.
    assert score(folders, pred_kind="particles").rows[0].scores.pq == 1
    assert score(folders, pred_kind="instances").rows[0].scores.false_negatives == 2


def test_small_predictions_are_dropped_and_annotations_are_not(folders):
    pred, gt = squares(), squares()
    pred[28:30, 0:2], gt[28:30, 38:40] = 9, 9
    np.save(folders[0] / "a.npy", pred)
    np.save(folders[1] / "a.npy", gt)
    assert score(folders).rows[0].scores[6:9] == (2, 1, 1)
    assert score(folders, min_region_px=4).rows[0].scores[6:9] == (2, 1, 1)
    assert score(folders, min_region_px=5).rows[0].scores[6:9] == (2, 0, 1)


def test_a_failing_pair_leaves_the_others(folders):
    for name in ("a", "b", "c", "d"):
        for folder in folders:
            np.save(folder / f"{name}.npy", squares())
    (folders[0] / "b.npy").write_bytes(b"broken")
    np.save(folders[1] / "c.npy", squares(shape=(30, 41)))
    scores = score(folders)
    assert [row.scan for row in scores.rows] == ["a", "d"]
    assert "b.npy cannot be read" in scores.failures["b"]
    assert "pred/c.npy has 40×30 pixels, but the annotation" in scores.failures["c"]
    assert "gt/c.npy has 41×30" in scores.failures["c"]
    assert scores.summary["scans"] == 2


def test_data_bar(folders):
    np.save(folders[0] / "a.npy", squares())
    taller = np.zeros((33, 40), np.uint16)
    taller[:30], taller[31] = squares(), 9
    np.save(folders[1] / "a.npy", taller)
    assert "--crop-data-bar" in score(folders).failures["a"]
    assert score(folders, crop_data_bar=True).rows[0].scores.pq == 1
    np.save(folders[1] / "a.npy", np.zeros((90, 40), np.uint16))  # no data bar is so tall
    assert "bring both" in score(folders, crop_data_bar=True, gt_kind="instances").failures["a"]


def test_pixel_size(folders):
    def write(folder, size_nm):
        resolution = {} if size_nm is None else {"resolution": (1e7 / size_nm,) * 2, "resolutionunit": "CENTIMETER"}
        tifffile.imwrite(folder / "a.tif", squares(), **resolution)

    for pred, gt, found in ((None, None, None), (2.0, None, 2), (None, 2.0, 2), (2.03, 2.0, 2)):
        write(folders[0], pred)
        write(folders[1], gt)
        expected = None if found is None else pytest.approx(found)
        assert score(folders).pixel_sizes_nm == {"a": expected}
        assert score(folders, pixel_size_nm=5.0).pixel_sizes_nm == {"a": 5}
    write(folders[0], 4.0)
    assert "4 nm per pixel" in score(folders).failures["a"]
    assert score(folders, pixel_size_nm=5.0).failures == {}


def test_files_written(folders, tmp_path):
    np.save(folders[0] / "a.npy", squares(2))
    np.save(folders[0] / "b.npy", squares())
    np.save(folders[1] / "a.npy", squares())
    options = FolderOptions(seed=3, resamples=10)
    scores = score_folders(*folders, options, plan_folders(*folders, options))
    write_folder_scores(tmp_path / "scores", *folders, options, scores)
    (row,) = csv.DictReader((tmp_path / "scores.csv").open())
    expected = score_scan(squares(), squares(2))
    assert (row["method"], row["scan"], float(row["aji"])) == ("pred", "a", pytest.approx(expected.aji))
    told = json.loads((tmp_path / "scores.json").read_text())
    assert told["rows"][0]["dsc"] == pytest.approx(expected.dsc)
    assert told["summary"][0]["dsc"]["interval"] is None
    assert told["without_annotation"] == ["b.npy"]
    assert told["pred"] == {"folder": str(folders[0]), "suffix": "", "kind": "instances"}
    assert told["bootstrap"] == {"resamples": 10, "seed": 3, "level": 0.95}


def test_particles_that_lie_over_each_other_are_scored_whole_beside_the_flat_scores(folders, tmp_path):
    masks = np.zeros((3, 30, 40), bool)
    masks[0, 2:12, 2:12], masks[1, 2:12, 4:14], masks[2, 20:22, 20:22] = 1, 1, 1
    for folder, kept in ((folders[0], masks), (folders[1], masks[:2])):
        write_layers(folder / "all.json", Layers.of_stack(kept), "a.tif")
    scores = score(folders)
    (row,) = scores.rows
    # Of the lower one a fifth is seen, and found; the third is invented.
    assert row.scores.ap50 == pytest.approx(2 / 3)
    assert (scores.whole["a"].true_positives, scores.whole["a"].false_positives) == (2, 1)
    assert score(folders, min_region_px=5).whole["a"].ap == 1
    write_folder_scores(tmp_path / "out", *folders, FolderOptions(), scores)
    written = json.loads((tmp_path / "out.json").read_text())["whole"]
    assert written["mean"]["ap50"] == written["a"]["ap50"] == pytest.approx(2 / 3)
    # The flat image of the same misses the lower one.
    flat = np.zeros((30, 40), np.uint16)
    flat[masks[0]], flat[masks[1]] = 1, 2
    (folders[0] / "all.json").unlink()
    tifffile.imwrite(folders[0] / "a.tif", flat)
    assert score(folders).whole["a"].true_positives == 1 and score(folders).rows[0].scores.ap50 == 1
    (folders[1] / "all.json").unlink()
    tifffile.imwrite(folders[1] / "a.tif", flat)
    assert score(folders).whole == {}


def test_scans_without_particles_on_either_side_are_told(folders):
    said = []

    class Notes(SilentReporter):
        def note(self, message):
            said.append(message)

    for name, labels in (("a", squares()), ("b", 0 * squares())):
        for folder in folders:
            tifffile.imwrite(folder / f"{name}.tif", labels)
    options = FolderOptions()
    scores = score_folders(*folders, options, plan_folders(*folders, options), Notes())
    assert scores.summary["ap50"]["mean"] == 1
    assert any("No particle is annotated or predicted in b" in sentence for sentence in said)


def test_outlines_that_do_not_say_how_large_the_image_is(folders):
    square = [[2, 2], [12, 2], [12, 12], [2, 12], [2, 2]]
    feature = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [square]}, "properties": {}}
    (folders[0] / "a.geojson").write_text(json.dumps([feature]))
    tifffile.imwrite(folders[1] / "a.tif", np.where(squares() == 3, 3, 0).astype(np.uint16))
    scores = score(folders, gt_kind="instances")
    assert scores.failures == {} and scores.rows[0].scores.pq == 1
