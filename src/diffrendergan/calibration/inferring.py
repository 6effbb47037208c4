"""Sizes and places of a project by simulation-based inference, where the generalist finds the particles.

What is believed of the project before is a wide normal distribution around it, and what a posterior that was learned
from virtual sets says of the scans. Arrangements of the project, each with changes of its own, are shown in a neutral
look to the generalist, as the real patches are; their likelihood (`calibration.likelihood`) makes of that what is
believed after.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diffrendergan.calibration.kept import Kept
from diffrendergan.calibration.likelihood import Draws, Samples, draw_posterior, flat
from diffrendergan.calibration.parameters import changed, from_vector, starting_change, to_vector
from diffrendergan.calibration.real import RealPatches
from diffrendergan.calibration.rules import RULES
from diffrendergan.calibration.search import Calibration, Sampling, counted, most_particles, stamp_of
from diffrendergan.calibration.surface import features
from diffrendergan.calibration.trial import Stand
from diffrendergan.config.project import Project
from diffrendergan.errors import PlacementError
from diffrendergan.inference.coordinates import to_quantities
from diffrendergan.inference.posterior import INTERVAL, Interval
from diffrendergan.inference.truth import QUANTITIES
from diffrendergan.runs import seeds
from diffrendergan.runs.reporter import Reporter

Values = NDArray[np.float64]


def infer(
    project: Project, real: RealPatches, arrangements: int, reporter: Reporter, file: Path | None = None
) -> Calibration:
    """Find sizes, numbers and places with which arrangements resemble real patches, and how certain they are.

    Parameters
    ----------
    project : Project
    real : RealPatches
    arrangements : int
        Drawn in all.
    reporter : Reporter
        Shows progress.
    file : pathlib.Path, optional
        Where arrangements are kept until it is finished; a stopped calibration goes on from there.

    Raises
    ------
    PlacementError
        If the given project's arrangements, or most around it, cannot be placed.
    """
    most = most_particles(project)
    stand = Stand(project, real, most)
    judged = max(4, round(arrangements * RULES.inferred_last / 2))
    steps = iter(reporter.track(range(arrangements), "Comparing arrangements", total=arrangements))
    unseen = project.model_copy(update={"seed": project.seed + 1})
    before_tracings = stand.trace(unseen, counted(judged, steps))
    levels = replace(real.levels, rim=stand.rim_as_real(before_tracings[: RULES.inferred_rims], real.levels))
    kept = Kept() if file is None else Kept.open(file, stamp_of(project, real, levels))
    sampling = Sampling(stand, levels, most, steps, kept)
    means = max(2, round(arrangements * RULES.inferred_means / RULES.first_steps))
    centre = to_vector(sampling.match_means(starting_change(project), means))
    each = max(8, round(arrangements * (1 - RULES.inferred_last - RULES.inferred_means) / RULES.rounds))
    widths, draws = np.array(RULES.widths), None
    for number in range(RULES.rounds):
        sampling.fill(centre, widths, each, number)
        if len(sampling.rows) < RULES.least_samples:
            continue
        draws = _drawn(sampling, real, centre, widths, number)
        sampling.path.append(sampling.allowed(from_vector(np.median(draws.vectors, axis=0))))
        centre = np.median(draws.vectors, axis=0)
        widths = np.clip(2 * draws.vectors.std(axis=0), RULES.least_width * widths, widths)
    change = sampling.allowed(from_vector(centre))
    before = stand.judge(before_tracings, levels)
    after = before
    with suppress(PlacementError):  # too crowded: the given project stays
        after = stand.judge(stand.trace(changed(unseen, change), counted(judged, steps)), levels)
    for _ in steps:  # rounding may leave some
        pass
    kept.finish()
    improved = after.total < before.total
    return Calibration(
        project=changed(project, change) if improved else project,
        change=change if improved else starting_change(project),
        improved=improved,
        before=before,
        after=after if improved else before,
        levels=levels,
        path=sampling.path,
        intervals=_intervals(draws) if draws is not None and improved else {},
    )


def _drawn(sampling: Sampling, real: RealPatches, centre: Values, widths: Values, number: int) -> Draws:
    samples = Samples(np.stack(sampling.vectors), flat(sampling.rows), np.stack(sampling.truths))
    wanted = flat([features(patch, sampling.yardstick) for patch in real.each])
    rng = seeds.generator(sampling.seed, "calibration", "posterior", number)
    return draw_posterior(samples, wanted, centre, widths, real.belief, rng)


def _intervals(draws: Draws) -> Mapping[str, Interval]:
    """Return what arrangements of the drawn changes truly show, by quantity."""
    levels = np.quantile(to_quantities(draws.truths), [0.5, (1 - INTERVAL) / 2, (1 + INTERVAL) / 2], axis=0)
    return {name: Interval(*map(float, levels[:, place])) for place, name in enumerate(QUANTITIES)}
