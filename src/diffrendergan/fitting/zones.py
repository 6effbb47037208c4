"""Where in a patch is ground, rim and inside: signed distances from the outlines of its particles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.fitting.rules import RULES

GROUND, RIM, INSIDE = range(3)
ZONES = ("ground", "rim", "inside")


@dataclass(frozen=True, eq=False)
class Zones:
    """What the pixels of patches are, with the pixels whose grey levels are sorted.

    Attributes
    ----------
    profile : torch.Tensor
        int64 (B, H·W): the bin of the signed distance from the nearest outline, from outside to inside; the last
        number is for pixels farther away.
    kind : torch.Tensor
        bool (B, 3, H·W): ground, rim, inside.
    picks : torch.Tensor
        int64 (B, 3, n): pixels of each zone, some of them more than once where there are few.
    known : torch.Tensor
        bool (B, 3): whether the zone is large enough to tell anything.
    """

    profile: torch.Tensor
    kind: torch.Tensor
    picks: torch.Tensor
    known: torch.Tensor

    def of(self, rows: Sequence[int]) -> Zones:
        """Return the zones of some patches."""
        index = torch.as_tensor(list(rows))
        return Zones(self.profile[index], self.kind[index], self.picks[index], self.known[index])


def zones_of(covered: Sequence[NDArray[np.bool_]], rng: np.random.Generator) -> Zones:
    """Return the zones of patches from what their particles cover, (H, W) each."""
    parts = [_of_one(mask, rng) for mask in covered]
    return Zones(*(torch.from_numpy(np.stack([part[i] for part in parts])) for i in range(4)))


def _of_one(
    mask: NDArray[np.bool_], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64], NDArray[np.bool_]]:
    distance = signed_distance(mask).ravel()
    reach = RULES.profile_px
    bins = np.floor(distance + reach).astype(np.int64)
    bins[(bins < 0) | (bins >= 2 * reach)] = 2 * reach
    kinds = np.stack(
        [
            distance < -RULES.ground_px,
            (distance > 0) & (distance <= RULES.inside_px),
            distance > RULES.inside_px,
        ]
    )
    picks = np.zeros((len(kinds), RULES.zone_samples), np.int64)
    known = kinds.sum(1) >= RULES.least_pixels
    for number, kind in enumerate(kinds):
        if kind.any():
            picks[number] = rng.choice(np.flatnonzero(kind), RULES.zone_samples)
    return bins, kinds, picks, known


def signed_distance(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the distance of pixel centres from the outline [px], positive within; far away without an outline."""
    far = float(np.hypot(*mask.shape))
    if not mask.any():
        return np.full(mask.shape, -far)
    if mask.all():
        return np.full(mask.shape, far)
    inner, outer = ndimage.distance_transform_edt(mask), ndimage.distance_transform_edt(~mask)
    return np.asarray(np.where(mask, inner - 0.5, 0.5 - outer))
