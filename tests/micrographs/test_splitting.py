from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffrendergan.errors import ConfigError
from diffrendergan.micrographs.splitting import split_scans

NAMES = [f"scan_{index:02d}" for index in range(32)]


@given(count=st.integers(1, 40), fraction=st.floats(0, 1), seed=st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_every_scan_is_on_one_side(count, fraction, seed):
    names = [f"s{index}" for index in range(count)]
    split = split_scans(names, fraction, None, seed)
    assert sorted(split.train + split.test) == sorted(names)
    assert split.train
    if fraction > 0 and count > 1:
        assert split.test
    if fraction == 0:
        assert not split.test


def test_80_20_is_seeded_and_does_not_depend_on_order():
    split = split_scans(NAMES, 0.2, None, 0)
    assert (len(split.train), len(split.test)) == (26, 6)
    assert split == split_scans(NAMES[::-1], 0.2, None, 0)
    assert split != split_scans(NAMES, 0.2, None, 1)


def test_explicit_names():
    split = split_scans(NAMES, 0.2, ["scan_03", "scan_01"], 0)
    assert split.test == ("scan_01", "scan_03") and len(split.train) == 30
    assert split_scans(NAMES, 0.2, [], 0).test == ()
    with pytest.raises(ConfigError, match=r"'scan_3'.*did you mean scan_3\d"):
        split_scans(NAMES, 0.2, ["scan_3"], 0)
    with pytest.raises(ConfigError, match="none is left"):
        split_scans(NAMES, 0.2, NAMES, 0)


def test_twins_stay_together():
    names = [f"{of}s{index}" for index in range(6) for of in ("", "copy of ")]
    twins = [(f"copy of s{index}", f"s{index}") for index in range(6)]
    for seed in range(20):
        split = split_scans(names, 0.3, None, seed, twins)
        assert len(split.test) == 4 and len(split.train) == 8
        assert all((one in split.test) == (other in split.test) for one, other in twins)


def test_a_group_that_is_larger_than_asked_for_is_kept_back_whole():
    twins = [("a", "b", "c"), ("d", "e")]
    assert split_scans("abcde", 0.2, None, 0, twins).test == ("d", "e")
    assert split_scans("ab", 0.5, None, 0, [("a", "b")]).test == ()


def test_test_scans_may_not_part_twins():
    with pytest.raises(ConfigError, match=r"data\.test_scans keeps back a, whose pixels are trained on as b"):
        split_scans("abc", 0.2, ["a"], 0, [("a", "b")])
    assert split_scans("abc", 0.2, ["a", "b"], 0, [("a", "b")]).test == ("a", "b")


def test_test_scans_in_another_unicode_form():
    assert split_scans(["Köln", "b"], 0.2, [unicodedata.normalize("NFD", "Köln")], 0).test == ("Köln",)
