"""Calibrated copies of project files keep comments and everything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from diffrendergan.calibration.parameters import Change, changed
from diffrendergan.calibration.project_file import calibrated_text, differences, with_values
from diffrendergan.config.load import load_project
from diffrendergan.errors import ConfigError

TEXT = """\
# My particles
preset: tio2-sem
data:
  images: scans   # in the lab
arrangement:
  unit: 0.3  # guessed
  size: {distribution: lognormal, mu: 0.0, sigma: 0.1}
"""
CHANGE = Change(0.8, 1.5, 20.0, 0.5, 1.2, 7.0)


def test_comments_stay_and_values_change(tmp_path: Path) -> None:
    source = tmp_path / "p.yaml"
    source.write_text(TEXT)
    given = load_project(source)
    found = changed(given, CHANGE)
    text = calibrated_text(TEXT, given, found, source, tmp_path / "q.yaml", "made by a test")
    (tmp_path / "q.yaml").write_text(text)
    assert load_project(tmp_path / "q.yaml") == found
    assert text.startswith("# made by a test\n# My particles\n")
    assert "# in the lab" in text and "unit: 0.24 # guessed" in text
    names = {f"{section}.{name}" for section, name, _ in differences(given, found)}
    assert names == {
        "particles.count",
        "arrangement.unit",
        "arrangement.limit",
        "arrangement.agglomerates",
        "arrangement.number",
        "arrangement.size",
    }


def test_paths_stay_right_in_another_folder(tmp_path: Path) -> None:
    source = tmp_path / "p.yaml"
    source.write_text(TEXT)
    given = load_project(source)
    target = tmp_path / "elsewhere" / "q.yaml"
    target.parent.mkdir()
    target.write_text(calibrated_text(TEXT, given, changed(given, CHANGE), source, target, "moved"))
    assert load_project(target).data.images == tmp_path / "scans"


def test_a_fixed_number_is_written_as_null(tmp_path: Path) -> None:
    source = tmp_path / "p.yaml"
    text = TEXT + "  number: [3, 9]\n"
    source.write_text(text)
    given = load_project(source)
    found = changed(given, Change(1.0, 1.0, 12.0, 0.0, 1.0, 5.0))
    (tmp_path / "q.yaml").write_text(calibrated_text(text, given, found, source, tmp_path / "q.yaml", "note"))
    assert load_project(tmp_path / "q.yaml").arrangement.number is None


def test_an_empty_file_gets_sections(tmp_path: Path) -> None:
    source = tmp_path / "p.yaml"
    source.write_text("")
    given = load_project(source)
    found = changed(given, CHANGE)
    (tmp_path / "q.yaml").write_text(calibrated_text("", given, found, source, tmp_path / "q.yaml", "note"))
    assert load_project(tmp_path / "q.yaml").arrangement == found.arrangement


def test_other_values_keep_comments_and_make_missing_sections(tmp_path: Path) -> None:
    text = "# mine\npreset: tio2-sem\nrun: run\ndata:\n  images: images  # here\n"
    changes = {"run": "quick-run", "data.patches": 3, "generator.draw": "uniform"}
    changed_text = with_values(text, changes, tmp_path / "project.yaml", "quick")
    assert changed_text.startswith("# quick\n# mine\n") and "# here" in changed_text
    path = tmp_path / "project.yaml"
    path.write_text(changed_text)
    project = load_project(path)
    assert (project.run, project.data.patches, project.generator.draw) == (tmp_path / "quick-run", 3, "uniform")
    assert project.data.images == tmp_path / "images"
    with pytest.raises(ConfigError, match="holds no keys and values"):
        with_values("- 1", {}, path, "")
