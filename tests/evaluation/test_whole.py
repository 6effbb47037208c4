"""Whole shapes scored on images of known silhouettes."""

from __future__ import annotations

from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
import tifffile
from tests.fixtures.overlapping import discs, right_prediction

from diffrendergan.evaluation.kept_predictions import keep_predictions, kept_predictions
from diffrendergan.evaluation.whole import score_known, summary_of
from diffrendergan.labels.layers import Layers
from diffrendergan.metrics.layers import score_layers
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.segmentation.dataset import LabelledImage, load_held_out
from diffrendergan.segmentation.found import Particles, segment_all

SHAPE = (96, 128)
PLACES = [(48, 30, 14), (48, 48, 14), (48, 90, 14), (60, 104, 14), (10, 5, 12)]


class Right:
    """A network that is right of one image."""

    def __init__(self, labels: np.ndarray, layers: Layers) -> None:
        self.said = right_prediction(labels, layers)

    def predict(self, pixels: np.ndarray):
        return self.said


@pytest.fixture
def known():
    labels, layers = discs(SHAPE, PLACES)
    return LabelledImage("a", np.zeros(SHAPE, np.float32), labels, layers)


def test_scores_of_the_whole_stand_beside_those_of_what_is_seen(known):
    scored = score_known(Right(known.instances, known.whole), known, 20)
    assert (scored.flat.ap50, scored.whole.ap50) == (1, 1)
    summary = summary_of([scored, scored])
    assert (summary["images"], summary["particles"]) == (2, 8)
    bias = summary["median_bias"]
    assert abs(bias["whole"]) < 0.02
    assert bias["visible"] < -0.03 and bias["true_visible"] < -0.03
    assert summary["whole"]["pq"] > 0.9


def test_overlapping_particles_are_matched_by_the_best_of_all_matchings():
    _, layers = discs((40, 60), [(20, 20, 12), (20, 24, 12)])
    assert score_layers(layers, layers) == (1, 1, 1, 1, 1, 2, 0, 0)
    one = layers.only([2])
    scored = score_layers(layers, one)
    assert (scored.true_positives, scored.false_negatives, scored.sq) == (1, 1, 1)
    nothing = Layers((40, 60))
    assert score_layers(nothing, nothing).pq == 1 and score_layers(layers, nothing).ap50 == 0


def test_whole_particles_of_a_prediction_are_kept(tmp_path: Path, known):
    scan = Micrograph("a", known.pixels, 5.0, Path("a.tif"), 8)
    found = segment_all(Right(known.instances, known.whole), scan, 20)
    assert set(found.labels) == {"components", "watershed", "distance", "amodal"}
    keep_predictions(tmp_path, scan, found, {"network": "x"})
    again = kept_predictions(tmp_path, "a", {"network": "x"})
    np.testing.assert_array_equal(again.labels["amodal"], found.labels["amodal"])
    np.testing.assert_array_equal(again.whole.stack(), found.whole.stack())
    assert kept_predictions(tmp_path, "a", {"network": "y"}) is None
    (tmp_path / "amodal" / "a.coco.json").unlink()
    assert kept_predictions(tmp_path, "a", {"network": "x"}) is None
    keep_predictions(tmp_path, scan, Particles({"watershed": found.labels["watershed"]}), {"network": "z"})
    assert kept_predictions(tmp_path, "a", {"network": "z"}).whole is None


def test_at_another_scale_and_within_the_field(known):
    double = np.kron(np.ones(SHAPE), np.ones((2, 2))).astype(np.float32)
    field = np.ones(double.shape, bool)
    field[:, :130] = False
    scan = Micrograph("a", double, 5.0, Path("a.tif"), 8, field=field)
    found = segment_all(Right(known.instances, known.whole), scan, 20, scale=0.5)
    assert found.whole.shape == double.shape
    # Of the particles left of the field nothing is seen.
    assert found.whole.numbers.tolist() == np.unique(found.labels["amodal"])[1:].tolist()
    assert len(found.whole) == 2
    assert found.whole.areas == pytest.approx(4 * known.whole.areas[2:4], rel=0.04)


def test_held_out_images_are_read_with_their_silhouettes(tmp_path: Path, write_set):
    write_set(tmp_path, 6)
    (tmp_path / "amodal").mkdir()
    for path in sorted((tmp_path / "instances").glob("*.png")):
        labels = iio.imread(path)
        stack = np.stack([labels == number for number in range(1, labels.max() + 1)])
        tifffile.imwrite(tmp_path / "amodal" / f"{path.stem}.tif", stack.astype(np.uint8) * 255)
    held = load_held_out(tmp_path, 0.67, 0, most=5)
    assert len(held) == 2  # of four: by the first half something else may be set
    for image in held:
        np.testing.assert_array_equal(image.whole.depth() > 0, image.instances > 0)
    assert [image.name for image in load_held_out(tmp_path, 0.67, 0, 1)] == [held[0].name]
    assert load_held_out(tmp_path, 0, 0, 5) == ()
