from __future__ import annotations

import math
from pathlib import Path
from typing import get_args

import pytest

from diffrendergan.config.arrangement import ArrangementConfig
from diffrendergan.config.load import load_project
from diffrendergan.errors import ConfigError
from diffrendergan.studio.forms import SECTIONS, form_of, with_entry, with_kind
from diffrendergan.studio.proposals import change_to
from diffrendergan.studio.size_kinds import middle_and_spread

SIZES = {"distribution": "lognormal", "mu": math.log(15), "sigma": 0.2}


def shown(name: str, value: object) -> dict[str, str]:
    form = form_of(name, value)
    assert form is not None
    return {entry.title: entry.value for entry in form.entries}


def test_sizes_are_shown_as_people_say_them() -> None:
    assert shown("arrangement.size", SIZES) == {"Median": "15", "Spread (of the logarithm)": "0.2"}
    assert form_of("arrangement.agglomerates", 3) is None
    changed = with_entry("arrangement.size", SIZES, "mu", "20,5")
    assert math.exp(changed["mu"]) == pytest.approx(20.5, rel=1e-4)
    assert changed["sigma"] == 0.2


@pytest.mark.parametrize("kind", ["normal", "uniform", "bimodal", "mixture", "lognormal"])
def test_another_distribution_is_about_as_large_and_wide(kind: str, tmp_path: Path) -> None:
    other = with_kind("arrangement.size", SIZES, kind)
    assert middle_and_spread(other) == pytest.approx((15, 0.2), rel=1e-3)
    file = tmp_path / "project.yaml"
    file.write_text("data: {images: scans}\n", encoding="utf-8")
    change_to(file, "arrangement.size", other)
    assert load_project(file).arrangement.size.distribution == kind
    assert "" not in shown("arrangement.size", other).values()


def test_what_is_lacking_is_told() -> None:
    table = form_of("arrangement.size", with_kind("arrangement.size", SIZES, "empirical"))
    assert table is not None and table.lacking is not None and table.lacking.title == "Table (CSV)"
    named = form_of("arrangement.size", with_entry("arrangement.size", table.value, "file", "sizes.csv"))
    assert named is not None and named.lacking is None


def test_all_kinds_of_shapes_and_sizes_have_fields() -> None:
    for name, (field, tag) in SECTIONS.items():
        for model in get_args(field.annotation):
            kind = model.model_fields[tag].default
            form = form_of(name, {tag: kind})
            assert form is not None and kind in form.kinds
            plain = {key for key in model.model_fields if key not in (tag, "files")}
            assert {entry.key.split(".")[0] for entry in form.entries} == plain


def test_ends_of_ranges_and_parts_of_mixtures() -> None:
    rods = with_kind("particles.shape", "sphere", "rod")
    assert shown("particles.shape", rods) == {"Aspect, least": "2", "Aspect, most": "5", "Ends": "round"}
    assert with_entry("particles.shape", rods, "aspect.1", "3")["aspect"] == [2.0, 3]
    mixed = with_entry("arrangement.size", with_kind("arrangement.size", SIZES, "mixture"), "modes.1.mean", "4")
    assert [part["mean"] for part in mixed["modes"]] == [15, 4]
    assert ArrangementConfig.model_validate({"size": mixed})
    assert with_entry("arrangement.number", None, "1", "7") == [7, 7]
    assert with_entry("arrangement.number", [2, 7], "0", "3") == [3, 7]
    assert with_entry("particles.shape", {"family": "files", "folder": "a"}, "normalise", "false")["normalise"] is False


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [("mu", "0", "Median is '0'; it takes a number above 0"), ("sigma", "wide", "it takes a number.")],
)
def test_no_numbers_are_told(key: str, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        with_entry("arrangement.size", SIZES, key, text)
