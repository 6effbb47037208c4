"""Virtual sets of scans: several images of one sample under one microscope, whose truth is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diffrendergan.generalist.prior import LEAST_CONTRAST, Example, compose, contrast
from diffrendergan.inference.truth import Truth, true_scan, truth_of
from diffrendergan.rendering.heightfield.scene import Atlas
from diffrendergan.runs import seeds
from diffrendergan.runs.chance import Shared

EDGES_PX = (224, 256, 320, 384, 512, 640)
"""Edges of the scans of a set [px]: the generalist enlarges small scans, and not large ones."""
AREA_PX = (0.06e6, 0.24e6)
"""Range of the pixels of all scans of a set together, evenly in the logarithm; one scan is the least. Many small sets
teach more of what the generalist gets wrong than few large ones."""
EDGE_CHANCES = (0.2, 0.2, 0.2, 0.15, 0.1, 0.15)
"""How often each edge is drawn: small scans cost less."""
MOST_SCANS = 5
LEAST_WHOLE = 8
"""Sets that show fewer whole particles are drawn again: their sizes are no distribution."""


def draw_set(atlas: Atlas, families: NDArray[np.int64], seed: int, index: int) -> tuple[tuple[Example, ...], Truth]:
    """Draw a set of square scans and return it with its truth; it depends on the bodies, the seed and the index alone.

    All scans of a set are drawn by the same law of sizes, numbers and places, with the same look, optics and detector
    (`runs.chance`). Wires are left out.
    """
    attempt = 0
    while True:
        rng = seeds.generator(seed, "set", index, attempt)
        edge, count = _frames(rng)
        scans = draw_scans(atlas, families, (edge, edge), count, seed, index, attempt)
        found = truth_of([true_scan(scan.labels, scan.silhouettes) for scan in scans])
        attempt += 1
        if found is not None and found.whole >= LEAST_WHOLE and _clear(scans):
            return scans, found


def draw_scans(
    atlas: Atlas,
    families: NDArray[np.int64],
    shape: tuple[int, int],
    count: int,
    seed: int,
    index: int,
    attempt: int = 0,
) -> tuple[Example, ...]:
    """Draw so many scans of `shape` (H, W) of one sample, whatever they show."""
    return tuple(
        compose(
            atlas,
            families,
            shape,
            Shared(
                seeds.generator(seed, "sample", index, attempt), seeds.generator(seed, "scan", index, attempt, number)
            ),
            empty=0,
            wires=0,
        )
        for number in range(count)
    )


def _frames(rng: np.random.Generator) -> tuple[int, int]:
    """Return the edge of the scans [px], and how many there are."""
    edge = int(rng.choice(EDGES_PX, p=EDGE_CHANCES))
    wanted = float(np.exp(rng.uniform(*np.log(AREA_PX))))
    return edge, int(np.clip(round(wanted / edge**2), 1, MOST_SCANS))


def _clear(scans: tuple[Example, ...]) -> bool:
    return float(np.median([contrast(scan) for scan in scans])) >= LEAST_CONTRAST
