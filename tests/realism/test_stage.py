from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from diffrendergan.config.project import Project
from diffrendergan.image_files.writing import write_png
from diffrendergan.labels.classes import class_mask
from diffrendergan.realism.comparison import Comparison, read_comparison
from diffrendergan.realism.stage import compare_run
from diffrendergan.runs.atomic import write_json
from diffrendergan.runs.json_lines import write_lines
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.synthesis.writers import write_pair

from .conftest import SIZE, Blocks, patch


def write_run(folder: Path, count: int, grounds: int | None = None, full: Callable[[int], int] = lambda _: 1) -> Path:
    entries = []
    for number in range(count):
        name = f"patches/{number:05d}.png"
        write_png(folder / "prepare" / name, np.round(255 * patch(number)).astype(np.uint8))
        entries.append({"file": name, "scan": f"scan {number // 2}", "x": 64 * number, "y": 0})
    write_json(
        folder / "prepare" / "prepare.json",
        {"format": 1, "patch_size": SIZE, "pixel_size_nm": None, "train": [], "test": [], "background": [],
         "patches": entries},
    )  # fmt: skip
    records = []
    for number in range(count):
        labels = np.zeros((SIZE, SIZE), np.int32)
        for particle in range(full(number)):
            labels[12 * particle + 4 : 12 * particle + 12, 20:30] = particle + 1
        write_pair(folder / "synthesize", number, patch(500 + number, noise=0.06), class_mask(labels, 1), labels)
        ground = {} if grounds is None else {"ground_scan": f"scan {number % grounds}"}
        records.append({"index": number, **ground})
    write_lines(folder / "synthesize" / "manifest.jsonl", records)
    return folder


def test_a_run_is_compared(tmp_path: Path) -> None:
    run = write_run(tmp_path, 24)
    compare_run(Project(), run, SilentReporter(), Blocks)
    found = read_comparison(run / "compare")
    assert isinstance(found, Comparison)
    assert found.patches == 24 and found.scans == (12, 24) and found.error.value < 0.1
    assert (run / "compare" / "comparison.png").is_file()


def test_images_with_the_ground_of_a_scan_go_with_it(tmp_path: Path) -> None:
    run = write_run(tmp_path, 24, grounds=12)
    compare_run(Project(), run, SilentReporter(), Blocks)
    found = read_comparison(run / "compare")
    assert isinstance(found, Comparison) and found.scans == (12, 12)


def test_images_are_chosen_as_the_patches_were(tmp_path: Path) -> None:
    """Every third image shows less than the three full particles that each real patch has."""
    run = write_run(tmp_path, 12, full=lambda number: 3 if number % 3 else 2)
    compare_run(Project(), run, SilentReporter(), Blocks)
    found = read_comparison(run / "compare")
    assert isinstance(found, Comparison) and found.patches == 8
    assert any("8 of 12 show as many" in note for note in found.notes)


@pytest.mark.parametrize("count", [0, 6])
def test_a_run_with_few_patches_says_so_and_goes_on(tmp_path: Path, count: int) -> None:
    run = write_run(tmp_path, count)
    compare_run(Project(), run, SilentReporter(), Blocks)
    found = read_comparison(run / "compare")
    assert isinstance(found, str) and "takes 8 at least" in found
    assert json.loads((run / "compare" / "comparison.json").read_text())["refused"] == found
