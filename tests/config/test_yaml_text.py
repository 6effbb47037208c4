from __future__ import annotations

import pytest

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
