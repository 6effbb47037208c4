from __future__ import annotations

import numpy as np
from scipy import ndimage

from diffrendergan.realism.described import ROUNDING
from diffrendergan.realism.description import describe, flattened
from diffrendergan.realism.grain import grain_numbers, noise_numbers
from diffrendergan.realism.scales import levels_of, line_numbers, scale_numbers
from diffrendergan.realism.spectra import spectrum_numbers, tile_size
from diffrendergan.runs.reporter import SilentReporter

from .conftest import patch

SIGMA = 0.05


def white(size: int = 256, seed: int = 0) -> np.ndarray:
    return (0.5 + np.random.default_rng(seed).normal(0, SIGMA, (size, size))).astype(np.float32)


def values(numbers, start: str) -> np.ndarray:  # type: ignore[no-untyped-def]
    return np.array(
        [v for part in numbers for n, v in zip(part.names, part.values, strict=True) if n.startswith(start)]
    )


def test_white_noise_has_its_variance_at_all_frequencies() -> None:
    power = values(spectrum_numbers(white()), "power at ")
    # The lowest rings hold few frequencies.
    np.testing.assert_allclose(power, np.log(SIGMA**2 + ROUNDING), atol=0.25)
    assert abs(np.mean(power[12:]) - np.log(SIGMA**2 + ROUNDING)) < 0.03


def test_a_blur_along_the_scan_lines_is_seen_along_them_alone() -> None:
    before = spectrum_numbers(white())
    after = spectrum_numbers(ndimage.gaussian_filter1d(white(), 0.6, axis=1).astype(np.float32))
    lost = values(before, "power at 0.38") - values(after, "power at 0.38")
    along, _, across = lost
    assert along > 1 and across < 0.4 * along


def test_tiles_fit_into_small_patches() -> None:
    assert [tile_size(edge) for edge in (32, 100, 128, 256, 1000)] == [16, 32, 64, 64, 64]
    for edge in (32, 64, 100):
        numbers = spectrum_numbers(white(edge))
        assert all(np.isfinite(part.values).all() and len(set(part.names)) == len(part.values) for part in numbers)


def test_noise_is_measured_where_it_is_bright_and_where_it_is_dark() -> None:
    rng, ramp = np.random.default_rng(0), np.linspace(0.2, 0.8, 256)[None].repeat(256, axis=0)
    noisy = (ramp + rng.normal(0, 1, ramp.shape) * 0.1 * ramp).astype(np.float32)
    found = np.exp(values(noise_numbers(noisy), "noise in "))
    np.testing.assert_allclose(found, 0.1 * (0.25 + 0.1 * np.arange(6)), rtol=0.06)


def test_blur_makes_grain_hang_together() -> None:
    sharp, soft = (values(grain_numbers(white() if s == 0 else ndimage.gaussian_filter(white(), s)), "correlation of")
                   for s in (0, 0.5))  # fmt: skip
    assert (soft[:2] - sharp[:2] > 0.2).all()


def test_the_pyramid_ends_where_pixels_get_few() -> None:
    assert [levels_of(edge) for edge in (32, 64, 128, 256, 1024)] == [2, 3, 4, 5, 5]
    assert all(np.isfinite(part.values).all() for part in scale_numbers(white(32)))


def test_jumps_of_scan_lines_are_told_from_those_of_columns() -> None:
    lines = white() + np.random.default_rng(1).normal(0, 0.05, (256, 1)).astype(np.float32)
    rows, columns, jumps = np.concatenate([part.values for part in line_numbers(lines)])
    assert rows - columns > 1.5 and abs(np.exp(jumps) - 0.05 * np.sqrt(2)) < 0.01


def test_brightness_and_contrast_are_evened_out() -> None:
    one = patch(3, noise=0.06, size=128)
    two = (0.1 + 0.7 * one).astype(np.float32)
    seen = describe([one, two], SilentReporter(), "")
    np.testing.assert_allclose(seen.even[0], seen.even[1], atol=0.02)
    assert abs(seen.exposure[0, 1] - seen.exposure[1, 1] + np.log(0.7)) < 1e-3
    views, even = seen.views(), seen.even_views()
    assert views["all measures"].shape == seen.told.values.shape
    assert sum(rows.shape[1] for rows in views.values()) == 2 * seen.told.values.shape[1]
    assert set(views) - set(even) == {"brightness and contrast"}
    np.testing.assert_allclose(*flattened(np.stack([one, two])), atol=0.002)


def test_a_patch_of_one_value_is_described_too() -> None:
    seen = describe([np.full((64, 64), 0.3, np.float32)], SilentReporter(), "")
    assert np.isfinite(seen.views()["all measures"]).all()
