"""Statistics of patches: known answers and derivatives."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage

from diffrendergan.fitting.rules import RULES
from diffrendergan.fitting.statistics import describe, groups, names
from diffrendergan.fitting.zones import zones_of

SIZE = 96


@pytest.fixture(scope="module")
def mask(disk):
    """A disc that leaves enough of everything."""
    return disk(SIZE, 24)


@pytest.fixture(scope="module")
def zones(mask):
    """Its zones."""
    return zones_of([mask], np.random.default_rng(0))


def shown(image, zones) -> dict[str, float]:
    """Return the statistics of one image by name."""
    values = describe(torch.from_numpy(np.asarray(image, np.float32))[None], zones)[0]
    return dict(zip(names(groups()), values.tolist(), strict=True))


def test_grey_levels_and_profile_of_a_bright_disc(mask, zones):
    found = shown(np.where(mask, 0.8, 0.2), zones)
    assert found["grey levels, ground: 50%"] == pytest.approx(0.2)
    assert found["grey levels, inside: 2%"] == pytest.approx(0.8)
    profile = [value for name, value in found.items() if name.startswith("across")]
    assert profile == pytest.approx([0.2] * RULES.profile_px + [0.8] * RULES.profile_px, abs=1e-5)


def test_white_noise_differs_alike_at_all_lags(zones):
    noise = np.random.default_rng(0).normal(0.5, 0.05, (SIZE, SIZE))
    found = shown(noise, zones)
    differences = [value for name, value in found.items() if name.startswith("differences, ground")]
    assert differences == pytest.approx([np.log(2 * 0.05**2)] * len(RULES.lags), abs=0.1)


def test_blur_shows_at_short_lags_and_high_frequencies(zones):
    noise = np.random.default_rng(0).normal(0.5, 0.05, (SIZE, SIZE))
    sharp, blurred = shown(noise, zones), shown(ndimage.gaussian_filter(noise, 1.0), zones)
    lost = {name: sharp[name] - blurred[name] for name in sharp}
    assert lost["differences, ground: 1, 0"] > lost["differences, ground: 8, 0"] + 1
    along = [value for name, value in lost.items() if name.startswith("spectrum along")]
    assert along[-1] > along[0] + 2


def test_lines_show_across_but_not_along(zones):
    rng = np.random.default_rng(0)
    image = 0.5 + np.broadcast_to(rng.normal(0, 0.05, (SIZE, 1)), (SIZE, SIZE)) + rng.normal(0, 1e-3, (SIZE, SIZE))
    found = shown(image, zones)
    assert found["differences, ground: 0, 1"] > found["differences, ground: 1, 0"] + 4
    highest = [name for name in found if name.startswith("spectrum along")][-1]
    assert found[highest.replace("along", "across")] > found[highest] + 4


def test_what_is_not_there_is_unknown():
    zones = zones_of([np.zeros((SIZE, SIZE), bool)], np.random.default_rng(0))
    found = shown(np.full((SIZE, SIZE), 0.3), zones)
    assert np.isnan(found["grey levels, inside: 50%"]) and np.isnan(found["across the outline: 0.5 px"])
    assert found["grey levels, ground: 50%"] == pytest.approx(0.3)


def test_derivatives_agree_with_differences(mask, zones):
    rng = np.random.default_rng(3)
    image = torch.from_numpy(np.where(mask, 0.7, 0.3) + rng.normal(0, 0.05, mask.shape)).requires_grad_()
    weights = torch.from_numpy(rng.normal(0, 1, len(names(groups()))))

    def value(pixels: torch.Tensor) -> torch.Tensor:
        return (torch.nan_to_num(describe(pixels[None], zones)[0]) * weights).sum()

    (slope,) = torch.autograd.grad(value(image), image)
    direction = torch.from_numpy(rng.normal(0, 1, mask.shape))
    step = 1e-9  # so small that hardly any grey levels change their order
    with torch.no_grad():
        measured = (value(image + step * direction) - value(image - step * direction)) / (2 * step)
    assert float((slope * direction).sum()) == pytest.approx(float(measured), rel=1e-3)
