from __future__ import annotations

import numpy as np
import pytest
from tests.micrographs.test_field import recorded
from tests.micrographs.test_grey_range import raw

from diffrendergan.micrographs.common_range import choose_stretch, measurable_stretch
from diffrendergan.micrographs.rules import ReadingRules
from diffrendergan.micrographs.scans import finish_scan

GREY = recorded()
FORMS = {
    "8": GREY,
    "12": GREY * np.uint16(16),
    "16": GREY * np.uint16(257),
    "unit": GREY / np.float32(255),
    "int16": GREY * np.int16(60) - np.int16(3000),
    "counts": GREY * np.float32(31.5) + 7,
}


@pytest.mark.parametrize("forms", ["8 12", "12 16", "8 12 16", "8 int16", "unit 12 counts"])
def test_training_scans_of_several_depths_look_alike(forms):
    raws = [raw(FORMS[form]) for form in forms.split()]
    stretch, said = choose_stretch(raws)
    assert stretch is not None and said
    for given in raws:
        assert np.abs(finish_scan(given, ReadingRules(stretch=stretch)).pixels - GREY / 255).max() < 0.02


def test_test_scans_of_another_depth_are_read_by_it_and_change_nothing_else():
    twelve, sixteen = raw(FORMS["12"]), raw(FORMS["16"])
    stretch, said = choose_stretch([twelve], [sixteen])
    assert stretch is not None and stretch.ends("12 bits") == (0, 4095) and stretch.ends("16 bits") == (0, 65535)
    assert len(said) == 1 and "12 bits" in said[0]
    assert choose_stretch([twelve], [raw(GREY * np.uint16(15))]) == choose_stretch([twelve])


def test_plain_numbers_of_two_kinds_need_no_word():
    assert choose_stretch([raw(FORMS["8"]), raw(FORMS["16"]), raw(FORMS["unit"])]) == (None, ())


def test_with_label_images_each_kind_of_numbers_has_its_own_scale():
    raws = [raw(FORMS["int16"]), raw(FORMS["counts"]), raw(FORMS["16"])]
    stretch, said = measurable_stretch(raws)
    assert stretch is not None and len(said) == 2
    for given in raws:
        pixels = finish_scan(given, ReadingRules(stretch=stretch)).pixels
        assert (pixels.min(), pixels.max()) == (
            (0, 1) if given is not raws[2] else pytest.approx((GREY.min() / 255, GREY.max() / 255))
        )
    assert measurable_stretch([raw(FORMS["12"])]) == (None, ())
