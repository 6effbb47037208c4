"""What figures show of either side: spectra, noise and grey levels, with their quartiles over the patches."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from diffrendergan.realism.comparison import Curves
from diffrendergan.realism.described import Table
from diffrendergan.realism.spectra import GROUP, ring_edges, tile_size

Quartiles = tuple[tuple[float, float, float], ...]
SIDES = ("real", "synthetic")


def curves_of(real: Table, synthetic: Table, edge: int) -> Curves:
    """Return the curves of two tables of patches of `edge` px."""
    tables = dict(zip(SIDES, (real, synthetic), strict=True))
    edges = ring_edges(tile_size(edge))
    rings: dict[float, list[int]] = {}
    for column, (group, name) in enumerate(zip(real.groups, real.names, strict=True)):
        found = re.match(r"power at (\d\.\d+)–", name)
        if group == GROUP and found:
            rings.setdefault(float(found.group(1)), []).append(column)
    middles = {f"{low:.2f}": float(np.sqrt(low * high)) for low, high in pairwise(edges)}
    return Curves(
        tuple(middles[f"{low:.2f}"] for low in rings),
        {side: _quartiles(np.stack([np.exp(t.values[:, columns]).mean(axis=1) for columns in rings.values()], axis=1))
         for side, t in tables.items()},
        {side: _quartiles(np.exp(_columns(t, "noise in "))) for side, t in tables.items()},
        {side: _quartiles(_columns(t, "grey level below ")) for side, t in tables.items()},
    )  # fmt: skip


def _columns(table: Table, start: str) -> NDArray[np.float64]:
    return table.values[:, [name.startswith(start) for name in table.names]]


def _quartiles(values: NDArray[np.float64]) -> Quartiles:
    return tuple((float(a), float(b), float(c)) for a, b, c in np.quantile(values, (0.25, 0.5, 0.75), axis=0).T)
