"""Splits are partitions; rows and overrides are refused by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffrendergan.errors import ConfigError
from diffrendergan.pipeline.benchmark.rows import OF_DATA_SETS, choose_sources
from diffrendergan.pipeline.benchmark.splits import cross_validation


@given(
    st.sets(st.text("abcdef", min_size=1, max_size=4), min_size=4, max_size=40), st.integers(2, 4), st.integers(0, 9)
)
def test_folds_are_a_partition_of_equal_parts(names, folds, seed):
    splits = cross_validation(sorted(names), folds, seed)
    assert sorted(name for split in splits for name in split.test) == sorted(names)
    for split in splits:
        assert sorted((*split.train, *split.test)) == sorted(names)
    sizes = {len(split.test) for split in splits}
    assert max(sizes) - min(sizes) <= 1
    assert splits == cross_validation(sorted(names, reverse=True), folds, seed)


def test_seed_changes_the_division():
    names = [f"s{number}" for number in range(20)]
    assert cross_validation(names, 2, 0) != cross_validation(names, 2, 1)


@pytest.mark.parametrize("folds", [1, 4])
def test_impossible_folds(folds):
    with pytest.raises(ConfigError, match="--folds"):
        cross_validation(["a", "b", "c"], folds, 0)


def test_rows_by_name_and_made_elsewhere(tmp_path):
    (tmp_path / "images").mkdir()
    assert [source.name for source in choose_sources(None, [])] == list(OF_DATA_SETS)
    chosen = choose_sources(["classical", "learned"], [f"theirs={tmp_path}"])
    assert [source.name for source in chosen] == ["learned", "theirs", "classical"]
    assert chosen[1].folder == tmp_path


def test_rows_that_need_no_training_come_last(tmp_path):
    usual = ("run", "generalist", "classical")
    chosen = choose_sources(None, [], [f"cellpose={tmp_path}"], usual)
    assert [source.name for source in chosen] == ["cellpose", *usual]
    assert not any(source.trained for source in chosen)
    with pytest.raises(ConfigError, match="name a project file"):
        choose_sources(["run"], [])
    for text, told in (
        ("x=nowhere", "is no folder"), ("nowhere", "NAME=FOLDER, such as cellpose=nowhere"),
        (f"otsu={tmp_path}", "two rows would be called 'otsu'"),
    ):  # fmt: skip
        with pytest.raises(ConfigError, match=told):
            choose_sources(None, [], [text])


@pytest.mark.parametrize(
    ("rows", "synthetic", "told"),
    [
        (["leaned"], [], "did you mean learned"),
        (None, ["nowhere"], "NAME=FOLDER"),
        (None, ["a b=nowhere"], "NAME=FOLDER"),
        (None, ["theirs=nowhere"], "no folder `images`"),
        (None, ["real={folder}"], "two rows would be called 'real'"),
        (None, ["x={folder}", "x={folder}"], "two rows would be called 'x'"),
    ],
)
def test_wrong_rows(tmp_path, rows, synthetic, told):
    (tmp_path / "images").mkdir()
    with pytest.raises(ConfigError, match=told):
        choose_sources(rows, [text.format(folder=tmp_path) for text in synthetic])


def test_twins_fall_into_one_fold():
    names = [f"s{number}" for number in range(8)]
    twins = [("s0", "s5", "s6"), ("s1", "s2")]
    splits = cross_validation(names, 4, seed=0, twins=twins)
    assert sorted(name for split in splits for name in split.test) == names
    for split in splits:
        assert all(len({name in split.test for name in group}) == 1 for group in twins)
    with pytest.raises(ConfigError, match=r"5 scans .*cannot be divided into 6 folds"):
        cross_validation(names, 6, seed=0, twins=twins)
