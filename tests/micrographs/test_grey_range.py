from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.micrographs.test_field import recorded

from diffrendergan.errors import DataError
from diffrendergan.micrographs.grey_range import TrainedGrey, doubts_of, fitting_stretch, percentiles_of
from diffrendergan.micrographs.intensity import scale_values
from diffrendergan.micrographs.stretch import Stretch
from diffrendergan.micrographs.types import Micrograph, RawScan

GREY = recorded()


def scan(pixels: np.ndarray) -> Micrograph:
    return Micrograph("s", pixels.astype(np.float32), None, Path("s.tif"), 8)


def raw(values: np.ndarray) -> RawScan:
    kept = values if values.dtype in (np.uint8, np.uint16) else values.astype(np.float32)
    return RawScan("s", kept, 8 * values.dtype.itemsize, None, Path("s.tif"), None)


TRAINED = TrainedGrey((percentiles_of(scan(GREY / 255)),), (8,), None)


@pytest.mark.parametrize(
    "values",
    [
        GREY * np.uint16(4), GREY * np.uint16(16), GREY * np.uint16(64), GREY.astype(np.uint16), GREY * np.float32(16),
        GREY * np.int16(100) - np.int16(9000), GREY * np.float32(0.37) - 5,
    ],
    ids=["10 bit", "12 bit", "14 bit", "8 in 16", "float 0..4095", "int16", "float with offset"],
)  # fmt: skip
def test_other_numbers_are_brought_to_the_range_of_the_training_scans(values):
    stretch, said = fitting_stretch([raw(values)], TRAINED)
    assert stretch is not None and "brought to the range" in said
    pixels = scale_values(raw(values).values, stretch, "s.tif")
    assert np.abs(pixels - GREY / 255).max() < 0.02
    assert doubts_of(scan(pixels), TRAINED) == ()


def test_full_scales_that_are_known_are_left_alone():
    forms = [raw(GREY), raw(GREY * np.uint16(257)), raw(GREY / np.float32(255))]
    assert fitting_stretch(forms, TRAINED) == (None, "")


def test_one_range_holds_for_scans_of_unequal_exposure():
    stretch, _ = fitting_stretch([raw(GREY * np.uint16(16)), raw(GREY * np.uint16(4))], TRAINED)
    assert stretch == Stretch(0, 4095)


def test_scans_of_the_training_scans_range_keep_its_stretch():
    twelve = TrainedGrey((percentiles_of(scan((GREY * 16.0 - 100) / 2900)),), (16,), Stretch(100, 3000))
    assert fitting_stretch([raw(GREY * np.uint16(16))], twelve) == (Stretch(100, 3000), "")
    stretch, said = fitting_stretch([raw(GREY * np.uint16(257))], twelve)
    assert stretch is not None and said
    pixels = scale_values(GREY * np.uint16(257), stretch, "s.tif")
    assert np.abs(pixels - np.clip((GREY * 16.0 - 100) / 2900, 0, 1)).mean() < 0.03
    stretch, said = fitting_stretch([raw(GREY)], twelve)
    assert stretch is not None and stretch.eight_bit is not None and "8 bits" in said
    assert np.abs(scale_values(GREY, stretch, "s.tif") - np.clip((GREY * 16.0 - 100) / 2900, 0, 1)).mean() < 0.03


def test_numbers_of_two_kinds_in_one_folder_are_refused():
    with pytest.raises(DataError, match="folders of their own"):
        fitting_stretch([raw(GREY / np.float32(900)), raw(GREY * np.uint16(16))], TRAINED)


def test_dim_and_turned_scans_are_warned_of_with_what_to_do():
    (dim,) = doubts_of(scan(GREY / 4 / 255), TRAINED)
    assert "dim" in dim and "exposure" in dim
    (turned,) = doubts_of(scan(1 - GREY / 255), TRAINED)
    assert "turned" in turned and "invert" in turned
    assert doubts_of(scan(GREY / 255), TRAINED) == ()
    assert doubts_of(scan(np.random.default_rng(0).normal(30, 4, (99, 99)) / 255), TRAINED) == ()  # an empty scan
