from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from diffrendergan.config.base import Learned
from diffrendergan.config.material import MaterialConfig
from diffrendergan.config.scene import MaterialGroup, RenderingConfig
from diffrendergan.errors import ConfigError, RunFolderError
from diffrendergan.rendering import transport_renderer
from diffrendergan.rendering.film import widen_filter
from diffrendergan.rendering.images import load_images, save_images
from diffrendergan.rendering.mitsuba_scene import particles_id
from diffrendergan.rendering.transport_renderer import TransportRenderer, cached_images, storage_bytes
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.scene.geometry import check_frame, scene_geometry


def assert_identical(first, second):
    np.testing.assert_array_equal(first.stage, second.stage)
    for one, other in zip(first.particles, second.particles, strict=True):
        np.testing.assert_array_equal(one.pixels, other.pixels)
        np.testing.assert_array_equal(one.values, other.values)


def test_same_seed_same_images(transport_tracer, phis):
    first = transport_tracer.images(phis[0], 7)
    transport_tracer.images(phis[1], 8)
    assert_identical(first, transport_tracer.images(phis[0], 7))


def test_another_seed_draws_other_rays(transport_tracer, phis):
    first, second = (transport_tracer.images(phis[0], seed).dense() for seed in (7, 8))
    assert not torch.equal(first, second)


def test_a_new_seed_or_constellation_compiles_no_new_kernel(transport_tracer, phis):
    """Compiling takes longer than tracing, and each kernel stays on disk for good."""
    import drjit as dr

    transport_tracer.images(phis[0], 1)
    with dr.scoped_set_flag(dr.JitFlag.KernelHistory, True):
        dr.kernel_history_clear()
        transport_tracer.images(phis[1], 123456789)
        kernels = [kernel for kernel in dr.kernel_history() if kernel["type"] == dr.KernelType.JIT]
    assert kernels
    assert all(kernel["cache_hit"] for kernel in kernels)


def test_an_empty_field_shows_the_stage_alone(transport_tracer, phis):
    away = phis[0].copy()
    away[:, 0] = 30.0
    away[:, 3] = 1e-3
    images = transport_tracer.images(away, 0)
    assert not any(len(covered.pixels) for covered in images.particles)
    assert images.stage.min() > 0
    # Without shadows nothing is left to chance.
    assert_identical(images, transport_tracer.images(away, 99))
    # Neighbours differ by the smooth fall of light alone: the second difference is noise.
    first = images.stage[0].numpy()
    assert np.abs(np.diff(first, 2, axis=0)).mean() < 0.005 * first.mean()


def test_closed_form_light_is_what_mitsuba_traces(transport_tracer, mitsuba, mitsuba_renderer):
    """Rays from points above the stage, against the emitters of the full Mitsuba scene without particles."""
    import drjit as dr

    rng = np.random.default_rng(0)
    count = 4000
    origin = rng.uniform([-2, -2.9, -2], [2, 2.5, 2], (count, 3)).T
    direction = rng.normal(size=(count, 3)).T
    direction /= np.linalg.norm(direction, axis=0)
    o, d = mitsuba.Point3f(*origin.astype(np.float32)), mitsuba.Vector3f(*direction.astype(np.float32))
    light = transport_tracer.tracer.light(o, d)
    closed = np.asarray(light.total)
    scene = mitsuba_renderer._scene
    shapes = {shape.id(): shape for shape in scene.shapes()}
    ray = mitsuba.Ray3f(o, d)
    hit = scene.ray_intersect(ray)
    traced = np.asarray(hit.emitter(scene).eval(hit)).ravel()

    def is_on(name):
        return np.asarray(
            dr.reinterpret_array(mitsuba.UInt32, hit.shape)
            == dr.reinterpret_array(mitsuba.UInt32, mitsuba.ShapePtr(shapes[name]))
        )

    free = ~is_on(particles_id("particle"))
    np.testing.assert_allclose(closed[free], traced[free], atol=1e-6)
    assert {0.0, 1.0} <= set(np.unique(closed)) and np.isin(np.float32(0.1), closed)
    np.testing.assert_array_equal((np.asarray(light.slab) > 0)[free], is_on("slab")[free])
    # Where the slab is met decides which of the authors' normals counts.
    on_slab = is_on("slab")
    for found, expected in (
        (light.slab_distance, hit.t),
        (light.slab_x, hit.p.x),
        (light.slab_z, hit.p.z),
    ):
        np.testing.assert_allclose(np.asarray(found)[on_slab], np.asarray(expected)[on_slab], atol=1e-3)


def test_a_camera_that_looks_past_the_stage_is_refused():
    with pytest.raises(ConfigError, match="past the stage"):
        check_frame(scene_geometry(RenderingConfig(field_of_view_deg=100), 64))


def test_a_wider_filter_keeps_what_is_even_and_spreads_a_point_as_a_gaussian():
    picture = torch.zeros(2, 41, 41)
    picture[0] = 3.0
    picture[1, 20, 20] = 1.0
    wide = widen_filter(picture, 2.0)
    # Beyond the edge there is nothing, hence the middle.
    torch.testing.assert_close(wide[0, 10:30, 10:30], torch.full((20, 20), 3.0))
    distance = (torch.arange(41) - 20.0) ** 2
    gaussian = torch.exp(-(distance[:, None] + distance) / 8)
    torch.testing.assert_close(wide[1], gaussian / gaussian.sum(), atol=2e-5, rtol=0)


