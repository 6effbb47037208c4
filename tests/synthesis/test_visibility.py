"""What the manifest says of hidden particles, on scenes worked out by hand and on real ones."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tifffile

from diffrendergan.arrangement.phi import make_placer
from diffrendergan.config.arrangement import ArrangementConfig
from diffrendergan.config.base import Learned
from diffrendergan.config.data import DataConfig
from diffrendergan.config.project import Project
from diffrendergan.config.scene import MaterialConfig, RenderingConfig
from diffrendergan.config.shapes import ParticleConfig
from diffrendergan.config.synthesis import SynthesisConfig
from diffrendergan.particles.library import make_library
from diffrendergan.rendering.factory import make_snapshots
from diffrendergan.rendering.labels import Silhouettes
from diffrendergan.rendering.snapshots import MitsubaSnapshots
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.synthesis.engine import SynthesisEngine
from diffrendergan.synthesis.manifest import describe
from diffrendergan.synthesis.visibility import amodal_masks, visible_particles
from diffrendergan.synthesis.writers import write_amodal


def outlines_of(*masks: np.ndarray) -> Silhouettes:
    """Silhouettes of particles 1, 2, … as given."""
    places = [np.flatnonzero(mask) for mask in masks]
    particles = np.concatenate([np.full(len(place), number) for number, place in enumerate(places, 1)])
    return Silhouettes(np.concatenate(places).astype(np.int32), particles.astype(np.int32), masks[0].shape[0])


def test_a_square_half_behind_another():
    """Particle 3 hides the right half of particle 1; particle 2 is wholly hidden and is no instance."""
    front, back, hidden = (np.zeros((16, 16), bool) for _ in range(3))
    back[4:8, 2:10] = True
    front[2:12, 6:12] = True
    hidden[5:7, 7:9] = True
    labels = np.where(front, 3, np.where(back, 1, 0)).astype(np.int32)
    instances = np.where(labels == 3, 2, labels).astype(np.int32)
    outlines = outlines_of(back, hidden, front)
    first, second = visible_particles(labels, instances, outlines)
    assert (first.instance, first.particle, first.visible_px, first.silhouette_px) == (1, 0, 16, 32)
    assert first.occluded_fraction == 0.5
    assert (second.particle, second.visible_px, second.occluded_fraction) == (2, 60, 0.0)
    np.testing.assert_array_equal(amodal_masks((first, second), outlines), np.stack([back, front]))


def make_project(material: MaterialConfig) -> Project:
    return Project(
        data=DataConfig(patch_size=64),
        particles=ParticleConfig(count=8, faces=400),
        arrangement=ArrangementConfig(unit=0.5, limit=1.0, agglomerates=2),
        rendering=RenderingConfig(particle=material, spp=16),
        synthesis=SynthesisConfig(min_background=0.05, min_contrast=0.01, amodal=True),
    )


def make_one(material: MaterialConfig):
    project = make_project(material)
    snapshots = make_snapshots(project, make_library(project.particles, 0), SilentReporter())
    columns = len(snapshots.parameters)
    placer = make_placer(project, make_library(project.particles, 0))
    engine = SynthesisEngine(project, placer, snapshots, lambda phi, rng: np.full(columns + 1, 0.3, np.float32))
    return snapshots, engine.make(0)


@pytest.mark.parametrize("spec_trans", [0.0, 0.4])
def test_manifest_and_silhouettes_of_an_image(tmp_path, spec_trans):
    """With either way to draw it: what does not separate is drawn by Mitsuba."""
    snapshots, made = make_one(MaterialConfig(base_color=Learned(learn=(0.01, 5.0)), spec_trans=spec_trans))
    assert isinstance(snapshots, MitsubaSnapshots) == (spec_trans > 0)
    record = json.loads(json.dumps(describe(0, made, ["a", "b", "c"], 0)))
    assert len(record["visible"]) == record["particles"] == made.instances.max()
    assert made.amodal is not None
    for entry, outline in zip(record["visible"], made.amodal, strict=True):
        inside = made.instances == entry["instance"]
        assert entry["visible_px"] == inside.sum() >= 50
        assert entry["silhouette_px"] == outline.sum() >= entry["visible_px"]
        assert 0 <= entry["occluded_fraction"] < 1
        assert outline[inside].all()
    assert any(entry["occluded_fraction"] > 0.02 for entry in record["visible"])
    path = write_amodal(tmp_path, 3, made.amodal)
    assert path == tmp_path / "amodal" / "00003.tif"
    np.testing.assert_array_equal(tifffile.imread(path) > 0, made.amodal)
