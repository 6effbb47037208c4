"""The look fitted to the scans, from the command line to synthetic images."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from diffrendergan.config.load import load_project
from diffrendergan.fitting.law import Law, load_law
from diffrendergan.pipeline.fitting import narrowed
from diffrendergan.rendering.protocol import ParameterSpec
from diffrendergan.reporting.page.fit_section import fit_section

FITTED = """\
generator: {draw: fitted}
fit: {steps: 4, constellations: 8, patches: 8}
"""


@pytest.fixture(scope="module")
def fitted(tmp_path_factory, scans, toy_text, cli) -> Path:
    """A toy project that is fitted and has made its images, to be read only."""
    folder = tmp_path_factory.mktemp("fitted")
    (folder / "data").symlink_to(scans)
    (folder / "project.yaml").write_text(toy_text + FITTED)
    assert cli("synthesize", "project.yaml", cwd=folder).returncode == 0
    return folder


def test_what_is_written(fitted):
    place = fitted / "run" / "fit"
    found = json.loads((place / "fit.json").read_text())
    assert (place / "fit.png").stat().st_size > 10_000
    assert len(found["totals"]) == 4 and np.isfinite(found["totals"]).all()
    assert found["distances"]["all"]["real"] < found["distances"]["all"]["fitted"]
    assert not (fitted / "run" / "train").exists()


def test_images_draw_from_the_law(fitted):
    law = load_law(fitted / "run" / "fit" / "fit.json")
    lines = (fitted / "run" / "synthesize" / "manifest.jsonl").read_text().splitlines()
    theta = [json.loads(line)["theta"] for line in lines]
    assert len(theta) == 6 and set(theta[0]) == {spec.name for spec in law.specs}
    assert len({tuple(each.values()) for each in theta}) == 6
    for spec in law.specs:
        assert all(spec.low <= each[spec.name] <= spec.high for each in theta)


def test_the_report_shows_it(fitted):
    section = fit_section(fitted / "run")
    assert [row[0] for row in section["distances"]][-2:] == ["sliced", "all"]
    assert section["sheet"].startswith("data:image/jpeg") and len(section["parameters"][0]) == 4
    assert fit_section(fitted) is None


def test_it_is_not_fitted_twice_and_writes_a_project_file(fitted, cli):
    result = cli("fit", "project.yaml", "-o", "around.yaml", cwd=fitted)
    assert result.returncode == 0 and "fit: finished before" in result.stderr
    around, law = load_project(fitted / "around.yaml"), load_law(fitted / "run" / "fit" / "fit.json")
    low, _, high = law.usual()["imaging.noise_sigma"]
    assert around.imaging.noise_sigma.learn == pytest.approx((low, high), rel=1e-3)
    assert around.generator.draw == "uniform"
    again = cli("fit", "project.yaml", "-o", "around.yaml", cwd=fitted)
    assert again.returncode == 1 and "around.yaml exists already" in again.stderr


def test_the_project_file_may_lie_elsewhere(fitted, cli, tmp_path):
    assert cli("fit", "project.yaml", "-o", tmp_path / "around.yaml", cwd=fitted).returncode == 0
    assert load_project(tmp_path / "around.yaml").data.images == fitted / "data" / "images"
    result = cli("fit", "project.yaml", "-o", tmp_path / "b.yaml", "--set", "look=sem", cwd=fitted)
    assert result.returncode == 1 and "write what --set or --preset say into it" in " ".join(result.stderr.split())
    assert not (tmp_path / "b.yaml").exists()


def test_a_narrow_range_keeps_two_ends():
    spec = ParameterSpec("imaging.noise_sigma", 0.001, 0.1)
    law = Law((spec,), np.array([0.3]), np.array([[1e-9]]))
    low, high = narrowed(law, load_project(None, "tio2-sem"))["imaging.noise_sigma"]["learn"]
    assert low < high < 1.01 * low


def test_the_spread_concerns_images_alone(fitted, cli):
    result = cli("synthesize", "project.yaml", "--set", "fit.spread=0", "--dry-run", cwd=fitted)
    assert "# fit: is finished" in result.stdout and "# synthesize: would run anew" in result.stdout


def test_a_project_with_a_gan_is_told_what_to_set(toy, cli):
    result = cli("fit", toy, cwd=toy.parent)
    assert result.returncode == 1
    told = " ".join(result.stderr.split())
    assert (
        "there is nothing to fit: a GAN learns the parameters (`generator.draw` is learned); set it to fitted" in told
    )
    assert "`look: sem`" in told
