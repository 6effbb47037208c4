"""How far shapes reach is set where the truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.fixtures.overlapping import discs, right_prediction

from diffrendergan.config.segmentation import SegmentationConfig
from diffrendergan.labels.layers import Layers
from diffrendergan.segmentation.dataset import LabelledImage, SegmentationData
from diffrendergan.segmentation.networks import open_segmenter
from diffrendergan.segmentation.unet.network import NetworkInfo, build_network, load_network, save_network
from diffrendergan.segmentation.unet.reach import best_reach, reaching, set_reach
from diffrendergan.sizes.units import equivalent_diameters

PLACES = [(row, column, 14) for row in (30, 80) for column in (24, 42, 60, 78, 96, 114)]


def test_shapes_that_are_too_short_are_made_longer():
    # Each lies under another, so that what is predicted decides on all sizes but those on top.
    labels, layers = discs((110, 140), PLACES)
    right = right_prediction(labels, layers)
    true = equivalent_diameters(layers.areas)
    assert best_reach([right], true) == pytest.approx(1, abs=0.11)
    assert best_reach([reaching(right, 0.7)], true) > 1.2
    assert best_reach([], np.zeros(0)) == best_reach([right], np.zeros(0)) == 1


def test_it_is_set_once_and_used(tmp_path):
    config = SegmentationConfig(channels=(4, 8, 8), patch_size=32)
    path = tmp_path / "network.safetensors"
    network = build_network(config, 0, whole=True)
    info = NetworkInfo((4, 8, 8), 1, 32, None, "synthetic", 0, 1, 0.5, whole=True)
    save_network(path, network.state_dict(), info)
    labels, layers = discs((64, 64), [(30, 30, 12), (30, 44, 12)])
    image = LabelledImage("a", (labels > 0).astype(np.float32), labels, layers)
    empty = LabelledImage("b", np.zeros((64, 64), np.float32), np.zeros((64, 64), np.int32), Layers((64, 64)))
    set_reach(path, SegmentationData((image, empty), (), (image,), None, "synthetic"), torch.device("cpu"))
    same, found = load_network(path)
    assert found.reach is not None and replace(found, reach=None) == info
    assert all(torch.equal(value, same.state_dict()[name]) for name, value in network.state_dict().items())
    save_network(path, network.state_dict(), replace(info, reach=1.5))
    set_reach(path, SegmentationData((image,), (), (), None, "synthetic"), torch.device("cpu"))
    far = open_segmenter(tmp_path, config, "cpu").segmenter.predict(image.pixels).stars
    save_network(path, network.state_dict(), replace(info, reach=1.0))
    near = open_segmenter(tmp_path, config, "cpu").segmenter.predict(image.pixels).stars
    np.testing.assert_allclose(far[1:], 1.5 * near[1:], rtol=1e-5)
    np.testing.assert_array_equal(far[0], near[0])
