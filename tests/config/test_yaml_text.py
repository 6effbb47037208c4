from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffrendergan.config.yaml_text import dump_yaml, parse_yaml
from diffrendergan.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4),
        ("2E5", 2e5),
        (".5", 0.5),
        ("5.", 5.0),
        ("-3", -3),
        ("no", "no"),
        ("0012", "0012"),
        ("1:30", "1:30"),
        ("2024-01-01", "2024-01-01"),
        ("true", True),
        ("~", None),
        ("", None),
        ("'5'", "5"),
        ("1_000", "1_000"),
        ("0x10", "0x10"),
        ("nano", "nano"),
    ],
)
def test_values_are_what_people_mean(text: str, value: object) -> None:
    found = parse_yaml(f"key: {text}", "test")["key"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("value", ["1e-4", "no", "0012", "true", "", "~", "1:30", "a: b", "<<", "x\ny", "é", ".5"])
def test_text_stays_text(value: str) -> None:
    assert parse_yaml(dump_yaml({"key": value}), "test") == {"key": value}


@pytest.mark.parametrize("value", [1e-300, 0.1, 1e22, 3.0, -2.5e-7, 10**20])
def test_numbers_stay_equal(value: float) -> None:
    found = parse_yaml(dump_yaml({"key": value}), "test")["key"]
    assert found == value
    assert type(found) is type(value)


def test_merge_keys_work_and_may_repeat_what_they_merge() -> None:
    text = "base: &b {x: 1, y: 2}\nmine:\n  <<: *b\n  x: 3\n"
    assert parse_yaml(text, "test")["mine"] == {"x": 3, "y": 2}


def test_the_place_of_an_error_is_named() -> None:
    with pytest.raises(ConfigError, match=r"^here, line 2, column 4: "):
        parse_yaml("a: 1\nb: : 2\n", "here")


_KEYS = st.text("ab01 :#-?*'\"[]{},\n", max_size=6)
_PLAIN_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(codec="utf-8")),
    lambda below: (
        st.lists(below, max_size=4) | st.dictionaries(st.text("ab01 :#-?*'\"[]{},\n", max_size=6), below, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(value=_PLAIN_VALUES)
def test_what_is_written_is_read_again(value: object) -> None:
    assert parse_yaml(dump_yaml({"key": value}), "test") == {"key": value}


def test_a_long_text_stays_on_its_line_and_a_long_list_is_broken() -> None:
    words = " ".join(["word"] * 60)
    assert dump_yaml({"a": words}) == f"a: {words}\n"
    lines = dump_yaml({"a": list(range(100))}).splitlines()
    assert len(lines) > 1
    assert max(map(len, lines)) <= 124


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.getcwd []", "!!python/name:os.getcwd", "!mine 3"])
def test_tags_make_no_objects(tag: str) -> None:
    with pytest.raises(ConfigError, match=r"^here, line 1, column 4: could not determine a constructor for the tag"):
        parse_yaml(f"a: {tag}\n", "here")


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3, column 1", "the key `a` appears twice, first in line 1"),
        ("s:\n  x: 1\n  x: 2\n", "line 3, column 3", "the key `x` appears twice, first in line 2"),
        ("b: &b {y: 2}\nm:\n  <<: *b\n  x: 3\n  x: 4\n", "line 5, column 3", "the key `x` appears twice"),
        ("[1, 2]: 3\n", "line 1, column 1", "a list or a section is no key"),
        ("a: *nowhere\n", "line 1, column 4", "found undefined alias"),
        ("a: 'x\n", "line 2, column 1", "while scanning a quoted scalar"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, place: str, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_yaml(text, "here")
    assert str(caught.value).startswith(f"here, {place}: {problem}")


def test_a_section_merged_elsewhere_may_still_repeat_what_it_merged_itself() -> None:
    text = "o:\n  i: &b {<<: {x: 1}, x: 3}\nm: {<<: *b}\n"
    assert parse_yaml(text, "test") == {"o": {"i": {"x": 3}}, "m": {"x": 3}}


def test_a_version_line_changes_no_value() -> None:
    assert parse_yaml("%YAML 1.1\n---\na: no\nb: 012\nc: 1e5\n", "test") == {"a": "no", "b": "012", "c": 1e5}


def test_aliases_may_not_stand_for_more_than_memory_holds() -> None:
    tens = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10))
    with pytest.raises(ConfigError, match="test stands for more than 100,000 values, by its aliases"):
        parse_yaml(f"a0: &a0 [1, 2]\n{tens}", "test")
    assert parse_yaml("a: &a [1, 2]\nb: [*a, *a]\n", "test")["b"] == [[1, 2], [1, 2]]


def test_values_that_hold_themselves_are_refused() -> None:
    with pytest.raises(ConfigError, match="refers to itself"):
        parse_yaml("a: &a {b: {c: *a}}", "test")
