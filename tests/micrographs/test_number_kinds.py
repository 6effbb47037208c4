from __future__ import annotations

import numpy as np
import pytest
from tests.micrographs.test_grey_range import raw

from diffrendergan.micrographs import number_kinds
from diffrendergan.micrographs.common_range import measurable_stretch
from diffrendergan.micrographs.number_kinds import grouped, seen


def scans(count: int) -> list:
    rng = np.random.default_rng(3)
    return [raw(rng.normal(900 + number, 60, (40, 50)).astype(np.float32)) for number in range(count)]


def test_few_scans_keep_all_their_samples() -> None:
    kept = seen(scans(3))
    assert [len(one.samples) for one in kept] == [2000] * 3


@pytest.mark.parametrize("most", [5000, 700])
def test_many_scans_take_no_more_room_and_say_the_same(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    every = scans(40)
    (group,) = grouped(seen(every))
    stretch, _ = measurable_stretch(every)
    monkeypatch.setattr(number_kinds, "MOST_SAMPLES", most)
    kept = seen(every)
    assert most / 2 - 40 <= sum(len(one.samples) for one in kept) <= most
    assert all(one.samples.base is None for one in kept)
    (thinned,) = grouped(kept)
    assert (thinned.samples.min(), thinned.samples.max()) == (group.samples.min(), group.samples.max())
    assert [one.high for one in thinned.scans] == [one.high for one in group.scans]
    ends, few_ends = (found.ends("float") for found in (stretch, measurable_stretch(every)[0]))
    assert few_ends == pytest.approx(ends, rel=0.08)


def test_more_scans_than_samples_keep_one_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(number_kinds, "MOST_SAMPLES", 5)
    assert [len(one.samples) for one in seen(scans(9))] == [1] * 9
