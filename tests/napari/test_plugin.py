"""What napari is told of the plugin."""

from __future__ import annotations

import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import diffrendergan
from diffrendergan.image_files.decoding import ENDINGS
from diffrendergan.image_files.vendors import VENDOR_ENDINGS

ROOT = Path(__file__).parents[2]
MANIFEST = Path(diffrendergan.__file__).parent / "napari" / "napari.yaml"


def test_npe2_takes_the_manifest() -> None:
    npe2 = pytest.importorskip("npe2", reason="the extra `napari` is not installed")
    manifest = npe2.PluginManifest.from_file(MANIFEST)
    manifest.validate_imports()
    assert manifest.name == "diffrendergan" and len(manifest.contributions.widgets) == 3


def test_all_commands_are_there_and_named_once() -> None:
    contributions = YAML(typ="safe").load(MANIFEST)["contributions"]
    commands = {command["id"]: command["python_name"] for command in contributions["commands"]}
    used = [one["command"] for kind in ("readers", "writers", "widgets") for one in contributions[kind]]
    assert sorted(used) == sorted(commands)
    for module, name in (python_name.split(":") for python_name in commands.values()):
        assert callable(getattr(import_module(module), name))


def test_all_files_that_may_be_scans_are_offered() -> None:
    patterns = YAML(typ="safe").load(MANIFEST)["contributions"]["readers"][1]["filename_patterns"]
    assert sorted(patterns) == sorted(f"*{ending}" for ending in (*ENDINGS, *VENDOR_ENDINGS))


def test_the_writer_has_one_ending_that_no_other_has() -> None:
    """A second point in it, as in .ome.tif, goes to other writers."""
    (writer,) = YAML(typ="safe").load(MANIFEST)["contributions"]["writers"]
    assert writer["filename_extensions"] == [".particles"]


def test_the_extra_pins_no_qt() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extra = " ".join(project["optional-dependencies"]["napari"]).lower()
    assert "napari>=" in extra and not any(qt in extra for qt in ("qt", "pyside", "[all]"))
    # Only a module and a plain name: npe2 takes no path after the colon.
    assert project["entry-points"]["napari.manifest"] == {"diffrendergan": "diffrendergan.napari:napari.yaml"}
    assert Path(import_module("diffrendergan.napari").__file__).parent / "napari.yaml" == MANIFEST
