"""Buffers of a training's constellations: traced when first asked for, then kept on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from diffrendergan.rendering.buffers import trace_buffers
from diffrendergan.rendering.geometry import ParticleSet
from diffrendergan.rendering.kept import claim_folder
from diffrendergan.rendering.protocol import BufferName
from diffrendergan.rendering.tracing import SceneTracer
from diffrendergan.runs.atomic import atomic_path

BUFFERS = "buffers"
"""Folder of the stored buffers, within that of what a renderer traces."""

_FORMAT = 1
"""Raised when stored buffers of an older program must not be used."""

_OF_LIGHT = ("ring_radiance", "slab_radiance", "slab_normals")
"""Numbers of the scene that change no buffer."""


def asked_of(
    stored: StoredBuffers | None,
    indices: Sequence[int],
    names: Sequence[BufferName],
    device: torch.device | str = "cpu",
) -> dict[BufferName, torch.Tensor]:
    """Return the buffers that are asked of a renderer; see `Renderer.buffers`.

    Raises
    ------
    ValueError
        If the renderer was made without buffers.
    """
    if stored is None:
        raise ValueError(f"this renderer was made without buffers, but {', '.join(names)} are asked for")
    return stored.get(indices, names, device)


class StoredBuffers:
    """Gives buffers of constellations by their number.

    A file for each buffer and constellation, beside a key of everything that buffers depend on; another key empties
    the folder. So an operator that asks for one buffer more has only that one traced.

    Parameters
    ----------
    make_tracer : callable
        Returns what traces rays; called only if something has to be traced.
    particles : ParticleSet
        The mesh library.
    phis : numpy.ndarray
        Shape (m, n, 4 or 8).
    folder : pathlib.Path
        Where they are kept.
    """

    def __init__(
        self, make_tracer: Callable[[], SceneTracer], particles: ParticleSet, phis: NDArray[np.float32], folder: Path
    ) -> None:
        self._make_tracer = make_tracer
        self._particles = particles
        self._phis = phis
        self._folder = folder
        self._held: dict[tuple[BufferName, int], torch.Tensor] = {}

    @cached_property
    def _tracer(self) -> SceneTracer:
        """The tracer, after making sure that the folder holds buffers of what it shows."""
        tracer = self._make_tracer()
        geometry = {name: value for name, value in asdict(tracer.geometry).items() if name not in _OF_LIGHT}
        key = {
            "format": _FORMAT,
            "geometry": geometry,
            "constellations": constellation_key(self._particles, self._phis),
        }
        claim_folder(self._folder, key)
        return tracer

    def get(
        self, indices: Sequence[int], names: Sequence[BufferName], device: torch.device | str = "cpu"
    ) -> dict[BufferName, torch.Tensor]:
        """Return buffers (B, S, S) by name; they stay on the device once they are there.

        Raises
        ------
        RunFolderError
            If the disk is full or the folder cannot be written.
        """
        for index in indices:
            missing = [name for name in names if (name, index) not in self._held]
            if missing:
                found = self._load(index, missing)
                self._held.update({(name, index): values.to(device) for name, values in found.items()})
        return {name: torch.stack([self._held[name, index] for index in indices]) for name in names}

    def _load(self, index: int, names: Sequence[BufferName]) -> dict[BufferName, torch.Tensor]:
        """Return buffers (S, S) of one constellation, tracing those that are not stored yet."""
        tracer = self._tracer
        found = {name: values for name in names if (values := _read(self._path(name, index), tracer)) is not None}
        untraced = [name for name in names if name not in found]
        if untraced:
            tracer.place(self._particles.place(self._phis[index]))
            for name, values in trace_buffers(tracer, untraced).items():
                with atomic_path(self._path(name, index)) as temporary, temporary.open("wb") as file:
                    np.save(file, values, allow_pickle=False)
                found[name] = values
        return {name: torch.from_numpy(found[name]) for name in names}

    def _path(self, name: BufferName, index: int) -> Path:
        return self._folder / name / f"{index:05d}.npy"


def constellation_key(particles: ParticleSet, phis: NDArray[np.float32]) -> str:
    """Return a digest of meshes, unit and arrangements."""
    digest = hashlib.sha256()
    for mesh in particles.meshes:
        digest.update(mesh.vertices.tobytes())
        digest.update(mesh.faces.tobytes())
    digest.update(np.float64(particles.unit).tobytes())
    digest.update(np.ascontiguousarray(phis).tobytes())
    return digest.hexdigest()


def _read(path: Path, tracer: SceneTracer) -> NDArray[Any] | None:
    """Return a stored buffer; None if it is missing or broken, so that it is traced again."""
    try:
        values: NDArray[Any] = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return values if values.shape == (tracer.geometry.size,) * 2 else None
