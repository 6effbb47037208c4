"""The sizes of a scan's particles, visible or whole, as the settings ask for them."""

from __future__ import annotations

from diffrendergan.pipeline.quantify.settings import QuantifySettings
from diffrendergan.quantification.particles import Particles
from diffrendergan.sizes.sizes import Sizes, analyse_sizes
from diffrendergan.sizes.units import Scale


def sizes_of(particles: Particles, scale: Scale, settings: QuantifySettings, *purpose: str) -> Sizes:
    """Describe diameters, weighted for the border; `purpose` makes the draws of the bootstrap those of this use."""
    return analyse_sizes(
        particles.diameter * scale.per_px,
        particles.border_weight,
        scale.unit,
        settings.bootstrap,
        settings.seed,
        *purpose,
    )
