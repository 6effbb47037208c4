"""The look at a scan that counts: at which magnification, and whether bright and dark are exchanged."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from diffrendergan.generalist.magnification.forest import packaged_forest
from diffrendergan.generalist.magnification.signs import Seen, described
from diffrendergan.generalist.scales import BEST_PX, Looked, scales_for, shown_at
from diffrendergan.segmentation.protocol import Segmenter

Judge = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""From what looks are judged by, (n, `signs.SIGNS`), to how good their particles are, (n,)."""


SURE_ENOUGH = 0.08
"""Looks whose surety is less than this below the highest are judged; .04 to .15 are as good on real scans."""


def best_look(segmenter: Segmenter, pixels: NDArray[np.float32], judge: Judge | None = None) -> Looked:
    """Return what a network says of a scan (H, W) at the magnification that suits it.

    Whether bright and dark are exchanged is decided at the small magnifications, by the surest look: one phase of a
    scan may be taken for particles as well as the other, and the network is surer of bright ones, of which it was
    shown more. Among the looks of which it is about as sure as of the surest, the one counts that is judged best.
    Larger magnifications cost most, and are left out once it is sure of particles as large as it tells apart best.

    Parameters
    ----------
    segmenter : Segmenter
    pixels : float32 (H, W)
    judge : callable, optional
        The packaged one by default, which was taught by virtual images (`scripts/make-magnification`).
    """
    small, large = split_scales(pixels.shape)
    seen = small_looks(segmenter, pixels, small)
    turned = max(seen, key=lambda each: each.looked.surety).looked.turned
    same = [each.looked for each in seen if each.looked.turned == turned]
    for scale in large:
        if same[-1].median_px >= BEST_PX and same[-1] in _sure(same):
            break
        seen.append(seen_at(segmenter, pixels, scale, turned))
        same.append(seen[-1].looked)
    values, sure = (judge or packaged_forest())(described(seen)), _sure(same)
    judged = [(value, each.looked) for value, each in zip(values, seen, strict=True) if each.looked in sure]
    return max(judged, key=lambda one: float(one[0]))[1]


def _sure(looks: Sequence[Looked]) -> list[Looked]:
    """Return the looks of which the network is about as sure as of the surest."""
    surest = max(looked.surety for looked in looks)
    return [looked for looked in looks if looked.surety >= surest - SURE_ENOUGH]


def split_scales(shape: tuple[int, ...]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the magnifications for a scan (H, W) at which bright and dark are told apart, and the others."""
    scales = scales_for(shape)
    count = max(1, sum(scale < 1 for scale in scales))
    return scales[:count], scales[count:]


def small_looks(segmenter: Segmenter, pixels: NDArray[np.float32], scales: Sequence[float]) -> list[Seen]:
    """Return looks at a scan (H, W) at some magnifications, each as it is and with bright and dark exchanged."""
    return [seen_at(segmenter, pixels, scale, turned) for scale in scales for turned in (False, True)]


def seen_at(segmenter: Segmenter, pixels: NDArray[np.float32], scale: float, turned: bool) -> Seen:
    """Return a look at a scan (H, W) with what was looked at."""
    shown = shown_at(pixels, scale, turned)
    return Seen(Looked(scale, turned, segmenter.predict(shown)), shown)
