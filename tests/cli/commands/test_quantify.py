from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from skimage.measure import label
from tests.fixtures.command_line import in_this_process
from typer.testing import CliRunner

from diffrendergan.cli.main import app


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:100, :120]
    for part in ("images", "labels"):
        (tmp_path / part).mkdir()
    for name in ("one", "two"):
        scan = rng.integers(20, 40, (100, 120), np.uint8)
        for row, column in ((20, 20), (50, 60), (70, 95), (20, 90), (98, 30)):
            scan[np.hypot(y - row, x - column) < rng.uniform(6, 10)] = 220
        tifffile.imwrite(tmp_path / "images" / f"{name}.tif", scan)
        tifffile.imwrite(tmp_path / "labels" / f"{name}.tif", label(scan > 128).astype(np.uint16))
    return tmp_path


def run(folder: Path, *arguments: str):
    common = ["--labels", str(folder / "labels"), "--data-bar", "0", "--bootstrap", "20", "--no-figures", "-q"]
    return CliRunner().invoke(app, ["quantify", str(folder / "images"), *common, *arguments])


def test_a_folder_of_scans(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    result = run(folder, "--pixel-size-nm", "2.5")
    assert result.exit_code == 0, result.output
    lines = [line for line in result.stdout.splitlines() if line.strip().startswith(("one", "two", "together"))]
    assert len(lines) == 3 and all(" nm" in line for line in lines)
    assert lines[0].split()[1:3] == ["5", "4"]
    assert "wrote images-quantified" in result.stdout
    assert (folder / "images-quantified" / "particles.csv").read_text().splitlines()[0].startswith('"scan","label"')


def test_folders_with_dots_have_results_of_their_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (folder / "images").rename(folder / "2024.05.01")
    arguments = ["--labels", "labels", "--data-bar", "0", "--bootstrap", "0", "--no-figures"]
    assert "wrote 2024.05.01-quantified" in CliRunner().invoke(app, ["quantify", "2024.05.01", *arguments]).stdout
    assert "wrote one-quantified" in CliRunner().invoke(app, ["quantify", "2024.05.01/one.tif", *arguments]).stdout


def test_the_kind_of_label_images_is_said(folder: Path) -> None:
    arguments = ["quantify", str(folder / "images"), "--labels", str(folder / "labels"), "--data-bar", "0"]
    arguments += ["--bootstrap", "0", "--no-figures", "--out", str(folder / "out")]
    assert "read as instances" in CliRunner().invoke(app, arguments).stderr
    result = CliRunner().invoke(app, [*arguments, "--labels-kind", "classes"])
    assert "read as classes" in result.stderr and "one" in result.stdout
    result = CliRunner().invoke(app, ["quantify", str(folder), "--model", "run", "--labels-kind", "classes"])
    assert result.exit_code == 1


def test_one_scan_in_pixels(folder: Path) -> None:
    arguments = ["quantify", str(folder / "images" / "one.tif"), "--labels", str(folder / "labels")]
    arguments += ["--data-bar", "0", "--bootstrap", "0", "--no-figures", "--out", str(folder / "out")]
    result = CliRunner().invoke(app, [*arguments, "--structure", "wires"])
    assert result.exit_code == 0, result.output
    assert "pixel size of all scans is unknown" in result.stderr
    assert (folder / "out" / "wires.csv").is_file()
    assert "d50_px" in (folder / "out" / "scans.csv").read_text()


def test_a_broken_scan_ends_with_an_error_after_the_others(folder: Path) -> None:
    (folder / "images" / "two.tif").write_bytes(b"II*\0")
    result = run(folder, "--out", str(folder / "out"))
    assert result.exit_code == 1
    assert "1 of 2 scans could not be used (two)" in result.stderr
    assert "one" in result.stdout and (folder / "out" / "particles" / "one.csv").is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--model", "run"], "not both"),
        (["--decoding", "watershed"], "--decoding has no effect with --labels"),
        (["--seed", "3"], "--seed has no effect with --labels"),
        (["--out", "{folder}"], "would be overwritten"),
    ],
)
def test_options_that_do_not_go_together(folder: Path, arguments: list[str], said: str) -> None:
    result = run(folder, *(word.format(folder=folder) for word in arguments))
    assert result.exit_code == 1 and said in result.stderr


@pytest.mark.parametrize("option", [["--labels-suffix", "_m"], ["--labels-kind", "classes"]])
def test_options_of_label_images_mean_nothing_to_a_model(folder: Path, option: list[str]) -> None:
    result = CliRunner().invoke(app, ["quantify", str(folder / "images"), "--model", "run", *option])
    assert result.exit_code == 1 and f"{option[0]} has no effect with --model" in result.stderr


