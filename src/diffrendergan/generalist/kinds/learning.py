"""How the packaged model of kinds is learned from described virtual images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from diffrendergan.generalist.kinds.judge import FAMILIES, WORDS, judged
from diffrendergan.generalist.kinds.model import KindModel, log_softmax
from diffrendergan.inspection.kind import CANNOT_TELL

COMPONENTS = 64
"""Principal components of the features along which the spread of the training is known."""
LEAST_SPREAD = 1e-3
"""Features that spread less are taken to spread by this."""
KEPT_BACK = 4
"""One image in so many is not learned from."""
RIGHT = 0.9
"""Share of the answers on kept-back images that must be right: it sets the threshold."""
FALSE_ALARMS = 0.01
"""Share of the kept-back images that count as strange."""


def learned(names: Sequence[str], vectors: NDArray[np.float32], record: Mapping[str, Any]) -> KindModel:
    """Learn kinds from described images.

    Parameters
    ----------
    names : sequence of str
        Looks of the images, `empty` among them.
    vectors : float32 (n, features)
    record : dict
        How they were made.

    Notes
    -----
    Every fourth image is kept back: temperature, thresholds and the table of the record come from those.
    """
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    look, back = np.array(names), np.arange(len(names)) % KEPT_BACK == 0
    plain, shown = _spread(vectors[~back]), look != "empty"
    looks = plain.looks
    centred = plain.centred(vectors)
    # Features are many more than would do, and alike: shrinkage of their covariance is what makes the head hold.
    head = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto", priors=[1 / len(looks)] * len(looks))
    head.fit(centred[shown & ~back], look[shown & ~back])
    order = [list(head.classes_).index(name) for name in looks]
    logits = (centred @ head.coef_[order].T + head.intercept_[order])[shown & back]
    truth = look[shown & back].tolist()
    temperature = _temperature(logits, np.array([looks.index(name) for name in truth]))
    shares = np.exp(log_softmax(logits / temperature))
    threshold = _threshold(shares, truth, looks)
    components, left = plain.components(vectors[back])
    limits = {
        name: float(np.quantile((part**2).mean(axis=1), 1 - FALSE_ALARMS / 2))
        for name, part in (("within", components), ("beside", left))
    }
    made = replace(
        plain,
        weights=(head.coef_[order].T / temperature).astype(np.float32),
        bias=(head.intercept_[order] / temperature).astype(np.float32),
        record={
            **record,
            "looks": looks,
            "temperature": round(temperature, 3),
            "threshold": threshold,
            "strangeness": limits,
            "kept_back": table_of(shares, truth, looks, threshold),
        },
    )
    alarms = round(float((made.strangeness(vectors[back]) > 1).mean()), 4)
    return replace(made, record={**made.record, "false_alarms": alarms})


def _spread(vectors: NDArray[np.float32]) -> KindModel:
    """Return a model that knows how described images (n, features) spread, and nothing else."""
    mean, spread = vectors.mean(axis=0), vectors.std(axis=0)
    looks = tuple(WORDS)
    model = KindModel(
        mean,
        (1 / np.maximum(spread, LEAST_SPREAD)).astype(np.float32),
        np.zeros((len(mean), 0), np.float32),
        np.zeros(0, np.float32),
        np.zeros((len(mean), len(looks)), np.float32),
        np.zeros(len(looks), np.float32),
        {"looks": looks},
    )
    values, directions = np.linalg.eigh(np.cov(model.centred(vectors).T))
    projection = directions[:, ::-1][:, :COMPONENTS].astype(np.float16).astype(np.float32)
    deviation = np.sqrt(values[::-1][:COMPONENTS])
    return replace(model, projection=projection, inverse_deviation=(1 / deviation).astype(np.float32))


def table_of(
    shares: NDArray[np.float64], truth: Sequence[str], looks: Sequence[str], threshold: float
) -> dict[str, dict[str, float]]:
    """Return for each look how many images there were, and the shares that were told right, by name, or not at all."""
    found: dict[str, list[tuple[bool, bool, bool]]] = {look: [] for look in looks}
    for row, true in zip(shares, truth, strict=True):
        words = judged(dict(zip(looks, row, strict=True)), threshold).words
        likeliest = looks[int(np.argmax(row))]
        found[true].append((_fits(words, true), words == CANNOT_TELL, likeliest == true))
    table: dict[str, dict[str, float]] = {}
    for look, rows in found.items():
        if not rows:
            continue
        right, untold, likeliest = np.mean(rows, axis=0).round(3).tolist()
        table[look] = {"images": len(rows), "right": right, "cannot_tell": untold, "likeliest": likeliest}
    return table


def _fits(words: str, true: str) -> bool:
    return words == WORDS[true] or any(true in looks and words == family for looks, family in FAMILIES)


def _threshold(shares: NDArray[np.float64], truth: Sequence[str], looks: Sequence[str]) -> float:
    """Return the lowest threshold from which enough of the answers are right."""
    for threshold in np.arange(0.4, 0.99, 0.01):
        words = [judged(dict(zip(looks, row, strict=True)), float(threshold)).words for row in shares]
        said = [_fits(one, true) for one, true in zip(words, truth, strict=True) if one != CANNOT_TELL]
        if said and np.mean(said) >= RIGHT:
            return round(float(threshold), 2)
    return 0.99


def _temperature(logits: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    """Return by what logits are divided so that the probabilities fit kept-back images best."""

    def loss(log_temperature: float) -> float:
        logs = log_softmax(logits / np.exp(log_temperature))
        return -float(logs[np.arange(len(truth)), truth].mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-2, 3), method="bounded").x))
