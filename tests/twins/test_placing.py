"""Bodies of a twin: as many and as large as asked, with the outlines of a scan, as close together as its particles."""

from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.detection.particle_table import tabulate
from diffrendergan.rendering.heightfield.bed import Habit
from diffrendergan.rendering.heightfield.scene import Atlas
from diffrendergan.twins.linking import sized
from diffrendergan.twins.placing import WAYS, Law, Way, laid, nearest_way, packing_of
from diffrendergan.twins.silhouettes import bodies_of, disc, relief_of

SHAPE = (200, 200)
DISCS = Atlas.of([relief_of(disc(30.0))])
LAW = Law(np.log([14.0, 18.0, 22.0]), np.array([0.25, 0.5, 0.25]), 40 / 200**2)


def test_numbers_and_sizes_are_those_asked_for() -> None:
    rng = np.random.default_rng(0)
    seen = [sized(laid(DISCS, LAW, Way(Habit()), SHAPE, rng).labels) for _ in range(12)]
    number = np.mean([one.weight.sum() for one in seen])
    sizes = np.exp(np.concatenate([one.log_size[one.weight > 0] for one in seen]))
    assert number == pytest.approx(40, rel=0.2)
    assert np.median(sizes) == pytest.approx(18, rel=0.06)


def test_the_same_chance_lays_the_same() -> None:
    first, second = (laid(DISCS, LAW, WAYS[5], SHAPE, np.random.default_rng(3)) for _ in range(2))
    assert (first.labels == second.labels).all() and first.tops.tolist() == second.tops.tolist()
    assert len(first.tops) == first.labels.max() + 1


@pytest.mark.parametrize("way", [Way(Habit(), 0.5), Way(Habit(cling=0.97, overlap=0.02))])
def test_the_way_to_lie_together_is_found_again(way: Way) -> None:
    rng = np.random.default_rng(4)
    wanted = packing_of([laid(DISCS, LAW, way, (140, 140), rng).labels for _ in range(4)])
    found = nearest_way(DISCS, LAW, wanted, (140, 140), rng)
    again = packing_of([laid(DISCS, LAW, found, (140, 140), rng).labels for _ in range(4)])
    assert again.touching == pytest.approx(wanted.touching, abs=0.2)


def test_packing_of_three_squares() -> None:
    labels = np.zeros((50, 50), np.int32)
    labels[10:20, 10:20], labels[10:20, 20:30], labels[35:45, 35:45] = 1, 2, 3
    packing = packing_of([labels])
    assert packing.touching == pytest.approx(2 / 3) and packing.contacts == pytest.approx(2 / 3)
    assert packing.group == pytest.approx(2 / 3 * np.log(2)) and packing.coverage == pytest.approx(300 / 2500)
    assert packing.distance(packing) == 0
    assert packing_of([np.zeros((9, 9), np.int32)]).touching == 0


def test_bodies_have_the_outlines_that_were_found() -> None:
    labels = np.zeros((160, 160), np.int32)
    for number, (row, column) in enumerate(np.ndindex(4, 4), start=1):
        top, left = 10 + 38 * row, 10 + 38 * column
        labels[top : top + 12, left : left + 24 + number % 3] = number
    atlas = bodies_of([(labels, tabulate(labels, labels.astype(np.float32)))])
    assert atlas.numbers[:, 3] == pytest.approx(12 * 25, rel=0.08)
    long = laid(atlas, LAW, Way(Habit()), SHAPE, np.random.default_rng(5)).labels
    table = tabulate(long, long.astype(np.float32))
    assert np.median(table.aspect[table.whole]) == pytest.approx(2.1, abs=0.25)


def test_too_few_outlines_are_discs() -> None:
    labels = np.zeros((60, 60), np.int32)
    labels[10:20, 10:40] = 1
    atlas = bodies_of([(labels, tabulate(labels, labels.astype(np.float32)))])
    assert len(atlas) == 1
    assert atlas.numbers[0, 3] == pytest.approx(np.pi / 4 * 40**2, rel=0.03)
