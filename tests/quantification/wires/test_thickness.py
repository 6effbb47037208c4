from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from diffrendergan.errors import DataError
from diffrendergan.quantification.wires import thickness
from diffrendergan.quantification.wires.thickness import local_thickness

SHAPE = (200, 220)


@pytest.mark.parametrize("width", [1, 2, 3, 4, 7, 12, 25])
def test_a_straight_bar_is_as_thick_as_wide(width: int) -> None:
    mask = np.zeros((80, 160), bool)
    mask[30 : 30 + width] = True
    for picture in (mask, mask.T):
        assert local_thickness(picture)[picture] == pytest.approx(width)
    assert local_thickness(mask)[~mask].max() == 0


@pytest.mark.parametrize("degrees", [10, 30, 45, 63])
def test_an_oblique_bar(draw, degrees: float) -> None:
    mask = draw.bar(SHAPE, (110, 100), 150, 16, degrees)
    assert np.median(local_thickness(mask)[mask]) == pytest.approx(16, abs=0.8)


@pytest.mark.parametrize("diameter", [30, 60, 140])
def test_a_disc_is_as_thick_as_its_diameter(draw, diameter: float) -> None:
    mask = draw.ellipse(SHAPE, (110.2, 100.4), diameter, diameter)
    assert local_thickness(mask)[mask].mean() == pytest.approx(diameter, abs=1.5)


def test_it_is_the_largest_disc_that_covers_a_pixel() -> None:
    """Against the definition, disc by disc."""
    rng = np.random.default_rng(0)
    mask = ndimage.gaussian_filter(rng.normal(size=(70, 80)), 3) > 0.01
    found = local_thickness(mask)
    discs = thickness.inscribed_discs(mask)
    rows, columns = np.mgrid[:70, :80]
    exact = np.zeros(mask.shape)
    for row, column, radius in zip(discs.row / 2, discs.column / 2, discs.radius, strict=True):
        covered = np.hypot(rows - row, columns - column) <= radius
        exact[covered] = np.maximum(exact[covered], 2 * radius)
    error = (found - exact)[mask & (exact > 0)]
    assert (found[mask] > 0).all()
    assert error.min() > -1.01 and np.abs(error).mean() < 0.5


def test_tiles_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    mask = ndimage.gaussian_filter(rng.normal(size=(150, 170)), 3) > 0.02
    whole = local_thickness(mask)
    monkeypatch.setattr(thickness, "TILE_PX", 64)
    # The order in which equal discs are painted may differ, within the tolerance.
    assert np.abs(local_thickness(mask) - whole).mean() < 0.02


def test_nothing_and_everything() -> None:
    assert local_thickness(np.zeros((5, 6), bool)).max() == 0
    with pytest.raises(DataError, match="every pixel"):
        local_thickness(np.ones((5, 6), bool))
