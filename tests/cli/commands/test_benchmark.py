"""`benchmark` as a user gives it; nothing is trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from diffrendergan.cli.main import app
from diffrendergan.micrographs.datasets import read_registry


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Six scans of the data set by name, none of them kept back."""
    names = [entry.name for entry in read_registry("tio2-sem") if (entry.split, entry.kind) == ("train", "images")]
    for part in ("images", "masks"):
        (tmp_path / "tio2" / part).mkdir(parents=True)
    for name in names[:6]:
        Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "tio2" / "images" / name)
        Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "tio2" / "masks" / f"{Path(name).stem}_m.png")
    return tmp_path / "tio2"


def invoke(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["benchmark", *map(str, arguments)])


def test_a_dry_run(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = invoke("tio2-sem", "--data", data, "--out", out, "--dry-run", "--folds", "2", "--rows", "real")
    assert result.exit_code == 0, result.output
    assert "6 networks to train and score: for 1 row, on 2 splits, with seeds 0, 1, 2; 0 finished." in result.stdout
    assert "Split fold_1: trained on 3 scans, scored on 3 others\n  real: seeds 0, 1, 2 to be" in result.stdout
    assert f"There is no split test: {data / 'images'} lacks 8 of the 8 scans" in result.stdout
    assert f"Results go to {out}" in result.stdout
    assert not out.exists()
    result = invoke("tio2-sem", "--data", data, "--dry-run", "--rows", "real", "--set", "evaluation.seeds=[7]")
    assert "with seed 7;" in result.stdout


def test_a_dry_run_looks_where_the_scans_would_be(data: Path, tmp_path: Path) -> None:
    assert "--dry-run downloads nothing" in invoke("tio2-sem", "--out", tmp_path / "out", "--dry-run").stderr
    (tmp_path / "out").mkdir()
    data.rename(tmp_path / "out" / "data")
    assert invoke("tio2-sem", "--out", tmp_path / "out", "--dry-run").exit_code == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--splits", "test"), "--splits test: DATA/images lacks 8 of the 8 scans of tio2-sem that were kept back"),
        (("--splits", ","), "--splits is empty"),
        (("--rows", ","), "--rows is empty"),
        (("--seeds", "0,1", "--set", "evaluation.seeds=[3]"), "--seeds 0,1 and --set evaluation.seeds=[3] both"),
        (("--seeds", "0,0"), "--seeds 0,0: each seed"),
        (("--set", "segmentation.steps=0"), "preset tio2-sem, --set segmentation.steps=0: `segmentation.steps` is 0"),
        (("--set", "data.images=x"), "--set data.images=x has no effect, since --data"),
        (("--folds", "9"), "6 scans cannot be divided into 9 folds; give --folds from 2 to 6."),
    ],
)
def test_what_the_user_got_wrong_is_a_sentence_about_options(options: tuple[str, ...], words: str, data: Path) -> None:
    result = invoke("tio2-sem", "--data", data, "--dry-run", *options)
    assert result.exit_code == 1, result.output
    assert result.stderr.startswith(f"diffrendergan: {words.replace('DATA', str(data))}")
    assert len(result.stderr.splitlines()) == 1


def test_the_folder_of_scans_itself(data: Path) -> None:
    result = invoke("tio2-sem", "--data", data / "images", "--dry-run")
    assert result.exit_code == 1
    assert result.stderr.endswith(f"give {data}.\n")


def test_errors_of_stages_name_options(data: Path, tmp_path: Path) -> None:
    """The scans are too small for patches, as `prepare` finds out."""
    for number, path in enumerate(sorted((data / "images").iterdir())):
        Image.fromarray((np.arange(400) + number).reshape(20, 20).astype(np.uint8)).save(path)
    result = invoke("tio2-sem", "--data", data, "--out", tmp_path / "out", "--rows", "real", "--quiet")
    assert result.exit_code == 1
    assert "set a smaller data.patch_size (fields are changed with --set, as in --set data.patch_size=VALUE)." in (
        result.stderr
    )


def test_a_project_of_ones_own(data: Path, tmp_path: Path) -> None:
    project = tmp_path / "mine.yaml"
    project.write_text(f"data: {{images: {data / 'images'}, masks: {data / 'masks'}}}\n", encoding="utf-8")
    result = invoke(project, "--dry-run", "--rows", "real", "--folds", "3")
    assert result.exit_code == 0, result.output
    assert "3 networks to train and score: for 1 row, on 3 splits, with seed 0; 0 finished." in result.stdout
    result = invoke(project, "--dry-run")
    assert "holds no trained network yet" in result.stderr + result.stdout
    assert "No network is trained" in result.stdout and "  generalist: nothing of these" in result.stdout
    assert "--data has no effect with a project" in invoke(project, "--data", data, "--dry-run").stderr
    assert "--against me: there is no such row" in invoke(project, "--dry-run", "--against", "me").stderr
    assert "does not exist" in invoke(tmp_path / "other.yaml", "--dry-run").stderr
    told = invoke(data, "--dry-run").stderr
    assert "is no published data set (tio2-sem) and no project file (ending in .yaml)" in told
