"""Frames that are no micrographs, and such that are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from skimage import data

from diffrendergan.generalist.segmenter import Generalist
from diffrendergan.micrographs.types import Micrograph


def frame(pixels: np.ndarray) -> Micrograph:
    return Micrograph("a", np.clip(pixels, 0, 1).astype(np.float32), None, Path("a.tif"), 8)


def page(size: int = 12, edge: int = 384) -> np.ndarray:
    rng, page = np.random.default_rng(0), Image.new("L", (edge, edge), 235)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(size=size)
    for top in range(8, edge, int(size * 1.4)):
        words = ("".join(rng.choice(list("abcdefghijklmnopqrstuvwxyzABC"), rng.integers(2, 9))) for _ in range(20))
        draw.text((8, top), " ".join(words), fill=20, font=font)
    return np.asarray(page) / 255 + rng.normal(0, 0.01, (edge, edge))


@pytest.fixture(scope="module")
def generalist() -> Generalist:
    return Generalist()


def test_a_page_of_small_print_is_strange(generalist):
    _, doubts = generalist.segment_and_doubt(frame(page()))
    assert any("like no image that the generalist was taught" in doubt for doubt in doubts)


@pytest.mark.parametrize("name", ["brick", "gravel"])
def test_textures_of_photographs_are_doubted(generalist, name):
    _, doubts = generalist.segment_and_doubt(frame(getattr(data, name)()[:384, :384] / 255))
    assert doubts


def test_noise_shows_nothing(generalist):
    noise = np.random.default_rng(0).normal(0.5, 0.15, (300, 300))
    assert not generalist.segment_and_doubt(frame(noise))[0].any()


def test_plain_particles_are_neither_strange_nor_unsure(generalist):
    y, x = np.mgrid[:300, :300]
    reach = np.hypot(y % 60 - 30, x % 60 - 30)
    pixels = 0.25 + (reach < 16) * (0.35 + 0.2 * np.exp(-np.maximum(16 - reach, 0) / 2))
    pixels = pixels + np.random.default_rng(0).normal(0, 0.03, pixels.shape)
    assert generalist.segment_and_doubt(frame(pixels))[1] == ()
