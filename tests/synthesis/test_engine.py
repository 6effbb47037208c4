from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import ndimage

from diffrendergan.arrangement.phi import make_placer
from diffrendergan.config.arrangement import ArrangementConfig
from diffrendergan.config.base import Learned
from diffrendergan.config.data import DataConfig
from diffrendergan.config.imaging import ImagingConfig
from diffrendergan.config.material import MaterialConfig
from diffrendergan.config.project import Project
from diffrendergan.config.scene import RenderingConfig, TransportConfig
from diffrendergan.config.shapes import ParticleConfig
from diffrendergan.config.synthesis import SynthesisConfig
from diffrendergan.errors import ConfigError, DataError
from diffrendergan.imaging.ground import FLAT
from diffrendergan.imaging.pictured_ground import PicturedGround
from diffrendergan.particles.library import make_library
from diffrendergan.rendering.factory import make_snapshots
from diffrendergan.rendering.snapshots import MitsubaSnapshots
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.synthesis.engine import SynthesisEngine
from diffrendergan.synthesis.manifest import describe, read_manifest, remove_surplus
from diffrendergan.synthesis.writers import write_pair

PARTICLES = 8


def make_project(particle=None, **synthesis):
    return Project(
        data=DataConfig(patch_size=64),
        particles=ParticleConfig(count=PARTICLES, faces=400),
        arrangement=ArrangementConfig(unit=0.5, limit=1.0, agglomerates=2),
        rendering=RenderingConfig(
            particle=particle or MaterialConfig(base_color=Learned(learn=(0.01, 5.0))),
            transport=TransportConfig(pixel_samples=4, directions=4, knots=4),
            spp=16,
        ),
        synthesis=SynthesisConfig(**{"min_background": 0.05, **synthesis}),
    )


def engine_of(project, snapshots, theta):
    return SynthesisEngine(project, make_placer(project, make_library(project.particles, 0)), snapshots, theta)


@pytest.fixture(scope="module")
def snapshots():
    project = make_project()
    return make_snapshots(project, make_library(project.particles, 0), SilentReporter())


def theta(phi, rng):
    """Particle colour 1, stage colour 0.1, noise 0.02."""
    assert phi.shape == (PARTICLES, 4)
    return np.array([1.0, 0.1, 0.02], np.float32)


def test_theta_has_the_columns_that_the_engine_expects(snapshots):
    assert [spec.name for spec in snapshots.parameters] == ["particle.base_color", "stage.base_color"]


def test_image_depends_on_seed_and_index_alone(snapshots):
    engine = engine_of(make_project(), snapshots, theta)
    alone = engine.make(3)
    for index in (0, 1):
        engine.make(index)
    again = engine.make(3)
    for name in ("image", "classes", "instances"):
        np.testing.assert_array_equal(getattr(alone, name), getattr(again, name))
    assert not np.array_equal(alone.image, engine.make(4).image)
    other = engine_of(make_project().model_copy(update={"seed": 1}), snapshots, theta).make(3)
    assert not np.array_equal(alone.image, other.image)


def test_what_mitsuba_draws_depends_on_seed_and_index_alone_as_well():
    project = make_project(MaterialConfig(base_color=Learned(learn=(0.01, 5.0)), spec_trans=0.3), min_contrast=0.01)
    snapshots = make_snapshots(project, make_library(project.particles, 0), SilentReporter())
    assert isinstance(snapshots, MitsubaSnapshots)
    engine = engine_of(project, snapshots, theta)
    alone = engine.make(2)
    assert not np.array_equal(alone.image, engine.make(0).image)
    again = engine.make(2)
    np.testing.assert_array_equal(alone.classes, again.classes)
    np.testing.assert_array_equal(alone.instances, again.instances)
    # Mitsuba adds up samples in any order, so the last bits of an image may differ.
    np.testing.assert_allclose(alone.image, again.image, rtol=0, atol=1e-5)


def test_silhouettes_are_made_on_request_and_change_nothing_else(snapshots):
    plain, more = (engine_of(make_project(amodal=amodal), snapshots, theta).make(1) for amodal in (False, True))
    assert plain.amodal is None
    assert more.amodal is not None and more.amodal.shape == (plain.instances.max(), 64, 64)
    assert plain.visible == more.visible
    for name in ("image", "classes", "instances"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(more, name))


