"""Which look `init` proposes."""

from __future__ import annotations

import pytest

from diffrendergan.inspection.kind import CANNOT_TELL, KindFound
from diffrendergan.inspection.look import nearest_look


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("secondary electrons", ""),
        ("secondary electrons or helium ions", ""),
        ("secondary or back-scattered electrons, or helium ions", ""),
        (CANNOT_TELL, ""),
        ("helium ions", "untried on helium ions"),
        ("transmission, bright field", "no model of these images (transmission, bright field)"),  # they are bright
    ],
)
def test_it_says_what_it_was_not_made_for(words: str, said: str) -> None:
    look, reason = nearest_look(KindFound(words, 0.9, "test"))
    assert look == "sem" and said in reason
    assert ("fit.png" in reason) == bool(said)


def test_without_a_kind_it_says_no_more() -> None:
    assert nearest_look(None) == nearest_look(KindFound("secondary electrons", 0.9, "test"))


@pytest.mark.parametrize("words", ["transmission, bright field", "transmission, bright or dark field"])
def test_dark_particles_in_transmission_are_seen_through(words: str) -> None:
    look, reason = nearest_look(KindFound(words, 0.9, "test", True), "dark")
    assert look == "tem" and "passes" in reason and "untried" not in reason


@pytest.mark.parametrize("words", ["transmission, dark field", "transmission, bright or dark field"])
def test_bright_ones_are_dark_field_which_was_not_tried(words: str) -> None:
    look, reason = nearest_look(KindFound(words, 0.9, "test"), "bright")
    assert look == "stem-dark" and "untried" in reason and "fit.png" in reason


def test_heights_are_felt_which_was_not_tried_on_real_scans() -> None:
    look, reason = nearest_look(KindFound("height", 0.9, "test", False), "bright")
    assert look == "afm" and "untried" in reason and "tip_radius_px" in reason


def test_a_kind_that_goes_against_what_is_seen_is_not_followed() -> None:
    assert nearest_look(KindFound("transmission, dark field", 0.9, "test", False), "dark")[0] == "sem"
