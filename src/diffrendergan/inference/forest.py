"""A random forest that tells which examples look like a set of scans: weights of examples, from plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

LEAF = 255
"""Marks nodes that ask nothing; there are fewer statistics than this."""


@dataclass(frozen=True, eq=False)
class Forest:
    """Trees, their nodes one after the other; a node that asks is followed by the one for values up to its threshold.

    Attributes
    ----------
    asked : uint8 (nodes,)
        Which statistic a node asks for, or `LEAF`.
    thresholds : float16 (nodes,)
    others : uint16 (nodes,)
        The node of the same tree for larger values.
    starts : int64 (trees,)
        First node of each tree.
    leaves : uint16 (n, trees)
        The leaf of each tree in which each example lies.
    shares : float64 (n,)
        Weight of each example.
    """

    asked: NDArray[np.uint8]
    thresholds: NDArray[np.float16]
    others: NDArray[np.uint16]
    starts: NDArray[np.int64]
    leaves: NDArray[np.uint16]
    shares: Values

    @classmethod
    def of(cls, fitted: Any, statistics: Values, shares: Values) -> Forest:
        """Return a forest of scikit-learn that was fitted to statistics (n, d) of examples with weights (n,)."""
        trees = [each.tree_ for each in fitted.estimators_]
        asked = np.concatenate([np.where(tree.children_left < 0, LEAF, tree.feature) for tree in trees])
        if any((tree.children_left[tree.children_left >= 0] != np.flatnonzero(tree.children_left >= 0) + 1).any()
               for tree in trees):  # fmt: skip
            raise ValueError("this version of scikit-learn orders the nodes of a tree otherwise")
        with np.errstate(over="ignore"):
            thresholds = np.concatenate([tree.threshold for tree in trees]).astype(np.float16)
        others = np.concatenate([np.maximum(tree.children_right, 0) for tree in trees]).astype(np.uint16)
        starts = np.cumsum([0, *(tree.node_count for tree in trees[:-1])])
        draft = cls(asked.astype(np.uint8), thresholds, others, starts, np.zeros((0, len(trees)), np.uint16), shares)
        leaves = np.stack([draft.leaf_of(row) for row in statistics])
        return cls(draft.asked, thresholds, others, starts, leaves, shares)

    def leaf_of(self, statistics: Values) -> NDArray[np.uint16]:
        """Return the leaf of each tree in which statistics (d,) lie: uint16 (trees,)."""
        found = np.zeros(len(self.starts), np.uint16)
        for tree, start in enumerate(self.starts):
            node = 0
            while (statistic := self.asked[start + node]) != LEAF:
                larger = statistics[statistic] > self.thresholds[start + node]
                node = int(self.others[start + node]) if larger else node + 1
            found[tree] = node
        return found

    def weights(self, statistics: Values) -> Values:
        """Return how much each example tells of a set with statistics (d,): float64 (n,), one in all.

        Source: N. Meinshausen, Quantile Regression Forests, J. Mach. Learn. Res. 7, 983 (2006).
        """
        together = (self.leaves == self.leaf_of(statistics)) * self.shares[:, None]
        found = (together / together.sum(axis=0)).mean(axis=1)
        return np.asarray(found / found.sum(), np.float64)
