"""Particles at rest: contact, no interpenetration, sizes, coverage."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from diffrendergan.simulator.bodies import make_body, view
from diffrendergan.simulator.deposit import Area, deposit, draw_area, draw_diameters
from diffrendergan.simulator.ground import fractal_noise, make_ground
from diffrendergan.simulator.settings import MicroscopeSettings
from diffrendergan.simulator.surface import Surface, land, place

SMALL = MicroscopeSettings(width=256, height=256, data_bar=0, margin_px=8, bare_probability=0.0)


def flat(side: int = 200) -> Surface:
    """A perfectly flat ground."""
    return Surface.of_ground(np.zeros((side, side), np.float32))


def test_a_particle_rests_on_the_ground() -> None:
    surface, body = flat(), view(make_body(np.random.default_rng(0), 20, 1.3, (4, 8)))
    landing = land(surface, body, 100, 100)
    assert landing is not None
    lowest = (body.bottom + landing.lift)[body.inside].min()
    assert lowest == pytest.approx(0, abs=1e-4)
    place(surface, body, landing, 5)
    assert set(np.unique(surface.labels)) == {0, 5}
    assert (surface.labels == 5).sum() == body.inside.sum()


def test_a_second_particle_rests_on_the_first_and_hides_it() -> None:
    rng = np.random.default_rng(3)
    surface, below, above = flat(), *(view(make_body(rng, 20, 1.3, (4, 8))) for _ in range(2))
    for number, (body, column) in enumerate([(below, 90), (above, 105)], start=1):
        before = surface.height.copy()
        landing = land(surface, body, 100, column)
        assert landing is not None
        clearance = (body.bottom[landing.crop] + landing.lift - before[landing.window])[body.inside[landing.crop]]
        assert clearance.min() == pytest.approx(0, abs=1e-4)  # touches, and nowhere deeper
        place(surface, body, landing, number)
    assert (surface.labels == 2).sum() == above.inside.sum()
    assert 0 < (surface.labels == 1).sum() < below.inside.sum()
    assert surface.height.max() > 1.1 * 40


def test_beside_the_field_nothing_lands() -> None:
    body = view(make_body(np.random.default_rng(0), 20, 1.3, (4, 8)))
    assert land(flat(), body, -100, 50) is None


def test_sizes_follow_their_law() -> None:
    logs = np.log(draw_diameters(np.random.default_rng(0), SMALL, 20_000) / SMALL.diameter_nm)
    # Five standard errors of mean and standard deviation.
    assert logs.mean() == pytest.approx(0, abs=5 * 0.2 / np.sqrt(20_000))
    assert logs.std() == pytest.approx(0.2, abs=5 * 0.2 / np.sqrt(40_000))


@pytest.mark.parametrize("seed", [0, 1])
def test_a_deposit(seed: int) -> None:
    surface = flat(512)
    count = deposit(np.random.default_rng(seed), surface, SMALL)
    coverage = (surface.labels > 0).mean()
    assert SMALL.coverage[0] <= coverage <= SMALL.coverage[1] + 0.15  # the last agglomerate may exceed
    assert set(np.unique(surface.labels)) == set(range(count + 1))
    assert surface.height.min() >= 0
    assert surface.height.max() <= SMALL.stack_limit * SMALL.diameter_nm * SMALL.samples_per_nm + 1e-3
    areas = np.bincount(surface.labels.ravel())[1:]
    diameters = 2 * np.sqrt(areas / np.pi) / SMALL.samples_per_nm
    assert 0.75 * SMALL.diameter_nm < np.median(diameters) < 1.15 * SMALL.diameter_nm


def test_agglomerates_touch() -> None:
    surface = flat(512)
    deposit(np.random.default_rng(2), surface, SMALL)
    labels = surface.labels
    pairs = {
        tuple(sorted(p))
        for a, b in ((labels[1:], labels[:-1]), (labels[:, 1:], labels[:, :-1]))
        for p in zip(a[(a != b)].tolist(), b[(a != b)].tolist(), strict=True)
    }
    touching = {number for pair in pairs if 0 not in pair for number in pair}
    assert len(touching) > 0.5 * labels.max()


def test_impossible_coverage_ends() -> None:
    crowded = replace(SMALL, coverage=(1.0, 1.0), least_visible=1.0)
    assert deposit(np.random.default_rng(0), flat(64), crowded) > 0


def test_bare_strips_are_wide_enough_for_a_background_patch() -> None:
    settings = replace(MicroscopeSettings(), bare_probability=1.0)
    shape = (1296, 1632)
    for seed in range(8):
        area = draw_area(np.random.default_rng(seed), settings, shape)
        free = max(area.top, shape[0] - area.bottom, area.left, shape[1] - area.right)
        assert free / settings.oversampling - settings.margin_px >= settings.bare_strip_px
    assert draw_area(np.random.default_rng(0), SMALL, shape) == Area(0, 1296, 0, 1632)


def test_ground_is_rough_at_its_scale_and_has_no_mean() -> None:
    plain = replace(SMALL, grains_per_mpx=0.0, scratches=(0, 0))
    ground = make_ground(np.random.default_rng(0), plain, (300, 200))
    assert ground.shape == (300, 200) and ground.dtype == np.float32
    assert ground.mean() == pytest.approx(0, abs=1e-3)
    assert ground.std() == pytest.approx(plain.roughness_nm * plain.samples_per_nm, rel=0.05)
    textured = make_ground(np.random.default_rng(0), SMALL, (300, 200))
    assert textured.std() > ground.std()


def test_fractal_noise_loses_power_as_stated() -> None:
    field = fractal_noise(np.random.default_rng(0), (512, 512), 2.0)
    power = np.abs(np.fft.fft2(field)) ** 2
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(512), np.fft.fftfreq(512), indexing="ij"))
    bands = [power[(frequency > low) & (frequency < 1.2 * low)].mean() for low in (0.02, 0.2)]
    assert np.log10(bands[0] / bands[1]) == pytest.approx(2.0, abs=0.1)
