"""The fast way: stored transport images, and a weighted sum of them for each material."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import torch

from diffrendergan.config.scene import RenderingConfig
from diffrendergan.errors import RunFolderError
from diffrendergan.rendering.geometry import ParticleSet
from diffrendergan.rendering.images import TransportImages, load_images, save_images
from diffrendergan.rendering.kept import claim_folder, file_of, traced_files
from diffrendergan.rendering.layers import Layers
from diffrendergan.rendering.protocol import BufferName
from diffrendergan.rendering.stored_buffers import StoredBuffers, asked_of, constellation_key
from diffrendergan.rendering.transport import TransportTracer
from diffrendergan.rendering.weights import MaterialSeparation
from diffrendergan.runs.executor import PerProcess
from diffrendergan.runs.reporter import Reporter
from diffrendergan.runs.seeds import integer32
from diffrendergan.scene.geometry import SceneGeometry

_FORMAT = 5
"""Raised when stored images of an older program must not be used."""


class TransportRenderer:
    """Renders constellations whose transport images are at hand.

    Parameters
    ----------
    separation : MaterialSeparation
        How the materials were taken apart.
    images : sequence of TransportImages
        One per constellation; memory-mapped ones are welcome.
    device : torch.device or str
        Where to keep and render them; on a GPU, nothing in a render waits for the host.
    stored_buffers : StoredBuffers, optional
        Gives what else the constellations show, if anyone asks.
    empty_stage : callable, optional
        Gives the stage's basis images without any particle, if anyone asks for layers.
    """

    def __init__(
        self,
        separation: MaterialSeparation,
        images: Sequence[TransportImages],
        device: torch.device | str = "cpu",
        stored_buffers: StoredBuffers | None = None,
        empty_stage: Callable[[], torch.Tensor] | None = None,
    ) -> None:
        self.separation = separation
        self.parameters = separation.parameters
        self._images = images if str(device) == "cpu" else [stored.to(device) for stored in images]
        self._device = device
        self._buffers = stored_buffers
        self._make_empty_stage = empty_stage

    def render(self, indices: Sequence[int], theta: torch.Tensor) -> torch.Tensor:
        """Render constellations; see `Renderer.render`."""
        weights = self.separation.weights(theta)
        return torch.stack(
            [self._images[index].render([part[row] for part in weights]) for row, index in enumerate(indices)]
        )

    def layers(self, indices: Sequence[int], theta: torch.Tensor) -> Layers:
        """Return renders taken apart; see `Renderer.layers`.

        Raises
        ------
        ValueError
            If the renderer was made without the empty stage.
        """
        weights = self.separation.weights(theta)
        found = [self._images[index].apart([part[row] for part in weights]) for row, index in enumerate(indices)]
        particles, stage = (torch.stack(parts) for parts in zip(*found, strict=True))
        return Layers(particles, stage, torch.einsum("br,rxy->bxy", weights[-1], self._empty_stage.to(weights[-1])))

    @cached_property
    def _empty_stage(self) -> torch.Tensor:
        if self._make_empty_stage is None:
            raise ValueError("this renderer was made without the empty stage, but layers are asked for")
        return self._make_empty_stage().to(self._device)

    def buffers(self, indices: Sequence[int], names: Sequence[BufferName]) -> dict[BufferName, torch.Tensor]:
        """Return what constellations show beside light; see `Renderer.buffers`.

        Raises
        ------
        ValueError
            If the renderer was made without buffers.
        """
        return asked_of(self._buffers, indices, names, self._device)


def storage_bytes(separation: MaterialSeparation, size: int, constellations: int) -> int:
    """Return the most that the transport images may take on disk [bytes]: particles everywhere."""
    return (sum(separation.basis_counts) * 2 + 4 * len(separation.particles)) * size * size * constellations


def check_space(folder: Path, separation: MaterialSeparation, size: int, constellations: int) -> int:
    """Return the bytes that transport images need at most, after making sure that the disk has them.

    Raises
    ------
    RunFolderError
        If the disk has less free space than that.
    """
    needed = storage_bytes(separation, size, constellations)
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise RunFolderError(
            f"transport images for {constellations} constellations need up to {needed / 1e9:.2f} GB in {folder}, "
            f"but its disk has {free / 1e9:.2f} GB free; free some space, or lower `data.patches` "
            "or `rendering.transport.knots`."
        )
    return needed


def cached_images(
    folder: Path,
    tracer: TransportTracer,
    phis: np.ndarray,
    seed: int,
    config: RenderingConfig,
    reporter: Reporter,
    remake: Callable[[], TransportTracer] | None = None,
    workers: int = 1,
) -> list[TransportImages]:
    """Return the transport images of all constellations, tracing those that are not in `folder` yet.

    The folder carries a key of everything that the images depend on; another key empties it.

    Parameters
    ----------
    folder : pathlib.Path
        The cache.
    tracer : TransportTracer
        Traces what is missing.
    phis : numpy.ndarray
        Shape (m, n, 4).
    seed : int
        Constellation i depends on the seed and i alone.
    config : RenderingConfig
        Part of the key.
    reporter : Reporter
        Shows the size estimate and progress.
    remake : callable, optional
        Makes the same tracer in another process; it can be pickled. Without it, all is done in this one.
    workers : int
        Processes; the images are the same for any number.

    Returns
    -------
    list of TransportImages
        In half precision, memory-mapped.
    """
    key = _key(tracer.geometry, tracer.particles, phis, seed, config) | {"variant": tracer.tracer.mi.variant()}
    claim_folder(folder, key)

    def announce(missing: int) -> None:
        needed = check_space(folder, tracer.separation, tracer.geometry.size, missing)
        reporter.note(f"transport images: {missing} to trace, at most {needed / 1e6:.0f} MB in {folder}")

    trace = PerProcess(remake or partial(_same, tracer), partial(_trace, folder, phis, seed), tracer)
    paths = traced_files(folder, len(phis), trace, reporter, workers if remake else 0, announce)
    return [load_images(path, tracer.separation.basis_counts, tracer.geometry.size) for path in paths]


def _trace(folder: Path, phis: np.ndarray, seed: int, tracer: TransportTracer, index: int) -> None:
    """Trace constellation `index` and write its images, which take too much memory to send."""
    save_images(file_of(folder, index), tracer.images(phis[index], integer32(seed, "transport", index)))


def _same(tracer: TransportTracer) -> TransportTracer:
    return tracer


def _key(
    geometry: SceneGeometry, particles: ParticleSet, phis: np.ndarray, seed: int, config: RenderingConfig
) -> dict[str, object]:
    materials = config.model_dump(mode="json", include={"particle", "groups", "stage", "transport"})
    return {
        "format": _FORMAT,
        "seed": seed,
        "geometry": asdict(geometry),
        "config": materials,
        "constellations": constellation_key(particles, phis),
    }
