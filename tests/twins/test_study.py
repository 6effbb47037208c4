"""The whole of it with a network that is a threshold: it draws outlines too wide, and misses what is small."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from scipy import ndimage
from skimage.measure import label

from diffrendergan.errors import DataError
from diffrendergan.labels.regions import drop_small
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.sizes.distribution import weighted_quantiles
from diffrendergan.sizes.units import scale_of
from diffrendergan.twins import placing
from diffrendergan.twins import study as studying
from diffrendergan.twins.intervals import found_scan
from diffrendergan.twins.linking import sized
from diffrendergan.twins.results import TwinResult, result_of
from diffrendergan.twins.rules import RULES
from diffrendergan.twins.sample import SourceScan, fullest_part
from diffrendergan.twins.study import Study, study
from diffrendergan.twins.unfolding import FIGURES

LEAST_PX = 90


def scene(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a scan of discs that do not touch, and its labels."""
    rng = np.random.default_rng(seed)
    labels = np.zeros((192, 192), np.int32)
    y, x = np.mgrid[:192, :192]
    for number in range(1, 61):
        place, radius = rng.uniform(0, 192, 2), 6 * np.exp(rng.normal(0, 0.2))
        if not labels[np.hypot(y - place[0], x - place[1]) < radius + 5].any():
            labels[np.hypot(y - place[0], x - place[1]) < radius] = number
    labels = drop_small(labels, 1)
    image = ndimage.gaussian_filter(np.where(labels > 0, 0.7, 0.2), 0.8) + rng.normal(0, 0.02, labels.shape)
    return image.astype(np.float32), labels


def segment(_: int, image: np.ndarray) -> np.ndarray:
    """Find what is bright, one pixel too wide, and drop what is small."""
    mask = ndimage.binary_dilation(ndimage.gaussian_filter(image, 1) > 0.45)
    return drop_small(label(mask, connectivity=1), LEAST_PX)


@pytest.fixture(scope="module")
def made() -> tuple[Study, np.ndarray]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(placing, "WAYS", placing.WAYS[:4])
        patch.setattr(studying, "estimate", partial(studying.estimate, rules=replace(RULES, draws=20)))
        image, labels = scene(0)
        scan = SourceScan("s", image, segment(0, image))
        return study([found_scan(scan.labels)], [scan], segment, 0, SilentReporter(), (3, 5)), labels


def test_figures_come_nearer_to_the_truth(made: tuple[Study, np.ndarray]) -> None:
    one, labels = made
    particles = sized(labels)
    true = float(np.exp(weighted_quantiles(particles.log_size, particles.weight, (0.5,))[0]))
    place, cover = FIGURES.index("d50"), FIGURES.index("coverage")
    raw, corrected = one.estimate.raw.figures, one.estimate.corrected.figures
    assert raw[place] > 1.1 * true
    assert corrected[place] == pytest.approx(true, rel=0.05)
    assert corrected[cover] == pytest.approx((labels > 0).mean(), rel=0.08)
    assert corrected[0] * labels.size == pytest.approx(particles.weight.sum(), rel=0.15)


def test_twins_are_like_the_scan_and_the_first_round_is_not_the_last(made: tuple[Study, np.ndarray]) -> None:
    one, _ = made
    assert [twin.round for twin in one.twins] == [0] * 3 + [1] * 5
    assert all(each.alike for each in one.likeness)
    assert all(((twin.image >= 0) & (twin.image <= 1)).all() for twin in one.twins)


def test_the_seed_and_the_scan_decide_everything(
    made: tuple[Study, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placing, "WAYS", placing.WAYS[:4])
    monkeypatch.setattr(studying, "estimate", partial(studying.estimate, rules=replace(RULES, draws=2)))
    image, _ = scene(0)
    scan = SourceScan("s", image, segment(0, image))
    again = study([found_scan(scan.labels)], [scan], segment, 0, SilentReporter(), (1, 1))
    assert (again.twins[0].image == made[0].twins[0].image).all()


def test_the_result_is_told_in_nanometres_and_read_again(made: tuple[Study, np.ndarray]) -> None:
    pixels, nanometres = (result_of(made[0], scale_of(size)) for size in (None, 2.0))
    by_name = {row.name: row for row in pixels.figures}, {row.name: row for row in nanometres.figures}
    assert by_name[1]["d50_nm"].corrected == pytest.approx(2 * by_name[0]["d50_px"].corrected)
    assert by_name[1]["number"] == by_name[0]["number"]
    assert by_name[0]["d50_px"].bias == pytest.approx(by_name[0]["d50_px"].found / by_name[0]["d50_px"].corrected - 1)
    assert nanometres.bins[0].above == pytest.approx(2 * pixels.bins[0].above)
    assert sum(each.share.corrected for each in pixels.bins) == pytest.approx(1.0)
    assert TwinResult.from_json(nanometres.to_json()) == nanometres


def test_too_few_particles_are_refused() -> None:
    image, _ = scene(0)
    found = segment(0, image)
    few = SourceScan("s", image, np.where(found <= 9, found, 0).astype(np.int32))
    with pytest.raises(DataError, match="too few"):
        study([found_scan(few.labels)], [few], segment, 0, SilentReporter(), (1, 1))


def test_the_part_with_the_most_particles() -> None:
    labels = np.zeros((100, 80), np.int32)
    labels[60:75, 50:60] = 1
    part = fullest_part(labels, (40, 30))
    assert labels[part].shape == (40, 30) and (labels[part] > 0).sum() == 150
    assert labels[fullest_part(labels, (200, 200))].shape == (100, 80)
