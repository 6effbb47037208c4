"""The head of whole shapes: its targets, its loss, its training, and that all else is as it was without it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.fixtures.overlapping import discs, targets

from diffrendergan.config.segmentation import AdaptConfig, SegmentationConfig
from diffrendergan.errors import ConfigError
from diffrendergan.labels.layers import Layers
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.segmentation.dataset import LabelledImage, SegmentationData
from diffrendergan.segmentation.networks import check_network, open_segmenter, train_segmenter
from diffrendergan.segmentation.packaged import packaged_network
from diffrendergan.segmentation.rules import WHOLE_RULES
from diffrendergan.segmentation.stars import RAYS, STRIDE
from diffrendergan.segmentation.unet.batch_loss import batch_loss
from diffrendergan.segmentation.unet.batches import draw_batch, together, validation_batch
from diffrendergan.segmentation.unet.correction import Correction
from diffrendergan.segmentation.unet.network import build_network, load_network
from diffrendergan.segmentation.unet.prediction import NetworkSegmenter
from diffrendergan.segmentation.unet.training import TrainingJob
from diffrendergan.segmentation.unet.whole_head import USUAL_PX, has_whole_shapes, lengths_of
from diffrendergan.segmentation.unet.whole_loss import star_overlap, whole_loss
from diffrendergan.segmentation.unet.whole_targets import as_star_batch

CONFIG = SegmentationConfig(channels=(4, 8, 8), steps=3, batch_size=2, patch_size=32)
SHAPE = (48, 48)


def image(seed: int, known: bool = True) -> LabelledImage:
    rng = np.random.default_rng(seed)
    places = [(*rng.uniform(8, 40, 2), rng.uniform(5, 9)) for _ in range(5)]
    labels, layers = discs(SHAPE, places)
    present = np.unique(labels[labels > 0])
    pixels = np.clip(0.2 + 0.5 * (labels > 0) + rng.normal(0, 0.03, SHAPE), 0, 1).astype(np.float32)
    return LabelledImage(f"discs {seed}", pixels, labels, layers.only(present.tolist()) if known else None)


@pytest.fixture(scope="module")
def data():
    empty = LabelledImage("empty", np.full(SHAPE, 0.2, np.float32), np.zeros(SHAPE, np.int32), Layers(SHAPE))
    return SegmentationData(tuple(map(image, range(5))), (empty,), (image(100), image(101)), 5.0, "synthetic")


def job(folder, data, **changed):
    return TrainingJob(CONFIG, data, 1, 0, 0, folder, "cpu", **{"whole": True, **changed})


def test_targets_are_deepest_in_what_is_seen_and_reach_to_the_whole_outline():
    labels, layers = discs((64, 96), [(32, 36, 16), (32, 54, 16)])
    found = targets(labels, layers)
    middles = labels[STRIDE // 2 :: STRIDE, STRIDE // 2 :: STRIDE]
    assert found.probability.shape == middles.shape
    for number in (1, 2):
        assert found.probability[middles == number].max() == 1
    assert not found.probability[middles == 0].any()
    learned = found.weights.any(axis=0)
    assert learned[middles == 1].sum() == 8 and not learned[middles == 0].any()
    # Of the disc below, only its left part is seen; rays to the right go on under the other.
    row, column = next(zip(*np.nonzero(learned & (middles == 1)), strict=True))
    place = np.array([row, column]) * STRIDE + STRIDE / 2
    across = 36 - place[1]
    assert found.lengths[0, row, column] == pytest.approx(across + np.sqrt(256 - (place[0] - 32) ** 2), abs=1.5)


def test_rays_that_end_hidden_count_more():
    labels, layers = discs((64, 96), [(32, 36, 16), (32, 54, 16)])
    found = targets(labels, layers)
    middles = labels[STRIDE // 2 :: STRIDE, STRIDE // 2 :: STRIDE]
    relative = found.weights / np.maximum(found.probability, 1e-6)
    for row, column in zip(*np.nonzero(found.weights.any(axis=0)), strict=True):
        of_ray = relative[:, row, column]
        if abs(row * STRIDE + STRIDE / 2 - 32) > 10:
            continue  # above and below, the two do not cover each other
        # Of the disc below the ray to the right ends under the other; of that on top, none is hidden.
        right = WHOLE_RULES.hidden_weight if middles[row, column] == 1 else 1
        assert of_ray[0] == pytest.approx(right) and of_ray[RAYS // 2] == pytest.approx(1)
        assert set(np.round(of_ray, 3)) <= {1.0, WHOLE_RULES.hidden_weight}


def test_what_is_not_known_weighs_nothing():
    labels, layers = discs((64, 64), [(32, 32, 14)])
    known, unknown = targets(labels, layers), targets(labels, None)
    assert (float(known.known), float(unknown.known)) == (1, 0)
    stars = torch.zeros(2, 1 + RAYS, 16, 16, requires_grad=True)
    whole_loss(stars, as_star_batch([known, unknown])).backward()
    assert stars.grad[0].any() and not stars.grad[1].any()
    nothing = as_star_batch([unknown])
    assert float(whole_loss(torch.zeros(1, 1 + RAYS, 16, 16), nothing)) == 0
    assert star_overlap(torch.zeros(1, 1 + RAYS, 16, 16), nothing) == 1


def test_the_loss_is_least_where_stars_are_right():
    labels, layers = discs((64, 64), [(32, 24, 14), (32, 40, 14)])
    batch = as_star_batch([targets(labels, layers)])
    right = torch.cat([torch.logit(batch.probability, 1e-6)[:, None], batch.lengths.clamp(min=1e-3).log()], dim=1)
    wrong = right.clone()
    wrong[:, 1:] += 0.1
    assert star_overlap(right, batch) == pytest.approx(1, abs=1e-3)
    assert star_overlap(wrong, batch) == pytest.approx(np.exp(-0.2), abs=0.01)
    assert float(whole_loss(right, batch)) < float(whole_loss(wrong, batch))


@pytest.mark.parametrize("channels", [(4, 8, 8), (4, 6, 8, 10)])
def test_with_the_head_the_rest_is_bit_for_bit_what_it_was(channels):
    config = SegmentationConfig(channels=channels, patch_size=32)
    plain, whole = build_network(config, 3), build_network(config, 3, whole=True)
    images = torch.rand(2, 1, 64, 32)
    assert torch.equal(plain(images), whole(images))
    pixels, stars = whole(images, whole=True)
    assert torch.equal(plain(images), pixels)
    assert stars.shape == (2, 1 + RAYS, 16, 8)
    assert float(lengths_of(stars).detach().mean()) == pytest.approx(USUAL_PX, rel=0.1)
    assert {name for name in whole.state_dict() if not name.startswith("2.")} == set(plain.state_dict())


def test_too_few_levels_are_refused():
    with pytest.raises(ConfigError, match="three levels"):
        check_network(SegmentationConfig(channels=(4, 8), patch_size=32), whole=True)


def test_batches_are_those_of_before_with_stars_beside(data):
    plain = draw_batch(data, 3, 32, 0.7, 1, seed=1, step=7)
    batch = draw_batch(data, 3, 32, 0.7, 1, seed=1, step=7, whole=True)
    assert plain.stars is None
    for name in ("images", "classes", "distances"):
        assert torch.equal(getattr(plain, name), getattr(batch, name))
    assert batch.stars.lengths.shape == (3, RAYS, 8, 8)
    both = together([batch, validation_batch(data.validation, 32, 1, 4, whole=True)])
    assert len(both.images) == len(both.stars.known) == 5
    assert together([batch, plain]).stars is None


def test_a_network_with_the_head_is_trained_stopped_and_opened(tmp_path, data, monkeypatch):
    path = train_segmenter(job(tmp_path / "a", data), SilentReporter())
    network, info = load_network(path)
    assert info.whole and has_whole_shapes(network)
    again = train_segmenter(job(tmp_path / "b", data), SilentReporter())
    assert again.read_bytes() == path.read_bytes()
    opened = open_segmenter(tmp_path / "a", CONFIG, "cpu")
    prediction = opened.segmenter.predict(data.annotated[0].pixels)
    assert prediction.stars.shape == (1 + RAYS, 12, 12)
    assert prediction.stars[0].min() >= 0 and prediction.stars[0].max() <= 1
    plain = train_segmenter(job(tmp_path / "c", data, whole=False), SilentReporter())
    assert not load_network(plain)[1].whole
    assert "whole" not in job(tmp_path, data, whole=False).fingerprint()
    assert b'"whole"' not in plain.read_bytes()[:2000]


def test_the_head_learns(data):
    network = build_network(CONFIG, 0, whole=True).train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3)
    batch = draw_batch(data, 4, 32, 0.0, 1, seed=0, step=0, whole=True)
    device = torch.device("cpu")

    def overlap():
        with torch.no_grad():
            return star_overlap(network((batch.images - 0.5) / 0.25, whole=True)[1], batch.stars)

    first = overlap()
    for _ in range(40):
        optimizer.zero_grad()
        batch_loss(network, batch, 1, device).backward()
        optimizer.step()
    assert overlap() > first + 0.1


def test_the_packaged_network_is_a_start_with_a_fresh_head(tmp_path, data):
    config = SegmentationConfig(start="generalist", patch_size=32, batch_size=2, steps=1)
    begun = replace(job(tmp_path, data), config=config).begin()
    kept = packaged_network()[0].state_dict()
    assert all(torch.equal(value, begun.state_dict()[name]) for name, value in kept.items())
    assert has_whole_shapes(begun)


@pytest.mark.parametrize("shape", [(50, 70), (64, 64), (129, 201)])
def test_stars_of_scans_of_any_size(shape):
    network = build_network(CONFIG, 0, whole=True).eval()
    pixels = np.random.default_rng(0).random(shape, dtype=np.float32)
    found = NetworkSegmenter(network, 64).predict(pixels)
    assert found.stars.shape == (1 + RAYS, *(-(-length // STRIDE) for length in shape))
    mirrored = NetworkSegmenter(network, 64).predict(np.ascontiguousarray(pixels[:, ::-1]))
    if shape == (64, 64):
        # A single tile: its four mirror images are the same ones.
        np.testing.assert_allclose(mirrored.stars[0], found.stars[0][:, ::-1], atol=1e-5)
        np.testing.assert_allclose(mirrored.stars[1 + RAYS // 2], found.stars[1][:, ::-1], atol=1e-3)


def test_adapting_and_correcting_keep_the_head(tmp_path, data):
    config = CONFIG.model_copy(update={"adapt": AdaptConfig(steps=2, confidence=0.4)})
    scans = replace(data, unlabelled=(data.annotated[0],))
    adapted = train_segmenter(replace(job(tmp_path / "a", scans), config=config), SilentReporter())
    assert load_network(adapted)[1].whole
    correction = Correction(CONFIG, data, (image(7, known=False),), adapted, 1, 0, 0, tmp_path / "c", "cpu", True)
    batch = correction.draw(0)
    assert batch.stars.known.tolist() == [0, 1]
    assert has_whole_shapes(correction.begin())