def test_a_file_and_a_folder_of_its_name_do_not_share_results(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (folder / "images" / "one.tif").rename(folder / "images.tif")
    (folder / "labels" / "one.tif").rename(folder / "labels" / "images.tif")
    common = ["--labels", "labels", "--data-bar", "0", "--bootstrap", "0", "--no-figures"]
    assert CliRunner().invoke(app, ["quantify", "images.tif", *common]).exit_code == 0
    again = CliRunner().invoke(app, ["quantify", str(folder / "images.tif"), *common])
    assert again.exit_code == 0 and "1 of 1 scans were measured before" in again.stderr
    result = CliRunner().invoke(app, ["quantify", "images", *common])
    assert result.exit_code == 1
    assert "images-quantified holds results of images.tif and not of images; name" in result.stderr
    assert "--out" in result.stderr and not (folder / "images-quantified" / "particles" / "two.csv").exists()
    assert CliRunner().invoke(app, ["quantify", "images", *common, "--out", "other"]).exit_code == 0
    assert CliRunner().invoke(app, ["quantify", "images", *common, "--out", "images-quantified"]).exit_code == 0


def test_results_and_scans_can_be_moved_together(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    common = ["--labels", "labels", "--data-bar", "0", "--bootstrap", "0", "--no-figures"]
    (folder / "here").mkdir()
    for part in ("images", "labels"):
        (folder / part).rename(folder / "here" / part)
    monkeypatch.chdir(folder / "here")
    assert CliRunner().invoke(app, ["quantify", "images", *common]).exit_code == 0
    (folder / "here").rename(folder / "there")
    monkeypatch.chdir(folder / "there")
    result = CliRunner().invoke(app, ["quantify", "images", *common])
    assert result.exit_code == 0 and "2 of 2 scans were measured before" in result.stderr


def test_specks_are_warned_of_at_the_end(folder: Path) -> None:
    for name in ("one", "two"):
        labels = tifffile.imread(folder / "labels" / f"{name}.tif")
        labels[5, 40:80:4] = np.arange(10) + 50
        tifffile.imwrite(folder / "labels" / f"{name}.tif", labels)
    arguments = ["quantify", str(folder / "images"), "--labels", str(folder / "labels"), "--data-bar", "0"]
    arguments += ["--bootstrap", "0", "--no-figures", "--out", str(folder / "out")]
    result = CliRunner().invoke(app, arguments)
    assert result.stderr.splitlines()[-1].startswith("warning: 20 of 28 whole particles (71 %)")
    assert "fit: lowest BIC" in result.stderr
    assert "warning" not in CliRunner().invoke(app, [*arguments, "-q"]).stderr
    assert "warning" not in CliRunner().invoke(app, [*arguments, "--min-region-px", "10"]).stderr


def test_without_model_or_labels_the_generalist_finds_particles(folder: Path) -> None:
    arguments = ["--data-bar", "0", "--bootstrap", "0", "--no-figures", "--out", str(folder / "out")]
    result = CliRunner().invoke(app, ["quantify", str(folder / "images"), *arguments])
    assert result.exit_code == 0, result.output
    assert "found by the packaged generalist" in result.stderr
    with (folder / "out" / "scans.csv").open() as file:
        assert [int(row["number"]) for row in csv.DictReader(file)] == [5, 5]


@pytest.mark.parametrize("option", [["--seed", "1"], ["--labels-suffix", "_m"]])
def test_options_of_others_mean_nothing_to_the_generalist(folder: Path, option: list[str]) -> None:
    result = CliRunner().invoke(app, ["quantify", str(folder / "images"), "--out", str(folder / "out"), *option])
    assert result.exit_code == 1
    assert f"{option[0]} has no effect with the packaged generalist" in " ".join(result.stderr.split())


def test_the_generalist_tells_whole_shapes_where_they_are_asked_for(folder: Path) -> None:
    arguments = ["--data-bar", "0", "--bootstrap", "0", "--no-figures", "--out", str(folder / "out")]
    images = str(folder / "images")
    result = CliRunner().invoke(app, ["quantify", images, "--decoding", "watershed", *arguments])
    assert result.exit_code == 1 and "cannot take the decoding 'watershed'" in " ".join(result.stderr.split())
    for confidence in ([], ["--no-confidence", "--force"]):
        result = CliRunner().invoke(app, ["quantify", images, "--decoding", "amodal", *arguments, *confidence])
        assert result.exit_code == 0, result.output
        with (folder / "out" / "scans.csv").open() as file:
            for row in csv.DictReader(file):
                assert float(row["whole_d50_px"]) >= float(row["d50_px"])
        assert (folder / "out" / "whole" / "one.json").is_file()


def test_a_trained_network_gets_its_options(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from diffrendergan.pipeline.quantify.label_folder import LabelFolder, open_labels

    asked = []

    def load(*arguments: object) -> LabelFolder:
        asked.append(arguments)
        return replace(open_labels(folder / "labels", ["one", "two"]), structure="wires")

    def judged(trained: LabelFolder, run: Path) -> LabelFolder:
        asked.append(run)
        return trained

    monkeypatch.setattr("diffrendergan.exchange.models.opening.load_trained", load)
    monkeypatch.setattr("diffrendergan.exchange.models.opening.with_doubts", judged)
    arguments = ["quantify", str(folder / "images"), "--model", "run", "--out", str(folder / "out"), "--data-bar", "0"]
    arguments += ["--seed", "3", "--decoding", "watershed", "--min-region-px", "7", "--no-figures", "-q"]
    result = CliRunner().invoke(app, [*arguments, "--bootstrap", "0"])
    assert result.exit_code == 0, result.output
    assert asked == [(Path("run"), 3, "watershed", 7), Path("run")]
    assert (folder / "out" / "wires.parquet").is_file()


def test_which_of_several_detectors_is_measured(folder: Path) -> None:
    for path in (folder / "images").iterdir():
        scan = tifffile.imread(path)
        tifffile.imwrite(path, np.dstack([scan, 255 - scan]), photometric="minisblack", planarconfig="contig")
    arguments = ["quantify", str(folder / "images"), "--labels", str(folder / "labels"), "--data-bar", "0"]
    arguments += ["--bootstrap", "0", "--no-figures", "--out", str(folder / "out")]

    def measured(*options: str) -> tuple[float, str]:
        result = CliRunner().invoke(app, [*arguments, *options])
        assert result.exit_code == 0, result.output
        table = list(csv.DictReader((folder / "out" / "particles" / "one.csv").open()))
        return float(table[0]["intensity_mean"]), " ".join(result.stderr.split())

    said = (
        "one: It holds the images of 2 detectors; the first is taken (data.channel or --channel chooses another). "
        "The same holds for 1 more (two)."
    )
    intensity, told = measured()
    assert intensity == pytest.approx(220 / 255, abs=0.01) and said in told
    assert said in measured()[1]  # results that are kept say it again
    intensity, told = measured("--channel", "2")
    assert intensity == pytest.approx(35 / 255, abs=0.01) and "detectors" not in told
    result = CliRunner().invoke(app, [*arguments, "--channel", "3"])
    assert result.exit_code == 1 and "has no channel 3; choose one of 1, 2." in " ".join(result.stderr.split())


def test_a_project_file_runs_the_stage(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr("diffrendergan.pipeline.runner.run_project", lambda *arguments: asked.append(arguments))
    project = folder / "project.yaml"
    project.write_text("name: toy\ndata: {images: images}\n")
    result = CliRunner().invoke(app, ["quantify", str(project), "--set", "seed=4", "--redo", "-q"])
    assert result.exit_code == 0, result.output
    ((loaded, _, wanted),) = asked
    assert (loaded.name, loaded.seed) == ("toy", 4)
    assert (wanted.target, wanted.redo) == ("quantify", True)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["project.yaml", "--model", "run"], "--model has no effect with a project"),
        (["project.yaml", "--bootstrap", "400"], "--bootstrap has no effect with a project"),
        (["project.yaml", "--twin"], "--twin has no effect with a project"),
        (["images", "--labels", "labels", "--redo"], "--redo has no effect with a folder of scans"),
        (["images", "--labels", "labels", "--dry-run"], "--dry-run has no effect with a folder of scans"),
    ],
)
def test_options_of_the_other_use_are_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], told: str
) -> None:
    monkeypatch.chdir(folder)
    (folder / "project.yaml").write_text("data: {images: images}\n")
    result = CliRunner().invoke(app, ["quantify", *arguments])
    assert result.exit_code == 1 and told in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--labels", "masks", "--min-confidence", "0.5"), "--min-confidence has no effect with --labels"),
        (("--labels", "masks", "--twin"), "--twin has no effect with --labels"),
        (("--labels", "masks", "--no-confidence"), "--no-confidence has no effect with --labels"),
        (("--no-confidence", "--min-confidence", "0.5"), "--min-confidence has no effect with --no-confidence"),
    ],
)
def test_only_a_network_is_sure_of_something(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    (tmp_path / "scans").mkdir()
    done = in_this_process("quantify", "scans", *arguments, cwd=tmp_path)
    assert done.returncode == 1 and said in done.stderr


def test_without_anything_scans_are_asked_for() -> None:
    result = CliRunner().invoke(app, ["quantify"])
    assert result.exit_code == 2 and "name a folder of micrographs, one file" in result.stderr


def test_of_what_is_no_image_nothing_is_doubted(tmp_path: Path) -> None:
    (tmp_path / "notes.docx").write_bytes(b"PK")
    done = in_this_process("quantify", "notes.docx", cwd=tmp_path)
    assert done.returncode == 1 and "1 of 1 scans could not be used" in done.stderr and "generalist" not in done.stderr
