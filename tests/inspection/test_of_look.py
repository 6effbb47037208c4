"""What of a measured arrangement is kept for heights and sections."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from diffrendergan.inspection.of_look import suited
from diffrendergan.inspection.proposal import Judgement
from diffrendergan.inspection.rules import OF_LOOK

MEASURED = {
    "particles": {"count": 57, "shape": {"family": "cuboid"}},
    "arrangement": {
        "placement": "agglomerated", "three_dimensional": True, "unit": 0.2, "limit": 2.5, "agglomerates": 7,
        "number": [21, 57], "size_in": "nm", "size": {"distribution": "normal", "mean": 85.0, "sigma": 18.0},
    },
    "data": {"patch_size": 256},
}  # fmt: skip


def proposal(diameters, median=20.0, family="cuboid", morphology="compact", confidence=0.9):
    return SimpleNamespace(
        family=family, diameters=tuple(diameters), size=SimpleNamespace(value=SimpleNamespace(median=median)),
        morphology=SimpleNamespace(value=morphology), shape=Judgement({"family": family}, confidence, "outlines"),
    )  # fmt: skip


def discs(median: float, count: int = 4000):
    """Discs of equal balls."""
    balls = median / OF_LOOK.disc_of_ball
    return balls * np.sqrt(1 - np.random.default_rng(0).random(count) ** 2)


def test_heights_lie_side_by_side():
    remarks = {"arrangement.unit": "measured"}
    found = suited(MEASURED, "afm", proposal([20.0]), remarks)["arrangement"]
    assert not found["three_dimensional"] and found["placement"] == "agglomerated" and found["number"] == [21, 57]
    assert "side by side" in remarks["arrangement.three_dimensional"] and "tip of 3 px" in remarks["arrangement.unit"]
    # A ball of this size is felt 20 px wide.
    ball = 20 * found["unit"] / 0.2
    assert 2 * np.sqrt((ball / 2 + 3) ** 2 - 9) == pytest.approx(20, rel=0.01)
    assert found["size"]["mean"] / 85 == pytest.approx(found["unit"] / 0.2, rel=0.02)
    assert found["size"]["sigma"] / found["size"]["mean"] == pytest.approx(18 / 85, rel=0.02)


@pytest.mark.parametrize("many", [True, False])
def test_sections_cut_a_packing_of_larger_grains(many):
    remarks: dict[str, str] = {}
    found = suited(MEASURED, "section", proposal(discs(20.0) if many else [20.0]), remarks)
    arrangement = found["arrangement"]
    assert arrangement["placement"] == "layers" and arrangement["three_dimensional"] and found["data"]
    assert arrangement["unit"] == pytest.approx(0.2 / OF_LOOK.disc_of_ball, rel=0.02)
    assert arrangement["size"]["sigma"] == OF_LOOK.least_spread and arrangement["size_in"] == "unit"
    low, high = arrangement["number"]
    assert 100 < low < high == found["particles"]["count"] < OF_LOOK.most_grains
    assert "agglomerates" not in arrangement and "larger" not in remarks.get("arrangement.agglomerates", "")


@pytest.mark.parametrize(("look", "family"), [("sem", "cuboid"), ("section", "wire")])
def test_all_else_stays_as_it_was_measured(look, family):
    assert suited(MEASURED, look, proposal([20.0], family=family), {}) == MEASURED
    assert suited({"data": {}}, look, None, {}) == {"data": {}}


@pytest.mark.parametrize(
    ("look", "morphology", "confidence", "kept"),
    [("tem", "agglomerated", 0.4, False), ("stem-dark", "agglomerated", 0.4, False), ("sem", "agglomerated", 0.4, True),
     ("tem", "compact", 0.4, True), ("tem", "agglomerated", 0.8, True)],
)  # fmt: skip
def test_outlines_of_what_is_seen_through_tell_no_shape(look, morphology, confidence, kept):
    remarks: dict[str, str] = {}
    found = suited(MEASURED, look, proposal([20.0], morphology=morphology, confidence=confidence), remarks)
    assert ("shape" in found["particles"]) == kept == ("particles.shape" not in remarks)
    assert found["arrangement"] == MEASURED["arrangement"] and found["particles"]["count"] == 57
