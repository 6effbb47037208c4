"""The choice made without labels, judged by the annotations of real scans."""

from __future__ import annotations

import json

import numpy as np
import pytest

from diffrendergan.config.project import Project
from diffrendergan.labels.annotations import load_annotation
from diffrendergan.patches.prepare import load_prepared, load_scan, run_prepare

SCANS = 6
SMALLEST_PX = 20


@pytest.fixture(scope="module")
def few_scans(shared, tmp_path_factory):
    """Links to a few scans: the whole folder takes minutes on a busy machine."""
    images = tmp_path_factory.mktemp("tio2") / "images"
    images.mkdir()
    paths = sorted((shared / "data/tio2-sem/images").glob("*.tif"))
    for path in paths[:: len(paths) // SCANS][:SCANS]:
        (images / path.name).symlink_to(path)
    return images


def full_particles(labels: np.ndarray) -> int:
    areas = np.bincount(labels.ravel())
    areas[np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))] = 0
    return int((areas[1:] >= SMALLEST_PX).sum())


def test_patches_show_particles_and_background_shows_none(shared, few_scans, tmp_path, notes):
    masks = shared / "data/tio2-sem/masks"
    project = Project.model_validate(
        {"run": str(tmp_path), "data": {"images": str(few_scans), "masks": str(masks), "patches": 24,
                                        "background_patches": 40}}
    )  # fmt: skip
    run_prepare(project, tmp_path, notes)
    prepared = load_prepared(tmp_path)
    assert prepared.patches.shape == (24, 256, 256) and prepared.pixel_size_nm == pytest.approx(7.34375)
    index = json.loads((tmp_path / "prepare/prepare.json").read_text())
    labels = {name: load_annotation(project, load_scan(project, name)) for name in prepared.train_scans}

    def crop(entry):
        return labels[entry["scan"]][entry["y"] : entry["y"] + 256, entry["x"] : entry["x"] + 256]

    right = np.mean([full_particles(crop(entry)) >= 3 for entry in index["patches"]])
    empty = np.mean([(crop(entry) > 0).sum() < SMALLEST_PX for entry in index["background"]])
    assert right >= 0.9, right
    assert empty >= 0.95, empty
    assert load_scan(project, prepared.test_scans[0]).pixels.shape == (712, 1024)
