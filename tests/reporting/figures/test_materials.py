from __future__ import annotations

import numpy as np
from PIL import Image

from diffrendergan.reporting.figures.materials import MaterialRow, outlined, write_sheet
from diffrendergan.synthesis.acceptance import Acceptance
from diffrendergan.synthesis.engine import SyntheticImage


def made(value: float) -> SyntheticImage:
    instances = np.zeros((32, 32), np.int32)
    instances[8:20, 8:20] = 1
    image = np.full((32, 32), value, np.float32)
    theta = np.array([value, 1.0], np.float32)
    accepted = Acceptance(0.5, 2.0)
    return SyntheticImage(image, np.zeros((32, 32), np.uint8), instances, theta, accepted, 0, (), None)


def test_outlines_lie_inside_the_instances():
    picture = outlined(made(0.5).image, made(0.5).instances)
    green = (picture == np.float32([0.35, 0.95, 0.5])).all(axis=2)
    assert green.sum() == 4 * 12 - 4
    assert not green[7].any() and green[8, 8:20].all()


def test_a_sheet_has_a_row_per_generator(tmp_path):
    rows = [MaterialRow(name, [made(0.2), made(0.8)], ["particle.sheen", "stage.base_color"]) for name in ("a", "b")]
    write_sheet(tmp_path / "sheet.png", rows)
    sheet = np.asarray(Image.open(tmp_path / "sheet.png").convert("RGB"))
    grey = sheet[np.ptp(sheet.astype(int), axis=2) == 0][:, 0].astype(int)
    for value in (0.2, 0.8):  # both images, not stretched
        assert (abs(grey - 255 * value) <= 1).sum() > 1000
    assert (abs(sheet - 255 * np.array([0.35, 0.95, 0.5])) <= 1).all(axis=2).sum() > 100
