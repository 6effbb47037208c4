"""Small particles get a thin contour class, others that of the preset."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from diffrendergan.inspection.contour import thin_contour

WIDE = {"synthesis": {"contour_width_px": 4}}


def found(*diameters, family="sphere"):
    return SimpleNamespace(family=family, diameters=diameters)


@pytest.mark.parametrize(("diameters", "scale", "width"), [((11, 15, 22), 1, 1), ((20, 20), 1, 2), ((20, 20), 0.5, 1)])
def test_the_contour_of_small_particles_is_thinner(diameters, scale, width):
    remarks: dict[str, str] = {}
    assert thin_contour(WIDE, found(*diameters), scale, remarks) == {"synthesis": {"contour_width_px": width}}
    assert "smaller than" in remarks["synthesis.contour_width_px"]


@pytest.mark.parametrize(
    ("preset", "proposal"),
    [(WIDE, found(40, 60)), (WIDE, found()), (WIDE, found(4, family="wire")), (WIDE, None), ({}, found(3, 4))],
)
def test_all_else_is_as_the_preset_has_it(preset, proposal):
    remarks: dict[str, str] = {}
    assert thin_contour(preset, proposal, 1, remarks) == {}
    assert not remarks
