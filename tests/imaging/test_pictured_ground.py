"""A ground that is a picture: pieces of it, laid any way round, as bright as asked for."""

from __future__ import annotations

import pytest
import torch

from diffrendergan.config.base import Learned
from diffrendergan.config.ground import RealGround
from diffrendergan.imaging.pictured_ground import PicturedGround
from diffrendergan.rendering.protocol import ParameterSpec

PLAIN = RealGround(gain_spread=0.0)


def corner(value: float = 1.0) -> torch.Tensor:
    """A picture whose eight ways to lie all differ."""
    picture = torch.zeros(1, 4, 4)
    picture[0, 0, 0], picture[0, 0, 1] = value, value / 2
    return picture


def drawn(ground: PicturedGround, count: int, size: int, generator: torch.Generator, *learned: torch.Tensor):
    return ground.draw(torch.zeros(count, size, size), learned, {}, generator)


def test_pictures_are_mirrored_and_turned_all_eight_ways(rng):
    found = {tuple(piece.flatten().tolist()) for piece in drawn(PicturedGround(PLAIN, corner()), 200, 4, rng())}
    assert len(found) == 8


def test_rows_stay_rows_where_scan_lines_show(rng):
    ground = PicturedGround(RealGround(gain_spread=0.0, turned=False), corner())
    pieces = drawn(ground, 100, 4, rng())
    assert len({tuple(piece.flatten().tolist()) for piece in pieces}) == 4
    assert all(piece.amax(1).count_nonzero() == 1 for piece in pieces)


def test_half_a_turn_is_all_that_noise_allows_which_leans_to_a_side(rng):
    pieces = drawn(PicturedGround(RealGround(gain_spread=0.0, turned=False, mirrored=False), corner()), 100, 4, rng())
    assert {tuple(piece.flatten().tolist()) for piece in pieces} == {
        tuple(piece.flatten().tolist()) for piece in (corner(), corner().flip(1, 2))
    }


def test_all_pictures_come_and_the_same_generator_draws_the_same(rng):
    pictures = torch.arange(5.0)[:, None, None].expand(5, 6, 6)
    ground = PicturedGround(PLAIN, pictures)
    levels = drawn(ground, 100, 6, rng(1))[:, 0, 0]
    assert set(levels.tolist()) == {0.0, 1.0, 2.0, 3.0, 4.0}
    assert torch.equal(levels, drawn(ground, 100, 6, rng(1))[:, 0, 0])
    assert not torch.equal(levels, drawn(ground, 100, 6, rng(2))[:, 0, 0])


def test_one_that_repeats_is_cut_anywhere_and_another_only_within(rng):
    picture = torch.arange(8.0).expand(1, 8, 8)
    section = RealGround(gain_spread=0.0, turned=False)
    whole = drawn(PicturedGround(section, picture), 200, 6, rng())
    steps = (whole[:, 0, 1:] - whole[:, 0, :-1]).abs()
    assert (steps == 1).all()
    rolled = drawn(PicturedGround(section, picture, repeats=True), 200, 6, rng())
    assert ((rolled[:, 0, 1:] - rolled[:, 0, :-1]).abs() == 7).any()


def test_gain_and_offset_are_those_of_the_image(rng):
    section = RealGround(gain=Learned(learn=(0.5, 2.0)), offset=Learned(learn=(-0.1, 0.1)), gain_spread=0.0)
    ground = PicturedGround(section, torch.full((1, 3, 3), 0.4))
    assert ground.columns == (
        ParameterSpec("imaging.ground.gain", 0.5, 2.0),
        ParameterSpec("imaging.ground.offset", -0.1, 0.1),
    )
    made = drawn(ground, 2, 3, rng(), torch.tensor([0.5, 2.0]), torch.tensor([0.1, -0.1]))
    torch.testing.assert_close(made[:, 1, 1], torch.tensor([0.3, 0.7]))


def test_images_differ_by_the_spreads(rng):
    section = RealGround(gain_spread=0.2, offset_spread=0.05)
    light = drawn(PicturedGround(section, torch.ones(1, 2, 2)), 4000, 2, rng())[:, 0, 0]
    dark = drawn(PicturedGround(section, torch.zeros(1, 2, 2)), 4000, 2, rng())[:, 0, 0]
    assert (light - dark).log().std().item() == pytest.approx(0.2, rel=0.05)
    assert dark.std().item() == pytest.approx(0.05, rel=0.05)


def test_the_scan_of_a_picture_is_told(rng):
    """`source` says what `draw` shows for the same source of randomness."""
    pictures = torch.stack([torch.full((16, 16), value) for value in (0.1, 0.4, 0.7)])
    section = RealGround(gain_spread=0.0, shadow=0.0)
    ground = PicturedGround(section, pictures, scans=("one", "two", "three"))
    shown = {0.1: "one", 0.4: "two", 0.7: "three"}
    told = set()
    for seed in range(12):
        image = ground.draw(torch.zeros(1, 16, 16), (), {}, rng(seed))
        told.add(ground.source(rng(seed)))
        assert ground.source(rng(seed)) == shown[round(float(image.mean()), 3)]
    assert len(told) == 3
    assert PicturedGround(section, pictures).source(rng(0)) is None
