from __future__ import annotations

import numpy as np
import pytest
from tests.fixtures.tiles import as_tile, discs, grid, measured, shown

from diffrendergan.quantification.montage.layout import Layout
from diffrendergan.quantification.montage.owning import owned_particles
from diffrendergan.quantification.montage.weights import montage_weights


@pytest.mark.parametrize(("jitter", "seed"), [(0, 0), (5, 1), (5, 2)])
def test_the_particles_of_a_montage_are_those_of_the_whole_scan(jitter: int, seed: int) -> None:
    whole = discs((420, 560), 140, (3, 9), seed)
    reference = measured(whole)
    overlap = int(max(reference.box_width.max(), reference.box_height.max())) + 4 + 2 * jitter
    layout = grid(whole.shape, 160, overlap, jitter, seed)
    found = [measured(shown(whole, layout, tile)) for tile in range(len(layout))]
    owned = owned_particles(layout, [as_tile(each) for each in found], lambda tile: shown(whole, layout, tile))
    assert (owned.area_px, owned.covered_px) == (whole.size, int((whole > 0).sum()))
    assert owned.cut_by_seams == 0 and owned.from_neighbour > 5 and owned.found > 1.2 * len(reference)

    kept = [
        (area, width, height, cut)
        for each, chosen in zip(found, owned.kept, strict=True)
        for area, width, height, cut in zip(
            each.area[chosen], each.box_width[chosen], each.box_height[chosen], each.touches_border[chosen], strict=True
        )
    ]
    expected = zip(reference.area, reference.box_width, reference.box_height, reference.touches_border, strict=True)
    assert sorted(row for row in kept if not row[3]) == sorted(row for row in expected if not row[3])
    assert owned.number == len(reference)

    inside = ~reference.touches_border
    weights = montage_weights(reference.box_width[inside], reference.box_height[inside], layout)
    np.testing.assert_allclose(weights, reference.border_weight[inside], rtol=1e-12)


def test_what_is_larger_than_the_overlap_counts_once_and_is_corrected_for() -> None:
    estimates, dropped = [], 0
    for seed in range(6):
        whole = discs((400, 400), 60, (11, 11.5), seed)
        layout = grid(whole.shape, 112, 16)
        found = [measured(shown(whole, layout, tile)) for tile in range(len(layout))]
        owned = owned_particles(
            layout, [as_tile(each) for each in found], lambda tile, w=whole, g=layout: shown(w, g, tile)
        )
        sizes = [
            np.stack([each.box_width, each.box_height])[:, chosen & ~each.touches_border]
            for each, chosen in zip(found, owned.kept, strict=True)
        ]
        dropped += owned.cut_by_seams
        widths, heights = np.concatenate(sizes, axis=1)
        estimates.append(montage_weights(widths, heights, layout).sum() / measured(whole).border_weight.sum())
        assert abs(owned.number - len(measured(whole))) <= 0.05 * len(measured(whole))
    assert dropped > 20
    assert np.mean(estimates) == pytest.approx(1, abs=0.08)


def test_tiles_that_disagree_give_a_particle_once() -> None:
    """One network call finds a particle that the other misses, or draws it two pixels off."""
    layout = Layout(np.array([[0, 0], [60, 0]]), np.array([[100, 60], [100, 60]]))
    first, second = np.zeros((60, 100), np.int32), np.zeros((60, 100), np.int32)
    first[20:30, 70:80], second[20:30, 12:22] = 1, 1  # the same, two pixels off; its middle at 75 and 77, of 80
    first[40:50, 62:72] = 2  # only in the first, in its own part
    second[40:50, 25:35] = 2  # only in the second, in its own part: 85 to 95
    first[5:9, 90:96] = 3  # only in the first, in the part of the second
    images = [first, second]
    owned = owned_particles(layout, [as_tile(measured(each)) for each in images], images.__getitem__)
    assert [kept.tolist() for kept in owned.kept] == [[True, True, False], [False, True]]


def test_every_place_has_one_owner() -> None:
    layout = grid((150, 170), 64, 20, 6)
    count = np.zeros((150, 170), int)
    for tile in range(len(layout)):
        (left, top), (right, bottom) = layout.corners[tile], layout.ends[tile]
        count[top:bottom, left:right] += layout.owned(tile)
    assert count.min() == count.max() == 1
    place = np.random.default_rng(0).uniform(0, 150, (300, 2))
    owners = np.zeros(300, int)
    for tile in range(len(layout)):
        inside = ((place >= layout.corners[tile]) & (place < layout.ends[tile])).all(axis=1)
        owners[inside] += layout.owns(tile, place[inside])
    assert owners.min() == owners.max() == 1


def test_ten_thousand_tiles() -> None:
    """The bookkeeping of a montage of 100 by 100 tiles: each holds a particle in its middle and one in each overlap."""
    edge, step = 24, 18
    corners = np.array([(x, y) for y in range(100) for x in range(100)], np.int64) * step
    layout = Layout(corners, np.full((10_000, 2), edge, np.int64))
    tile = np.zeros((edge, edge), np.int32)
    tile[11:13, 11:13] = 1
    tile[2:4, 11:13], tile[20:22, 11:13] = 2, 3  # one particle, shown by this tile and the one below or above
    particles = as_tile(measured(tile))
    owned = owned_particles(layout, [particles] * 10_000, lambda number: tile)
    assert len(layout.pairs) == 2 * 99 * 100 + 2 * 99 * 99
    assert owned.number == 10_000 + 101 * 100
    assert owned.area_px == (99 * step + edge) ** 2
