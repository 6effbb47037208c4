"""Instance decoding of probabilities with a known answer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from diffrendergan.errors import ConfigError
from diffrendergan.evaluation.baseline import classical
from diffrendergan.labels.classes import class_mask
from diffrendergan.labels.regions import drop_small
from diffrendergan.metrics.segmentation import average_precision, match, score_scan
from diffrendergan.segmentation.instances import (
    DECODINGS as ALL_DECODINGS,
)
from diffrendergan.segmentation.instances import (
    by_distance,
    components,
    decode_all,
    foreground,
    split_by_depth,
    watershed,
)
from diffrendergan.segmentation.protocol import Prediction
from diffrendergan.segmentation.unet.losses import CLASS_WEIGHTS
from diffrendergan.segmentation.unet.targets import crop_distance

DECODINGS = {name: decode for name, decode in ALL_DECODINGS.items() if name != "amodal"}
"""Those of each pixel; whole shapes have tests of their own."""


def said(labels: np.ndarray, blur: float = 0.6, width: int = 1) -> Prediction:
    """What a good but not infallible network says."""
    classes = class_mask(labels, width)
    stack = np.stack([ndimage.gaussian_filter((classes == c).astype(np.float32), blur) for c in range(3)])
    return Prediction(stack, ndimage.gaussian_filter(crop_distance(labels), blur))


def two_disks(distance: float, radius: float = 12) -> np.ndarray:
    rows, columns = np.mgrid[:60, :80]
    first = np.hypot(rows - 30, columns - 40 + distance / 2) <= radius
    second = np.hypot(rows - 30, columns - 40 - distance / 2) <= radius
    return np.where(second, 2, np.where(first, 1, 0)).astype(np.int32)


@pytest.mark.parametrize("decoding", DECODINGS)
@pytest.mark.parametrize("distance", [20, 24, 40])
def test_two_disks_are_two(decoding, distance):
    labels = two_disks(distance)
    found = DECODINGS[decoding](said(labels), 20)
    assert found.dtype == np.int32
    assert found.max() == 2
    assert average_precision(match(labels, found)) == 1


def test_watershed_gives_the_contour_back():
    labels = two_disks(23)
    assert score_scan(labels, watershed(said(labels), 20)).dsc > 0.97
    assert score_scan(labels, components(said(labels), 20)).dsc < 0.93


def test_watershed_cuts_where_the_contour_is_missing():
    # The network saw no contour between the disks: one component, but the neck betrays them.
    labels = two_disks(21)
    blind = said((labels > 0).astype(np.int32))
    assert components(blind).max() == 1
    found = watershed(blind, 20)
    assert found.max() == 2
    assert average_precision(match(labels, found)) == 1


def test_watershed_cuts_at_a_suspected_contour():
    # A straight bar without any neck; across its middle the network half suspects a contour.
    bar = np.zeros((3, 30, 60), np.float32)
    bar[0] = 1
    bar[:, 8:22, 6:54] = np.array([0, 1, 0], np.float32)[:, None, None]
    assert watershed(Prediction(bar), 20).max() == 1
    bar[:, 8:22, 29:31] = np.array([0, 0.6, 0.4], np.float32)[:, None, None]
    assert components(Prediction(bar), 20).max() == 1
    assert watershed(Prediction(bar), 20).max() == 2


def test_distance_cuts_where_neither_neck_nor_contour_shows():
    # Half of a straight bar lies on the other half: only the distance tells them apart.
    halves = np.zeros((30, 60), np.int32)
    halves[8:22, 6:30], halves[8:22, 30:54] = 1, 2
    prediction = said((halves > 0).astype(np.int32))._replace(distance=crop_distance(halves))
    assert watershed(prediction, 20).max() == 1
    found = by_distance(prediction, 20)
    assert average_precision(match(halves, found, iou=0.9)) == 1


def test_thin_particles_have_no_core_and_are_kept():
    labels = two_disks(24, radius=11)
    labels[5:8, 5:75] = 3
    found = by_distance(said(labels), 20)
    assert found.max() == 3
    assert average_precision(match(labels, found)) == 1


@pytest.mark.parametrize(("sure", "found"), [(0.97, 2), (0.7, 1)])
def test_the_watershed_keeps_particles_that_are_all_contour_where_it_is_sure(sure, found):
    labels = np.zeros((40, 60), np.int32)
    labels[10:30, 8:28], labels[18:23, 44:49] = 1, 2
    prediction = said(labels, blur=0, width=4)
    thin = labels == 2
    for part, value in zip(prediction.classes, (1 - sure, 0.1, sure - 0.1), strict=True):
        part[thin] = value
    assert watershed(prediction._replace(weights=(1.0, 1.0, 1.0))).max() == found


def test_a_network_without_distances_is_decoded_otherwise():
    prediction = Prediction(said(two_disks(24)).classes)
    assert set(decode_all(prediction, 20)) == {"components", "watershed"}
    assert set(decode_all(said(two_disks(24)), 20)) == set(DECODINGS)
    with pytest.raises(ConfigError, match=r"evaluation\.decoding"):
        by_distance(prediction)


@pytest.mark.parametrize("radius", [4, 8, 20])
def test_a_single_particle_of_any_size_is_not_cut(radius):
    rows, columns = np.mgrid[:60, :60]
    ellipse = (np.hypot((rows - 30) / 1.3, columns - 30) <= radius).astype(np.int32)
    assert watershed(said(ellipse), 5).max() == 1


@pytest.mark.parametrize(
    ("radii", "distance", "parts"),
    [
        ((7, 6.5), 7, 1),  # a small particle, its outline indented by less than a pixel
        ((7, 6.5), 12, 2),
        ((40, 40), 22.4, 1),  # a large one whose waist is 4 % narrower: more than half a pixel, but only a ripple
        ((40, 40), 42, 2),
    ],
)
def test_a_neck_must_stand_out(radii, distance, parts):
    rows, columns = np.mgrid[:100, :160]
    first = np.hypot(rows - 50, columns - 60) <= radii[0]
    mask = first | (np.hypot(rows - 50, columns - 60 - distance) <= radii[1])
    assert split_by_depth(mask, mask).max() == parts


def test_particle_at_the_border_survives():
    labels = np.zeros((40, 40), np.int32)
    labels[:10, 10:25] = 1
    for decode in DECODINGS.values():
        assert decode(said(labels), 5).max() == 1


@pytest.mark.parametrize("decoding", DECODINGS)
def test_uniform_images(decoding):
    decode = DECODINGS[decoding]
    background, particle, contour = np.eye(3, dtype=np.float32)[:, :, None, None] * np.ones((1, 1, 9, 11), np.float32)
    flat = np.zeros((9, 11), np.float32)
    assert decode(Prediction(background, flat), 0).tolist() == flat.tolist()
    # Without any core; only `by_distance` keeps what is too thin for one.
    assert decode(Prediction(contour, flat), 0).max() == int(decoding == "distance")
    assert (decode(Prediction(particle, flat + 1), 0) == 1).all()


def test_components_are_four_connected():
    classes = np.zeros((3, 4, 4), np.float32)
    classes[0] = 1
    for row, column in ((1, 1), (2, 2)):  # touch by a corner only
        classes[:, row, column] = 0, 1, 0
    assert components(Prediction(classes)).max() == 2


def test_foreground_takes_the_contour_weight_back():
    contour = np.array([[[0.4]], [[0.0]], [[0.6]]])  # 0.6 / 2 is less than 0.4
    assert not foreground(Prediction(contour, None, CLASS_WEIGHTS))[0, 0]
    assert foreground(Prediction(contour[[0, 2, 1]], None, CLASS_WEIGHTS))[0, 0]
    # A network whose loss weighs nothing, as nnU-Net's, overstates nothing.
    assert foreground(Prediction(contour))[0, 0]


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 500), st.integers(0, 40))
def test_labels_are_consecutive_and_large_enough(seed, least):
    rng = np.random.default_rng(seed)
    fields = np.stack([ndimage.gaussian_filter(rng.normal(size=(40, 40)), 2) for _ in range(3)]) * 20
    values = np.exp(fields) / np.exp(fields).sum(axis=0)
    for decode in DECODINGS.values():
        labels = decode(Prediction(values, ndimage.gaussian_filter(rng.random((40, 40)), 2)), least)
        sizes = np.bincount(labels.ravel())[1:]
        assert (sizes >= max(least, 1)).all()
    inside = watershed(Prediction(values), least) > 0
    assert not (inside & ~foreground(Prediction(values))).any()


def test_drop_small_by_hand():
    labels = np.array([[1, 1, 0, 2], [1, 0, 0, 3], [5, 5, 5, 3]])
    assert drop_small(labels, 2).tolist() == [[1, 1, 0, 0], [1, 0, 0, 2], [3, 3, 3, 2]]
    assert drop_small(np.zeros((2, 2), int), 5).tolist() == [[0, 0], [0, 0]]


def test_baseline(disks):
    labels = two_disks(40)
    pixels = (0.2 + 0.6 * (labels > 0)).astype(np.float32)
    for polarity, image in (("bright", pixels), ("dark", 1 - pixels)):
        for found in classical("otsu", image, polarity, 20).values():
            assert average_precision(match(labels, found)) == 1
    merged = classical("otsu", (0.2 + 0.6 * (two_disks(21) > 0)).astype(np.float32), "bright", 20)
    assert (merged["components"].max(), merged["watershed"].max()) == (1, 2)
    assert classical("otsu", np.full((9, 9), 0.3, np.float32), "bright", 0)["watershed"].max() == 0
