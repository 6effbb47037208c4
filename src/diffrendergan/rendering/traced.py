"""Renderers whose constellations are traced once, and drawn for any θ by a formula: a beam, a tip, a cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from diffrendergan.rendering.buffers import as_batch, group_area, trace_buffers
from diffrendergan.rendering.labels import Silhouettes
from diffrendergan.rendering.layers import Layers
from diffrendergan.rendering.protocol import BufferName, HasParameters, ParameterSpec
from diffrendergan.rendering.shown import Shown, ShownTracer
from diffrendergan.rendering.stored_buffers import StoredBuffers, asked_of

Held = TypeVar("Held")
"""What a model draws from: tensors of one constellation."""
HeldIn = TypeVar("HeldIn", contravariant=True)


class TracedModel(HasParameters, Protocol[HeldIn]):
    """Makes images of what was traced, differentiably in θ."""

    def layers(self, held: HeldIn, theta: torch.Tensor) -> Layers:
        """Return the image (S, S) for θ (P,), taken apart."""
        ...


@dataclass(frozen=True, eq=False)
class TracedRenderer(Generic[Held]):
    """Renders constellations that were traced (a `Renderer`).

    Attributes
    ----------
    model : TracedModel
    held : sequence
        What was traced of each constellation, on the device that `render` draws on.
    stored_buffers : StoredBuffers, optional
        Gives what else the constellations show, if anyone asks.
    device : torch.device or str
    labels : sequence of numpy.ndarray, optional
        int32 (S, S) each: which particle a pixel counts as, where that is not the one seen from above.
    """

    model: TracedModel[Held]
    held: Sequence[Held]
    stored_buffers: StoredBuffers | None = None
    device: torch.device | str = "cpu"
    labels: Sequence[NDArray[np.int32]] | None = None

    @property
    def parameters(self) -> tuple[ParameterSpec, ...]:
        """The columns of θ."""
        return self.model.parameters

    def render(self, indices: Sequence[int], theta: torch.Tensor) -> torch.Tensor:
        """Render constellations; see `Renderer.render`."""
        layers = self.layers(indices, theta)
        return layers.particles + layers.stage

    def layers(self, indices: Sequence[int], theta: torch.Tensor) -> Layers:
        """Return renders taken apart; see `Renderer.layers`."""
        found = [self.model.layers(self.held[index], theta[row]) for row, index in enumerate(indices)]
        return Layers(*(torch.stack([getattr(one, name) for one in found]) for name in ("particles", "stage", "empty")))

    def buffers(self, indices: Sequence[int], names: Sequence[BufferName]) -> dict[BufferName, torch.Tensor]:
        """Return what constellations show beside the image; see `Renderer.buffers`.

        Raises
        ------
        ValueError
            If the renderer was made without buffers.
        """
        own = {} if self.labels is None else {name: OF_LABELS[name] for name in names if name in OF_LABELS}
        others = [name for name in names if name not in own]
        found = asked_of(self.stored_buffers, indices, others, self.device) if others else {}
        for name, made in own.items():
            images = [torch.from_numpy(made(self.labels[index])) for index in indices] if self.labels else []
            found[name] = torch.stack(images).to(self.device)
        return {name: found[name] for name in names}


def _coverage(labels: NDArray[np.int32]) -> NDArray[np.float32]:
    return (labels > 0).astype(np.float32)


def _as_they_are(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    return labels


OF_LABELS: dict[BufferName, Callable[[NDArray[np.int32]], NDArray[Any]]] = {
    "labels": _as_they_are,
    "group_area": group_area,
    "coverage": _coverage,
}
"""Buffers that follow from labels alone, where a renderer has labels of its own."""


ShownT = TypeVar("ShownT", bound=Shown)


@dataclass(eq=False)
class TracedSnapshots(Generic[ShownT, Held]):
    """Shows one arrangement at a time (`Snapshots`): it is traced once, whatever is asked of it then.

    Attributes
    ----------
    model : TracedModel
    source : ShownTracer
    hold : callable
        Returns what the model draws from, for a seed of what differs between particles.
    """

    model: TracedModel[Held]
    source: ShownTracer[ShownT]
    hold: Callable[[ShownT, int], Held]
    _phi: NDArray[np.float32] | None = field(default=None, repr=False)
    _shown: ShownT | None = field(default=None, repr=False)

    @property
    def parameters(self) -> tuple[ParameterSpec, ...]:
        """The columns of θ."""
        return self.model.parameters

    def place(self, phi: NDArray[np.float32]) -> None:
        """Put an arrangement into the scene."""
        self._phi, self._shown = phi, None

    def shown(self) -> ShownT:
        """Return what was traced of the arrangement.

        Raises
        ------
        ValueError
            If nothing was placed.
        """
        if self._phi is None:
            raise ValueError("nothing was placed that could be shown")
        if self._shown is None:
            self._shown = self.source.shown(self._phi)
        return self._shown

    def labels(self) -> NDArray[np.int32]:
        """Return the label image."""
        return self.shown().labels

    def silhouettes(self) -> Silhouettes:
        """Return the full silhouettes."""
        return self.shown().silhouettes

    def radiance(self, theta: torch.Tensor, seed: int) -> torch.Tensor:
        """Return the image for θ (1, P)."""
        layers = self.layers(theta, seed)
        return layers.particles + layers.stage

    def layers(self, theta: torch.Tensor, seed: int) -> Layers:
        """Return the image for θ (1, P) taken apart."""
        with torch.no_grad():
            found = self.model.layers(self.hold(self.shown(), seed), theta[0].cpu())
            return Layers(found.particles[None], found.stage[None], found.empty[None])

    def buffers(self, names: Sequence[BufferName]) -> dict[BufferName, torch.Tensor]:
        """Return buffers by name."""
        own = {name: OF_LABELS[name](self.labels()) for name in names if name in OF_LABELS}
        self.shown()
        others = trace_buffers(self.source.tracer, [name for name in names if name not in own])
        return as_batch({name: own[name] if name in own else others[name] for name in names})
