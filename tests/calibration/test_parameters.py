"""What calibration may change."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffrendergan.calibration.parameters import (
    Change,
    changed,
    from_vector,
    resized,
    starting_change,
    to_vector,
    without,
)
from diffrendergan.config.arrangement import (
    BimodalSize,
    EmpiricalSize,
    LognormalSize,
    MixtureSize,
    NormalSize,
    SizeMode,
    UniformSize,
)
from diffrendergan.config.load import load_project

changes = st.builds(
    Change,
    size=st.floats(0.3, 3),
    spread=st.floats(0.2, 4),
    number=st.floats(1, 150),
    number_spread=st.floats(0, 0.95),
    limit=st.floats(0.3, 4),
    agglomerates=st.floats(1, 40),
)


@given(change=changes)
def test_there_and_back(change: Change) -> None:
    again = from_vector(to_vector(change))
    np.testing.assert_allclose(list(vars(again).values()), list(vars(change).values()), rtol=1e-6, atol=1e-9)


@given(vector=st.lists(st.floats(-50, 50), min_size=6, max_size=6).map(np.array))
def test_any_coordinates_make_a_valid_project(vector: np.ndarray) -> None:
    project = changed(load_project(None, "tio2-sem"), from_vector(vector))
    low, high = project.arrangement.number or (project.particles.count,) * 2
    assert 1 <= low <= high == project.particles.count <= 150


@pytest.mark.parametrize("preset", ["tio2-sem", "tio2-him", "sio2-him", "agnw-sem"])
def test_the_starting_change_keeps_what_is_configured(preset: str) -> None:
    project = load_project(None, preset)
    again = changed(project, starting_change(project))
    assert again.arrangement.unit == project.arrangement.unit
    assert again.arrangement.size == project.arrangement.size
    assert again.arrangement.agglomerates == project.arrangement.agglomerates
    low, high = again.arrangement.number or (again.particles.count,) * 2
    assert (low + high) / 2 == pytest.approx(project.particles.count, abs=1)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (LognormalSize(mu=1.0, sigma=0.2), LognormalSize(mu=1.693, sigma=0.3)),
        (NormalSize(mean=2.0, sigma=0.2), NormalSize(mean=4.0, sigma=0.6)),
        (UniformSize(low=1.0, high=3.0), UniformSize(low=1.0, high=7.0)),
        (
            BimodalSize(mean1=1.0, sigma1=0.1, mean2=0.5, sigma2=0.02, p=0.4),
            BimodalSize(mean1=2.0, sigma1=0.3, mean2=1.0, sigma2=0.06, p=0.4),
        ),
        (
            MixtureSize(modes=(SizeMode(mean=1.0, sigma=0.1), SizeMode(kind="lognormal", mean=3.0, sigma=0.2))),
            MixtureSize(modes=(SizeMode(mean=2.0, sigma=0.3), SizeMode(kind="lognormal", mean=6.0, sigma=0.3))),
        ),
    ],
)
def test_twice_the_size_with_half_as_much_more_spread(size: object, expected: object) -> None:
    found, wanted = resized(size, 2.0, 1.5).model_dump(), expected.model_dump()  # type: ignore[arg-type, attr-defined]
    assert str(found) == str(wanted)


def test_sizes_in_nm_are_changed_themselves() -> None:
    given_ = load_project(None, "tio2-sem", ["arrangement.size={distribution: lognormal, mu: 5, sigma: 0.2}"])
    in_nm = given_.model_copy(update={"arrangement": given_.arrangement.model_copy(update={"size_in": "nm"})})
    start = starting_change(in_nm)
    change = Change(1.5, 1.0, start.number, start.number_spread, 1.0, 5.0)
    assert changed(in_nm, change).arrangement.size.mu == pytest.approx(5 + np.log(1.5), abs=1e-3)  # type: ignore[union-attr]
    assert changed(given_, change).arrangement.size.mu == 5.0  # type: ignore[union-attr]


def test_what_has_no_effect_is_left_alone() -> None:
    project = load_project(None, "agnw-sem")
    change = Change(2.0, 2.0, 5.0, 0.5, 2.0, 30.0)
    assert without(change, project).agglomerates == project.arrangement.agglomerates
    measured = EmpiricalSize(file=Path("sizes.csv"))
    arrangement = project.arrangement.model_copy(update={"size": measured, "size_in": "nm"})
    kept = without(change, project.model_copy(update={"arrangement": arrangement}))
    assert (kept.size, kept.spread) == (1.0, 1.0)


def test_the_count_stays_where_something_refers_to_the_meshes() -> None:
    groups = "rendering.groups=[{name: coated, meshes: [38], material: {roughness: 0.3}}]"
    project = load_project(None, "tio2-sem", [groups])
    start = starting_change(project)
    fewer = changed(project, Change(1.0, 1.0, 10.0, 0.0, 1.0, 5.0))
    assert fewer.particles.count == 40 and fewer.arrangement.number == (10, 10)
    more = changed(project, Change(1.0, 1.0, 90.0, 0.5, 1.0, 5.0))
    assert more.particles.count == 40 and more.arrangement.number == (20, 40)
    assert start.number == 40