def test_only_the_pixels_that_show_a_material_are_kept_of_it(make_tracer, spheres, phis):
    """Sphere 3 lies far from the others: with a material of its own, it covers the pixels that they do not."""
    phi = phis[0].copy()
    phi[2] = [-2.8, 2.8, -1.0, 0.8]
    config = RenderingConfig(
        groups=(MaterialGroup(name="own", meshes=(2,), material=MaterialConfig(base_color=Learned(learn=(0, 1)))),)
    )
    images = make_tracer(config, spheres(3)).images(phi, 0)
    first, second = (set(covered.pixels.tolist()) for covered in images.particles)
    assert first and second and not first & second
    together = make_tracer(RenderingConfig(), spheres(3)).images(phi, 0)
    assert set(together.particles[0].pixels.tolist()) == first | second


def test_coverage_is_shared_out_at_edges(make_tracer, spheres, phis):
    """Under the same material on everything, groups do not show: their sum is the image of one material."""
    plain = MaterialConfig(base_color=0.3)
    groups = tuple(
        MaterialGroup(name=name, meshes=meshes, material=plain) for name, meshes in (("a", (0,)), ("b", (1,)))
    )
    one, three = (
        make_tracer(RenderingConfig(particle=plain, groups=chosen), spheres(3)).images(phis[0], 0).dense().sum(0)
        for chosen in ((), groups)
    )
    torch.testing.assert_close(one, three, rtol=1e-4, atol=1e-5)


@pytest.fixture
def files(tmp_path):
    """Return the stored images by name."""
    return lambda: sorted(path.name for path in (tmp_path / "cache").glob("*.safetensors"))


def test_cache_traces_only_what_is_missing(transport_tracer, phis, rendering_config, tmp_path, files, monkeypatch):
    reporter = SilentReporter()
    first = cached_images(tmp_path / "cache", transport_tracer, phis, 1, rendering_config, reporter)
    assert files() == ["00000.safetensors", "00001.safetensors"]
    traced = first[1].dense().clone()
    del first
    (tmp_path / "cache" / "00001.safetensors").unlink()
    calls = []
    original = type(transport_tracer).images
    monkeypatch.setattr(
        type(transport_tracer), "images", lambda self, phi, seed: calls.append(seed) or original(self, phi, seed)
    )
    again = cached_images(tmp_path / "cache", transport_tracer, phis, 1, rendering_config, reporter)
    assert len(calls) == 1
    np.testing.assert_array_equal(traced, again[1].dense())
    cached_images(tmp_path / "cache", transport_tracer, phis, 2, rendering_config, reporter)
    assert len(calls) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"stage": MaterialConfig(base_color=0.2)},
        {"transport": {"knots": 5}},
        {"ring_radiance": 2.0},
        {"slab_normals": "authors"},
    ],
)
def test_images_of_another_scene_are_not_used(
    make_tracer, particle_set, phis, rendering_config, tmp_path, files, change
):
    folder, reporter = tmp_path / "cache", SilentReporter()
    folder.mkdir()
    cached_images(folder, make_tracer(rendering_config, particle_set, 16), phis[:1], 1, rendering_config, reporter)
    before = json.loads((folder / "key.json").read_text())
    changed = RenderingConfig.model_validate({**rendering_config.model_dump(), **change})
    (folder / "00007.safetensors").write_bytes(b"of an older set")
    cached_images(folder, make_tracer(changed, particle_set, 16), phis[:1], 1, changed, reporter)
    assert json.loads((folder / "key.json").read_text()) != before
    assert files() == ["00000.safetensors"]


def test_what_is_stored_takes_no_more_than_what_was_announced(
    transport_tracer, phis, rendering_config, tmp_path, files
):
    cached_images(tmp_path / "cache", transport_tracer, phis, 1, rendering_config, SilentReporter())
    taken = sum((tmp_path / "cache" / name).stat().st_size for name in files())
    most = storage_bytes(transport_tracer.separation, transport_tracer.geometry.size, len(phis))
    assert 0.05 * most < taken < most


def test_too_little_space_is_said_before_tracing(transport_tracer, phis, rendering_config, tmp_path, monkeypatch):
    monkeypatch.setattr(transport_renderer.shutil, "disk_usage", lambda path: type("U", (), {"free": 10})())
    with pytest.raises(RunFolderError, match="GB free"):
        cached_images(tmp_path / "cache", transport_tracer, phis, 1, rendering_config, SilentReporter())


def test_a_broken_cache_file_is_named(transport_tracer, phis, rendering_config, tmp_path):
    cached_images(tmp_path / "cache", transport_tracer, phis, 1, rendering_config, SilentReporter())
    (tmp_path / "cache" / "00000.safetensors").write_bytes(b"nothing")
    with pytest.raises(RunFolderError, match=r"00000\.safetensors"):
        cached_images(tmp_path / "cache", transport_tracer, phis, 1, rendering_config, SilentReporter())


def test_what_is_stored_is_close_enough(transport_tracer, phis, random_theta, tmp_path):
    """Half precision and compression together, also where a rough, bright material multiplies the error."""
    full = transport_tracer.images(phis[0], 3)
    separation = transport_tracer.separation
    save_images(tmp_path / "a.safetensors", full)
    stored = load_images(tmp_path / "a.safetensors", separation.basis_counts, transport_tracer.geometry.size)
    assert stored.bytes < 0.5 * full.bytes
    thetas = [random_theta(separation.parameters, seed) for seed in range(4)]
    corners = [[2.0, 4.0, 3.0, 3.0, 0.3], [5.0, 5.0, 5.0, 0.01, 0.01], [0.01, 5.0, 5.0, 5.0, 0.4]]
    for theta in (*thetas, *corners):
        exact, close = (
            TransportRenderer(separation, [images]).render([0], torch.tensor(np.float32(theta))[None])
            for images in (full, stored)
        )
        assert (exact - close).abs().max() < 2e-3 * exact.max()
