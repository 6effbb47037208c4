"""The transformation tensor Φ: place and scale of each particle in each constellation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diffrendergan.arrangement.placement import place_agglomerated, place_randomly
from diffrendergan.arrangement.sizes import draw_sizes
from diffrendergan.config.arrangement import ArrangementConfig
from diffrendergan.errors import PlacementError
from diffrendergan.runs import seeds
from diffrendergan.runs.reporter import Reporter


def draw_phi(config: ArrangementConfig, count: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw one constellation.

    Parameters
    ----------
    config
    count
        Particles, at least 1: as many as the mesh library has.
    rng
        The only source of randomness.

    Returns
    -------
    float32 (count, 4)
        x, y, z and scale s of each particle, in units of `config.unit`; s is also its radius.
        Scene coordinates are (x, z, y)·unit, and the mesh is scaled by s·unit. Particles may lie
        outside the camera's field.

    Raises
    ------
    PlacementError
        If sizes or places cannot be drawn as asked.

    Notes
    -----
    Source: METHOD §3.
    """
    if count < 1:
        raise ValueError(f"a constellation needs at least one particle, got {count}")
    sizes = draw_sizes(config.size, count, rng)
    half_width = config.limit / config.unit
    if config.placement == "random":
        points = place_randomly(count, half_width, config.three_dimensional, rng)
    else:
        points = place_agglomerated(
            sizes, half_width, config.three_dimensional, config.agglomerates, config.timeout_s, rng
        )
    return np.concatenate([points, sizes[:, None]], axis=1).astype(np.float32)


def draw_phis(
    config: ArrangementConfig, constellations: int, count: int, seed: int, reporter: Reporter
) -> NDArray[np.float32]:
    """Draw the constellations of a training; constellation i depends on the configuration, the seed and i alone.

    Parameters
    ----------
    config
    constellations
        How many, m.
    count
        Particles in each, n.
    seed
        Root seed of the project.
    reporter
        Shows progress.

    Returns
    -------
    float32 (m, n, 4)
        See `draw_phi`.

    Raises
    ------
    PlacementError
        If a constellation cannot be drawn; it says which.
    """
    phis = np.empty((constellations, count, 4), dtype=np.float32)
    for i in reporter.track(range(constellations), "Placing particles", constellations):
        try:
            phis[i] = draw_phi(config, count, seeds.generator(seed, "arrangement", i))
        except PlacementError as error:
            raise PlacementError(f"Constellation {i + 1} of {constellations}: {error}") from error
    return phis
