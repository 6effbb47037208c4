from __future__ import annotations

import numpy as np
import pytest
import torch

from diffrendergan.config.scene import RenderingConfig
from diffrendergan.errors import ConfigError, RunFolderError
from diffrendergan.rendering import transport_renderer
from diffrendergan.rendering.geometry import scene_geometry
from diffrendergan.rendering.transport import check_frame
from diffrendergan.rendering.transport_renderer import TransportRenderer, cached_images
from diffrendergan.runs.reporter import SilentReporter


def test_same_seed_same_images(transport_tracer, phis):
    first = transport_tracer.basis_images(phis[0], 7)
    transport_tracer.basis_images(phis[1], 8)
    np.testing.assert_array_equal(first, transport_tracer.basis_images(phis[0], 7))


def test_an_empty_field_shows_the_stage_alone(transport_tracer, mitsuba, phis):
    away = phis[0].copy()
    away[:, 0] = 30.0
    away[:, 3] = 1e-3
    images = transport_tracer.basis_images(away, 0)
    particles = transport_tracer.separation.particle.basis_count
    assert not images[:particles].any()
    assert images[particles:].min() > 0
    # Without shadows nothing is left to chance.
    np.testing.assert_array_equal(images, transport_tracer.basis_images(away, 99))
    # Neighbours differ by the smooth fall of light alone: the second difference is noise.
    assert np.abs(np.diff(images[particles], 2, axis=0)).mean() < 0.005 * images[particles].mean()


def test_closed_form_light_is_what_mitsuba_traces(transport_tracer, mitsuba, mitsuba_renderer):
    """Rays from points above the stage, against the emitters of the full Mitsuba scene without particles."""
    import drjit as dr

    rng = np.random.default_rng(0)
    count = 4000
    origin = rng.uniform([-2, -2.9, -2], [2, 2.5, 2], (count, 3)).T
    direction = rng.normal(size=(count, 3)).T
    direction /= np.linalg.norm(direction, axis=0)
    o, d = mitsuba.Point3f(*origin.astype(np.float32)), mitsuba.Vector3f(*direction.astype(np.float32))
    closed = np.asarray(transport_tracer.tracer.light(o, d))
    scene = mitsuba_renderer._scene
    shapes = {shape.id(): shape for shape in scene.shapes()}
    ray = mitsuba.Ray3f(o, d)
    hit = scene.ray_intersect(ray)
    traced = np.asarray(hit.emitter(scene).eval(hit)).ravel()
    on_particle = np.asarray(
        dr.reinterpret_array(mitsuba.UInt32, hit.shape)
        == dr.reinterpret_array(mitsuba.UInt32, mitsuba.ShapePtr(shapes["particles"]))
    )
    np.testing.assert_allclose(closed[~on_particle], traced[~on_particle], atol=1e-6)
    assert {0.0, 1.0} <= set(np.unique(closed)) and np.isin(np.float32(0.1), closed)


def test_a_camera_that_looks_past_the_stage_is_refused():
    with pytest.raises(ConfigError, match="past the stage"):
        check_frame(scene_geometry(RenderingConfig(field_of_view_deg=100), 64))


def test_cache_traces_only_what_is_missing(transport_tracer, phis, rendering_config, tmp_path, monkeypatch):
    reporter = SilentReporter()
    first = cached_images(tmp_path / "cache", transport_tracer, phis, 1, rendering_config, reporter)
    traced = np.array(first[1])
    del first
    (tmp_path / "cache" / "00001.npy").unlink()
    calls = []
    original = type(transport_tracer).basis_images
    monkeypatch.setattr(
        type(transport_tracer), "basis_images", lambda self, phi, seed: calls.append(seed) or original(self, phi, seed)
    )
    again = cached_images(tmp_path / "cache", transport_tracer, phis, 1, rendering_config, reporter)
    assert len(calls) == 1
    np.testing.assert_array_equal(traced, again[1])
    cached_images(tmp_path / "cache", transport_tracer, phis, 2, rendering_config, reporter)
    assert len(calls) == 3


def test_too_little_space_is_said_before_tracing(transport_tracer, phis, rendering_config, tmp_path, monkeypatch):
    monkeypatch.setattr(transport_renderer.shutil, "disk_usage", lambda path: type("U", (), {"free": 10})())
    with pytest.raises(RunFolderError, match="GB free"):
        cached_images(tmp_path / "cache", transport_tracer, phis, 1, rendering_config, SilentReporter())


def test_a_broken_cache_file_is_named(transport_tracer, phis, rendering_config, tmp_path):
    cached_images(tmp_path / "cache", transport_tracer, phis, 1, rendering_config, SilentReporter())
    (tmp_path / "cache" / "00000.npy").write_bytes(b"nothing")
    with pytest.raises(RunFolderError, match=r"00000\.npy"):
        cached_images(tmp_path / "cache", transport_tracer, phis, 1, rendering_config, SilentReporter())


def test_half_precision_is_close_enough(transport_tracer, phis):
    full = transport_tracer.basis_images(phis[0], 3)
    theta = torch.tensor([[2.0, 4.0, 3.0, 3.0, 0.3]])
    separation = transport_tracer.separation
    exact = TransportRenderer(separation, [full]).render([0], theta)
    stored = TransportRenderer(separation, [full.astype(np.float16)]).render([0], theta)
    assert (exact - stored).abs().max() < 2e-3 * exact.max()
