from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.micrographs.test_field import recorded

from diffrendergan.micrographs.grey_range import TrainedGrey, doubts_of, fitting_stretch, percentiles_of
from diffrendergan.micrographs.intensity import EIGHT_BITS, scale_values
from diffrendergan.micrographs.rules import ReadingRules
from diffrendergan.micrographs.scans import finish_scan
from diffrendergan.micrographs.stretch import Stretch
from diffrendergan.micrographs.types import Micrograph, RawScan

GREY = recorded()


def scan(pixels: np.ndarray) -> Micrograph:
    return Micrograph("s", pixels.astype(np.float32), None, Path("s.tif"), 8)


def raw(values: np.ndarray) -> RawScan:
    kept = values if values.dtype in (np.uint8, np.uint16) else values.astype(np.float32)
    return RawScan("s", kept, 8 * values.dtype.itemsize, None, Path("s.tif"), None, stored=values.dtype.name)


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
    assert stretch is not None and "brought to the range" in said[0]
    pixels = scale_values(raw(values).values, stretch, "s.tif")
    assert np.abs(pixels - GREY / 255).max() < 0.02
    assert doubts_of(scan(pixels), TRAINED) == ()


def test_full_scales_that_are_known_are_left_alone():
    forms = [raw(GREY), raw(GREY * np.uint16(257)), raw(GREY / np.float32(255))]
    assert fitting_stretch(forms, TRAINED) == (None, ())


def test_one_range_holds_for_scans_of_unequal_exposure():
    stretch, said = fitting_stretch([raw(GREY * np.uint16(16)), raw(GREY * np.uint16(4))], TRAINED)
    assert stretch == Stretch(0, 4095)
    assert any("a folder of their own" in line for line in said)  # or 10 bits beside 12: the numbers do not tell


def test_scans_of_the_training_scans_range_keep_its_stretch():
    twelve = TrainedGrey((percentiles_of(scan((GREY * 16.0 - 100) / 2900)),), (16,), Stretch(100, 3000))
    assert fitting_stretch([raw(GREY * np.uint16(16))], twelve) == (Stretch(100, 3000), ())
    stretch, said = fitting_stretch([raw(GREY * np.uint16(257))], twelve)
    assert stretch is not None and said
    pixels = scale_values(GREY * np.uint16(257), stretch, "s.tif")
    assert np.abs(pixels - np.clip((GREY * 16.0 - 100) / 2900, 0, 1)).mean() < 0.03
    stretch, said = fitting_stretch([raw(GREY)], twelve)
    assert stretch is not None and EIGHT_BITS in stretch.kinds and "8 bits" in said[0]
    assert np.abs(scale_values(GREY, stretch, "s.tif") - np.clip((GREY * 16.0 - 100) / 2900, 0, 1)).mean() < 0.03


MIXTURES = {
    "12 beside 16 bits": (GREY * np.uint16(16), GREY * np.uint16(257)),
    "8 bits in 16, beside 16 bits": (GREY.astype(np.uint16), GREY * np.uint16(257)),
    "10 clipped beside 12 bits": (np.minimum(GREY * np.uint16(8), 1023), GREY * np.uint16(16)),
    "12 bits, 8 bits, int16": (GREY * np.uint16(16), GREY, GREY * np.int16(60) - np.int16(3000)),
    "float in [0, 1] beside 16 bits and 12": (GREY / np.float32(255), GREY * np.uint16(257), GREY * np.uint16(16)),
    "float in [0, 1] beside counts": (GREY / np.float32(255), GREY * np.float32(16)),
}


@pytest.mark.parametrize("forms", MIXTURES.values(), ids=list(MIXTURES))
def test_scans_of_several_kinds_of_numbers_each_have_their_own_range(forms):
    raws = [raw(values) for values in forms]
    stretch, said = fitting_stretch(raws, TRAINED)
    assert stretch is not None and said and all("brought to the range" in line for line in said)
    for given in raws:
        pixels = finish_scan(given, ReadingRules(stretch=stretch)).pixels
        wanted = GREY / 255 if given.values.max() != 1023 else np.minimum(GREY * 8.0, 1023) / 1023
        assert np.abs(pixels - wanted).max() < 0.02
    assert Stretch.from_json(stretch.to_json()) == stretch


def test_a_network_trained_on_12_bits_keeps_its_range_for_those_alone():
    trained = TrainedGrey((percentiles_of(scan((GREY * 16.0 - 100) / 2900)),), (16,), Stretch(100, 3000))
    raws = [raw(GREY * np.uint16(16)), raw(GREY * np.uint16(257)), raw(GREY)]
    stretch, said = fitting_stretch(raws, trained)
    assert stretch is not None and stretch.ends("12 bits") == (100, 3000)
    assert [line.split(" (")[0][-7:] for line in said] == [" 8 bits", "16 bits"]
    for given in raws:
        pixels = finish_scan(given, ReadingRules(stretch=stretch)).pixels
        assert np.abs(pixels - np.clip((GREY * 16.0 - 100) / 2900, 0, 1)).mean() < 0.03


def test_dim_and_turned_scans_are_warned_of_with_what_to_do():
    (dim,) = doubts_of(scan(GREY / 4 / 255), TRAINED)
    assert "dim" in dim and "exposure" in dim
    (turned,) = doubts_of(scan(1 - GREY / 255), TRAINED)
    assert "turned" in turned and "invert" in turned
    assert doubts_of(scan(GREY / 255), TRAINED) == ()
    assert doubts_of(scan(np.random.default_rng(0).normal(30, 4, (99, 99)) / 255), TRAINED) == ()  # an empty scan
