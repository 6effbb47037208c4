"""Renders of constellations in transmission, and of arrangements that are shown once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from diffrendergan.config.project import Project
from diffrendergan.particles.mesh import Mesh
from diffrendergan.rendering.buffers import as_batch, trace_buffers
from diffrendergan.rendering.geometry import ParticleSet
from diffrendergan.rendering.labels import Silhouettes, label_image, silhouettes
from diffrendergan.rendering.layers import Layers
from diffrendergan.rendering.protocol import BufferName, ParameterSpec
from diffrendergan.rendering.scene_tracer import make_scene_tracer
from diffrendergan.rendering.stored_buffers import BUFFERS, StoredBuffers
from diffrendergan.rendering.traced import TracedRenderer
from diffrendergan.rendering.transmission.beam import InTheBeam
from diffrendergan.rendering.transmission.chords import Chords
from diffrendergan.rendering.transmission.model import TransmissionModel, transmission_model
from diffrendergan.rendering.transmission.stored import ChordTracer, kept_chords
from diffrendergan.runs.device import torch_device
from diffrendergan.runs.reporter import Reporter
from diffrendergan.runs.seeds import integer32

CHORDS = "chords"
"""Folder of the stored chords, within the cache of a run."""


@dataclass(eq=False)
class TransmissionSnapshots:
    """Shows one arrangement at a time (`Snapshots`): its chords are traced once, whatever is asked of it then.

    Attributes
    ----------
    model : TransmissionModel
    tracer : ChordTracer
    """

    model: TransmissionModel
    tracer: ChordTracer
    _chords: Chords | None = field(default=None, repr=False)

    @property
    def parameters(self) -> tuple[ParameterSpec, ...]:
        """The columns of θ."""
        return self.model.parameters

    def place(self, phi: NDArray[np.float32]) -> None:
        """Put an arrangement into the scene."""
        self._chords = None
        self.tracer.place(phi)

    def labels(self) -> NDArray[np.int32]:
        """Return the label image: of particles over each other, the one nearest to the beam's source."""
        return label_image(self.tracer.tracer)

    def silhouettes(self) -> Silhouettes:
        """Return the full silhouettes."""
        return silhouettes(self.tracer.tracer)

    def chords(self) -> Chords:
        """Return how far the beam runs through each particle."""
        if self._chords is None:
            self._chords = self.tracer.chords()
        return self._chords

    def radiance(self, theta: torch.Tensor, seed: int) -> torch.Tensor:
        """Return the image for θ (1, P)."""
        layers = self.layers(theta, seed)
        return layers.particles + layers.stage

    def layers(self, theta: torch.Tensor, seed: int) -> Layers:
        """Return the image for θ (1, P) taken apart."""
        with torch.no_grad():
            beam = self.model.in_the_beam(self.chords(), self.tracer.tracer.spheres, seed)
            found = self.model.layers(beam, theta[0].cpu())
            return Layers(found.particles[None], found.stage[None], found.empty[None])

    def buffers(self, names: Sequence[BufferName]) -> dict[BufferName, torch.Tensor]:
        """Return buffers by name."""
        return as_batch(trace_buffers(self.tracer.tracer, names))


def make_chord_tracer(project: Project, meshes: list[Mesh]) -> ChordTracer:
    """Return a tracer of chords for the project's scene and the given mesh library."""
    particles = ParticleSet.from_library(meshes, project.arrangement.unit)
    return ChordTracer(make_scene_tracer(project), particles, project.rendering.transmission.pixel_rays)


def make_transmission_renderer(
    project: Project, meshes: list[Mesh], phis: NDArray[np.float32], cache: Path, reporter: Reporter
) -> TracedRenderer[InTheBeam]:
    """Return the renderer of constellations Φ (m, n, 4 or 8); their chords and buffers stay in `cache`."""
    tracer, model = make_chord_tracer(project, meshes), transmission_model(project, len(meshes))
    remake = partial(make_chord_tracer, project, meshes)
    chords = kept_chords(cache / CHORDS, tracer, phis, reporter, remake, project.compute.workers)
    device = torch_device(project.compute.device)
    beams = [
        model.in_the_beam(one, tracer.particles.spheres(phi), integer32(project.seed, "transmission", index)).to(device)
        for index, (one, phi) in enumerate(zip(chords, phis, strict=True))
    ]
    stored = StoredBuffers(lambda: tracer.tracer, tracer.particles, phis, cache / BUFFERS)
    return TracedRenderer(model, beams, stored, device)


def make_transmission_snapshots(project: Project, meshes: list[Mesh]) -> TransmissionSnapshots:
    """Return what shows each arrangement once."""
    return TransmissionSnapshots(transmission_model(project, len(meshes)), make_chord_tracer(project, meshes))
