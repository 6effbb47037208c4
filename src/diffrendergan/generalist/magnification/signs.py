"""What looks at a scan are judged by: each described by itself and beside the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.generalist.scales import BEST_PX, Looked
from diffrendergan.metrics.matching import average_precision, match
from diffrendergan.micrographs.resampling import nearest

NEARLY_SURE = 0.1
"""Looks whose surety is so much below the highest have a say in how large particles usually are."""
SIGNS = (
    "surety", "off the best size", "size", "any", "foreground", "kept", "share kept", "entropy",
    "entropy of foreground", "decision", "two-class decision", "explained by foreground", "explained by particles",
    "agrees below", "agrees above", "magnification", "surety below highest", "sign's lead in surety",
    "explained below highest", "sign's lead in decision", "kept below most", "off the usual size",
    "sign's lead in agreement", "sign's lead in kept",
)  # fmt: skip
"""Names of the columns."""


@dataclass(frozen=True, eq=False)
class Seen:
    """A look at an image, and what is measured of it.

    Attributes
    ----------
    looked : Looked
    image : float32 (h, w)
        What was looked at, at its magnification.
    """

    looked: Looked
    image: NDArray[np.float32]

    @cached_property
    def own(self) -> dict[str, float]:
        """What is measured of the look by itself, by the names of `SIGNS`."""
        classes = self.looked.prediction.classes
        inside, kept = self.looked.inside, self.looked.labels > 0
        entropy = -(classes * np.log(np.clip(classes, 1e-6, 1))).sum(axis=0)
        smooth = ndimage.gaussian_filter(self.image, 1.0)
        return {
            "surety": self.looked.surety,
            "foreground": float(inside.mean()),
            "kept": float(kept.mean()),
            "entropy": float(entropy.mean()),
            "entropy of foreground": float(entropy[inside].mean()) if inside.any() else float(np.log(3)),
            "decision": float(classes.max(axis=0).mean()),
            "two-class decision": float(np.abs(1 - 2 * classes[0]).mean()),
            "explained by foreground": _explained(smooth, inside),
            "explained by particles": _explained(smooth, kept),
        }


def described(seen: Sequence[Seen]) -> NDArray[np.float64]:
    """Return what each of some looks at one image is judged by, (n, `SIGNS`)."""
    signs = {turned: [each for each in seen if each.looked.turned == turned] for turned in (False, True)}
    agreements = [_agreements(each, signs[each.looked.turned]) for each in seen]
    above = {id(each): agreement[1] for each, agreement in zip(seen, agreements, strict=True)}

    rows = []
    for each, (agrees_below, agrees_above) in zip(seen, agreements, strict=True):
        own, look = each.own, each.looked
        lead = partial(_lead, signs[look.turned], signs[not look.turned])
        size = np.log(max(look.median_px, 1.0) / BEST_PX)
        rows.append(
            [
                own["surety"], abs(size), size, float(look.median_px > 0), own["foreground"], own["kept"],
                own["kept"] / max(own["foreground"], 1e-3), own["entropy"], own["entropy of foreground"],
                own["decision"], own["two-class decision"], own["explained by foreground"],
                own["explained by particles"], agrees_below, agrees_above, np.log2(look.scale),
                own["surety"] - _most(seen, "surety"), lead(_named("surety")),
                own["explained by foreground"] - _most(seen, "explained by foreground"),
                lead(_named("two-class decision")), own["kept"] - _most(seen, "kept"),
                np.log(max(_usual_px(signs[look.turned]) * look.scale, 1.0) / BEST_PX),
                lead(lambda one: above[id(one)], least=-1.0), lead(_named("kept")),
            ]
        )  # fmt: skip
    return np.array(rows, np.float64).reshape(-1, len(SIGNS))


def _named(sign: str) -> Callable[[Seen], float]:
    return lambda seen: seen.own[sign]


def _most(seen: Sequence[Seen], sign: str) -> float:
    return max(each.own[sign] for each in seen)


def _lead(same: Sequence[Seen], other: Sequence[Seen], value: Callable[[Seen], float], least: float = 0.0) -> float:
    """Return how much higher a value rises among some looks than among others."""
    return max(map(value, same), default=least) - max(map(value, other), default=least)


def _explained(image: NDArray[np.float32], inside: NDArray[np.bool_]) -> float:
    """Return the share of an image's variance that lies between two parts of it."""
    share = float(inside.mean())
    if share in (0.0, 1.0):
        return 0.0
    between = share * (1 - share) * float(image[inside].mean() - image[~inside].mean()) ** 2
    return between / max(float(image.var()), 1e-9)


def _usual_px(seen: Sequence[Seen]) -> float:
    """Return how large particles are in the sure ones of some looks, in pixels of the scan; 0 where there are none."""
    surest = max(each.looked.surety for each in seen)
    sizes = [
        each.looked.median_px / each.looked.scale
        for each in seen
        if each.looked.median_px > 0 and each.looked.surety > surest - NEARLY_SURE
    ]
    return float(np.median(sizes)) if sizes else 0.0


def _agreements(seen: Seen, others: Sequence[Seen]) -> tuple[float, float]:
    """Return how well a look's particles agree with those at half and at twice its magnification; -1 where none is."""
    found = {round(np.log2(other.looked.scale / seen.looked.scale)): other.looked.labels for other in others}
    labels = seen.looked.labels
    below, above = (_agreement(labels, found[step]) if step in found else -1.0 for step in (-1, 1))
    return below, above


def _agreement(labels: NDArray[np.int32], others: NDArray[np.int32]) -> float:
    """Return the share of the particles of two label images of one scan that are in both; 0 where one has none."""
    if not labels.any() or not others.any():
        return 0.0
    shape = max(labels.shape, others.shape)
    first, second = (each if each.shape == shape else nearest(each, shape) for each in (labels, others))
    return average_precision(match(first, second))
