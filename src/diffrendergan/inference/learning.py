"""Learning a posterior from examples: some networks by maximum likelihood, and how wide its intervals have to be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from diffrendergan.inference.coordinates import DIMENSIONS, scaled, to_quantities
from diffrendergan.inference.examples import Examples
from diffrendergan.inference.mixture import BEYOND, COLUMNS, COMPONENTS, EACH, HIDDEN, ROWS, STEEPEST, Network
from diffrendergan.inference.posterior import INTERVAL, Posterior, distances
from diffrendergan.inference.rules import RULES
from diffrendergan.inference.truth import QUANTITIES
from diffrendergan.runs import seeds

Values = NDArray[np.float64]

FOLDS = 5
"""Networks; each leaves out a fifth of the sets, by which it is stopped."""
PASSES = 400
"""Most passes over the examples; a network is stopped long before."""
PATIENCE = 40
"""Passes without gain after which a network is stopped."""
BATCH = 256
RATE = 2e-3
DECAY = 1e-2
"""Weight decay of AdamW."""
JITTER = 0.05
"""Noise on standardised statistics in training: what differs by less tells nothing."""


@dataclass(frozen=True)
class Split:
    """Which sets are learned from, and which tell how wide intervals are."""

    learned: NDArray[np.bool_]
    kept_back: NDArray[np.bool_]


def split(examples: Examples, kept_back: float = 0.2) -> Split:
    """Keep back the last sets, by number: all are drawn independently."""
    limit = int((1 - kept_back) * (examples.group.max() + 1))
    learned = examples.group < limit
    return Split(learned, ~learned)


def learn(examples: Examples, seed: int) -> Posterior:
    """Return the posterior that examples teach; the same examples and seed give the same.

    Parameters
    ----------
    examples : Examples
    seed : int
        Of weights, order and noise.
    """
    parts = split(examples)
    known, kept = examples.where(parts.learned), examples.where(parts.kept_back)
    middle, spread = known.statistics.mean(axis=0), np.maximum(known.statistics.std(axis=0), 1e-3)
    target = known.true - known.found
    shift, unit = np.median(target, axis=0), np.maximum(target.std(axis=0), 1e-3)
    statistics = (known.statistics - middle) / spread
    networks = tuple(
        _fit(statistics, (target - shift) / unit, known, fold, seeds.integer(seed, "inference", fold))
        for fold in range(FOLDS)
    )
    draft = Posterior(
        names=examples.names, middle=middle, spread=spread, shift=shift, unit=unit, networks=networks,
        widths=np.ones(len(QUANTITIES)), precision=_precision(statistics), usual=0.0,
        prior=np.quantile(scaled(to_quantities(known.true[known.full])), [0.05, 0.5, 0.95], axis=0), record={},
    )  # fmt: skip
    far = distances(draft, known.statistics[known.full])
    draft = draft.replaced(usual=float(np.quantile(far, RULES.usual_share)))
    return draft.replaced(widths=_widths(draft, kept.where(kept.full)))


def _precision(standardised: Values) -> Values:
    """Return the inverse of the covariance of standardised statistics, shrunk towards none."""
    kept = np.clip(standardised, -BEYOND, BEYOND)
    covariance = np.cov(kept.T)
    return np.asarray(np.linalg.inv((1 - RULES.shrinkage) * covariance + RULES.shrinkage * np.eye(len(covariance))))


def _widths(posterior: Posterior, kept: Examples) -> Values:
    """Return by how much intervals have to be widened so that as many hold as is stated, for each quantity.

    Source: Y. Romano, E. Patterson, E. J. Candès, Conformalized Quantile Regression, NeurIPS 2019, with factors in
    place of additions.
    """
    needed = []
    for row in range(len(kept)):
        draws = scaled(to_quantities(posterior.draws(kept.statistics[row], kept.found[row])))
        low, middle, high = np.quantile(draws, [(1 - INTERVAL) / 2, 0.5, (1 + INTERVAL) / 2], axis=0)
        off = scaled(to_quantities(kept.true[row : row + 1]))[0] - middle
        needed.append(np.where(off >= 0, off / np.maximum(high - middle, 1e-4), off / np.minimum(low - middle, -1e-4)))
    level = min(1.0, INTERVAL * (1 + 1 / len(kept)))
    return np.quantile(np.array(needed), level, axis=0)


def _fit(statistics: Values, target: Values, known: Examples, fold: int, seed: int) -> Network:
    torch.manual_seed(seed)
    network = nn.Sequential(
        nn.Linear(statistics.shape[1], HIDDEN), nn.SiLU(), nn.Linear(HIDDEN, HIDDEN), nn.SiLU(),
        nn.Linear(HIDDEN, COMPONENTS * EACH),
    )  # fmt: skip
    with torch.no_grad():
        network[4].weight.mul_(0.1)  # begin with one wide distribution
    inputs, wanted, share = (torch.from_numpy(np.ascontiguousarray(values, np.float32)) for values in
                             (np.clip(statistics, -BEYOND, BEYOND), target, known.share))  # fmt: skip
    held = torch.from_numpy(known.group % FOLDS == fold)
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    order = torch.from_numpy(np.flatnonzero(~held.numpy()))
    best, state, waited = np.inf, {}, 0
    for _ in range(PASSES):
        network.train()
        for batch in order[torch.randperm(len(order))].split(BATCH):
            noisy = inputs[batch] + JITTER * torch.randn_like(inputs[batch])
            loss = _loss(network(noisy), wanted[batch], share[batch])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimizer.step()
        with torch.no_grad():
            value = float(_loss(network(inputs[held]), wanted[held], share[held]))
        if value < best - 1e-3:
            best, waited = value, 0
            state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        elif (waited := waited + 1) >= PATIENCE:
            break
    return Network(
        {f"{kind}{layer}": state[f"{2 * layer}.{kind}"].numpy() for layer in range(3) for kind in ("weight", "bias")}
    )


def _loss(outputs: Tensor, wanted: Tensor, share: Tensor) -> Tensor:
    return -(log_density(outputs, wanted) * share).sum() / share.sum()


def log_density(outputs: Tensor, wanted: Tensor) -> Tensor:
    """Return the logarithm of the density (n,) that outputs (n, COMPONENTS · EACH) give to points (n, D)."""
    parts = outputs.reshape(-1, COMPONENTS, EACH)
    triangle = torch.zeros(*parts.shape[:2], DIMENSIONS, DIMENSIONS)
    triangle[..., ROWS, COLUMNS] = parts[..., 1 + DIMENSIONS :]
    logs = torch.clamp(torch.diagonal(triangle, dim1=-2, dim2=-1), max=STEEPEST)
    triangle = torch.tril(triangle, -1) + torch.diag_embed(torch.exp(logs))
    off = (triangle @ (wanted[:, None] - parts[..., 1 : 1 + DIMENSIONS])[..., None])[..., 0]
    each = logs.sum(-1) - 0.5 * (off**2).sum(-1) - 0.5 * DIMENSIONS * np.log(2 * np.pi)
    return torch.logsumexp(torch.log_softmax(parts[..., 0], -1) + each, -1)
