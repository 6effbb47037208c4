"""Tiles cover any image, and blending leaves no seams."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from diffrendergan.segmentation.protocol import Averaging
from diffrendergan.segmentation.unet.network import build_network
from diffrendergan.segmentation.unet.prediction import NetworkSegmenter
from diffrendergan.segmentation.unet.tiles import tile_starts, tile_window


class Pointwise(nn.Module):
    """Logits from each pixel by itself, so that tiling must not matter."""

    def forward(self, pixels):
        return torch.cat([pixels, -pixels, torch.zeros_like(pixels), 2 * pixels], dim=1)


class LeftRight(nn.Module):
    """Sees where in the tile a pixel lies: flips must cancel it."""

    def forward(self, pixels):
        ramp = torch.linspace(-3, 3, pixels.shape[-1]).expand_as(pixels)
        return torch.cat([ramp, -ramp, torch.full_like(ramp, -30), ramp], dim=1)


@settings(deadline=None, max_examples=30)
@given(st.integers(16, 400), st.integers(1, 64), st.floats(0, 0.9))
def test_tiles_cover_and_overlap(length, size, overlap):
    size = min(size, length)
    starts = tile_starts(length, size, overlap)
    assert starts[0] == 0
    assert starts[-1] == length - size
    assert all(0 < b - a <= max(1, size * (1 - overlap)) + 1 for a, b in pairwise(starts))


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 90), st.integers(1, 90), st.sampled_from([0.0, 0.3, 0.5]), st.booleans())
def test_tiling_is_invisible_to_a_pointwise_network(height, width, overlap, flips):
    pixels = np.random.default_rng(0).random((height, width), dtype=np.float32)
    result = NetworkSegmenter(Pointwise(), 32, overlap, flips).predict(pixels)
    assert result.classes.shape == (3, height, width)
    assert result.classes.dtype == np.float32
    value = (torch.from_numpy(pixels) - 0.5) / 0.25
    expected = torch.stack([value, -value, torch.zeros_like(value)]).softmax(0).numpy()
    assert result.classes == pytest.approx(expected, abs=1e-5)
    assert result.distance == pytest.approx((2 * value).sigmoid().numpy(), abs=1e-5)


def test_flips_average_out_a_direction():
    pixels = np.zeros((32, 32), np.float32)
    averaged = NetworkSegmenter(LeftRight(), 32).predict(pixels)
    assert averaged.classes[:2] == pytest.approx(0.5, abs=1e-4)
    assert averaged.distance == pytest.approx(0.5, abs=1e-4)
    assert NetworkSegmenter(LeftRight(), 32, flips=False).predict(pixels).classes[0, 0, -1] > 0.9


def test_real_network_gives_probabilities_at_odd_sizes(toy_config):
    segmenter = NetworkSegmenter(build_network(toy_config, 0).eval(), 32)
    result = segmenter.predict(np.random.default_rng(0).random((45, 71), dtype=np.float32))
    assert result.classes.sum(axis=0) == pytest.approx(1, abs=1e-5)
    assert (result.classes > 0).all()
    assert ((result.distance > 0) & (result.distance < 1)).all()


def test_window_is_positive_and_highest_at_the_centre():
    window = tile_window(32, 32)
    assert float(window.min()) > 0
    assert float(window[15, 15]) == float(window.max())


@pytest.mark.parametrize("shape", [(8, 8, 3), (0, 5), (7,)])
def test_no_image(shape):
    with pytest.raises(ValueError, match="shape"):
        NetworkSegmenter(Pointwise(), 32).predict(np.zeros(shape, np.float32))


def test_a_network_can_look_once():
    network = NetworkSegmenter(Pointwise(), 32)
    assert isinstance(network, Averaging) and not network.once().flips and network.flips
    assert network.once().network is network.network
