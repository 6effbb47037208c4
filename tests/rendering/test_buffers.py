"""Buffers of scenes whose values are known, and when they are traced."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from diffrendergan.config.scene import RenderingConfig
from diffrendergan.rendering import stored_buffers
from diffrendergan.rendering.buffers import group_area, trace_buffers
from diffrendergan.rendering.geometry import ParticleSet
from diffrendergan.rendering.protocol import BUFFERS
from diffrendergan.rendering.stored_buffers import StoredBuffers
from diffrendergan.rendering.tracing import SceneTracer
from diffrendergan.scene.geometry import scene_geometry

SIZE = 48
TWO = np.array([[[0.0, 0.0, 0.0, 1.0], [0.0, 0.0, -2.5, 1.0]]], np.float32)
"""Two spheres of radius 0.5 (in scene units), one under the other: at heights 0 and −1.25."""


@pytest.fixture(scope="module")
def tracer(mitsuba):
    return SceneTracer(mitsuba, scene_geometry(RenderingConfig(), SIZE))


@pytest.fixture(scope="module")
def shown(tracer, spheres):
    tracer.place(spheres(2).place(TWO[0]))
    return trace_buffers(tracer, BUFFERS)


def test_all_are_images(shown):
    assert list(shown) == list(BUFFERS)
    assert {values.shape for values in shown.values()} == {(SIZE, SIZE)}
    assert {name: values.dtype.name for name, values in shown.items()} == {
        **dict.fromkeys(BUFFERS, "float32"),
        "labels": "int32",
    }


def test_in_the_middle_they_have_the_spheres_values(shown):
    middle = SIZE // 2, SIZE // 2
    assert shown["labels"][middle] == 1
    assert shown["coverage"][middle] == pytest.approx(1.0)
    assert shown["depth"][middle] == pytest.approx(-0.5, abs=0.02)
    assert shown["tilt"][middle] == pytest.approx(0.0, abs=0.02)
    assert shown["thickness"][middle] == pytest.approx(2.0, rel=0.03)


def test_on_the_stage_they_have_the_stages(shown):
    corner = 0, 0
    assert [shown[name][corner] for name in BUFFERS] == [0, 3, 0, 0, 0, 0]


def test_tilt_grows_from_the_middle_to_the_rim(shown):
    row = shown["tilt"][SIZE // 2][shown["labels"][SIZE // 2] == 1]
    half = row[len(row) // 2 :]
    assert (np.diff(half) > 0).all() and half[-1] > 0.4


def test_coverage_is_the_area_of_the_silhouette_and_soft_at_its_edge(shown):
    coverage = shown["coverage"]
    # The sphere of radius 0.5 is seen from 6 above under a half-angle of asin(0.5 / 6).
    radius = np.tan(np.arcsin(0.5 / 6)) / np.tan(np.radians(20)) * SIZE / 2
    assert coverage.sum() == pytest.approx(np.pi * radius**2, rel=0.03)
    assert 10 < ((coverage > 0.05) & (coverage < 0.95)).sum() < 60
    assert np.abs(coverage - (shown["labels"] > 0)).max() < 0.75


def test_coverage_is_what_the_transport_images_leave_of_the_stage(make_tracer, spheres, rendering_config):
    config = rendering_config.model_copy(update={"filter_sigma": 1.4})
    traced = make_tracer(config, spheres(2), pixel_samples=1024, directions=1)
    bare = traced.images(np.array([[0, 0, 0, 0.0], [0, 0, 0, 0.0]], np.float32), 0).stage[0].numpy()
    with_particles = traced.images(TWO[0], 0)
    found = trace_buffers(traced.tracer, ["coverage"])["coverage"]
    # Shadows darken the stage as well, but not where particles hide nearly all of it.
    left = with_particles.stage[0].numpy() / bare
    assert np.abs(left - (1 - found))[found > 0.9].max() < 0.06
    assert (left <= 1 - found + 0.06).all()


def test_overlapping_particles_are_as_thick_as_their_union(tracer, spheres):
    overlapping = np.array([[0.0, 0.0, 0.0, 1.0], [0.0, 0.0, -1.0, 1.0]], np.float32)
    tracer.place(spheres(2).place(overlapping))
    assert trace_buffers(tracer, ["thickness"])["thickness"][SIZE // 2, SIZE // 2] == pytest.approx(1.5, rel=0.03)


def test_what_sinks_into_the_stage_ends_there(tracer, spheres):
    tracer.place(spheres(1).place(np.array([[0.0, 0.0, -6.0, 1.0]], np.float32)))
    assert trace_buffers(tracer, ["thickness"])["thickness"][SIZE // 2, SIZE // 2] == pytest.approx(0.5, rel=0.03)


def test_areas_are_those_of_all_particles_that_hang_together(shown):
    labels = np.zeros((12, 12), np.int32)
    labels[1:4, 1:4], labels[4:6, 4:6], labels[8:10, 8:10] = 5, 2, 2
    expected = np.zeros((12, 12), np.float32)
    # The first two touch at a corner; the third is apart, though it is of the same particle.
    expected[labels > 0] = 13
    expected[8:10, 8:10] = 4
    np.testing.assert_array_equal(group_area(labels), expected)
    assert shown["group_area"].max() == (shown["labels"] > 0).sum()
    assert group_area(np.zeros((5, 5), np.int32)).max() == 0


@pytest.fixture
def store(tracer, spheres, tmp_path, monkeypatch):
    """Return what makes stores in one folder, and the names traced so far."""
    traced = []
    monkeypatch.setattr(
        stored_buffers, "trace_buffers", lambda tracer, names: traced.extend(names) or trace_buffers(tracer, names)
    )

    def make(phis=TWO, tracer=tracer, particles=None):
        return StoredBuffers(lambda: tracer, particles or spheres(2), phis, tmp_path / "buffers")

    return make, traced


def test_they_are_traced_once_and_kept(store, tmp_path):
    make, traced = store
    phis = np.concatenate([TWO, TWO + np.float32([1, 0, 0, 0])])
    first = make(phis)
    assert not (tmp_path / "buffers").exists()
    found = first.get([1, 0, 1], ["depth", "labels"])
    assert found["depth"].shape == (3, SIZE, SIZE) and torch.equal(found["depth"][0], found["depth"][2])
    assert not torch.equal(found["depth"][0], found["depth"][1])
    first.get([0, 1], ["labels", "depth"])
    assert traced == ["depth", "labels"] * 2
    again = make(phis).get([1, 0, 1], ["depth", "labels"])
    assert all(torch.equal(again[name], found[name]) for name in found)
    assert traced == ["depth", "labels"] * 2


def test_one_buffer_more_is_traced_alone(store):
    make, traced = store
    make().get([0], ["labels"])
    make().get([0], ["labels", "tilt"])
    assert traced == ["labels", "tilt"]


def test_those_of_other_scenes_are_not_used(store, mitsuba, spheres):
    make, traced = store
    first = make().get([0], ["labels"])["labels"]
    other = make(TWO * np.float32([1, 1, 1, 0.5])).get([0], ["labels"])["labels"]
    assert not torch.equal(first, other)
    wider = SceneTracer(mitsuba, scene_geometry(RenderingConfig(field_of_view_deg=60), SIZE))
    assert not torch.equal(make(tracer=wider).get([0], ["labels"])["labels"], first)
    brighter = SceneTracer(mitsuba, scene_geometry(RenderingConfig(field_of_view_deg=60, ring_radiance=2), SIZE))
    make(tracer=brighter).get([0], ["labels"])
    assert traced == ["labels"] * 3


def test_a_broken_file_is_traced_again(store, tmp_path):
    make, traced = store
    first = make().get([0], ["labels"])["labels"]
    (tmp_path / "buffers" / "labels" / "00000.npy").write_bytes(b"nothing")
    assert torch.equal(make().get([0], ["labels"])["labels"], first)
    assert traced == ["labels", "labels"]


def test_renderers_and_snapshots_show_the_same_buffers(mitsuba, tmp_path):
    from diffrendergan.config.arrangement import ArrangementConfig
    from diffrendergan.config.data import DataConfig
    from diffrendergan.config.project import Project
    from diffrendergan.config.shapes import ParticleConfig, SphereShape
    from diffrendergan.particles.library import make_library
    from diffrendergan.rendering.factory import make_renderer, make_snapshots
    from diffrendergan.runs.reporter import SilentReporter

    project = Project(
        data=DataConfig(patch_size=32),
        particles=ParticleConfig(shape=SphereShape(), count=2, faces=200),
        arrangement=ArrangementConfig(unit=0.5),
        rendering=RenderingConfig(transport={"pixel_samples": 4, "directions": 4, "knots": 4}, spp=4),
    )
    meshes, silent = make_library(project.particles, 0), SilentReporter()
    snapshots = make_snapshots(project, meshes, silent)
    snapshots.place(TWO[0])
    shown = snapshots.buffers(["labels", "depth"])
    for renderer in ("transport", "mitsuba"):
        rendering = project.rendering.model_copy(update={"renderer": renderer})
        made = make_renderer(
            project.model_copy(update={"rendering": rendering}), meshes, TWO, tmp_path / renderer, silent
        )
        assert not (tmp_path / renderer / "buffers").exists()
        found = made.buffers([0], ["labels", "depth"])
        assert all(torch.equal(found[name].cpu(), shown[name].cpu()) for name in shown)
    assert shown["depth"].shape == (1, 32, 32)


def test_a_set_of_meshes_is_part_of_the_key(store, spheres):
    make, traced = store
    make().get([0], ["labels"])
    make(particles=ParticleSet.from_library(spheres(2).meshes, 0.6)).get([0], ["labels"])
    assert traced == ["labels"] * 2
