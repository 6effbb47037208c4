"""Transport images: trace a constellation once, render any material afterwards (`docs/rendering.md`)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch

from diffrendergan.rendering.backend import variant_device
from diffrendergan.rendering.geometry import ParticleSet
from diffrendergan.rendering.images import TransportImages, covered_terms
from diffrendergan.rendering.sampling import Integrator, plan_directions, random_numbers
from diffrendergan.rendering.separation import Separation
from diffrendergan.rendering.sequence import R2
from diffrendergan.rendering.stage_light import StageLight
from diffrendergan.rendering.tracing import SceneTracer
from diffrendergan.rendering.weights import MaterialSeparation
from diffrendergan.scene.geometry import SceneGeometry

SAMPLED_SIGMA = 0.5
"""The part of the reconstruction filter that camera rays sample [px]; a wider filter is applied as a convolution,
which costs nothing and removes noise instead of adding it."""

FILTER_RADIUS_SIGMAS = 4.0
"""Mitsuba's Gaussian filter ends at four standard deviations."""

_STRANDS = 16
"""Lanes per pixel; each follows its share of the pixel's camera rays one after the other."""

_PIXELS_AT_ONCE = 1 << 17
"""Bounds the memory of one kernel: 2 million lanes."""

_SCOUTS = 2
"""Rays per pixel and axis that find the pixels which may see a particle."""