def test_silhouettes_of_an_image_that_is_there_need_no_render(snapshots):
    engine = engine_of(make_project(amodal=True), snapshots, theta)
    made = engine.make(1)
    again = engine.silhouettes_of(1, made.attempt, made.instances)
    np.testing.assert_array_equal(again, made.amodal)
    # Of another image they say nothing: the arrangement does not show these instances.
    assert engine.silhouettes_of(2, made.attempt, made.instances) is None
    assert engine.silhouettes_of(1, made.attempt, np.roll(made.instances, 1, axis=1)) is None


def test_image_and_masks_show_the_same_particles(snapshots):
    made = engine_of(make_project(), snapshots, theta).make(0)
    assert made.image.min() >= 0 and made.image.max() <= 1
    assert np.array_equal(made.classes > 0, made.instances > 0)
    assert sorted(np.unique(made.instances)) == list(range(made.instances.max() + 1))
    assert made.image[made.instances > 0].mean() > 1.15 * made.image[made.instances == 0].mean()
    sizes = np.bincount(made.instances.ravel())[1:]
    assert sizes.min() >= 50


def test_a_hopeless_material_is_an_error_with_its_reason(snapshots):
    engine = engine_of(make_project(max_attempts=4), snapshots, lambda phi, rng: np.array([0.01, 0.4, 0.0], np.float32))
    with pytest.raises(DataError, match=r"image 0 was rejected 4 times, for its contrast \(4×\)") as error:
        engine.make(0)
    assert "if the real ones are dark, set it to dark" in str(error.value)


def dark_theta(phi, rng):
    """Particle colour 0.01, stage colour 0.9, noise 0.02."""
    return np.array([0.01, 0.9, 0.02], np.float32)


def test_dark_particles_are_made_where_the_real_ones_are_dark():
    dull = MaterialConfig(base_color=Learned(learn=(0.01, 5.0)), specular=0.0)
    project = make_project(dull, max_attempts=8)
    project = project.model_copy(update={"data": project.data.model_copy(update={"foreground": "dark"})})
    snapshots = make_snapshots(project, make_library(project.particles, 0), SilentReporter())
    made = engine_of(project, snapshots, dark_theta).make(0)
    ground = made.image[made.instances == 0].mean(dtype=float)
    assert made.acceptance.contrast == pytest.approx(ground / made.image[made.instances > 0].mean(dtype=float))
    assert made.acceptance.contrast > 1.15
    bright = engine_of(project, snapshots, theta)
    with pytest.raises(DataError, match=r"particles came out brighter than the background, where `data\.foreground`"):
        bright.make(0)


def test_operators_are_given_the_buffers_of_the_arrangement(snapshots):
    project = make_project()
    imaging = {"defocus": {"blur_per_unit": 0.6, "focus_depth": 3.0}, "noise_sigma": {"learn": [0.001, 0.1]}}
    blurred = project.model_copy(update={"imaging": ImagingConfig.model_validate(imaging)})
    sharp, made = (engine_of(one, snapshots, theta).make(0) for one in (project, blurred))
    np.testing.assert_array_equal(sharp.instances, made.instances)
    # The stage is in focus; what the noise adds is the same.
    far = ndimage.binary_erosion(made.instances == 0, iterations=10)
    assert far.sum() > 30
    np.testing.assert_allclose(made.image[far], sharp.image[far], atol=5e-3)
    assert np.abs(made.image - sharp.image)[made.instances > 0].mean() > 0.01


def test_manifest_ends_at_the_first_gap(snapshots, tmp_path):
    engine = engine_of(make_project(), snapshots, theta)
    lines = []
    for index in range(3):
        made = engine.make(index)
        write_pair(tmp_path, index, made.image, made.classes, made.instances)
        lines.append(json.dumps(describe(index, made, ["a", "b", "c"], 0)))
    (tmp_path / "manifest.jsonl").write_text("\n".join(lines) + '\n{"index": 3, "im')
    assert [record["index"] for record in read_manifest(tmp_path)] == [0, 1, 2]
    (tmp_path / "labels" / "00001.png").unlink()
    assert [record["index"] for record in read_manifest(tmp_path)] == [0]


def test_images_of_a_larger_set_go_whatever_is_missing_between(tmp_path):
    kinds = {"images": "png", "labels": "png", "instances": "png", "amodal": "tif"}
    for kind, ending in kinds.items():
        (tmp_path / kind).mkdir()
        for index in (0, 1, 5, 7, 9):
            (tmp_path / kind / f"{index:05d}.{ending}").write_bytes(b"")
    remove_surplus(tmp_path, 2)
    left = sorted(path.name for path in tmp_path.glob("*/*"))
    assert left == sorted(f"{index:05d}.{ending}" for index in (0, 1) for ending in kinds.values())


