"""The ground of a run: real, with particles painted over, grown, or of noise; made once and kept."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from diffrendergan.config.project import Project
from diffrendergan.errors import ConfigError, DataError
from diffrendergan.imaging import run_ground
from diffrendergan.imaging.ground import FLAT
from diffrendergan.imaging.pictured_ground import PicturedGround
from diffrendergan.imaging.run_ground import ground_of
from diffrendergan.patches.candidates import Place
from diffrendergan.patches.grounds import GroundPlace
from diffrendergan.runs.atomic import read_json, write_json

SIZE = 64


def project(seed: int = 0, **ground: object) -> Project:
    return Project.model_validate({"seed": seed, "data": {"patch_size": SIZE}, "imaging": {"ground": ground}})


def disc() -> np.ndarray:
    rows, columns = np.indices((SIZE, SIZE))
    return np.hypot(rows - 20, columns - 40) < 9


@pytest.fixture
def make_run(tmp_path):
    """Make a run folder with patches of ground, some of which show a particle."""

    def make(count: int = 4, hidden: int = 0, all_hidden: bool = False) -> Path:
        stage = tmp_path / "run" / "prepare"
        entries = []
        for name in ("ground", "ground-hidden"):
            (stage / name).mkdir(parents=True)
        for number in range(count):
            pixels = np.random.default_rng(number).normal(60, 6, (SIZE, SIZE))
            covered = disc() if number < hidden else np.zeros((SIZE, SIZE), bool)
            covered = ~covered if all_hidden else covered
            pixels[covered] = 220
            for name, values in (("ground", pixels.clip(0, 255)), ("ground-hidden", covered * 255)):
                Image.fromarray(values.astype(np.uint8)).save(stage / name / f"{number:05d}.png")
            place = GroundPlace(Place(f"scan{number}", 0, 0), float(covered.mean()))
            entries.append(
                {"file": f"ground/{number:05d}.png", "mask": f"ground-hidden/{number:05d}.png",
                 "scan": place.place.scan, "x": 0, "y": 0, "hidden": place.hidden}
            )  # fmt: skip
        write_json(stage / "prepare.json", {"format": 1, "patch_size": SIZE, "ground": entries, "background": []})
        return tmp_path / "run"

    return make


def test_flat_ground_reads_and_makes_nothing(tmp_path, notes):
    assert ground_of(project(), tmp_path / "none", notes) is FLAT


def test_real_ground_is_the_empty_patches(make_run, notes):
    run = make_run()
    ground = ground_of(project(model="real"), run, notes)
    assert isinstance(ground, PicturedGround) and not ground.repeats and ground.recorded
    shown = np.asarray(Image.open(run / "prepare/ground/00002.png"), np.float32) / 255
    assert np.array_equal(ground.pictures[2].numpy(), shown)
    assert notes.lines == [] and not (run / "ground").exists()


def test_where_patches_are_not_empty_their_particles_are_painted_over_and_it_is_said(make_run, notes):
    run = make_run(hidden=2)
    ground = ground_of(project(model="real"), run, notes)
    assert len(ground.pictures) == 4
    assert ground.pictures.max() < 0.4
    inside = ground.pictures[0][torch.from_numpy(disc())]
    assert inside.mean().item() == pytest.approx(60 / 255, abs=0.01) and inside.std().item() > 0.015
    (line,) = notes.lines
    assert line.startswith("of 4 patches of ground 2 are not empty")
    assert (run / "ground" / "ground.png").exists()


def test_a_texture_is_grown_once_and_then_kept(make_run, notes, monkeypatch):
    run = make_run(hidden=1)
    first = ground_of(project(model="texture"), run, notes)
    assert first.repeats and first.pictures.shape == (16, SIZE, SIZE)
    assert first.pictures.max() < 0.4
    monkeypatch.setattr(run_ground, "texture_like", None)
    again = ground_of(project(model="texture"), run, notes)
    assert torch.equal(first.pictures, again.pictures)
    with pytest.raises(TypeError):
        ground_of(project(seed=1, model="texture"), run, notes)


def test_the_same_seed_grows_the_same_textures(make_run, notes):
    run = make_run()
    found = []
    for seed in (0, 0, 1):
        found.append(ground_of(project(seed=seed, model="texture"), run, notes).pictures)
        shutil.rmtree(run / "ground")
    assert torch.equal(found[0], found[1]) and not torch.equal(found[0], found[2])


def test_without_scans_a_texture_is_made_of_noise_as_the_configuration_says(tmp_path, notes):
    section = {"model": "texture", "level": 0.3, "contrast": 0.05, "slope": 1.5}
    pictures = ground_of(project(**section), tmp_path, notes).pictures
    assert pictures.mean().item() == pytest.approx(0.3, abs=1e-3)
    assert pictures.std().item() == pytest.approx(0.05, rel=1e-3)
    smooth = (pictures[:, 1:] - pictures[:, :-1]).std() / pictures.std()
    white = ground_of(project(**{**section, "slope": 0.0}), tmp_path, notes).pictures
    assert smooth < 0.5 * (white[:, 1:] - white[:, :-1]).std() / white.std()


def test_a_film_of_noise_has_holes_that_go_on_at_its_edges(tmp_path, notes):
    section = {"model": "texture", "level": 0.5, "contrast": 0.0, "hole_px": [6, 12], "hole_contrast": 0.2}
    whole = ground_of(project(**section), tmp_path, notes).pictures
    assert whole.min() == whole.max() == 0.5
    pictures = ground_of(project(**section, holes=[2, 3]), tmp_path, notes).pictures
    shares = ((pictures - 0.5) / 0.2).mean((1, 2))
    assert pictures.max().item() == pytest.approx(0.7, abs=1e-3) and pictures.min().item() < 0.51
    assert (shares > np.pi * 36 / SIZE**2).all() and shares.std() > 0.01
    # From one edge to the other it is no farther than from any pixel to the next, also where a hole reaches over them.
    across = abs(pictures[:, 0] - pictures[:, -1])
    assert 0.01 < across.max() <= abs(pictures.diff(dim=1)).max() + 1e-6


def test_noise_can_be_asked_for_where_there_are_scans(make_run, notes):
    run = make_run()
    ground = ground_of(project(model="texture", source="noise", level=0.7), run, notes)
    assert ground.pictures.mean().item() == pytest.approx(0.7, abs=1e-3)
    assert not (run / "ground").exists()


@pytest.mark.parametrize("section", [{"model": "real"}, {"model": "texture", "source": "scans"}])
def test_the_ground_of_scans_needs_scans_that_show_it(make_run, tmp_path, notes, section):
    with pytest.raises(ConfigError, match="there are none"):
        ground_of(project(**section), tmp_path / "elsewhere", notes)
    with pytest.raises(DataError, match="no patch of the training scans shows enough ground"):
        ground_of(project(**section), make_run(hidden=4, all_hidden=True), notes)


@pytest.mark.parametrize(("foreground", "level"), [("bright", 0.1), ("dark", 0.9)])
def test_where_no_ground_shows_it_can_be_noise_of_the_gaps_between_particles(make_run, notes, foreground, level):
    run = make_run(hidden=4, all_hidden=True)
    rows = np.indices((SIZE, SIZE))[0]
    patch = np.where(rows < 10, 0.1, np.where(rows >= SIZE - 10, 0.9, 0.5)) * 255
    index = read_json(run / "prepare" / "prepare.json")
    Image.fromarray(patch.astype(np.uint8)).save(run / "prepare" / "00000.png")
    index |= {"patches": [{"file": "00000.png"}], "train": ["a"], "test": [], "pixel_size_nm": None}
    write_json(run / "prepare" / "prepare.json", index)
    wanted = project(model="real", lacking="noise")
    wanted = wanted.model_copy(update={"data": wanted.data.model_copy(update={"foreground": foreground})})
    ground = ground_of(wanted, run, notes)
    assert ground.repeats and ground.pictures.dtype == torch.float32 and not ground.scans
    assert ground.pictures.mean().item() == pytest.approx(level, abs=0.05)
    (line,) = notes.lines
    assert line.startswith("No patch of the training scans shows enough ground")


def test_noise_is_no_excuse_where_ground_shows_or_there_are_no_scans(make_run, tmp_path, notes):
    run = make_run()
    assert not ground_of(project(model="real", lacking="noise"), run, notes).repeats and notes.lines == []
    with pytest.raises(ConfigError, match="there are none"):
        ground_of(project(model="real", lacking="noise"), tmp_path / "elsewhere", notes)
