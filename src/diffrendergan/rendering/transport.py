"""Transport images: trace a constellation once, render any material afterwards (`docs/rendering.md`)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from diffrendergan.rendering.backend import variant_device
from diffrendergan.rendering.film import FILTER_RADIUS_SIGMAS, Film, widen_filter
from diffrendergan.rendering.geometry import ParticleSet
from diffrendergan.rendering.images import TransportImages, covered_terms
from diffrendergan.rendering.sampling import Integrator, fraction, plan_directions, random_numbers
from diffrendergan.rendering.separation import Separation
from diffrendergan.rendering.sequence import R2
from diffrendergan.rendering.stage_light import StageLight
from diffrendergan.rendering.tracing import SceneTracer
from diffrendergan.rendering.weights import MaterialSeparation
from diffrendergan.scene.geometry import SceneGeometry

SAMPLED_SIGMA = 0.5
"""The part of the reconstruction filter that is applied to camera rays [px]; a wider filter is applied as a convolution
of pixels, which costs nothing and removes noise instead of adding it."""

_STRANDS = 16
"""Lanes per pixel; each follows its share of the pixel's camera rays one after the other."""

_PIXELS_AT_ONCE = 1 << 17
"""Bounds the memory of one kernel: 2 million lanes."""


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
    directions : int or None
        Light directions per camera ray; None for what `plan_directions` takes.
    """

    tracer: SceneTracer
    particles: ParticleSet
    separation: MaterialSeparation
    pixel_samples: int
    directions: int | None

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
        named = list(self.separation.particles.values())
        found, stage = self._traced(seed, [part.fold for part in named], self.separation.stage.fold)
        return TransportImages(tuple(covered_terms(images, covered) for images, covered in found), stage)

    def layers(self, seed: int, weights: Sequence[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Trace the constellation for one material each: particles and stage, float32 (S, S).

        Parameters
        ----------
        seed : int
            As of `images`.
        weights : sequence of torch.Tensor
            Shape (R,) each: one per particle material, then the stage's.
        """
        parts = (*self.separation.particles.values(), self.separation.stage)
        *folds, of_stage = (weight.cpu().numpy()[None] @ part.fold for weight, part in zip(weights, parts, strict=True))
        found, stage = self._traced(seed, folds, of_stage)
        particles = torch.stack([images for images, _ in found]).sum(0) if found else torch.zeros_like(stage)
        return particles[0], stage[0]

    def empty_stage(self) -> torch.Tensor:
        """Return the stage's basis images without any particle, float32 (R, S, S)."""
        return self._finish(self._stage_light.empty_images())

    def _traced(
        self, seed: int, folds: Sequence[NDArray[np.float32]], of_stage: NDArray[np.float32]
    ) -> tuple[list[tuple[torch.Tensor, torch.Tensor]], torch.Tensor]:
        """Return what integrals of each material fold to and what it covers, and the stage, (R, S, S) and (S, S)."""
        edge = self.geometry.size + 2 * self.margin
        film = Film.of(edge, min(self.geometry.filter_sigma, SAMPLED_SIGMA))
        cells = self._cells_near_particles(film)
        named = list(self.separation.particles.values())
        found = [
            self._particle_images(number, part, folds[number], film, cells, seed) for number, part in enumerate(named)
        ]
        shown = torch.ones(edge, edge, device=variant_device(self.tracer.mi))
        for _, covered in found:
            shown = shown - covered
        stage = self._stage_light.images(seed, of_stage, shown) * shown
        return [(self._finish(images), self._finish(covered[None])[0]) for images, covered in found], self._finish(
            stage
        )

    def _finish(self, images: torch.Tensor) -> torch.Tensor:
        """Apply the rest of the filter to images (R, E, E) and cut the margin off."""
        margin, size = self.margin, self.geometry.size
        if margin == 0:
            return images
        return widen_filter(images, _rest_of_filter(self.geometry.filter_sigma))[
            :, margin : margin + size, margin : margin + size
        ].contiguous()

    def _cells_near_particles(self, film: Film) -> Any:
        """Return the numbers of the film's cells that may see a particle, mitsuba.UInt32."""
        import drjit as dr

        mi = self.tracer.mi
        lane = dr.arange(mi.UInt32, film.edge**2)
        hit = self.tracer.scene.ray_test(self._beam(film, lane, (0.5, 0.5)), coherent=True)
        seen = mi.Float(dr.select(hit, 1.0, 0.0)).torch().view(1, 1, film.edge, film.edge)
        # Cells are near if the ray through their middle, or one of those beside it, met a particle.
        near = torch.nn.functional.max_pool2d(seen, 3, stride=1, padding=1).flatten().nonzero()[:, 0]
        return mi.UInt32(near.int())

    def _beam(self, film: Film, cell: Any, within: tuple[Any, Any]) -> Any:
        """Return camera rays through cells; `within` says where in them, in [0, 1)."""
        mi = self.tracer.mi
        corner = film.border + self.margin
        x, y = (
            (mi.Float(number) + place) / film.cells - corner
            for number, place in zip((cell % film.edge, cell // film.edge), within, strict=True)
        )
        return self.tracer.camera_rays(x, y)

    def _particle_images(
        self, number: int, part: Separation, fold: NDArray[np.float32], film: Film, cells: Any, seed: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return images (R, E, E) of one material, and the fraction of each pixel that shows it (E, E)."""
        import drjit as dr

        at_once = _PIXELS_AT_ONCE * film.cells**2
        found = []
        for start in range(0, len(cells), at_once):
            index = dr.arange(type(cells), min(at_once, len(cells) - start)) + start
            sums, hits = self._integrate_cells(number, part, fold, dr.gather(type(cells), cells, index), film, seed)
            found.append(torch.cat([sums, hits[None]]))
        device = variant_device(self.tracer.mi)
        values = torch.cat(found, dim=1) if found else torch.zeros(len(fold) + 1, 0, device=device)
        images = film.filtered(
            values, cells.torch().long() if found else torch.zeros(0, dtype=torch.long, device=device)
        )
        return images[:-1], images[-1]

    def _integrate_cells(
        self, number: int, part: Separation, fold: NDArray[np.float32], cells: Any, film: Film, seed: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return what integrals fold to (R, N) and covered fraction (N,) of cells, averaged over their camera rays."""
        import drjit as dr

        mi, tracer = self.tracer.mi, self.tracer
        strands = max(1, _STRANDS // film.cells**2)
        rays = math.ceil(self.pixel_samples / (strands * film.cells**2))
        plan = plan_directions(self.directions, part)
        # Of one image only the sum is formed. Opaque: as literals, each θ would make kernels of its own.
        weights = [dr.opaque(mi.Float, float(one)) for one in fold[0]] if len(fold) == 1 else None
        integrator = Integrator(tracer, part, plan, weights=weights)
        lane = dr.arange(mi.UInt32, len(cells) * strands)
        cell = dr.gather(mi.UInt32, cells, lane // strands)
        strand = lane % strands
        # The directions of a pixel fill the hemisphere together: its cells go on in the sequence of one pixel.
        across, down = cell % film.edge, cell // film.edge
        pixel = (down // film.cells) * (film.edge // film.cells) + across // film.cells
        turn = (down % film.cells) * film.cells + across % film.cells
        place, light = random_numbers(mi, cell, seed, 0), random_numbers(mi, pixel, seed, 2)
        material_of = mi.UInt32(np.append(0, self.separation.material_of + 1).astype(np.uint32))

        def body(ray: Any, hits: Any, *sums: Any) -> tuple[Any, ...]:
            sample = strand * rays + ray
            within = tuple(fraction(dr, place[axis] + R2[axis] * mi.Float(sample)) for axis in (0, 1))
            beam = self._beam(film, cell, within)
            interaction = tracer.scene.ray_intersect(beam, mi.RayFlags.All, coherent=True)
            owner = tracer.owner(interaction)
            shows = interaction.is_valid() & (dr.gather(mi.UInt32, material_of, owner) == number + 1)
            chord = tracer.chord(beam, interaction.t, owner, shows) if part.chords else None
            first = (turn * (strands * rays) + sample) * plan.directions
            added = integrator.add(sums, interaction, light, first, shows, chord)
            return (ray + 1, hits + dr.select(shows, 1.0, 0.0), *added)

        state = (
            dr.zeros(mi.UInt32, len(lane)),
            *(dr.zeros(mi.Float, len(lane)) for _ in range(integrator.sums + 1)),
        )
        result = dr.while_loop(state, cond=lambda ray, *_: ray < rays, body=body, mode="symbolic")
        dr.eval(result)
        # Sums of neighbouring lanes have a fixed order, so that the same seed gives the same bits.
        means = [dr.block_reduce(dr.ReduceOp.Add, total, strands) / (rays * strands) for total in result[1:]]
        dr.eval(means)
        hits, *sums = (mean.torch() for mean in means)
        found = torch.stack(sums) if sums else torch.zeros(0, len(hits), device=hits.device)
        return found if weights is not None else torch.from_numpy(fold).to(hits.device) @ found, hits

    @cached_property
    def _stage_light(self) -> StageLight:
        """The light on the stage, of which the empty stage's is computed once for all constellations."""
        return StageLight(self.tracer, self.separation.stage, self.geometry.size, self.margin)


def _rest_of_filter(sigma: float) -> float:
    """Return the standard deviation of what the sampled part lacks of the filter [px]."""
    return math.sqrt(sigma**2 - SAMPLED_SIGMA**2) if sigma > SAMPLED_SIGMA else 0.0
