from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from diffrendergan.config.load import dump_project, load_project
from diffrendergan.errors import ConfigError, FormerWayWarning


def written(folder: Path, text: str) -> Path:
    path = folder / "project.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("training: {device: cpu}\n", "`training.device` is read as `compute.device: cpu`"),
        ("segmentation: {nnunet: {device: cpu}}\n", "`segmentation.nnunet.device` is read as"),
        (
            "training: {device: cpu, epochs: 3}\nsegmentation: {device: cpu, nnunet: {device: auto}}\n",
            "`training.device` and `segmentation.device` are read as `compute.device: cpu`",
        ),
    ],
)
def test_a_device_in_an_earlier_place_is_moved_and_said(text: str, said: str, tmp_path: Path) -> None:
    with pytest.warns(FormerWayWarning) as caught:
        project = load_project(written(tmp_path, text))
    (warning,) = caught
    assert said in str(warning.message)
    assert str(warning.message).startswith(str(tmp_path / "project.yaml"))
    assert project.compute.device == "cpu"
    assert load_project(written(tmp_path, dump_project(project))) == project


@pytest.mark.parametrize(
    "text",
    [
        "training: {device: auto}\nsegmentation: {device: auto, nnunet: {device: auto}}\n",
        "training: {device: auto}\ncompute: {device: cpu}\n",
    ],
)
def test_what_was_the_default_is_moved_without_a_word(text: str, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        project = load_project(written(tmp_path, text))
    assert project.compute.device == ("cpu" if "cpu" in text else "auto")


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        (
            "training: {device: cpu}\nsegmentation: {device: cuda}\n",
            "`training.device: cpu`, `segmentation.device: cuda`",
        ),
        ("training: {device: cpu}\ncompute: {device: cuda}\n", "`training.device: cpu`, `compute.device: cuda`"),
    ],
)
def test_two_devices_are_refused(text: str, listed: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is one device for all now; keep the one that you want") as caught:
        load_project(written(tmp_path, text))
    assert listed in str(caught.value)


def test_an_option_on_the_command_line_wins_over_the_file(tmp_path: Path) -> None:
    with pytest.warns(FormerWayWarning, match=r"^--set: `training.device` is read as"):
        project = load_project(
            written(tmp_path, "compute: {device: cuda}\n"), None, ["training.device=cpu", "training.epochs=2"]
        )
    assert (project.compute.device, project.training.epochs) == ("cpu", 2)


def test_a_wrong_device_in_an_earlier_place_is_an_error_of_the_new_field(tmp_path: Path) -> None:
    with pytest.warns(FormerWayWarning), pytest.raises(ConfigError, match=r"`compute\.device` is"):
        load_project(written(tmp_path, "training: {device: [gpu]}\n"))
