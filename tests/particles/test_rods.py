"""Shapes turned about x."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffrendergan.particles.mesh import Mesh, find_problem
from diffrendergan.particles.rods import rod, tapered_wire

fast = settings(deadline=None, max_examples=20)


@fast
@given(faces=st.integers(100, 8000), slenderness=st.floats(4, 200))
def test_wire_keeps_the_face_budget_and_is_closed(faces: int, slenderness: float) -> None:
    vertices, triangles = tapered_wire(faces, slenderness * 0.2, 0.2, 0.6)
    assert 0.7 <= len(triangles) / faces <= 1.3
    assert find_problem(Mesh(vertices, triangles)) is None


def test_wire_has_its_length_and_tapers() -> None:
    vertices, _ = tapered_wire(5000, 19.0, 0.19, 0.6)
    assert (vertices[:, 0].min(), vertices[:, 0].max()) == pytest.approx((-9.5, 9.5))
    distance = np.hypot(vertices[:, 1], vertices[:, 2])
    assert distance.max() == pytest.approx(0.19)
    assert distance[vertices[:, 0] < -9].max() == pytest.approx(0.19, rel=1e-3)
    assert distance[vertices[:, 0] > 9.3].max() == pytest.approx(0.19 * 0.6, rel=0.02)


@fast
@given(faces=st.integers(100, 8000), aspect=st.floats(1, 30), ends=st.sampled_from(["round", "flat"]))
def test_rods_keep_the_face_budget_and_their_aspect(faces: int, aspect: float, ends: str) -> None:
    vertices, triangles = rod(faces, aspect, ends)
    assert 0.7 <= len(triangles) / faces <= 1.3
    assert find_problem(Mesh(vertices, triangles)) is None
    assert np.ptp(vertices[:, 0]) == pytest.approx(2 * aspect)
    assert np.hypot(vertices[:, 1], vertices[:, 2]).max() == pytest.approx(1)


def test_rods_have_the_volume_of_their_formula() -> None:
    assert Mesh(*rod(20000, 3, "round")).volume == pytest.approx(np.pi * 4 + 4 / 3 * np.pi, rel=0.005)
    assert Mesh(*rod(20000, 3, "flat")).volume == pytest.approx(6 * np.pi, rel=0.02)
