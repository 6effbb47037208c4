"""Arrangements that are shown once: labels, silhouettes and one image each (synthesis)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from diffrendergan.rendering.buffers import as_batch, trace_buffers
from diffrendergan.rendering.geometry import ParticleSet
from diffrendergan.rendering.labels import Silhouettes, label_image, silhouettes
from diffrendergan.rendering.layers import Layers
from diffrendergan.rendering.mitsuba_renderer import MitsubaRenderer
from diffrendergan.rendering.protocol import BufferName, HasParameters, ParameterSpec
from diffrendergan.rendering.tracing import SceneTracer
from diffrendergan.rendering.transport import TransportTracer


class Snapshots(HasParameters, Protocol):
    """Shows one arrangement at a time, from the same geometry as image, as labels and as silhouettes."""

    def place(self, phi: NDArray[np.float32]) -> None:
        """Put an arrangement (n, 4) into the scene."""
        ...

    def labels(self) -> NDArray[np.int32]:
        """Return the particle that each pixel's centre shows; see `labels.label_image`."""
        ...

    def silhouettes(self) -> Silhouettes:
        """Return the full silhouettes; see `labels.silhouettes`."""
        ...

    def radiance(self, theta: torch.Tensor, seed: int) -> torch.Tensor:
        """Return the image for θ (1, P) without derivatives, float32 (1, S, S), on the CPU."""
        ...

    def layers(self, theta: torch.Tensor, seed: int) -> Layers:
        """Return the same image taken apart, for another ground; see `Renderer.layers`."""
        ...

    def buffers(self, names: Sequence[BufferName]) -> dict[BufferName, torch.Tensor]:
        """Return what else the arrangement shows, shape (1, S, S) each, on the CPU; nothing else is traced."""
        ...


@dataclass(frozen=True)
class TransportSnapshots:
    """Traces transport images and uses them once."""

    tracer: TransportTracer

    @property
    def parameters(self) -> tuple[ParameterSpec, ...]:
        """The columns of θ."""
        return self.tracer.separation.parameters

    def place(self, phi: NDArray[np.float32]) -> None:
        """Put an arrangement into the scene."""
        self.tracer.tracer.place(self.tracer.particles.place(phi))

    def labels(self) -> NDArray[np.int32]:
        """Return the label image."""
        return label_image(self.tracer.tracer)

    def silhouettes(self) -> Silhouettes:
        """Return the silhouettes."""
        return silhouettes(self.tracer.tracer)

    def radiance(self, theta: torch.Tensor, seed: int) -> torch.Tensor:
        """Return the image for θ (1, P)."""
        with torch.no_grad():
            particles, stage = self.tracer.layers(seed, self._weights(theta))
            return (particles + stage)[None].cpu()

    def layers(self, theta: torch.Tensor, seed: int) -> Layers:
        """Return the image for θ (1, P) taken apart."""
        with torch.no_grad():
            weights = self._weights(theta)
            particles, stage = self.tracer.layers(seed, weights)
            empty = torch.einsum("r,rxy->xy", weights[-1].to(stage), self._empty_stage)
            return Layers(particles[None].cpu(), stage[None].cpu(), empty[None].cpu())

    def _weights(self, theta: torch.Tensor) -> list[torch.Tensor]:
        return [weight[0] for weight in self.tracer.separation.weights(theta)]

    @cached_property
    def _empty_stage(self) -> torch.Tensor:
        """The stage's basis images without any particle, the same for all arrangements."""
        return self.tracer.empty_stage()

    def buffers(self, names: Sequence[BufferName]) -> dict[BufferName, torch.Tensor]:
        """Return buffers by name."""
        return as_batch(trace_buffers(self.tracer.tracer, names))


@dataclass(frozen=True)
class MitsubaSnapshots:
    """Renders with Mitsuba; labels come from the same meshes."""

    renderer: MitsubaRenderer
    tracer: SceneTracer
    particles: ParticleSet

    @property
    def parameters(self) -> tuple[ParameterSpec, ...]:
        """The columns of θ."""
        return self.renderer.parameters

    def place(self, phi: NDArray[np.float32]) -> None:
        """Put an arrangement into the scene."""
        self.tracer.place(self.particles.place(phi))
        self.renderer.place_phi(phi)

    def labels(self) -> NDArray[np.int32]:
        """Return the label image."""
        return label_image(self.tracer)

    def silhouettes(self) -> Silhouettes:
        """Return the silhouettes."""
        return silhouettes(self.tracer)

    def radiance(self, theta: torch.Tensor, seed: int) -> torch.Tensor:
        """Return the image for θ (1, P)."""
        return self.renderer.radiance(theta[0], seed)[None].cpu()

    def layers(self, theta: torch.Tensor, seed: int) -> Layers:
        """Refuse; see `MitsubaRenderer.layers`."""
        return self.renderer.layers([0], theta)

    def buffers(self, names: Sequence[BufferName]) -> dict[BufferName, torch.Tensor]:
        """Return buffers by name."""
        return as_batch(trace_buffers(self.tracer, names))
