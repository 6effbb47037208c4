"""How the judge of looks is learned from looks at virtual images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.generalist.magnification.forest import Forest

TREES = 60
LEAST_IN_A_LEAF = 15
"""Looks. Looks at one image are alike, so single ones would be learned by heart."""
ASKED = 0.4
"""Share of the signs that each node chooses from."""


def grown(
    signs: NDArray[np.float64], goodness: NDArray[np.float64], seed: int, record: Mapping[str, Any], trees: int = TREES
) -> Forest:
    """Grow the trees of a random forest.

    Parameters
    ----------
    signs : float64 (n, signs)
        What looks are judged by (`signs.described`).
    goodness : float64 (n,)
        How good their particles are, between 0 and 1.
    seed : int
    record : dict
        How they were made.
    trees : int
    """
    from sklearn.ensemble import RandomForestRegressor

    model = RandomForestRegressor(trees, min_samples_leaf=LEAST_IN_A_LEAF, max_features=ASKED, random_state=seed)
    model.fit(signs.astype(np.float32), goodness)
    found = [each.tree_ for each in model.estimators_]
    nodes = max(each.node_count for each in found)
    arrays = {
        name: np.full((trees, nodes), fill, kind)
        for name, fill, kind in (
            ("sign", -1, np.int16), ("limit", 0, np.float32), ("low", 0, np.int16), ("high", 0, np.int16),
            ("value", 0, np.float32),
        )
    }  # fmt: skip
    for row, tree in enumerate(found):
        used = slice(tree.node_count)
        arrays["sign"][row, used] = np.where(tree.children_left < 0, -1, tree.feature)
        arrays["limit"][row, used] = _below(tree.threshold)
        arrays["low"][row, used] = np.maximum(tree.children_left, 0)
        arrays["high"][row, used] = np.maximum(tree.children_right, 0)
        arrays["value"][row, used] = tree.value[:, 0, 0]
    return Forest(**arrays, record=dict(record))


def _below(limits: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the largest float32 that is not above each limit: float32 values compare with it as with the limit."""
    rounded = limits.astype(np.float32)
    return np.where(rounded.astype(np.float64) > limits, np.nextafter(rounded, np.float32(-np.inf)), rounded)
