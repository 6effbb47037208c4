"""The one image model: renderer → ground → operators, and the columns of θ that they take (`docs/imaging.md`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch

from diffrendergan.config.imaging import ImagingConfig
from diffrendergan.errors import ConfigError
from diffrendergan.imaging.chain import Link, links_of
from diffrendergan.imaging.composite import Composite
from diffrendergan.imaging.distractors import Distractors
from diffrendergan.imaging.ground import FLAT, Ground
from diffrendergan.imaging.noise_like import noise_like
from diffrendergan.imaging.passage import Developed, passed
from diffrendergan.rendering.layers import Layers
from diffrendergan.rendering.protocol import BufferName, HasParameters, ParameterSpec, Renderer
from diffrendergan.rendering.snapshots import Snapshots


@dataclass(frozen=True)
class ImageModel:
    """Turns what a renderer shows into micrographs.

    Attributes
    ----------
    rendered : tuple of ParameterSpec
        The renderer's columns of θ, which come first.
    links : tuple of Link
        The operators, whose columns come last, in their order.
    ground : Ground
        What lies under the particles; its columns come between.
    distractors : Distractors, optional
        What lies there and is no particle.
    """

    rendered: tuple[ParameterSpec, ...]
    links: tuple[Link, ...]
    ground: Ground = FLAT
    distractors: Distractors | None = None

    @cached_property
    def columns(self) -> tuple[ParameterSpec, ...]:
        """The columns of θ: of the renderer, of the ground, then of each operator."""
        return (*self.rendered, *self.ground.columns, *(spec for link in self.links for spec in link.columns))

    @property
    def takes_apart(self) -> bool:
        """Whether it needs particles and stage of a render one by one."""
        return self.ground is not FLAT or self.distractors is not None

    @cached_property
    def carries_noise(self) -> bool:
        """Whether the ground's noise goes on over particles."""
        return any(link.operator.over_ground == "recorded" for link in self.links)

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
        first, _, *rest = self._parts(theta)
        return first, rest

    def _parts(self, theta: torch.Tensor) -> tuple[torch.Tensor, ...]:
        lengths = [len(self.rendered), len(self.ground.columns), *(len(link.columns) for link in self.links)]
        return torch.split(theta, lengths, dim=1)

    def shown(self, renderer: Renderer, indices: Sequence[int], theta: torch.Tensor) -> torch.Tensor | Layers:
        """Return what `develop` takes of constellations, for all columns of θ (B, P): radiance, or its layers."""
        first = self.split(theta)[0]
        return renderer.layers(indices, first) if self.takes_apart else renderer.render(indices, first)

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
        buffers = renderer.buffers(indices, self.buffers) if self.buffers else {}
        return self.develop(self.shown(renderer, indices, theta), theta, buffers, rng)

    def snapshot(
        self, snapshots: Snapshots, theta: torch.Tensor, ray_seed: int, rng: torch.Generator | None
    ) -> torch.Tensor:
        """Return the micrograph (1, H, W) of the arrangement that is placed, for θ (1, P), without derivatives."""
        return self.shot(snapshots, theta, ray_seed, rng).images

    def shot(self, snapshots: Snapshots, theta: torch.Tensor, ray_seed: int, rng: torch.Generator | None) -> Developed:
        """Return the same, and how what it shows was moved."""
        with torch.no_grad():
            first = self.split(theta)[0]
            shown = snapshots.layers(first, ray_seed) if self.takes_apart else snapshots.radiance(first, ray_seed)
            return self.developed(shown, theta, snapshots.buffers(self.buffers) if self.buffers else {}, rng)

    def develop(
        self,
        shown: torch.Tensor | Layers,
        theta: torch.Tensor,
        buffers: Mapping[BufferName, torch.Tensor],
        rng: torch.Generator | None = None,
    ) -> torch.Tensor:
        """Turn radiance into micrographs: put the ground under the particles and apply the operators.

        Parameters
        ----------
        shown : torch.Tensor or Layers
            Radiance (B, H, W); its layers, if the model `takes_apart`.
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
        return self.developed(shown, theta, buffers, rng).images

    def developed(
        self,
        shown: torch.Tensor | Layers,
        theta: torch.Tensor,
        buffers: Mapping[BufferName, torch.Tensor],
        rng: torch.Generator | None = None,
    ) -> Developed:
        """Return the same as `develop`, and how what is shown was moved."""
        picture: torch.Tensor | Composite
        if isinstance(shown, Layers):
            laid = self._laid(shown, theta, buffers, rng)
            picture = laid if self.ground.recorded else laid.image
        elif self.takes_apart:
            raise ValueError("with a ground or distractors of its own, an image model takes `Layers`, as `shown` gives")
        else:
            picture = shown
        found = passed(picture, self.links, self.split(theta)[1], buffers, rng)
        return Developed(found.images.clamp(0, 1), found.shifts)

    def _laid(
        self,
        layers: Layers,
        theta: torch.Tensor,
        buffers: Mapping[BufferName, torch.Tensor],
        rng: torch.Generator | None,
    ) -> Composite:
        """Lay shadows and particles over the ground, and distractors between."""
        learned = self._parts(theta)[1].unbind(1)
        ground = self.ground.draw(layers.empty, learned, buffers, rng)
        noise = noise_like(ground, rng) if self.carries_noise else None
        laid = Composite(layers.particles, self.ground.shaded(layers.through, learned), ground, noise)
        return laid if self.distractors is None else self.distractors.laid(laid, rng)


def image_model(source: HasParameters, config: ImagingConfig, ground: Ground = FLAT) -> ImageModel:
    """Return the image model of a configuration behind a renderer, or behind snapshots.

    Parameters
    ----------
    source : Renderer or Snapshots
        Gives the first columns of θ.
    config : ImagingConfig
        Operators and distractors.
    ground : Ground
        The ground that the configuration asks for (`imaging.run_ground`).

    Raises
    ------
    ValueError
        If the configuration asks for another ground than the flat one, but none is given.
    """
    if config.ground.model != "flat" and ground is FLAT:
        raise ValueError(f"`imaging.ground` is {config.ground.model}, but no such ground was given")
    distractors = Distractors(config.distractors) if config.distractors.acts else None
    return ImageModel(source.parameters, links_of(config), ground, distractors)
