"""An adversary that starts from the fit, from the command line to synthetic images."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from diffrendergan.config.load import load_project
from diffrendergan.fitting.law import load_law
from diffrendergan.gan.history import read_history
from diffrendergan.runs import seeds

BALANCED = """\
generator: {draw: learned}
fit: {steps: 4, constellations: 8, patches: 8}
selection: {epoch: 0}
"""


@pytest.fixture(scope="module")
def started(tmp_path_factory, scans, toy_text, cli) -> Path:
    """A toy project that took two steps from the fit and has made images of the start, to be read only."""
    folder = tmp_path_factory.mktemp("balanced")
    (folder / "data").symlink_to(scans)
    (folder / "project.yaml").write_text(toy_text + BALANCED)
    options = ("--set", "training.recipe=balanced", "--set", "training.epochs=1", "--set", "synthesis.images=2")
    result = cli("synthesize", "project.yaml", *options, cwd=folder)
    assert result.returncode == 0, result.stderr
    assert "The fit itself" in result.stderr or "set by selection.epoch" in result.stderr
    return folder


def test_it_starts_from_the_fit(started):
    run = started / "run"
    assert [record.epoch for record in read_history(run / "train" / "history.jsonl")] == [0, 1]
    assert len(np.load(run / "train" / "phi.npy")) == 8 and not (run / "transport").exists()
    assert json.loads((run / "train" / "done.json").read_text())["upstream"].keys() == {"prepare", "fit"}


def test_images_of_the_start_are_those_of_the_fit(started):
    run = started / "run"
    law, seed = load_law(run / "fit" / "fit.json"), load_project(started / "project.yaml").seed
    for line in (run / "synthesize" / "manifest.jsonl").read_text().splitlines():
        record = json.loads(line)
        chance = seeds.generator(seed, "synthesis", "theta", record["index"], record["rejected_draws"])
        expected = law.theta(chance.standard_normal(len(law.specs)))
        assert list(record["theta"].values()) == pytest.approx(expected.tolist(), rel=1e-4)
