from __future__ import annotations

from dataclasses import replace

import numpy as np
from tests.judging.conftest import scan_of

from diffrendergan.judging.sample import EDGE_PX, around, cropped, inside, middle, sampled_scans, spread
from diffrendergan.patches.candidates import Place


def test_items_are_spread_over_all() -> None:
    assert spread([1, 2], 4) == [1, 2]
    assert spread(list(range(12)), 3) == [2, 6, 10]


def test_held_out_scans_come_first_and_either_side_makes_up_for_the_other() -> None:
    names = [f"train {number}" for number in range(20)]
    assert sampled_scans(names, ()) == spread(names, 6)
    assert sampled_scans(names, ["a", "b"]) == ["a", "b", *spread(names, 4)]
    test = [f"test {number}" for number in range(20)]
    assert sampled_scans(names, test) == [*spread(test, 3), *spread(names, 3)]
    assert sampled_scans(names[:1], test) == [*spread(test, 5), names[0]]


def test_of_a_large_scan_the_middle_is_looked_at() -> None:
    assert middle((100, 700)) == (slice(0, 100), slice(30, 30 + EDGE_PX))


def test_a_patch_lies_where_it_is_said_to_lie() -> None:
    pixels = np.arange(200 * 300, dtype=np.float32).reshape(200, 300)
    field = np.ones((200, 300), bool)
    field[:10] = False
    scan = replace(scan_of(np.zeros((200, 300), np.int32)), pixels=pixels, field=field)
    for place in (Place("scan", 0, 0), Place("scan", 120, 70), Place("scan", 236, 136)):
        window = around(pixels.shape, place, 64)
        part, where = cropped(scan, window), inside(window, place, 64)
        assert part.pixels.shape == (96, 96) and where is not None
        assert np.array_equal(part.pixels[where], pixels[place.y : place.y + 64, place.x : place.x + 64])
        assert (part.field is None) == (place.y > 16)  # of the others, all was recorded


def test_a_patch_that_leaves_a_window_does_not_lie_there() -> None:
    window = (slice(10, 110), slice(20, 120))
    assert inside(window, Place("scan", 20, 10), 64) == (slice(0, 64), slice(0, 64))
    assert inside(window, Place("scan", 56, 46), 64) == (slice(36, 100), slice(36, 100))
    for x, y in ((19, 10), (20, 9), (57, 46), (56, 47)):
        assert inside(window, Place("scan", x, y), 64) is None
