"""Each wrong input gives one clear sentence and a non-zero exit, and leaves what existed."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image


def refused(done, *words):
    assert done.returncode != 0
    assert "Traceback" not in done.stderr + done.stdout
    said = " ".join((done.stderr + done.stdout).split())
    for word in words:
        assert word in said, said


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("broken.png", b"not a picture", ["broken.png"]),
        ("empty.tif", b"", ["empty.tif"]),
    ],
)
def test_unreadable_images(toy, cli, name, content, words):
    folder = toy.parent / "bad"
    folder.mkdir()
    (folder / name).write_bytes(content)
    refused(
        cli("prepare", toy, "--set", f"data.images={folder}", "--set", "data.test_scans=null", cwd=toy.parent), *words
    )


def test_a_folder_without_images(toy, cli):
    (toy.parent / "none").mkdir()
    refused(cli("run", toy, "--set", "data.images=none", cwd=toy.parent), "none")


def test_colour_tiny_and_empty_scans(toy, cli):
    rng = np.random.default_rng(0)
    for name, pixels in {
        "colour": rng.integers(0, 255, (128, 128, 3), np.uint8),
        "tiny": rng.integers(0, 255, (20, 20), np.uint8),
        "flat": np.full((128, 128), 7, np.uint8),
    }.items():
        folder = toy.parent / name
        folder.mkdir()
        for index in range(2):
            Image.fromarray(pixels).save(folder / f"{name}_{index}.png")
        # The same run folder each time: where nothing was finished, nothing bars the next try.
        settings = (f"data.images={folder}", "data.test_scans=null")
        refused(cli("prepare", toy, *(word for one in settings for word in ("--set", one)), cwd=toy.parent), name)


def test_wrong_key_and_value_name_the_field(toy, cli):
    refused(cli("run", toy, "--set", "training.epoch=3", cwd=toy.parent), "training.epoch", "epochs")
    refused(cli("run", toy, "--set", "training.epochs=-3", cwd=toy.parent), "training.epochs", "-3")
    assert not (toy.parent / "run").exists()


def test_dry_run_writes_nothing(toy, cli):
    done = cli("run", toy, "--dry-run", cwd=toy.parent)
    assert done.returncode == 0, done.stderr
    assert "min_full_particles" in done.stdout
    assert not (toy.parent / "run").exists()


def test_a_folder_that_is_no_run_is_left_alone(toy, cli):
    (toy.parent / "run").mkdir()
    (toy.parent / "run" / "thesis.txt").write_text("mine")
    refused(cli("prepare", toy, cwd=toy.parent), "run")
    assert (toy.parent / "run" / "thesis.txt").read_text() == "mine"
