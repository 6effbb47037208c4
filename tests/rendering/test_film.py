"""The filter that makes pixels of the film's cells, against the Gaussian that it stands for."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from diffrendergan.rendering.film import Film


@pytest.mark.parametrize("sigma", [0.3, 0.4, 0.5])
def test_weights_are_the_gaussian_with_what_cells_add(sigma):
    film = Film.of(8, sigma)
    places = (np.arange(len(film.taps)) - (len(film.taps) - 1) / 2) / film.cells
    assert film.taps.sum() == pytest.approx(1)
    assert (film.taps * places**2).sum() + 1 / (12 * film.cells**2) == pytest.approx(sigma**2, rel=0.02)


def test_cells_that_are_all_alike_give_pixels_that_are():
    film = Film.of(8, 0.5)
    cells = torch.arange(film.edge**2)
    values = torch.stack([torch.ones(len(cells)), 3 * torch.ones(len(cells))])
    images = film.filtered(values, cells)
    torch.testing.assert_close(images, torch.tensor([1.0, 3.0])[:, None, None].expand(2, 8, 8))


def test_a_cell_is_seen_about_its_place():
    film = Film.of(9, 0.5)
    middle = film.edge // 2 * film.edge + film.edge // 2
    image = film.filtered(torch.ones(1, 1), torch.tensor([middle]))[0]
    assert image.argmax() == 4 * 9 + 4
    assert image.sum() == pytest.approx(1 / film.cells**2, rel=1e-3)
