"""Transport images of one constellation: stored where particles are, and on disk in half precision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import safetensors
import safetensors.torch
import torch

from diffrendergan.errors import RunFolderError
from diffrendergan.runs.atomic import atomic_path

_TOLERANCE = 1e-5
"""Error that compression may make in a basis image: a hundredth of what eight bits resolve, far below the noise."""

_NEGLIGIBLE = 1e-6
"""Pixels in which no basis image of a material exceeds this are left out."""

_BARELY = 1e-5
"""Pixels that a material covers by less than this are left out: a hundredth of what eight bits resolve."""


@dataclass(frozen=True)
class CoveredTerms:
    """Basis images of one particle material, in the pixels that show it.

    Attributes
    ----------
    pixels : torch.Tensor
        int32 (N,): numbers of the pixels, row by row.
    values : torch.Tensor
        float16 or float32 (K, N): the basis images themselves, or fewer that they are mixed from.
    mixing : torch.Tensor or None
        float32 (R, K): basis image = mixing @ values; None if the values are the basis images.
    """

    pixels: torch.Tensor
    values: torch.Tensor
    mixing: torch.Tensor | None = None

    @property
    def basis_count(self) -> int:
        """Number of basis images R."""
        return len(self.values) if self.mixing is None else len(self.mixing)

    def weighted(self, weight: torch.Tensor) -> torch.Tensor:
        """Return the weighted sum of the basis images at the pixels (N,), for weights (R,)."""
        mixed = weight if self.mixing is None else weight @ self.mixing
        return mixed @ self.values.to(mixed)

    def compressed(self, tolerance: float = _TOLERANCE) -> CoveredTerms:
        """Return the same in as few images as keep the root mean square error of the basis images below `tolerance`.

        The lobes of neighbouring knots are much alike: some twelve principal components hold three dozen images.
        """
        values = self.values.double()
        if self.mixing is not None or values.numel() == 0:
            return self
        energy, axes = torch.linalg.eigh(values @ values.T)
        lost = (energy.clamp_min(0).cumsum(0) / values.numel()).sqrt()
        kept = axes[:, int((lost < tolerance).sum()) :].flip(1)
        return CoveredTerms(self.pixels, (kept.T @ values).to(self.values), kept.float().contiguous())

    def to(self, device: torch.device | str, dtype: torch.dtype | None = None) -> CoveredTerms:
        """Return the same on another device, with the values in another precision."""
        mixing = None if self.mixing is None else self.mixing.to(device)
        return CoveredTerms(self.pixels.to(device), self.values.to(device, dtype), mixing)


@dataclass(frozen=True)
class TransportImages:
    """Basis images of a constellation.

    Attributes
    ----------
    particles : tuple of CoveredTerms
        One for each particle material.
    stage : torch.Tensor
        float16 or float32 (R, S, S), already reduced where particles cover the stage.
    """

    particles: tuple[CoveredTerms, ...]
    stage: torch.Tensor

    def render(self, weights: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return the weighted sum.

        Parameters
        ----------
        weights : sequence of torch.Tensor
            Shape (R,) each: one per particle material, then the stage's.

        Returns
        -------
        torch.Tensor
            Radiance, float32 (S, S).
        """
        return self._with_particles(self._of_stage(weights), weights).view(self.stage.shape[1:])

    def apart(self, weights: Sequence[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the two parts of `render`, particles and stage, float32 (S, S) each."""
        stage = self._of_stage(weights)
        particles = self._with_particles(torch.zeros_like(stage), weights)
        return particles.view(self.stage.shape[1:]), stage.view(self.stage.shape[1:])

    def _of_stage(self, weights: Sequence[torch.Tensor]) -> torch.Tensor:
        return weights[-1] @ self.stage.flatten(1).to(weights[-1])

    def _with_particles(self, flat: torch.Tensor, weights: Sequence[torch.Tensor]) -> torch.Tensor:
        for covered, weight in zip(self.particles, weights[:-1], strict=True):
            flat = flat.index_add(0, covered.pixels, covered.weighted(weight))
        return flat

    def to(self, device: torch.device | str, dtype: torch.dtype | None = None) -> TransportImages:
        """Return the same on another device or in another precision."""
        return TransportImages(
            tuple(covered.to(device, dtype) for covered in self.particles),
            self.stage.to(device, dtype),
        )

    def dense(self) -> torch.Tensor:
        """Return all basis images as pictures, float32 (R of all materials, S, S); for looking at them."""
        size = self.stage.shape[-1]
        parts = []
        for covered in self.particles:
            part = torch.zeros(covered.basis_count, size * size)
            unit = torch.eye(covered.basis_count, device=covered.values.device)
            part[:, covered.pixels.long().cpu()] = covered.weighted(unit).cpu()
            parts.append(part.view(-1, size, size))
        return torch.cat([*parts, self.stage.float().cpu()])

    @property
    def bytes(self) -> int:
        """Memory of the images [bytes]."""
        parts = [part for covered in self.particles for part in (covered.pixels, covered.values, covered.mixing)]
        return sum(tensor.nbytes for tensor in (self.stage, *parts) if tensor is not None)

    def compressed(self) -> TransportImages:
        """Return the same with fewer stored images per particle material; see `CoveredTerms.compressed`."""
        return TransportImages(tuple(covered.compressed() for covered in self.particles), self.stage)


def covered_terms(images: torch.Tensor, coverage: torch.Tensor | None = None) -> CoveredTerms:
    """Keep the pixels of basis images (R, S, S) that show anything, or those of which something is covered (S, S)."""
    flat = images.flatten(1)
    if coverage is not None:
        shown = coverage.flatten() > _BARELY
    else:
        shown = (flat.abs() > _NEGLIGIBLE).any(0) if len(flat) else torch.zeros(flat.shape[1], dtype=torch.bool)
    pixels = shown.nonzero()[:, 0]
    return CoveredTerms(pixels.int(), flat[:, pixels].contiguous())


def save_images(path: Path, images: TransportImages) -> None:
    """Write transport images, compressed and in half precision, atomically.

    Raises
    ------
    RunFolderError
        If the disk is full or the folder cannot be written.
    """
    stored = images.to("cpu").compressed().to("cpu", torch.float16)
    tensors = {"stage": stored.stage.contiguous()}
    for number, covered in enumerate(stored.particles):
        tensors[f"pixels.{number}"] = covered.pixels.contiguous()
        tensors[f"values.{number}"] = covered.values.contiguous()
        if covered.mixing is not None:
            tensors[f"mixing.{number}"] = covered.mixing
    with atomic_path(path) as temporary:
        temporary.write_bytes(safetensors.torch.save(tensors))


def load_images(path: Path, basis: Sequence[int], size: int) -> TransportImages:
    """Read transport images; tensors are memory-mapped.

    Parameters
    ----------
    path : pathlib.Path
        Written by `save_images`.
    basis : sequence of int
        Basis images of each particle material, and of the stage.
    size : int
        Edge of the image [px].

    Raises
    ------
    RunFolderError
        If the file is broken or holds something else.
    """
    try:
        tensors = safetensors.torch.load_file(path)
        materials = sum(name.startswith("pixels.") for name in tensors)
        particles = tuple(
            CoveredTerms(tensors[f"pixels.{number}"], tensors[f"values.{number}"], tensors.get(f"mixing.{number}"))
            for number in range(materials)
        )
        images = TransportImages(particles, tensors["stage"])
        counts = [*(covered.basis_count for covered in particles), len(images.stage)]
        if counts != list(basis) or images.stage.shape[1:] != (size, size):
            raise ValueError(f"{counts} basis images of {images.stage.shape[-1]} px instead of {list(basis)} of {size}")
        return images
    except (OSError, ValueError, KeyError, EOFError, safetensors.SafetensorError) as error:
        raise RunFolderError(
            f"{path} is broken ({error}); delete it and give the command again to trace it anew."
        ) from error