def test_absent_and_rotated_particles_are_drawn_and_labelled_alike(snapshots):
    """Fewer particles than meshes, each turned anew: the network still reads (n, 4), and masks fit the image."""
    project = make_project()
    arrangement = project.arrangement.model_copy(update={"number": (2, 3), "rotation": "any"})
    project = project.model_copy(update={"arrangement": arrangement})
    seen = []

    def watching(phi, rng):
        seen.append(phi)
        return theta(phi[:, :4], rng)

    made = engine_of(project, snapshots, watching).make(0)
    (phi, *_) = seen
    assert phi.shape == (PARTICLES, 8) and 2 <= (phi[:, 3] > 0).sum() <= 3
    assert (phi[phi[:, 3] == 0, :3] == 0).all()
    particles = {one.particle for one in made.visible}
    assert particles <= set(np.flatnonzero(seen[-1][:, 3] > 0))
    assert made.image[made.instances > 0].mean() > 1.15 * made.image[made.instances == 0].mean()


def test_labels_follow_what_the_scan_moves(snapshots):
    """Of a leaning image the masks lean too: they cover what they covered before."""
    project = make_project(amodal=True)
    still, leaning = (
        project.model_copy(
            update={"imaging": ImagingConfig.model_validate({"scan": scan, "noise_sigma": {"learn": [0.001, 0.1]}})}
        )
        for scan in ({}, {"drift_right_px": 16.0, "drift_down_px": -6.0, "jitter_px": 0.5})
    )
    plain, moved = (engine_of(each, snapshots, theta).make(0) for each in (still, leaning))
    assert (plain.instances > 0).mean() > 0.02
    assert ((plain.instances > 0) != (moved.instances > 0)).mean() > 0.05

    def contrast(image, mask):
        return image[mask].mean() / image[~mask].mean()

    followed, left = (contrast(moved.image, each.instances > 0) for each in (moved, plain))
    before = contrast(plain.image, plain.instances > 0)
    # Lines that jump blur the edges a little.
    assert followed > 0.9 * before and left < 0.85 * before
    for one in moved.visible:
        mask = moved.amodal[one.instance - 1]
        assert mask.sum() == one.silhouette_px
        assert mask[moved.instances == one.instance].all()


@pytest.mark.parametrize(
    "imaging",
    [
        {"ground": {"model": "real"}},
        {"ground": {"model": "texture"}, "distractors": {"number": [4, 4], "size_px": [8, 20]}},
        {"distractors": {"number": [4, 4], "size_px": [8, 20], "kinds": ["bead", "debris"]}},
    ],
)
def test_another_ground_and_distractors_change_the_image_and_no_label(snapshots, imaging):
    project = make_project(min_contrast=0.01)
    other = project.model_copy(
        update={"imaging": ImagingConfig.model_validate({"noise_sigma": {"learn": [0.001, 0.1]}, **imaging})}
    )
    pictures = torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(1)) / 5
    section = other.imaging.ground
    ground = FLAT if section.model == "flat" else PicturedGround(section, pictures)
    plain = engine_of(project, snapshots, theta).make(0)
    changed = replace(engine_of(other, snapshots, theta), ground=ground).make(0)
    assert plain.attempt == changed.attempt == 0
    np.testing.assert_array_equal(plain.instances, changed.instances)
    np.testing.assert_array_equal(plain.classes, changed.classes)
    assert plain.visible == changed.visible
    outside = plain.instances == 0
    assert np.abs(plain.image - changed.image)[outside].mean() > 0.01
    again = replace(engine_of(other, snapshots, theta), ground=ground).make(0)
    np.testing.assert_array_equal(changed.image, again.image)


def test_what_mitsuba_has_to_draw_gets_no_other_ground():
    project = make_project(MaterialConfig(base_color=Learned(learn=(0.01, 5.0)), spec_trans=0.3))
    project = project.model_copy(update={"imaging": ImagingConfig.model_validate({"ground": {"model": "texture"}})})
    with pytest.raises(ConfigError, match="does not take an image apart"):
        make_snapshots(project, make_library(project.particles, 0), SilentReporter())
