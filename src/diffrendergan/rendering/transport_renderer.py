"""The fast way: stored transport images, and a weighted sum of them for each material."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from diffrendergan.config.scene import RenderingConfig
from diffrendergan.errors import RunFolderError
from diffrendergan.rendering.geometry import ParticleSet, SceneGeometry
from diffrendergan.rendering.transport import MaterialSeparation, TransportTracer
from diffrendergan.rendering.weights import basis_weights, material_parameters
from diffrendergan.runs.atomic import atomic_path, write_json
from diffrendergan.runs.reporter import Reporter
from diffrendergan.runs.seeds import integer32

_FORMAT = 2
"""Raised when stored images of an older program must not be used."""


class TransportRenderer:
    """Renders constellations whose transport images are at hand.

    Parameters
    ----------
    separation : MaterialSeparation
        How the materials were taken apart.
    images : sequence of numpy.ndarray
        Basis images per constellation, float16 (R, S, S); memory maps are welcome.
    """

    def __init__(self, separation: MaterialSeparation, images: Sequence[np.ndarray]) -> None:
        self.separation = separation
        self.parameters = material_parameters(separation)
        self._images = images

    def render(self, indices: Sequence[int], theta: torch.Tensor) -> torch.Tensor:
        """Render constellations; see `Renderer.render`."""
        weights = basis_weights(self.separation, theta)
        images = [self._basis(index).to(weights) for index in indices]
        flat = [row @ basis.flatten(1) for row, basis in zip(weights, images, strict=True)]
        return torch.stack([image.view(images[0].shape[1:]) for image in flat])

    def _basis(self, index: int) -> torch.Tensor:
        return torch.from_numpy(self._images[index])


def render_basis(separation: MaterialSeparation, basis: np.ndarray, theta: torch.Tensor) -> torch.Tensor:
    """Render one constellation from its basis images (R, S, S) with θ (1, P); returns (1, S, S)."""
    return TransportRenderer(separation, [basis]).render([0], theta)


def storage_bytes(separation: MaterialSeparation, size: int, constellations: int) -> int:
    """Return the size on disk of the transport images [bytes]."""
    return separation.basis_count * size * size * 2 * constellations


def check_space(folder: Path, separation: MaterialSeparation, size: int, constellations: int) -> int:
    """Return the bytes that transport images need, after making sure that the disk has them.

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
            f"transport images for {constellations} constellations need {needed / 1e9:.2f} GB in {folder}, "
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
) -> list[np.ndarray]:
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

    Returns
    -------
    list of numpy.ndarray
        float16 (R, S, S) each, memory-mapped.
    """
    key = _key(tracer.geometry, tracer.particles, phis, seed, config) | {"variant": tracer.tracer.mi.variant()}
    stamp = folder / "key.json"
    if _stored_key(stamp) != key:
        shutil.rmtree(folder, ignore_errors=True)
        write_json(stamp, key)
    paths = [folder / f"{index:05d}.npy" for index in range(len(phis))]
    missing = [index for index, path in enumerate(paths) if not path.exists()]
    if missing:
        needed = check_space(folder, tracer.separation, tracer.geometry.size, len(missing))
        reporter.note(f"transport images: {len(missing)} to trace, {needed / 1e6:.0f} MB in {folder}")
    for index in reporter.track(missing, "Tracing constellations", total=len(missing)):
        images = tracer.basis_images(phis[index], integer32(seed, "transport", index)).astype(np.float16)
        with atomic_path(paths[index]) as temporary:
            np.save(temporary, images, allow_pickle=False)
    shape = (tracer.separation.basis_count, tracer.geometry.size, tracer.geometry.size)
    return [_load(path, shape) for path in paths]


def _stored_key(stamp: Path) -> object:
    try:
        return json.loads(stamp.read_text())
    except (OSError, ValueError):
        return None


def _load(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    try:
        # Copy-on-write: never written, but torch warns about read-only memory.
        images = np.load(path, mmap_mode="c", allow_pickle=False)
        if images.shape != shape:
            raise ValueError(f"shape {images.shape} instead of {shape}")
        return images
    except (OSError, ValueError, EOFError) as error:
        raise RunFolderError(
            f"{path} is broken ({error}); delete it and give the command again to trace it anew."
        ) from error


def _key(
    geometry: SceneGeometry, particles: ParticleSet, phis: np.ndarray, seed: int, config: RenderingConfig
) -> dict[str, object]:
    digest = hashlib.sha256()
    for mesh in particles.meshes:
        digest.update(mesh.vertices.tobytes())
        digest.update(mesh.faces.tobytes())
    digest.update(np.float64(particles.unit).tobytes())
    digest.update(np.ascontiguousarray(phis).tobytes())
    materials = config.model_dump(mode="json", include={"particle", "stage", "transport"})
    return {
        "format": _FORMAT,
        "seed": seed,
        "geometry": asdict(geometry),
        "config": materials,
        "constellations": digest.hexdigest(),
    }
