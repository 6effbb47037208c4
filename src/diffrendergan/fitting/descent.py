"""The descent: parameters, and how they spread over images, for which synthetic patches have real statistics."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from diffrendergan.fitting.distance import Target
from diffrendergan.fitting.law import Law
from diffrendergan.fitting.rules import RULES
from diffrendergan.rendering.protocol import ParameterSpec
from diffrendergan.runs import seeds
from diffrendergan.runs.reporter import Reporter

Draw = Callable[[Sequence[int], torch.Tensor, torch.Generator], torch.Tensor]
"""From constellations, their θ (B, P) and a source of noise to their statistics (B, F), differentiably in θ."""


@dataclass(frozen=True, eq=False)
class Descent:
    """What the descent found.

    Attributes
    ----------
    law : Law
    totals : tuple of float
        The distance at each step, of that step's images.
    """

    law: Law
    totals: tuple[float, ...]


def descend(
    specs: Sequence[ParameterSpec],
    draw: Draw,
    constellations: int,
    target: Target,
    seed: int,
    steps: int,
    reporter: Reporter,
) -> Descent:
    """Fit a law of parameters by gradient descent.

    Parameters
    ----------
    specs : sequence of ParameterSpec
        The P columns of θ.
    draw : callable
        Makes images and measures them.
    constellations : int
        How many there are to draw.
    target : Target
        What is to be met.
    seed : int
        Root seed of the project.
    steps : int
        Steps of the descent, which begins in the middle of all ranges.
    reporter : Reporter
        Shows progress.
    """
    count = len(specs)
    low = torch.tensor([spec.low for spec in specs])
    high = torch.tensor([spec.high for spec in specs])
    middle = torch.zeros(count, requires_grad=True)
    root = (torch.eye(count) * RULES.first_spread).requires_grad_()
    descent = torch.optim.Adam([middle, root], lr=RULES.rate, betas=(0.8, 0.95))
    rng = seeds.generator(seed, "fit", "descent")
    noise = torch.Generator().manual_seed(seeds.integer(seed, "fit", "noise"))
    totals, kept = [], []
    waiting: list[int] = []
    for step in reporter.track(range(steps), "fitting", total=steps):
        descent.param_groups[0]["lr"] = RULES.rate * _fall(step / steps)
        if len(waiting) < RULES.batch:
            waiting += rng.permutation(constellations).tolist()
        chosen, waiting = waiting[: RULES.batch], waiting[RULES.batch :]
        # Opposite pairs: the mean of a batch is that of the law.
        half = rng.standard_normal(((len(chosen) + 1) // 2, count)).astype(np.float32)
        normal = torch.from_numpy(np.concatenate([half, -half])[: len(chosen)])
        theta = low + (high - low) * torch.sigmoid(middle + normal @ _held(root).T)
        total = target.total(draw(chosen, theta, noise))
        descent.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_([middle, root], 10.0)
        descent.step()
        totals.append(float(total.detach()))
        if step >= int(0.75 * steps):
            kept.append((middle.detach().clone(), _held(root).detach().clone()))
    # Batches are noisy: the mean of the last steps is nearer to the lowest point than the last one.
    means = [torch.stack(part).mean(0).double().numpy() for part in zip(*kept, strict=True)]
    return Descent(Law(tuple(specs), means[0], means[1]), tuple(totals))


def _held(root: torch.Tensor) -> torch.Tensor:
    """Return the lower triangle, its rows no longer than the widest spread."""
    lower = root.tril()
    length = lower.norm(dim=1, keepdim=True).clamp_min(1e-6)
    return lower * (RULES.widest_spread * torch.tanh(length / RULES.widest_spread) / length)


def _fall(part: float) -> float:
    """Return the share of the rate at a part of the way: full at first, then falling as a cosine."""
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * max(0.0, (part - 0.3) / 0.7)))
