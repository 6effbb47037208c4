from __future__ import annotations

from pathlib import Path

import pytest

from diffrendergan.config.load import load_project
from diffrendergan.errors import ConfigError
from diffrendergan.runs.atomic import write_json
from diffrendergan.studio.changes import expect_init, put_back
from diffrendergan.studio.proposals import FIELDS, change, in_yaml, options_of, proposals

TEXT = """\
# What was seen.
data:
  images: scans
  pixel_size_nm: auto  # nobody knows
arrangement:
  size_in: px
  size: {distribution: lognormal, mu: 2.7, sigma: 0.2}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "project.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_values_stand_with_what_was_found(file: Path, tmp_path: Path) -> None:
    part = {"name": "diameters", "value": "median 15 px", "certainty": "90 %: 14 to 16 px", "doubtful": True}
    write_json(tmp_path / "found.json", {"parts": [part]})
    shown = {each.field.name: each for each in proposals(file, tmp_path / "found.json")}
    assert list(shown) == [field.name for field in FIELDS]
    sizes = shown["arrangement.size"]
    assert (sizes.value, sizes.found, sizes.doubtful) == (
        "{distribution: lognormal, mu: 2.7, sigma: 0.2}", "median 15 px", True,
    )  # fmt: skip
    assert shown["data.foreground"].options == ("bright", "dark")
    assert shown["data.foreground"].value == load_project(file).data.foreground


def test_a_change_keeps_comments(file: Path) -> None:
    change(file, "data.pixel_size_nm", "1.5")
    change(file, "arrangement.number", "[2, 5]")
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# What was seen.") and "nobody knows" in text and text.count("#") == 2
    project = load_project(file)
    assert (project.data.pixel_size_nm, project.arrangement.number) == (1.5, (2, 5))
    shown = {each.field.name: each for each in proposals(file, file)}
    assert shown["arrangement.number"].hint == "changed by you; fewest and most"
    assert not shown["arrangement.placement"].yours


def test_changes_are_put_back_with_their_unit(file: Path) -> None:
    change(file, "arrangement.size", "{distribution: normal, mean: 12, sigma: 2}")  # px
    change(file, "data.data_bar", "3")
    expect_init(file)
    changed = "arrangement: {size_in: nm, size: {distribution: normal, mean: 90, sigma: 9}}\ndata: {pixel_size_nm: 2}\n"
    file.write_text(changed, encoding="utf-8")
    put_back(file)
    project = load_project(file)
    assert (project.arrangement.size_in, project.arrangement.size.model_dump()["mean"]) == ("px", 12)
    assert (project.data.data_bar, project.data.pixel_size_nm) == (3, 2)
    file.write_text(TEXT, encoding="utf-8")
    put_back(file)  # only once: what a person writes then stays
    assert file.read_text(encoding="utf-8") == TEXT


@pytest.mark.parametrize(
    "name, given, said",
    [
        ("data.pixel_size_nm", "-3", "`data.pixel_size_nm` is -3; it takes"),
        ("data.pixel_size_nm", "wide", "`data.pixel_size_nm` is 'wide'; it takes"),
        ("arrangement.size", "{distribution: lognormal, wide: 2.7}", "`arrangement.size.wide`"),
        ("arrangement.size", "{distribution: [", "`arrangement.size`, line 1"),
        ("arrangement.number", "", "needs a value"),
    ],
)
def test_bad_values_are_answered_and_change_nothing(file: Path, name: str, given: str, said: str) -> None:
    with pytest.raises(ConfigError) as told:
        change(file, name, given)
    assert said in str(told.value)
    assert "trial" not in str(told.value)
    assert file.read_text(encoding="utf-8") == TEXT
    assert [path.name for path in file.parent.iterdir()] == ["project.yaml"]


def test_short_lists_are_offered() -> None:
    assert options_of("arrangement.three_dimensional") == ("true", "false")
    assert "random" in options_of("arrangement.placement")
    assert options_of("arrangement.size") == ()
    assert in_yaml({"a": [1, True], "b": None}) == "{a: [1, true], b: null}"
