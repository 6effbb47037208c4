"""The one image model: renderer → ground → operators, and the columns of θ that they take (`docs/imaging.md`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch

from diffrendergan.config.imaging import ImagingConfig
from diffrendergan.errors import ConfigError
from diffrendergan.imaging.chain import Link, links_of
from diffrendergan.imaging.ground import FlatGround, Ground
from diffrendergan.imaging.passage import Developed, passed
from diffrendergan.rendering.protocol import BufferName, HasParameters, ParameterSpec, Renderer
from diffrendergan.rendering.snapshots import Snapshots

FLAT = FlatGround()


@dataclass(frozen=True)
class ImageModel:
    """Turns what a renderer shows into micrographs.

    Attributes
    ----------
    rendered : tuple of ParameterSpec
        The renderer's columns of θ, which come first.
    links : tuple of Link
        The operators, whose columns follow in their order.
    ground : Ground
        What lies under the particles.
    """

    rendered: tuple[ParameterSpec, ...]
    links: tuple[Link, ...]
    ground: Ground = FLAT

    @cached_property
    def columns(self) -> tuple[ParameterSpec, ...]:
        """The columns of θ: of the renderer, then of each operator."""
        return (*self.rendered, *(spec for link in self.links for spec in link.columns))

    @cached_property
    def buffers(self) -> tuple[BufferName, ...]:
        """What ground and operators need to know of the scene, each once."""
        asked = (*self.ground.buffers, *(name for link in self.links for name in link.operator.buffers))
        return tuple(dict.fromkeys(asked))

    def learned(self) -> tuple[ParameterSpec, ...]:
        """Return `columns`, of which training needs at least one.

        Raises
        ------
        ConfigError
            If nothing is learned.
        """
        if not self.columns:
            raise ConfigError(
                "no parameter is learned, so there is nothing to train; "
                "give at least one of rendering.particle, rendering.stage or imaging a range {learn: [low, high]}."
            )
        return self.columns

    def split(self, theta: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Return the columns of θ (B, P) by who takes them: the renderer, and each link."""
        first, *rest = torch.split(theta, [len(self.rendered), *(len(link.columns) for link in self.links)], dim=1)
        return first, rest

    def images(
        self, renderer: Renderer, indices: Sequence[int], theta: torch.Tensor, rng: torch.Generator | None
    ) -> torch.Tensor:
        """Return micrographs of constellations that a renderer was built with.

        Parameters
        ----------
        renderer : Renderer
            Whose columns are `rendered`.
        indices : sequence of int
            Constellations, length B.
        theta : torch.Tensor
            Their parameters, shape (B, P).
        rng : torch.Generator, optional
            Source of the noise.

        Returns
        -------
        torch.Tensor
            Shape (B, H, W), in [0, 1], differentiable in `theta`.
        """
        radiance = renderer.render(indices, self.split(theta)[0])
        return self.develop(radiance, theta, renderer.buffers(indices, self.buffers) if self.buffers else {}, rng)

    def snapshot(
        self, snapshots: Snapshots, theta: torch.Tensor, ray_seed: int, rng: torch.Generator | None
    ) -> torch.Tensor:
        """Return the micrograph (1, H, W) of the arrangement that is placed, for θ (1, P), without derivatives."""
        return self.shot(snapshots, theta, ray_seed, rng).images

    def shot(self, snapshots: Snapshots, theta: torch.Tensor, ray_seed: int, rng: torch.Generator | None) -> Developed:
        """Return the same, and how what it shows was moved."""
        with torch.no_grad():
            radiance = snapshots.radiance(self.split(theta)[0], ray_seed)
            return self.developed(radiance, theta, snapshots.buffers(self.buffers) if self.buffers else {}, rng)

    def develop(
        self,
        radiance: torch.Tensor,
        theta: torch.Tensor,
        buffers: Mapping[BufferName, torch.Tensor],
        rng: torch.Generator | None = None,
    ) -> torch.Tensor:
        """Turn radiance into micrographs: put the ground under it and apply the operators.

        Parameters
        ----------
        radiance : torch.Tensor
            Shape (B, H, W).
        theta : torch.Tensor
            All columns, shape (B, P).
        buffers : mapping
            Those of `buffers`, shape (B, H, W) each.
        rng : torch.Generator, optional
            Source of the noise.

        Returns
        -------
        torch.Tensor
            Shape (B, H, W), in [0, 1].
        """
        return self.developed(radiance, theta, buffers, rng).images

    def developed(
        self,
        radiance: torch.Tensor,
        theta: torch.Tensor,
        buffers: Mapping[BufferName, torch.Tensor],
        rng: torch.Generator | None = None,
    ) -> Developed:
        """Return the same as `develop`, and how what is shown was moved."""
        images = self.ground.under(radiance, buffers, rng)
        found = passed(images, self.links, self.split(theta)[1], buffers, rng)
        return Developed(found.images.clamp(0, 1), found.shifts)


def image_model(source: HasParameters, config: ImagingConfig) -> ImageModel:
    """Return the image model of a configuration behind a renderer, or behind snapshots.

    Parameters
    ----------
    source : Renderer or Snapshots
        Gives the first columns of θ.
    config : ImagingConfig
        The operators.
    """
    return ImageModel(source.parameters, links_of(config))
