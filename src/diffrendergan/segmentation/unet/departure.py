"""Whether a network that teaches itself still finds about what it found before, without any labels of the scans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from torch import Tensor

from diffrendergan.segmentation.instances import components, foreground
from diffrendergan.segmentation.protocol import Prediction
from diffrendergan.segmentation.rules import RULES, AdaptRules
from diffrendergan.segmentation.unet.losses import CLASS_WEIGHTS, CLASSES


def found_in(outputs: Tensor, rules: AdaptRules = RULES) -> dict[str, float]:
    """Return what a network finds in crops, from its outputs (B, 4, H, W).

    Returns
    -------
    dict
        `foreground`, its share of the pixels in [0, 1], and `particles`, the number of 4-connected components.
    """
    shares, count = [], 0
    for classes in outputs[:, :CLASSES].softmax(dim=1):
        prediction = Prediction(classes.numpy(), None, CLASS_WEIGHTS)
        shares.append(foreground(prediction).mean())
        count += int(components(prediction, rules.least_px).max(initial=0))
    return {"foreground": float(np.mean(shares)), "particles": float(count)}


def departure(records: Sequence[Mapping[str, float]], rules: AdaptRules = RULES) -> str:
    """Say in which way the last record has left what the first allows; empty if in none.

    Parameters
    ----------
    records
        `foreground` and `particles` of each check, and `validation_dice` where images were held out.
    rules
        How much may change.
    """
    first, last = records[0], records[-1]
    reasons = []
    for name, factor, words in (
        ("foreground", rules.foreground_factor, "the foreground of the scans"),
        ("particles", rules.particles_factor, "the number of particles in them"),
    ):
        if not first[name] / factor <= last[name] <= first[name] * factor:
            reasons.append(f"{words} went from {first[name]:.3g} to {last[name]:.3g}")
    if "validation_dice" in first and last["validation_dice"] < first["validation_dice"] - rules.score_loss:
        before, after = first["validation_dice"], last["validation_dice"]
        reasons.append(f"the Dice on held-out training images fell from {before:.3f} to {after:.3f}")
    return ", and ".join(reasons)