@dataclass(frozen=True)
class TransportTracer:
    """Computes the transport images of constellations.

    Attributes
    ----------
    tracer : SceneTracer
        Intersects rays.
    particles : ParticleSet
        The mesh library.
    separation : MaterialSeparation
        The materials.
    pixel_samples : int
        Camera rays per pixel, rounded up to a multiple of 16.
    directions : int
        Light directions per camera ray.
    """

    tracer: SceneTracer
    particles: ParticleSet
    separation: MaterialSeparation
    pixel_samples: int
    directions: int

    @property
    def geometry(self) -> SceneGeometry:
        """Camera and lights."""
        return self.tracer.geometry

    @property
    def margin(self) -> int:
        """Pixels drawn beyond each side of the image, so that a wide filter finds what it needs there."""
        return math.ceil(FILTER_RADIUS_SIGMAS * _rest_of_filter(self.geometry.filter_sigma))

    def images(self, phi: np.ndarray, seed: int) -> TransportImages:
        """Trace one constellation.

        Parameters
        ----------
        phi : numpy.ndarray
            Shape (n, 4).
        seed : int
            32-bit seed of the random shifts.

        Returns
        -------
        TransportImages
            In full precision, on the device that the variant computes on.
        """
        self.tracer.place(self.particles.place(phi))
        return self.trace(seed)

    def trace(self, seed: int) -> TransportImages:
        """Trace the constellation that `tracer` holds; see `images`."""
        edge = self.geometry.size + 2 * self.margin
        pixels = self._pixels_near_particles(edge)
        named = list(self.separation.particles.values())
        materials = [self._particle_images(number, part, pixels, edge, seed) for number, part in enumerate(named)]
        coverage = torch.stack([covered for _, covered in materials]).sum(0)
        stage = self._stage_images(edge, seed) * (1 - coverage)
        finish = self._finish
        return TransportImages(tuple(covered_terms(finish(images)) for images, _ in materials), finish(stage))

    def empty_stage(self) -> torch.Tensor:
        """Return the stage's basis images without any particle, float32 (R, S, S)."""
        return self._finish(self._stage_light.empty_images())

    def _finish(self, images: torch.Tensor) -> torch.Tensor:
        """Apply the rest of the filter to images (R, E, E) and cut the margin off."""
        margin, size = self.margin, self.geometry.size
        if margin == 0:
            return images
        return widen_filter(images, _rest_of_filter(self.geometry.filter_sigma))[
            :, margin : margin + size, margin : margin + size
        ].contiguous()

    def _pixels_near_particles(self, edge: int) -> Any:
        """Return the numbers of pixels (of edge × edge) whose filter may reach a particle, mitsuba.UInt32."""
        import drjit as dr

        mi, fine = self.tracer.mi, edge * _SCOUTS
        lane = dr.arange(mi.UInt32, fine * fine)
        x, y = (mi.Float(lane % fine) + 0.5) / _SCOUTS, (mi.Float(lane // fine) + 0.5) / _SCOUTS
        hit = self.tracer.scene.ray_test(self.tracer.camera_rays(x - self.margin, y - self.margin), coherent=True)
        seen = mi.Float(dr.select(hit, 1.0, 0.0)).torch().view(1, 1, fine, fine)
        # Pixels are near if a scout within the filter's radius, or one beside it, met a particle.
        reach = math.ceil(FILTER_RADIUS_SIGMAS * min(self.geometry.filter_sigma, SAMPLED_SIGMA)) * _SCOUTS + 1
        wide = torch.nn.functional.max_pool2d(seen, 2 * reach + _SCOUTS, stride=_SCOUTS, padding=reach)
        near = wide.flatten().nonzero()[:, 0]
        return mi.UInt32(near.int())

    def _particle_images(
        self, number: int, part: Separation, pixels: Any, edge: int, seed: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return basis images (R, E, E) of one material, and the fraction of each pixel that shows it (E, E)."""
        import drjit as dr

        device = variant_device(self.tracer.mi)
        images = torch.zeros(part.basis_count, edge * edge, device=device)
        coverage = torch.zeros(edge * edge, device=device)
        for start in range(0, len(pixels), _PIXELS_AT_ONCE):
            index = dr.arange(type(pixels), min(_PIXELS_AT_ONCE, len(pixels) - start)) + start
            block = dr.gather(type(pixels), pixels, index)
            integrals, hits = self._integrate_pixels(number, part, block, edge, seed)
            where = block.torch().long()
            images[:, where] = torch.from_numpy(part.fold).to(device) @ integrals
            coverage[where] = hits
        return images.view(-1, edge, edge), coverage.view(edge, edge)

    def _integrate_pixels(
        self, number: int, part: Separation, pixels: Any, edge: int, seed: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return integrals (I, N) and covered fraction (N,) of pixels, averaged over their camera rays."""
        import drjit as dr

        mi, tracer = self.tracer.mi, self.tracer
        rays = math.ceil(self.pixel_samples / _STRANDS)
        plan = plan_directions(self.directions, part)
        integrator = Integrator(tracer, part, plan)
        lane = dr.arange(mi.UInt32, len(pixels) * _STRANDS)
        pixel = dr.gather(mi.UInt32, pixels, lane // _STRANDS)
        strand = lane % _STRANDS
        film, light = random_numbers(mi, pixel, seed, 0), random_numbers(mi, pixel, seed, 2)
        material_of = mi.UInt32(np.append(0, self.separation.material_of + 1).astype(np.uint32))

        def body(ray: Any, hits: Any, *sums: Any) -> tuple[Any, ...]:
            sample = strand * rays + ray
            x, y = self._film_position(pixel, sample, film, edge)
            beam = tracer.camera_rays(x, y)
            interaction = tracer.scene.ray_intersect(beam, mi.RayFlags.All, coherent=True)
            owner = tracer.owner(interaction)
            shows = interaction.is_valid() & (dr.gather(mi.UInt32, material_of, owner) == number + 1)
            chord = tracer.chord(beam, interaction.t, owner, shows) if part.chords else None
            added = integrator.add(sums, interaction, light, sample * plan.directions, shows, chord)
            return (ray + 1, hits + dr.select(shows, 1.0, 0.0), *added)

        state = (
            dr.zeros(mi.UInt32, len(lane)),
            *(dr.zeros(mi.Float, len(lane)) for _ in range(part.integrals + 1)),
        )
        result = dr.while_loop(state, cond=lambda ray, *_: ray < rays, body=body, mode="symbolic")
        dr.eval(result)
        # Sums of neighbouring lanes have a fixed order, so that the same seed gives the same bits.
        means = [dr.block_reduce(dr.ReduceOp.Add, total, _STRANDS) / (rays * _STRANDS) for total in result[1:]]
        dr.eval(means)
        hits, *integrals = (mean.torch() for mean in means)
        return torch.stack(integrals) if integrals else torch.zeros(0, len(hits), device=hits.device), hits

    def _film_position(self, pixel: Any, sample: Any, shift: tuple[Any, Any, Any], edge: int) -> tuple[Any, Any]:
        """Sample the Gaussian filter around each pixel centre (filter importance sampling)."""
        import drjit as dr

        mi = self.tracer.mi
        sigma = min(self.geometry.filter_sigma, SAMPLED_SIGMA)
        tail = math.erf(FILTER_RADIUS_SIGMAS / math.sqrt(2))
        centre = (mi.Float(pixel % edge), mi.Float(pixel // edge))
        position = []
        for axis in range(2):
            u = shift[axis] + R2[axis] * mi.Float(sample)
            u -= dr.floor(u)
            offset = sigma * math.sqrt(2) * dr.erfinv(tail * (2 * u - 1))
            position.append(centre[axis] + (0.5 - self.margin) + offset)
        return position[0], position[1]

    def _stage_images(self, edge: int, seed: int) -> torch.Tensor:
        """Return the stage's basis images (R, E, E) as if nothing stood before it (shadows included)."""
        return self._stage_light.images(seed)

    @cached_property
    def _stage_light(self) -> StageLight:
        """The light on the stage, of which the empty stage's is computed once for all constellations."""
        return StageLight(self.tracer, self.separation.stage, self.geometry.size, self.margin)


def _rest_of_filter(sigma: float) -> float:
    """Return the standard deviation of what the sampled part lacks of the filter [px]."""
    return math.sqrt(sigma**2 - SAMPLED_SIGMA**2) if sigma > SAMPLED_SIGMA else 0.0


def widen_filter(images: torch.Tensor, sigma: float) -> torch.Tensor:
    """Convolve images (R, E, E) with a Gaussian [px]; beyond the edge there is nothing."""
    radius = math.ceil(FILTER_RADIUS_SIGMAS * sigma)
    offsets = torch.arange(-radius, radius + 1, device=images.device)
    kernel = torch.exp(-0.5 * (offsets / sigma) ** 2)
    kernel = kernel / kernel.sum()
    blurred = torch.nn.functional.conv2d(images[:, None], kernel.view(1, 1, 1, -1), padding=(0, radius))
    return torch.nn.functional.conv2d(blurred, kernel.view(1, 1, -1, 1), padding=(radius, 0))[:, 0]
