"""The kernel distance between the features of two sets of patches, over random halves of their scans."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from diffrendergan.metrics.scan_splits import Mask, draw_split, within
from diffrendergan.runs import seeds

Between = Callable[[Mask, Mask, bool], float]
"""Distance of two sets of patches: real ones, and others, which are real too if the last is true."""


def kernel_distance(real: NDArray[np.float64], synthetic: NDArray[np.float64],
                    scans: tuple[Sequence[str], Sequence[str]]) -> Between:  # fmt: skip
    """Return the squared maximum mean discrepancy of features, with the kernel (x·y/D + 1)³.

    Pairs of patches from one scan, which are more alike, are left out within a side, so that the expectation of real
    against real is 0; but for a side of one scan alone.

    Parameters
    ----------
    real, synthetic : ndarray, shapes (n, D) and (m, D)
        Features.
    scans : tuple of two sequences of str
        The scan of each patch.

    Source: M. Bińkowski et al., Demystifying MMD GANs, 2018 (kernel inception distance).
    """
    sides = (real, synthetic)
    kernels = {(a, b): (sides[a] @ sides[b].T / real.shape[1] + 1) ** 3 for a, b in ((0, 0), (0, 1), (1, 1))}
    other_scan = [np.not_equal.outer(np.asarray(names), np.asarray(names)) for names in scans]

    def inside(side: int, mask: Mask) -> float:
        pairs = other_scan[side][np.ix_(mask, mask)]
        if not pairs.any():  # patches of one scan alone: there are no others
            pairs = ~np.eye(len(pairs), dtype=bool)
        return float(kernels[side, side][np.ix_(mask, mask)][pairs].mean()) if pairs.any() else float("nan")

    def between(first: Mask, second: Mask, both_real: bool) -> float:
        side = 0 if both_real else 1
        across = float(kernels[0, side][np.ix_(first, second)].mean())
        return inside(0, first) + inside(side, second) - 2 * across

    return between


def over_halves(
    between: Between, scans: tuple[Sequence[str], Sequence[str]], seed: int, draws: int, both_real: bool = False
) -> NDArray[np.float64]:
    """Return a distance between random halves of the scans, shape (draws,).

    The same halves are drawn for equal seeds and scans, so that two sets of images can be compared draw by draw.

    Parameters
    ----------
    between : callable
        The distance.
    scans : tuple of two sequences of str
        The scan of each patch, real and synthetic.
    seed : int
        Root seed of the project.
    draws : int
        How many halves.
    both_real : bool
        Whether two halves of the real scans are compared.

    Raises
    ------
    DataError
        If there are too few scans for halves that share none.
    """
    found = []
    for number in range(draws):
        split = draw_split(scans[0], scans[1], seeds.generator(seed, "compare", "distance", number))
        other = within(scans[0], split.real[1]) if both_real else within(scans[1], split.synthetic[0])
        found.append(between(within(scans[0], split.real[0]), other, both_real))
    return np.array(found)
