"""What of a measured arrangement holds in images of a kind.

Heights show one layer, sections cut a packing; in transmission outlines of what lies over each other are of no body.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from diffrendergan.config.merge import merged
from diffrendergan.config.topography import TopographyConfig
from diffrendergan.inspection.proposal import Estimate
from diffrendergan.inspection.rules import OF_LOOK
from diffrendergan.inspection.values import LOOK, doubtful, rounded
from diffrendergan.sizes.sections import lognormal_balls
from diffrendergan.sizes.tip import tip_free

SEEN_THROUGH = ("tem", "stem-dark")
"""Looks in which everything behind everything is seen."""


def suited(values: Mapping[str, Any], look: str, proposal: Estimate | None, remarks: dict[str, str]) -> dict[str, Any]:
    """Return the values that scans tell as they suit a look; remarks on those that are changed are, too.

    Parameters
    ----------
    values : mapping
        Sections of a configuration, as measured.
    look : str
    proposal : Estimate or None
        What they are from.
    remarks : dict
        By the names of settings; changed in place.
    """
    if proposal is None or proposal.family == "wire":
        return dict(values)
    if look == "afm":
        remarks["arrangement.three_dimensional"] = (
            "in height images particles usually lie side by side; true if some lie upon others"
        )
        return merged(values, {"arrangement": _without_tip(values["arrangement"], values, proposal, remarks)})
    if look in SEEN_THROUGH and proposal.morphology.value == "agglomerated" and doubtful(proposal.shape):
        return _without_shape(values, proposal, remarks)
    return _packed(values, proposal, remarks) if look == "section" else dict(values)


def _without_shape(values: Mapping[str, Any], proposal: Estimate, remarks: dict[str, str]) -> dict[str, Any]:
    """Return the values without a shape, which is then the preset's."""
    particles = {name: value for name, value in values["particles"].items() if name != "shape"}
    remarks["particles.shape"] = (
        f"{LOOK}: as the preset has it; outlines of particles that lie over each other tell no shape (measured: "
        f"{proposal.shape.value['family']}, confidence {proposal.shape.confidence:.1f})"
    )
    return {**values, "particles": particles}


def _without_tip(
    measured: Mapping[str, Any], values: Mapping[str, Any], proposal: Estimate, remarks: dict[str, str]
) -> dict[str, Any]:
    """Return a layer of particles that are as wide with the usual tip as they were measured."""
    scale = values.get("data", {}).get("scale", 1.0)
    tip = TopographyConfig().tip_radius_px / scale
    factor = tip_free(proposal.size.value.median, tip) / proposal.size.value.median
    remarks["arrangement.unit"] += f"; less what a tip of {TopographyConfig().tip_radius_px:g} px adds"
    size = measured.get("size")
    changed = {} if size is None else {"size": _scaled(size, measured.get("size_in", "unit"), factor)}
    return {"three_dimensional": False, "unit": rounded(measured["unit"] * factor), **changed}


def _scaled(size: Mapping[str, Any], size_in: str, factor: float) -> dict[str, Any]:
    """Return a distribution of sizes that are all larger by a factor; of `unit` nothing has to change."""
    if size_in == "unit":
        return dict(size)
    if size["distribution"] == "lognormal":
        return {**size, "mu": rounded(size["mu"] + math.log(factor))}
    lengths = ("mean", "sigma", "mean1", "sigma1", "mean2", "sigma2", "low", "high")
    return {name: rounded(value * factor) if name in lengths else value for name, value in size.items()}


def _packed(values: Mapping[str, Any], proposal: Estimate, remarks: dict[str, str]) -> dict[str, Any]:
    """Return a packing whose cut shows discs as they were measured."""
    measured: Mapping[str, Any] = values["arrangement"]
    median, sigma = _balls(proposal)
    unit, limit = measured["unit"] * median / proposal.size.value.median, measured["limit"]
    grains = OF_LOOK.filling * (2 * limit / unit) ** 2 * OF_LOOK.packed_radii / (4 / 3 * math.pi)
    count = int(min(grains, OF_LOOK.most_grains))
    arrangement = {
        "placement": "layers",
        "three_dimensional": True,
        "unit": rounded(unit),
        "limit": limit,
        "number": [max(1, int(OF_LOOK.fewest * count)), count],
        "size_in": "unit",
        "size": {"distribution": "lognormal", "mu": 0.0, "sigma": rounded(max(sigma, OF_LOOK.least_spread))},
    }
    for name in ("three_dimensional", "agglomerates", "size_in"):
        remarks.pop(f"arrangement.{name}", None)
    depth = f"{OF_LOOK.filling:.0%} of {OF_LOOK.packed_radii:g} radii in depth"
    remarks |= {
        "arrangement.placement": "a packing in depth, which is cut; discs do not tell how grains were placed",
        "arrangement.unit": f"balls of {median:.3g} px in the median have discs as large as those seen",
        "arrangement.size": "from the same; docs/quantification.md#sections says how",
        "arrangement.number": f"grains that fill {depth}",
        "particles.count": f"grains that fill {depth}",
    }
    return {**values, "arrangement": arrangement, "particles": {**values["particles"], "count": count}}


def _balls(proposal: Estimate) -> tuple[float, float]:
    """Return median [px] and logarithmic standard deviation of the balls whose discs were measured."""
    if len(proposal.diameters) >= OF_LOOK.fewest_discs:
        return lognormal_balls(np.array(proposal.diameters))
    return proposal.size.value.median / OF_LOOK.disc_of_ball, OF_LOOK.least_spread
