"""Arrangements beyond the paper's, from the command line to annotated images."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from diffrendergan.config.yaml_text import dump_yaml
from diffrendergan.micrographs.reading import read_raw

PROJECT = {
    "preset": "demo",
    "look": "paper",
    "run": "run",
    "data": {
        "images": "data/images",
        "masks": "data/masks",
        "patch_size": 64,
        "stride": 32,
        "patches": 4,
        "background_patches": 0,
        "min_full_particles": 1,
        "search": "thresholds",
        "pixel_size_nm": 5.0,
    },
    "particles": {"count": 8, "faces": 300, "shape": {"family": "rod"}},
    "arrangement": {
        "separation": "meshes",
        "rotation": "any",
        "number": [3, 8],
        "size_in": "nm",
        "size": {"distribution": "lognormal", "mu": 4.4, "sigma": 0.1},
        "limit": 1.2,
        "agglomerates": 2,
    },
    "rendering": {"transport": {"pixel_samples": 4, "directions": 4, "knots": 6}},
    "training": {"epochs": 1, "discriminator_filters": 8, "sample_grid": 4},
    "synthesis": {"images": 3, "min_background": 0.05, "min_contrast": 0.01},
}


@pytest.fixture
def folder(scans: Path, tmp_path: Path) -> Path:
    (tmp_path / "data").symlink_to(scans)
    (tmp_path / "project.yaml").write_text(dump_yaml(PROJECT))
    return tmp_path


def test_rotated_rods_in_nm_of_a_drawn_number(folder: Path, cli) -> None:
    done = cli("synthesize", "project.yaml", "-q", cwd=folder)
    assert done.returncode == 0, done.stderr
    phis = np.load(folder / "run" / "train" / "phi.npy")
    assert phis.shape == (4, 8, 8)
    present = phis[..., 3] > 0
    assert present.sum(axis=1).min() >= 3 and present.sum(axis=1).max() <= 8
    # exp(4.4) = 81 nm are 16.3 px; a particle of size 1 is 2 · 0.25 · 64 / 4.37 px across.
    assert np.median(phis[..., 3][present]) == pytest.approx(81.45 / 5 / (0.5 * 64 / 4.3676), rel=0.1)
    records = [json.loads(line) for line in (folder / "run" / "synthesize" / "manifest.jsonl").read_text().splitlines()]
    assert len(records) == 3
    for record in records:
        instances = np.asarray(Image.open(folder / "run" / "synthesize" / record["instances"]))
        assert record["particles"] == instances.max() <= 8


def test_sizes_in_nm_need_a_pixel_size(folder: Path, cli) -> None:
    (folder / "plain").mkdir()
    for path in (folder / "data" / "images").iterdir():  # PNG does not say it
        Image.fromarray(read_raw(path).values).save(folder / "plain" / f"{path.stem}.png")
    values = PROJECT | {"data": PROJECT["data"] | {"images": "plain", "pixel_size_nm": "auto"}}
    (folder / "project.yaml").write_text(dump_yaml(values))
    done = cli("train", "project.yaml", "-q", cwd=folder)
    assert done.returncode == 1
    assert "arrangement.size_in" in done.stderr and "data.pixel_size_nm" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_table_of_sizes_that_changes_is_noticed(folder: Path, cli) -> None:
    (folder / "sizes.csv").write_text("diameter_nm\n70\n80\n90\n")
    size = "arrangement.size={distribution: empirical, file: sizes.csv}"
    first = cli("train", "project.yaml", "-q", "--set", size, cwd=folder)
    assert first.returncode == 0, first.stderr
    before = np.load(folder / "run" / "train" / "phi.npy")
    sizes = before[..., 3][before[..., 3] > 0]
    assert len(np.unique(sizes)) <= 3
    (folder / "sizes.csv").write_text("diameter_nm\n40\n45\n")
    again = cli("train", "project.yaml", "-q", "--set", size, cwd=folder)
    assert again.returncode == 0, again.stderr
    after = np.load(folder / "run" / "train" / "phi.npy")
    assert after[..., 3].max() < sizes.min()
