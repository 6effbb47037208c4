"""What tells the two sides apart, in words: single measures, and how far each kind of them goes alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from diffrendergan.realism.described import Table
from diffrendergan.realism.rules import RULES


@dataclass(frozen=True)
class Telling:
    """A measure by which patches can be told apart."""

    sentence: str
    pairs: float
    """Share of the pairs of a real and a synthetic patch that it puts in the right order, in [.5, 1]."""


def telling_measures(real: Table, synthetic: Table) -> tuple[Telling, ...]:
    """Return the measures that tell most pairs apart, the best of each kind, in words.

    Parameters
    ----------
    real, synthetic : Table
        Of all patches, in units of grey.
    """
    shares = pairs_in_order(real.values, synthetic.values)
    reach = np.abs(shares - 0.5) + 0.5
    told: list[Telling] = []
    kinds: set[str] = set()
    for column in np.argsort(-reach, kind="stable"):
        if len(told) == RULES.told or reach[column] < RULES.telling:
            break
        if real.groups[column] in kinds:
            continue
        kinds.add(real.groups[column])
        told.append(Telling(_sentence(real, synthetic, int(column)), float(reach[column])))
    return tuple(told)


def pairs_in_order(real: NDArray[np.float64], synthetic: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each column the share of pairs in which the synthetic value is the larger; ties count half.

    Parameters
    ----------
    real, synthetic : ndarray, shapes (n, D) and (m, D)

    Source: H. B. Mann, D. R. Whitney, 1947 (the area under the ROC curve).
    """
    n, m = len(real), len(synthetic)
    ranks = rankdata(np.concatenate([real, synthetic]), axis=0)
    return np.asarray((ranks[n:].sum(axis=0) - m * (m + 1) / 2) / (n * m))


def _sentence(real: Table, synthetic: Table, column: int) -> str:
    name, unit = real.names[column], real.units[column]
    medians = [float(np.median(table.values[:, column])) for table in (real, synthetic)]
    if unit == "none":
        change = f"{medians[1]:.3g} in place of {medians[0]:.3g}"
    else:
        change = f"× {np.exp(medians[1] - medians[0]):.2g}"
    return f"{'more' if medians[1] > medians[0] else 'less'} {name} ({change})"
