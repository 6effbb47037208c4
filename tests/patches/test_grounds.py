"""Patches of ground: empty, apart from the training patches, from training scans alone, or where little hides it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from tests.fixtures.scans import draw_discs, grid_of_discs, to_8_bit

from diffrendergan.config.project import Project
from diffrendergan.patches.prepare import load_prepared, run_prepare
from diffrendergan.patches.rules import RULES
from diffrendergan.patches.selection import overlap
from diffrendergan.patches.stored_grounds import load_grounds


def project(images: Path, run: Path, **data: object) -> Project:
    values = {"images": str(images), "patch_size": 96, "stride": 32, "patches": 6, "background_patches": 4} | data
    return Project.model_validate({"run": str(run), "data": values})


def save(images: Path, scans: dict[str, np.ndarray]) -> Path:
    images.mkdir()
    for name, scan in scans.items():
        tifffile.imwrite(images / f"{name}.tif", to_8_bit(scan))
    return images


def half_empty(seed: int, background: float = 0.2) -> np.ndarray:
    """Discs on the left, much empty ground on the right."""
    return draw_discs((288, 480), grid_of_discs((288, 210), 36, 8, 6, seed), seed, background=background)


def crowded(seed: int) -> np.ndarray:
    return draw_discs((192, 288), grid_of_discs((192, 288), 48, 9, 8, seed), seed)


def test_grounds_are_empty_and_apart_from_the_training_patches(tmp_path, notes):
    images = save(tmp_path / "images", {f"scan{seed}": half_empty(seed) for seed in range(5)})
    run_prepare(project(images, tmp_path / "run"), tmp_path / "run", notes)
    grounds = load_grounds(tmp_path / "run")
    assert len(grounds.pixels) >= RULES.least_grounds and grounds.known.all()
    assert grounds.pixels.max() < 0.4  # ground at 0.2, particles at 0.7
    index = json.loads((tmp_path / "run/prepare/prepare.json").read_text())
    for place in grounds.places:
        for patch in index["patches"]:
            if patch["scan"] == place.scan:
                other = type(place)(patch["scan"], patch["x"], patch["y"])
                assert overlap(place, other, 96) <= 0.25


def test_scans_that_are_kept_back_are_never_ground(tmp_path, notes):
    """Each scan has a grey of its own."""
    levels = {f"scan{number}": 0.1 + 0.04 * number for number in range(5)}
    images = save(tmp_path / "images", {name: half_empty(1, level) for name, level in levels.items()})
    for kept in ("scan1", "scan4"):
        run = tmp_path / kept
        run_prepare(project(images, run, test_scans=[kept]), run, notes)
        grounds = load_grounds(run)
        found = {min(levels, key=lambda name: abs(levels[name] - patch.mean())) for patch in grounds.pixels}
        assert found == set(levels) - {kept}
        assert {place.scan for place in grounds.places} == found


def test_where_nothing_is_empty_places_with_few_particles_are_ground(tmp_path, notes):
    images = save(tmp_path / "images", {f"scan{seed}": crowded(seed) for seed in range(5)})
    run = tmp_path / "run"
    run_prepare(project(images, run), run, notes)
    assert len(load_prepared(run).background) == 0
    grounds = load_grounds(run)
    assert len(grounds.pixels) > 0
    hidden = 1 - grounds.known.mean((1, 2))
    assert (hidden > 0).all() and hidden.max() <= RULES.most_hidden
    assert grounds.pixels.max() > 0.6  # particles are still there ...
    assert grounds.pixels[grounds.known].max() < 0.45  # ... and known to be


def test_the_users_choice_of_empty_patches_is_that_of_ground(tmp_path, notes):
    images = save(tmp_path / "images", {f"scan{seed}": half_empty(seed) for seed in range(3)})
    chosen = tmp_path / "chosen.txt"
    chosen.write_text("[background]\nscan0 300 10\nscan1 300 50 vertical\nscan2 310 10\n")
    run = tmp_path / "run"
    run_prepare(project(images, run, overrides=str(chosen), test_fraction=0.0), run, notes)
    empty = [
        place for place, known in zip(load_grounds(run).places, load_grounds(run).known, strict=True) if known.all()
    ]
    assert [(place.scan, place.x, place.y) for place in empty][:3] == [
        ("scan0", 300, 10), ("scan1", 300, 50), ("scan2", 310, 10),
    ]  # fmt: skip


def test_of_a_run_made_before_there_were_grounds_the_empty_patches_are_ground(tmp_path, notes):
    images = save(tmp_path / "images", {f"scan{seed}": half_empty(seed) for seed in range(3)})
    run = tmp_path / "run"
    run_prepare(project(images, run), run, notes)
    path = run / "prepare/prepare.json"
    index = json.loads(path.read_text())
    del index["ground"]
    path.write_text(json.dumps(index))
    grounds = load_grounds(run)
    assert grounds.known.all()
    assert np.array_equal(grounds.pixels, load_prepared(run).background)


@pytest.mark.parametrize("name", ["ground", "ground-hidden"])
def test_pictures_can_be_looked_at(tmp_path, notes, name):
    images = save(tmp_path / "images", {f"scan{seed}": half_empty(seed) for seed in range(3)})
    run_prepare(project(images, tmp_path / "run"), tmp_path / "run", notes)
    files = sorted((tmp_path / "run/prepare" / name).glob("*.png"))
    assert len(files) == len(load_grounds(tmp_path / "run").places)
