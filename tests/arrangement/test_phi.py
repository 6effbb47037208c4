"""The transformation tensor."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from diffrendergan.arrangement.bodies import Bodies
from diffrendergan.arrangement.phi import Placer, draw_phis
from diffrendergan.config.arrangement import ArrangementConfig, BimodalSize, LognormalSize, NormalSize
from diffrendergan.errors import PlacementError
from diffrendergan.particles.grid import sphere_grid
from diffrendergan.particles.mesh import centred
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.scene.geometry import SceneScale

SILENT = SilentReporter()
BALL = centred(*sphere_grid(108))


def placer(config: ArrangementConfig, count: int) -> Placer:
    return Placer(config, Bodies.of([BALL] * count), SceneScale(config.unit, 58.6))


sizes = st.one_of(
    st.builds(NormalSize, mean=st.floats(0.5, 2), sigma=st.floats(0, 0.3)),
    st.builds(LognormalSize, mu=st.floats(-0.5, 0.5), sigma=st.floats(0, 0.4)),
    st.builds(BimodalSize),
)
arrangements = st.builds(
    ArrangementConfig,
    placement=st.sampled_from(["random", "agglomerated"]),
    three_dimensional=st.booleans(),
    unit=st.floats(0.2, 1),
    limit=st.floats(15, 30),
    agglomerates=st.integers(1, 5),
    size=sizes,
)


@settings(deadline=None, max_examples=30)
@given(config=arrangements, count=st.integers(1, 30), seed=st.integers(0, 2**32))
def test_counts_kept_sizes_positive_and_no_overlap(config: ArrangementConfig, count: int, seed: int) -> None:
    phi = placer(config, count).draw(np.random.default_rng(seed))
    assert phi.shape == (count, 4) and phi.dtype == np.float32
    assert np.isfinite(phi).all() and (phi[:, 3] > 0).all()
    if config.placement == "random":
        assert np.abs(phi[:, :3]).max() <= config.limit / config.unit * (1 + 1e-6)
    else:
        exact = phi.astype(np.float64)
        distances = np.linalg.norm(exact[:, None, :3] - exact[None, :, :3], axis=2)
        least = exact[:, None, 3] + exact[None, :, 3] - 1e-4
        assert (distances >= least)[~np.eye(count, dtype=bool)].all()
    if not config.three_dimensional:
        assert (phi[:, 2] == 0).all()


@pytest.mark.parametrize("kind", ["random", "agglomerated"])
def test_constellation_depends_on_seed_and_number_alone(kind: str) -> None:
    config = ArrangementConfig(placement=kind)
    few = draw_phis(placer(config, 10), 2, 5, SILENT)
    more = draw_phis(placer(config, 10), 6, 5, SILENT)
    np.testing.assert_array_equal(few, more[:2])
    assert len({phi.tobytes() for phi in more}) == 6
    assert not np.array_equal(few, draw_phis(placer(config, 10), 2, 6, SILENT))


def test_limit_and_unit_are_scene_units() -> None:
    config = ArrangementConfig(placement="random", unit=0.5, limit=2.0, size=NormalSize(sigma=0.0))
    phis = draw_phis(placer(config, 20), 50, 0, SILENT)
    assert 3.9 < np.abs(phis[..., :3]).max() <= 4.0
    assert (phis[..., 3] == 1).all()


def test_impossible_constellation_is_named() -> None:
    config = ArrangementConfig(limit=0.05, agglomerates=30)
    with pytest.raises(PlacementError, match=r"Constellation 1 of 3: Only \d+ of \d+ agglomerates"):
        draw_phis(placer(config, 200), 3, 0, SILENT)


def test_an_unlucky_constellation_is_drawn_again_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    notes: list[str] = []
    telling = SilentReporter()
    monkeypatch.setattr(telling, "note", notes.append, raising=False)
    lucky, draws = placer(ArrangementConfig(placement="random"), 4), []

    class Unlucky:
        def draw(self, rng: np.random.Generator) -> NDArray[np.float32]:
            draws.append(lucky.draw(rng))
            if len(draws) == 2:
                raise PlacementError("no room")
            return draws[-1]

    phis = draw_phis(Unlucky(), 3, 0, telling)  # type: ignore[arg-type]
    usual = draw_phis(lucky, 3, 0, SILENT)
    np.testing.assert_array_equal(phis[[0, 2]], usual[[0, 2]])
    assert not np.array_equal(phis[1], usual[1])
    assert notes == ["1 of 3 constellations found no room at first, and were drawn anew"]
