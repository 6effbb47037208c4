from __future__ import annotations

import pytest
import torch

from diffrendergan.segmentation.rules import RULES
from diffrendergan.segmentation.unet.departure import departure, found_in

START = {"step": 0.0, "foreground": 0.3, "particles": 100.0, "validation_dice": 0.9}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({}, ""),
        ({"foreground": 0.36, "particles": 140.0, "validation_dice": 0.89}, ""),
        ({"foreground": 0.4}, "foreground"),
        ({"foreground": 0.2}, "foreground"),
        ({"particles": 160.0}, "number of particles"),
        ({"particles": 60.0}, "number of particles"),
        ({"validation_dice": 0.87}, "Dice"),
        ({"validation_dice": 0.95}, ""),
    ],
)
def test_what_leaves_the_band_is_named(change, named):
    reason = departure([START, {**START, **change}])
    assert bool(reason) == bool(named)
    assert named in reason


def test_without_held_out_images_the_scans_alone_decide():
    bare = {name: value for name, value in START.items() if name != "validation_dice"}
    assert departure([bare, bare]) == ""
    assert "foreground" in departure([bare, {**bare, "foreground": 0.9}])


def test_foreground_and_particles_are_counted_without_specks():
    logits = torch.zeros(2, 4, 20, 20)
    logits[:, 0] = 9
    for crop, rows, columns in ((0, slice(2, 6), slice(2, 7)), (0, slice(10, 15), slice(10, 14)), (1, 0, 0)):
        logits[crop, 0, rows, columns], logits[crop, 1, rows, columns] = 0, 9
    found = found_in(logits, RULES)
    assert found == {"foreground": pytest.approx((20 + 20 + 1) / 800), "particles": 2.0}
