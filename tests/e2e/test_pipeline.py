from __future__ import annotations

import hashlib
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


def digests(folder: Path, pattern: str) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob(pattern))
        if path.is_file()
    }


def test_one_command_gives_everything(finished):
    folder, printed = finished
    run = folder / "run"
    for name in (
        "config.yaml",
        "environment.json",
        "prepare/selection.txt",
        "prepare/patches.png",
        "train/history.jsonl",
        "train/library/library.json",
        "select/selection.json",
        "select/selection.png",
        "synthesize/manifest.jsonl",
        "synthesize/coco.json",
        "evaluate/scores.json",
        "evaluate/scores.csv",
        "judge/verdict.json",
        "judge/overlays/scan_01.png",
        "report.html",
    ):
        assert (run / name).is_file(), name
    assert "report.html" in printed
    html = (run / "report.html").read_text()
    assert "http://" not in html.replace("http://www.w3.org", "") and "<script src" not in html


def test_a_run_without_training_to_speak_of_is_called_bad(finished, copy, cli):
    """Twelve steps teach a network nothing: that is said at the end, and is an error for those who want it to be."""
    assert "verdict: bad." in finished[1] and "network, in 3 scans" in finished[1]
    strict = cli("run", "project.yaml", "--strict", cwd=copy)
    assert strict.returncode == 1
    assert "is judged bad: " in strict.stderr and "report: " in strict.stdout


def test_synthetic_set_is_annotated_and_recorded(finished):
    stage = finished[0] / "run" / "synthesize"
    records = [json.loads(line) for line in (stage / "manifest.jsonl").read_text().splitlines()]
    assert [record["index"] for record in records] == list(range(6))
    for record in records:
        image, classes, instances = (
            np.asarray(Image.open(stage / record[key])) for key in ("image", "labels", "instances")
        )
        assert image.shape == classes.shape == instances.shape == (64, 64)
        assert np.array_equal(classes > 0, instances > 0)
        assert instances.max() == record["particles"] > 0
        assert record["contrast"] >= 1.15 and record["background_fraction"] >= 0.05
        # Particles of the picture are brighter than its background by what the manifest says.
        measured = image[instances > 0].mean() / image[instances == 0].mean()
        assert measured == pytest.approx(record["contrast"], rel=0.05)
    assert len(list((stage / "nnunet").glob("*/imagesTr/*.png"))) == 6 + len(
        list((finished[0] / "run/prepare/background").glob("*.png"))
    )


def test_scores_are_numbers_of_the_held_out_scan(finished):
    scores = json.loads((finished[0] / "run/evaluate/scores.json").read_text())
    assert scores["rows"] and {row["scan"] for row in scores["rows"]} == {"scan_01"}
    assert "scan_01" not in scores["train_scans"]
    assert {row["method"] for row in scores["rows"]} == {"synthetic", "real", "otsu", "li"}
    assert all(0 <= row[name] <= 1 for row in scores["rows"] for name in ("dsc", "foreground_iou", "ap50", "pq"))


def test_its_network_measures_further_scans(finished, scans, cli, tmp_path):
    """Whole scans are measured; a broken one is passed over, said so, and not forgotten at the end."""
    folder, _ = finished
    (tmp_path / "more").mkdir()
    shutil.copy(scans / "images" / "scan_02.tif", tmp_path / "more")
    (tmp_path / "more" / "broken.tif").write_bytes(b"II*\0no image")
    command = (
        "quantify",
        "more",
        "--model",
        str(folder / "run"),
        "-o",
        "measured",
        "--bootstrap",
        "10",
        "--min-region-px",
        "5",
    )
    done = cli(*command, "--no-figures", cwd=tmp_path)
    assert done.returncode == 1
    assert "1 of 2 scans could not be used (broken)" in done.stderr
    out = tmp_path / "measured"
    summary = json.loads((out / "summary.json").read_text())
    assert "broken" in json.dumps(summary)
    header = (out / "particles.csv").read_text().splitlines()[0]
    assert "diameter_nm" in header
    assert (out / "labels" / "scan_02.tif").exists()
    (tmp_path / "more" / "broken.tif").unlink()
    again = cli(*command, "--no-figures", cwd=tmp_path)
    assert again.returncode == 0, again.stderr


def kill_when(command: str, folder: Path, reached: Callable[[], bool]) -> None:
    """Start a stage and kill it, without a chance to clean up, as soon as it has got so far."""
    with subprocess.Popen(
        [sys.executable, "-m", "diffrendergan", command, "project.yaml"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        deadline = time.monotonic() + 120
        while not reached() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)


@pytest.fixture
def copy(finished, tmp_path) -> Path:
    """A copy of the finished project to break."""
    shutil.copytree(finished[0], tmp_path / "copy", symlinks=True)
    return tmp_path / "copy"


def test_killed_in_synthesis_and_continued_equals_uninterrupted(finished, copy, cli):
    """The same command again gives the same files, bit for bit."""
    shutil.rmtree(copy / "run/synthesize")
    kill_when("synthesize", copy, lambda: len(list((copy / "run/synthesize/images").glob("0*.png"))) >= 2)
    done = cli("synthesize", "project.yaml", cwd=copy)
    assert done.returncode == 0, done.stderr
    for pattern in ("synthesize/images/*.png", "synthesize/labels/*.png", "synthesize/instances/*.png"):
        expected = digests(finished[0] / "run", pattern)
        assert len(expected) == 6
        assert digests(copy / "run", pattern) == expected


def test_killed_in_training_and_continued_equals_uninterrupted(finished, copy, cli):
    shutil.rmtree(copy / "run/train")
    kill_when("train", copy, (copy / "run/train/history.jsonl").exists)
    done = cli("train", "project.yaml", cwd=copy)
    assert done.returncode == 0, done.stderr
    expected = digests(finished[0] / "run/train", "generators/*.safetensors")
    assert len(expected) == 2
    assert digests(copy / "run/train", "generators/*.safetensors") == expected
    assert len((copy / "run/train/history.jsonl").read_text().splitlines()) == 2


def test_a_second_run_redoes_nothing(copy, cli):
    before = {path: path.stat().st_mtime_ns for path in (copy / "run").glob("*/done.json")}
    assert before
    again = cli("run", "project.yaml", cwd=copy)
    assert again.returncode == 0, again.stderr
    assert before == {path: path.stat().st_mtime_ns for path in (copy / "run").glob("*/done.json")}


def test_fewer_images_leave_the_earlier_stages_alone(copy, cli):
    stamp = (copy / "run/train/done.json").read_bytes()
    done = cli("synthesize", "project.yaml", "--set", "synthesis.images=3", cwd=copy)
    assert done.returncode == 0, done.stderr
    assert (copy / "run/train/done.json").read_bytes() == stamp
    assert len(list((copy / "run/synthesize/images").glob("*.png"))) == 3
