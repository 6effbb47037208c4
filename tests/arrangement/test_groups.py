"""Every placement with every kind of separation: no overlap where none is asked for, bounds, reproducible."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from diffrendergan.arrangement.bodies import Bodies
from diffrendergan.arrangement.collision import Collider
from diffrendergan.arrangement.groups import arrange
from diffrendergan.arrangement.phi import Placer, draw_phis, make_placer
from diffrendergan.config.arrangement import ArrangementConfig, LognormalSize, NormalSize
from diffrendergan.config.load import load_project
from diffrendergan.errors import ConfigError, PlacementError
from diffrendergan.particles.mesh import Mesh
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.scene.geometry import STAGE_TOP, SceneScale

PLACEMENTS = [name for name in get_args(ArrangementConfig.model_fields["placement"].annotation) if name != "wires"]


def config(**values: object) -> ArrangementConfig:
    return ArrangementConfig(**{"unit": 0.5, "limit": 6.0, "agglomerates": 2, **values})  # type: ignore[arg-type]


def worst_gap(points: np.ndarray, radii: np.ndarray) -> float:
    gaps = np.linalg.norm(points[:, None] - points[None], axis=2) - radii[:, None] - radii[None]
    np.fill_diagonal(gaps, np.inf)
    return float(gaps.min())


@pytest.mark.parametrize("three_dimensional", [True, False])
@pytest.mark.parametrize("rotation", ["none", "any"])
@pytest.mark.parametrize("separation", ["radii", "spheres", "meshes"])
@pytest.mark.parametrize("placement", PLACEMENTS)
def test_nothing_overlaps(box: Mesh, placement: str, separation: str, rotation: str, three_dimensional: bool) -> None:
    bodies = Bodies.of([box] * 8)
    settings = config(
        placement=placement, separation=separation, rotation=rotation, three_dimensional=three_dimensional
    )
    sizes = np.random.default_rng(1).uniform(0.5, 0.8, 8)
    arranged = arrange(settings, bodies, sizes, np.random.default_rng(2))
    again = arrange(settings, bodies, sizes, np.random.default_rng(2))
    np.testing.assert_array_equal(arranged.points, again.points)
    if separation == "meshes":
        collider = Collider(bodies, sizes, arranged.rotations)
        for i, point in enumerate(arranged.points):
            collider.put(i, point)
        assert all(collider.free(i, point) for i, point in enumerate(arranged.points))
    else:
        radii = sizes * (bodies.max_radii if separation == "spheres" else 1.0)
        assert worst_gap(arranged.points, radii) > -1e-6
    if not three_dimensional and placement != "layers":
        assert (arranged.points[:, 2] == 0).all()


def test_true_meshes_come_closer_than_spheres_around_them(box: Mesh) -> None:
    bodies, sizes = Bodies.of([box] * 10), np.ones(10)

    def spread(separation: str) -> float:
        found = [
            arrange(config(separation=separation, agglomerates=1), bodies, sizes, np.random.default_rng(seed)).points
            for seed in range(8)
        ]
        return float(np.mean([points.std(axis=0).sum() for points in found]))

    assert spread("meshes") < 0.8 * spread("spheres")


@pytest.mark.parametrize("placement", PLACEMENTS)
@pytest.mark.parametrize("rotation", ["none", "vertical", "any"])
def test_particles_lie_on_the_stage(box: Mesh, placement: str, rotation: str) -> None:
    bodies, sizes = Bodies.of([box] * 6), np.linspace(0.4, 0.9, 6)
    settings = config(
        placement=placement, rotation=rotation, on_stage=True, three_dimensional=False, separation="meshes"
    )
    arranged = arrange(settings, bodies, sizes, np.random.default_rng(0))
    if placement != "layers":
        collider = Collider(bodies, sizes, arranged.rotations)
        for i, point in enumerate(arranged.points):
            collider.put(i, point)
        assert all(collider.free(i, point) for i, point in enumerate(arranged.points))
    lowest = arranged.points[:, 2] - bodies.depths(arranged.rotations) * sizes
    top = STAGE_TOP / settings.unit
    assert lowest.min() >= top - 1e-6
    assert (np.abs(lowest - top) < 1e-3).sum() >= (1 if placement == "layers" else 6)


def test_the_number_of_particles_is_drawn_and_absent_ones_are_masked(balls: Bodies) -> None:
    placer = Placer(config(number=(3, 9)), balls, SceneScale(0.5, 58.6))
    phis = draw_phis(placer, 300, 0, SilentReporter())
    counts = (phis[..., 3] > 0).sum(axis=1)
    assert set(counts) == set(range(3, 10))
    np.testing.assert_allclose(np.bincount(counts)[3:] / 300, 1 / 7, atol=0.08)
    assert (phis[phis[..., 3] == 0] == 0).all()
    # Every mesh is left out now and then.
    assert ((phis[..., 3] > 0).mean(axis=0) < 0.7).all()


def test_rotations_are_unit_quaternions_and_leave_places_as_columns(balls: Bodies) -> None:
    placer = Placer(config(rotation="any", number=(5, 5)), balls, SceneScale(0.5, 58.6))
    phi = placer.draw(np.random.default_rng(0))
    assert phi.shape == (12, 8) and phi.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(phi[:, 4:], axis=1), 1, rtol=1e-6)


def test_sizes_in_nm_become_radii_in_units(balls: Bodies) -> None:
    scale = SceneScale(0.5, 50.0, 2.0)
    settings = config(size=NormalSize(mean=100.0, sigma=0.0), size_in="nm", limit=20.0)
    phi = Placer(settings, balls, scale).draw(np.random.default_rng(0))
    # 100 nm are 50 px across, and a particle of size 1 is 2 · 0.5 · 50 px across.
    np.testing.assert_allclose(phi[:, 3], 1.0)
    median = np.log(70.0)
    settings = config(size=LognormalSize(mu=median, sigma=0.2), size_in="px", limit=20.0)
    sizes = draw_phis(Placer(settings, balls, scale), 60, 0, SilentReporter())[..., 3]
    assert np.median(sizes) == pytest.approx(70 / 50, rel=0.03)


def test_two_hundred_particles_in_agglomerates(ball: Mesh) -> None:
    bodies = Bodies.of([ball] * 200)
    arranged = arrange(config(limit=10.0, agglomerates=5), bodies, np.ones(200), np.random.default_rng(0))
    assert worst_gap(arranged.points, np.ones(200)) > -1e-6


@pytest.mark.parametrize("separation", ["radii", "spheres", "meshes"])
@pytest.mark.parametrize("placement", ["random", "fractal", "agglomerated"])
def test_impossible_packings_are_an_error(box: Mesh, placement: str, separation: str) -> None:
    bodies = Bodies.of([box] * 60)
    settings = config(
        placement=placement, separation=separation, limit=0.3, agglomerates=60, three_dimensional=False, timeout_s=20.0
    )
    with pytest.raises(PlacementError, match=r"arrangement\.(limit|timeout_s)"):
        for seed in range(4):
            arrange(settings, bodies, np.ones(60), np.random.default_rng(seed))


@pytest.mark.parametrize(
    "values",
    [
        {"placement": "chains", "separation": "none"},
        {"placement": "wires", "separation": "radii"},
        {"placement": "wires", "rotation": "any"},
        {"placement": "agglomerated", "on_stage": True, "three_dimensional": True},
    ],
)
def test_what_would_have_no_effect_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"separation|rotation|on_stage"):
        config(**values)


def test_diameters_need_meshes_of_known_diameter(box: Mesh, tmp_path: Path) -> None:
    settings = {"family": "library", "folder": str(tmp_path)}
    project = load_project(None, "sio2-him", [f"particles.shape={settings}".replace("'", ""), "arrangement.size_in=px"])
    with pytest.raises(ConfigError, match=r"arrangement\.size_in.*unit volume"):
        make_placer(project, [box] * 20)
