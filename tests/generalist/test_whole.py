"""The generalist's whole shapes, on discs that a drawing of our own lays over each other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import ndimage

from diffrendergan.api import Segmenter
from diffrendergan.errors import ConfigError
from diffrendergan.generalist.segmenter import Generalist
from diffrendergan.generalist.whole import WholeGeneralist, packaged_generalist
from diffrendergan.labels.layers import layer_overlaps
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.runs.digest import sha256_of
from diffrendergan.segmentation.packaged import (
    packaged_bytes,
    packaged_network,
    packaged_record,
    packaged_whole_network,
)
from diffrendergan.segmentation.weights import WHOLE_FILE
from diffrendergan.sizes.units import equivalent_diameters

RADIUS, SIZE = 17, 288


def pairs() -> tuple[np.ndarray, np.ndarray]:
    """Return grey values and labels of pairs of balls, of which the second covers a part of the first."""
    y, x = np.mgrid[:SIZE, :SIZE]
    labels, image = np.zeros((SIZE, SIZE), np.int32), np.full((SIZE, SIZE), 0.25)
    number = 0
    for row in range(36, SIZE - 30, 72):
        for column in range(36, SIZE - 40, 84):
            for shift in (0, 20):
                number += 1
                distance = np.hypot(y - row, x - column - shift) / RADIUS
                inside = distance < 1
                labels[inside] = number
                image[inside] = 0.5 + 0.35 * distance[inside] ** 4
    return ndimage.gaussian_filter(image, 0.7) + np.random.default_rng(0).normal(0, 0.02, image.shape), labels


def scan(pixels: np.ndarray) -> Micrograph:
    return Micrograph("s", np.clip(pixels, 0, 1).astype(np.float32), None, Path("s.tif"), 8)


def test_the_head_learned_beside_the_packaged_weights() -> None:
    record = packaged_record(WHOLE_FILE)
    assert record["beside"] == sha256_of(packaged_bytes())
    assert len(packaged_bytes(WHOLE_FILE)) < 250_000
    network, info = packaged_whole_network()
    assert info.whole and info.reach == record["reach"]
    plain = packaged_network()[0].state_dict()
    assert all(torch.equal(value, network.state_dict()[name]) for name, value in plain.items())


def test_what_is_covered_comes_back() -> None:
    pixels, _ = pairs()
    tool = WholeGeneralist(20)
    labels, layers = tool.segment_whole(scan(pixels))
    assert np.array_equal(labels, Generalist(20).segment(scan(pixels)))
    assert layers.numbers.tolist() == list(range(1, labels.max() + 1))
    seen = np.bincount(labels.ravel())[1:]
    assert (layers.areas >= seen).all()
    # Whole balls are nearer to the true size than what is seen of them, and where nothing covers one, nothing is added.
    covered = layers.areas > 1.05 * seen
    assert covered.sum() >= len(seen) / 4
    found, visible = equivalent_diameters(layers.areas), equivalent_diameters(seen)
    assert abs(np.median(found[covered]) / (2 * RADIUS) - 1) < 0.08
    assert np.median(visible[covered]) < 0.93 * 2 * RADIUS
    assert (layer_overlaps(layers, layers).ious <= 1).all()


def test_every_way_of_looking_has_them() -> None:
    pixels, _ = pairs()
    tool = WholeGeneralist(20)
    _, layers = tool.segment_whole(scan(pixels))
    found = tool.segment_surely(scan(pixels))
    assert found.whole is not None and found.whole.areas.tolist() == layers.areas.tolist()
    assert len(found.confidence) == len(layers) + 1
    ours = Segmenter.generalist(20, decoding="amodal").segment_whole(np.clip(pixels, 0, 1))[1]
    assert len(ours) == len(layers)


def test_other_decodings_are_refused() -> None:
    assert type(packaged_generalist(0, None)) is Generalist
    with pytest.raises(ConfigError, match=r"'watershed'.*a way of its own, beside which it knows `amodal`"):
        packaged_generalist(0, "watershed")
