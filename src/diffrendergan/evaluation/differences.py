"""How far methods differ on the same scans: paired, so that hard scans are hard for both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from diffrendergan.evaluation.scoring import MEASURES, Row
from diffrendergan.sizes.bootstrap import RESAMPLES, bootstrap_mean

ERRORS = ("count_error", "relative_count_error")
"""Scores with a sign: of them the sizes are compared, since too many and too few are as wrong."""


def differences(
    rows: Sequence[Row], reference: str, usual: str | None = None, resamples: int = RESAMPLES, seed: int = 0
) -> list[dict[str, Any]]:
    """Return by how much each method differs from one of them, for each way of telling particles apart.

    Parameters
    ----------
    rows
        Scores of any number of methods, seeds and scans.
    reference
        The method that the others are compared with, decoding by decoding.
    usual
        The decoding of the reference that stands in for one that it has not, as the labels of another program have;
        where there is none of that either, nothing is said.
    resamples, seed
        Of the bootstrap: see `sizes.bootstrap.bootstrap_mean`.

    Returns
    -------
    list of dict
        In the order of first appearance, each with `method`, `decoding`, the decoding of the reference (`against`), the
        number of `scans` that both have, and for
        each of `MEASURES` the `mean` of the differences (method less reference; of scans, each averaged over its
        seeds) and its 95 % bootstrap `interval` over scans, None where there is too little.
    """
    found = []
    for method, decoding in dict.fromkeys((row.method, row.decoding) for row in rows if row.method != reference):
        against = decoding if any((row.method, row.decoding) == (reference, decoding) for row in rows) else usual
        scored = {name: [row for row in rows if (row.method, row.decoding) == (name, by)]
                  for name, by in ((method, decoding), (reference, against))}  # fmt: skip
        if not scored[reference]:
            continue
        entry: dict[str, Any] = {"method": method, "decoding": decoding, "against": against}
        entry["scans"] = len({row.scan for row in scored[method]} & {row.scan for row in scored[reference]})
        for measure in MEASURES:
            first, second = (_by_scan(scored[name], measure) for name in (method, reference))
            apart = [first[scan] - second[scan] for scan in first if scan in second]
            interval = bootstrap_mean(apart, resamples, seed)
            entry[measure] = {
                "mean": float(np.mean(apart)) if apart else None,
                "interval": None if interval is None else list(interval),
            }
        found.append(entry)
    return found


def _by_scan(rows: Sequence[Row], measure: str) -> dict[str, float]:
    """Return the score of each scan, averaged over seeds; scans without it are left out."""
    values: dict[str, list[float]] = {}
    for row in rows:
        value = getattr(row.scores, measure)
        if value is not None:
            values.setdefault(row.scan, []).append(abs(float(value)) if measure in ERRORS else float(value))
    return {scan: float(np.mean(of_scan)) for scan, of_scan in values.items()}
