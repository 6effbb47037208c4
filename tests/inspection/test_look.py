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
        ("transmission, bright field", "no model of these images (transmission, bright field)"),
        ("height", "no model of these images (height)"),
    ],
)
def test_it_says_what_it_was_not_made_for(words: str, said: str) -> None:
    look, reason = nearest_look(KindFound(words, 0.9, "test"))
    assert look == "sem" and said in reason
    assert ("fit.png" in reason) == bool(said)


def test_without_a_kind_it_says_no_more() -> None:
    assert nearest_look(None) == nearest_look(KindFound("secondary electrons", 0.9, "test"))
