"""A project's renderer in transmission: what is traced once, what is drawn anew, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from diffrendergan.config.load import load_project
from diffrendergan.errors import ConfigError
from diffrendergan.particles.library import make_library
from diffrendergan.rendering import factory
from diffrendergan.rendering.choice import chosen_renderer
from diffrendergan.rendering.factory import make_renderer, make_snapshots
from diffrendergan.rendering.traced import TracedRenderer
from diffrendergan.rendering.transmission import stored
from diffrendergan.rendering.transmission.chords import Chords
from diffrendergan.rendering.transmission.crystals import draw_crystals
from diffrendergan.rendering.transmission.renderer import TransmissionSnapshots
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.runs.seeds import integer32
from diffrendergan.scene.geometry import scene_geometry

PHIS = np.array(
    [
        [[0.0, 0.0, 0.0, 1.0], [0.8, 0.0, 1.5, 0.9], [0.0, 0.0, 0.0, 0.0]],
        [[1.0, 0.0, 0.0, 1.0], [-1.0, 1.0, 0.0, 1.2], [0.0, -2.0, 0.0, 0.7]],
    ],
    np.float32,
)
ABSORBING = "rendering.particle={model: absorption, mu: {learn: [0.5, 3]}, spread: 0.3, bend: 0.4}"


def project(*more):
    small = ["data.patch_size=32", "particles.count=3", "particles.faces=300", "arrangement.unit=0.4"]
    return load_project(None, None, [*small, ABSORBING, *more])


@pytest.fixture(scope="module")
def meshes():
    return make_library(project().particles, 0)


def test_particles_that_absorb_are_seen_in_transmission(meshes, tmp_path):
    assert chosen_renderer(project().rendering) == "transmission"
    assert chosen_renderer(project("rendering.renderer=transmission").rendering) == "transmission"
    renderer = make_renderer(project(), meshes, PHIS, tmp_path, SilentReporter())
    assert isinstance(renderer, TracedRenderer)
    assert [spec.name for spec in renderer.parameters] == ["particle.mu"]
    found = renderer.render([0, 1], torch.tensor([[1.0], [2.0]]))
    assert found.shape == (2, 32, 32) and found.max() <= 0.8 + 1e-6
    labels = renderer.buffers([0, 1], ("labels",))["labels"]
    assert set(labels[0].unique().tolist()) == {0, 1, 2}
    assert found[labels > 0].mean() < 0.5 * found[labels == 0].mean()


def test_another_material_traces_nothing_anew(meshes, tmp_path, monkeypatch):
    first = make_renderer(project(), meshes, PHIS, tmp_path, SilentReporter())
    monkeypatch.setattr(stored, "trace_chords", lambda *_: pytest.fail("traced"))
    other = project("rendering.particle.mu=2.5", "rendering.transmission.field=dark")
    again = make_renderer(other, meshes, PHIS, tmp_path, SilentReporter())
    dark = again.render([1], torch.zeros(1, 0))
    bright = first.render([1], torch.tensor([[2.5]]))
    torch.testing.assert_close(dark, 0.8 - bright * 0.95)


def test_other_places_are_traced(meshes, tmp_path):
    make_renderer(project(), meshes, PHIS, tmp_path, SilentReporter())
    moved = PHIS + np.array([0.5, 0, 0, 0], np.float32)
    renderer = make_renderer(project(), meshes, moved, tmp_path, SilentReporter())
    fresh = make_renderer(project(), meshes, moved, tmp_path / "other", SilentReporter())
    theta = torch.tensor([[1.0]])
    assert torch.equal(renderer.render([0], theta), fresh.render([0], theta))


def test_a_broken_file_is_told(meshes, tmp_path):
    make_renderer(project(), meshes, PHIS, tmp_path, SilentReporter())
    (file,) = (tmp_path / "chords").glob("00001*")
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(Exception, match=r"00001.safetensors is broken .*; delete it"):
        make_renderer(project(), meshes, PHIS, tmp_path, SilentReporter())


def test_an_arrangement_shown_once_is_the_same_image(meshes, tmp_path):
    renderer = make_renderer(project(), meshes, PHIS, tmp_path, SilentReporter())
    snapshots = make_snapshots(project(), meshes, SilentReporter())
    assert isinstance(snapshots, TransmissionSnapshots) and snapshots.parameters == renderer.parameters
    theta = torch.tensor([[1.4]])
    for index in (0, 1):
        snapshots.place(PHIS[index])
        found = snapshots.radiance(theta, integer32(project().seed, "transmission", index))
        assert torch.equal(found, renderer.render([index], theta))
    assert not torch.equal(found, snapshots.radiance(theta, 5)), "crystals lie as the seed says"


def test_bands_are_smooth_normal_numbers_of_each_particle():
    size, count = 64, 300
    pixels = np.tile(np.arange(size * size, dtype=np.int32), 3)
    particles = np.repeat(np.arange(1, 4, dtype=np.int32), size * size)
    ones = np.ones(len(pixels), np.float32)
    chords = Chords(pixels, particles, ones, ones, size)
    bands = np.stack([draw_crystals(chords, np.full(3, 20.0), seed).bands for seed in range(count)])
    assert abs(bands.mean()) < 0.05 and bands.std() == pytest.approx(1, abs=0.05)
    images = bands.reshape(count, 3, size, size)
    near = np.mean(images[..., :-2] * images[..., 2:])
    far = np.mean(images[..., :-40] * images[..., 40:])
    apart = np.mean(images[:, 0] * images[:, 1])
    assert near > 0.9 and abs(far) < 0.1 and abs(apart) < 0.05


def test_the_beam_is_parallel_and_the_field_as_ever():
    usual, parallel = (
        scene_geometry(load_project(None, None, list(more)).rendering, 256) for more in ((), (ABSORBING,))
    )
    assert parallel.pixels_per_unit_at() == pytest.approx(usual.pixels_per_unit_at())
    assert parallel.pixels_per_unit_at(1.0) == pytest.approx(parallel.pixels_per_unit_at(), rel=0.01)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["rendering.renderer=transmission"], "every material absorbs, but `rendering.particle` does not"),
        ([ABSORBING, "rendering.renderer=transport"], "`renderer` is transport, but the particles absorb"),
        ([ABSORBING, "rendering.stage={model: absorption}"], "the stage cannot absorb"),
        (
            [ABSORBING, "rendering.groups=[{name: a, meshes: [0], material: {metallic: 1.0}}]"],
            "`rendering.groups (a)` does not",
        ),
        ([ABSORBING, "rendering.transmission.film={learn: [0, 0.3]}"], "film cannot be learned"),
        (
            [ABSORBING, "rendering.transmission={field: dark, defocus_px: {learn: [0, 0.1]}}"],
            "defocus_px cannot be learned, because it cannot change the image in dark field",
        ),
        ([ABSORBING, "rendering.transmission={fringe_px: {learn: [1, 3]}}"], "the image where defocus_px is 0"),
        ([ABSORBING, "rendering.transmission={fringe_px: 9, defocus_px: 0.1}"], "fringe_px is at most 6, got 9"),
        (["rendering.particle={model: absorption, mu: 0.0}"], "it must be above zero"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(values, said):
    with pytest.raises(ConfigError) as caught:
        load_project(None, None, values)
    assert said in str(caught.value)


def test_no_tracer_of_light_is_made(meshes, tmp_path, monkeypatch):
    monkeypatch.setattr(factory, "make_tracer", lambda *_: pytest.fail("made"))
    make_renderer(project(), meshes, PHIS, tmp_path, SilentReporter())
