"""How far synthetic patches are from real ones: Wasserstein distances of their statistics over the patches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from diffrendergan.fitting.rules import RULES
from diffrendergan.fitting.statistics import Group


@dataclass(frozen=True, eq=False)
class Target:
    """Statistics of the real patches, in units of their spread.

    Attributes
    ----------
    groups : tuple of Group
    middle, spread : torch.Tensor
        Of each statistic over the real patches, shape (F,).
    values : torch.Tensor
        Standardised and sorted over the patches, shape (n, F).
    directions : torch.Tensor
        Unit vectors, shape (F, d).
    sliced : torch.Tensor
        The real patches along these, sorted, shape (n, d).
    """

    groups: tuple[Group, ...]
    middle: torch.Tensor
    spread: torch.Tensor
    values: torch.Tensor
    directions: torch.Tensor
    sliced: torch.Tensor

    def standardised(self, statistics: torch.Tensor) -> torch.Tensor:
        """Return statistics (B, F) in real spreads; what a patch does not say counts as usual."""
        return torch.nan_to_num((statistics - self.middle) / self.spread, nan=0.0)

    def distances(self, statistics: torch.Tensor) -> torch.Tensor:
        """Return the mean squared distance of each group, and last the sliced one, shape (G + 1,).

        Parameters
        ----------
        statistics : torch.Tensor
            Of synthetic patches, shape (B, F).
        """
        given = self.standardised(statistics)
        each = (given.sort(0).values - _at_ranks(self.values, len(given))).square().mean(0)
        sliced = ((given @ self.directions).sort(0).values - _at_ranks(self.sliced, len(given))).square().mean()
        sizes = [len(group.labels) for group in self.groups]
        return torch.stack([part.mean() for part in each.split(sizes)] + [sliced])

    def total(self, statistics: torch.Tensor) -> torch.Tensor:
        """Return the number that is made small: the mean over groups, and the sliced distance with its weight."""
        *single, sliced = self.distances(statistics).unbind()
        return torch.stack(single).mean() + RULES.sliced_weight * sliced


def target_of(real: torch.Tensor, wide: torch.Tensor, groups: Sequence[Group], rng: torch.Generator) -> Target:
    """Return what synthetic patches are compared with.

    Parameters
    ----------
    real : torch.Tensor
        Statistics of the real patches, shape (n, F), NaN where a patch says nothing.
    wide : torch.Tensor
        The same of images whose parameters are drawn from their whole ranges: what a statistic can be at all.
    groups : sequence of Group
    rng : torch.Generator
        Draws the directions.
    """
    middle = torch.nan_to_num(real.nanmedian(0).values)
    spread = torch.maximum(_deviation(real), RULES.least_spread * _deviation(wide)).clamp_min(1e-4)
    values = torch.nan_to_num((real - middle) / spread, nan=0.0)
    directions = torch.randn(real.shape[1], RULES.directions, generator=rng)
    directions = directions / directions.norm(dim=0)
    return Target(
        tuple(groups), middle, spread, values.sort(0).values, directions, (values @ directions).sort(0).values
    )


def facts_of(
    target: Target, real: torch.Tensor, wide: torch.Tensor, fitted: torch.Tensor
) -> dict[str, dict[str, float]]:
    """Return root mean square distances by group, in real spreads: fitted, at random, and of half the real patches."""
    names = [*(group.name for group in target.groups), "sliced"]
    columns = {"fitted": fitted, "at random": wide, "real": real[::2]}
    roots = {name: target.distances(values).sqrt() for name, values in columns.items()}
    facts = {group: {name: float(values[i]) for name, values in roots.items()} for i, group in enumerate(names)}
    facts["all"] = {name: float(target.total(values).sqrt()) for name, values in columns.items()}
    return facts


def _deviation(values: torch.Tensor) -> torch.Tensor:
    """Return the standard deviation over the patches that say anything, shape (F,)."""
    known = values.isfinite()
    count = known.sum(0).clamp_min(1)
    filled = torch.where(known, values, 0.0)
    mean = filled.sum(0) / count
    return (torch.where(known, values - mean, 0.0).square().sum(0) / count).sqrt()


def _at_ranks(ordered: torch.Tensor, count: int) -> torch.Tensor:
    """Return `count` evenly spaced quantiles of sorted columns (n, F), shape (count, F)."""
    n = len(ordered)
    at = ((torch.arange(count) + 0.5) / count * n - 0.5).clamp(0, n - 1)
    low = at.floor().long()
    high = (low + 1).clamp_max(n - 1)
    part = (at - low)[:, None]
    return ordered[low] * (1 - part) + ordered[high] * part
