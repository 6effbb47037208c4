"""`score PRED GT` as a user gives it, and its old name."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from diffrendergan.cli.main import app


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    pred, gt = tmp_path / "pred", tmp_path / "gt"
    for folder in (pred, gt):
        folder.mkdir()
    for number, name in enumerate(("one", "two", "three")):
        labels = np.zeros((30, 40), np.uint8)
        labels[2:12, 2:12], labels[15:25, 15:25], labels[2:12, 20:30] = 1, 2, 3
        np.save(gt / f"{name}_m.npy", labels)
        np.save(pred / f"{name}.npy", np.roll(labels, number, axis=1))
    return pred, gt


def invoke(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["score", *map(str, arguments)])


def old(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)])


def test_table(folders: tuple[Path, Path]) -> None:
    result = invoke(*folders)
    assert result.exit_code == 0, result.output
    assert "3 pairs of label images\n" in result.stdout
    assert f"predictions: NAME.* in {folders[0]}, read as instances" in result.stdout
    assert f"annotations: NAME_m.* in {folders[1]}, read as instances" in result.stdout
    lines = {line.split()[0]: line.split()[1:] for line in result.stdout.splitlines() if re.match(r" \w", line)}
    assert lines["scan"] == ["DSC", "IoU", "AP50", "AP", "PQ", "AJI", "BF1", "count", "ΔD", "[px]"]
    # Shifts by 0, 1 and 2 of 10 columns: IoU 1, 90/110 and 80/120.
    assert lines["one"] == ["1.000", "1.000", "1.000", "1.000", "1.000", "1.000", "1.000", "+0", "0.00"]
    assert lines["two"][1] == lines["two"][4] == "0.818"
    assert lines["three"][1] == "0.667"
    assert lines["mean"][1] == f"{(1 + 90 / 110 + 80 / 120) / 3:.3f}"
    assert result.stdout.count("95 %") == 2


def test_nanometres(folders: tuple[Path, Path]) -> None:
    assert "ΔD [nm]" in invoke(*folders, "--pixel-size-nm", "2").stdout


def test_files(folders: tuple[Path, Path], tmp_path: Path) -> None:
    result = invoke(*folders, "--out", tmp_path / "new" / "scores.csv", "--bootstrap", "30", "--seed", "4", "-q")
    assert result.exit_code == 0, result.output
    assert "pairs" not in result.stdout
    told = json.loads((tmp_path / "new" / "scores.json").read_text())
    assert told["bootstrap"] == {"resamples": 30, "seed": 4, "level": 0.95}
    assert len((tmp_path / "new" / "scores.csv").read_text().splitlines()) == 4


def test_a_dry_run_only_says_what_it_would_do(folders: tuple[Path, Path], tmp_path: Path) -> None:
    result = invoke(*folders, "--dry-run", "--out", tmp_path / "scores.csv")
    assert result.exit_code == 0
    assert "3 pairs" in result.stdout
    assert "every pair can be scored" in result.stdout
    assert "DSC" not in result.stdout
    assert not (tmp_path / "scores.csv").exists()


@pytest.mark.parametrize("kinds", [(), ("--pred-kind", "instances", "--gt-kind", "instances")])
def test_a_dry_run_finds_what_would_fail(folders: tuple[Path, Path], kinds: tuple[str, ...]) -> None:
    np.save(folders[0] / "three.npy", np.zeros((5, 5), int))
    (folders[1] / "two_m.npy").write_bytes(b"no array")
    result = invoke(*folders, "--dry-run", *kinds)
    assert result.exit_code == 1
    assert "three.npy has 5×5 pixels, but the annotation" in result.stderr
    assert "two_m.npy cannot be read" in result.stderr
    assert "2 of 3 pairs cannot be scored as they are; the mean would be that of the others." in result.stderr
    assert "could not" not in result.output
    assert "every pair" not in result.output


def test_a_data_bar_that_the_predictions_were_cropped_of_is_recognised(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    plain = invoke(*folders)
    for path in folders[1].iterdir():
        np.save(path, np.pad(np.load(path), ((0, 4), (0, 0))))
    sentence = "In 3 of 3 pairs the annotation is 4 rows taller than the prediction: a data bar at the bottom"
    assert invoke(*folders, "--dry-run").stderr.count(sentence) == 1
    result = invoke(*folders, "--out", tmp_path / "scores.csv")
    assert result.exit_code == 0 and result.stderr.count(sentence) == 1
    assert result.stdout.splitlines()[3:-1] == plain.stdout.splitlines()[3:]
    rows = json.loads((tmp_path / "scores.json").read_text())["rows"]
    assert [row["cropped_rows"] for row in rows] == [4, 4, 4]


def test_annotated_rows_are_cropped_only_if_told(folders: tuple[Path, Path]) -> None:
    for path in folders[1].iterdir():
        np.save(path, np.pad(np.load(path), ((0, 4), (0, 0)), mode="edge") + np.eye(34, 40, -31, dtype=np.uint8))
    result = invoke(*folders, "--dry-run")
    assert result.exit_code == 1
    assert result.stderr.count("the lowest 4 rows are annotated") == 1  # what is true of all is said once
    assert "give --crop-data-bar. The same is true of three, two." in result.stderr
    assert "3 of 3 pairs cannot be scored as they are." in result.stderr
    assert invoke(*folders, "--dry-run", "--crop-data-bar").exit_code == 0


def test_files_without_partner_are_named(folders: tuple[Path, Path]) -> None:
    (folders[0] / "one.npy").rename(folders[0] / "eleven.npy")
    result = invoke(*folders)
    assert result.exit_code == 0
    assert "not annotated, so not scored: eleven.npy\n" in result.stderr
    assert "not predicted, so not scored: one_m.npy\n" in result.stderr


def test_a_broken_file_is_reported_and_the_others_are_scored(folders: tuple[Path, Path], tmp_path: Path) -> None:
    (folders[1] / "two_m.npy").write_bytes(b"\x93NUMPY")
    np.save(folders[0] / "three.npy", np.zeros((5, 5), int))
    result = invoke(*folders, "--out", tmp_path / "scores")
    assert result.exit_code == 1
    assert "two_m.npy cannot be read" in result.stderr
    assert "three.npy has 5×5 pixels, but the annotation" in result.stderr
    assert "three_m.npy has 40×30" in result.stderr
    assert "2 of 3 pairs could not be scored; the mean is that of the others." in result.stderr
    assert "Traceback" not in result.output
    assert "1.000" in result.stdout
    assert set(json.loads((tmp_path / "scores.json").read_text())["failures"]) == {"two", "three"}


def test_nothing_can_be_scored(folders: tuple[Path, Path], tmp_path: Path) -> None:
    for path in folders[0].iterdir():
        path.write_bytes(b"")
    result = invoke(*folders, "--out", tmp_path / "scores.csv")
    assert result.exit_code == 1
    assert "3 of 3 pairs could not be scored." in result.stderr
    assert not (tmp_path / "scores.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("PRED", "nowhere"), "nowhere is no folder"),
        (("PRED", "TOP"), "holds no label image"),
        (("PRED", "GT", "--gt-suffix", "_x"), "no annotation in"),
        (("PRED", "GT", "--pixel-size-nm", "-1"), "--pixel-size-nm is -1.0"),
        (("PRED", "GT", "--out", "TOP"), "which is a folder"),
    ],
)
def test_what_the_user_got_wrong_is_a_sentence(
    arguments: tuple[str, ...], words: str, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    places = {"PRED": folders[0], "GT": folders[1], "TOP": tmp_path}
    result = invoke(*(places.get(argument, argument) for argument in arguments))
    assert result.exit_code == 1, result.output
    assert words in result.stderr
    assert result.stderr.startswith("diffrendergan: ")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("option", [("--gt-kind", "masks"), ("--bootstrap", "0"), ("--min-region-px", "-1")])
def test_wrong_options_are_usage_errors(option: tuple[str, str], folders: tuple[Path, Path]) -> None:
    assert invoke(*folders, *option).exit_code == 2


def test_the_old_call_still_works_and_says_its_new_name(folders: tuple[Path, Path], tmp_path: Path) -> None:
    new, result = invoke(*folders), old(*folders, "--out", tmp_path / "scores.csv", "--bootstrap=2000")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(new.stdout)
    assert result.stderr == "`evaluate PRED GT` is called `score PRED GT` now; the next version takes only that.\n"
    assert (tmp_path / "scores.json").is_file()
    assert old("-q", *folders).stderr == ""
    assert old(*folders, "--bootstrap", "0").exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("PRED", "GT", "--redo"), "--redo is for a project"),
        (("PRED", "GT", "--set", "seed=3"), "--set is for a project"),
        (("--preset=demo", "PRED", "GT"), "--preset is for a project"),
        (("project.yaml", "--gt-suffix", ""), "--gt-suffix is for scoring folders"),
        (("project.yaml", "--crop-data-bar"), "--crop-data-bar is for scoring folders"),
        (("project.yaml", "--set", "seed=3"), "project.yaml does not exist"),
        (("--set", "seed=3"), "name a project file"),
    ],
)
def test_project_and_folders_are_told_apart(
    arguments: tuple[str, ...], words: str, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    places = {"PRED": folders[0], "GT": folders[1]}
    result = old(*(places.get(argument, argument) for argument in arguments))
    assert result.exit_code == 1, result.output
    assert words in result.stderr
    assert result.stderr.startswith("diffrendergan: ")
    assert len(result.stderr.splitlines()) == 1


def test_a_project_is_run_as_before(tmp_path: Path) -> None:
    result = old(tmp_path / "project.yaml")
    assert result.exit_code == 1
    assert "project.yaml does not exist" in result.stderr
