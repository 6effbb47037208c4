"""How wide the contour class of a project may be for its particles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from diffrendergan.inspection.proposal import Estimate
from diffrendergan.inspection.rules import RULES


def thin_contour(
    preset: Mapping[str, Any], proposal: Estimate | None, scale: float, remarks: dict[str, str]
) -> dict[str, Any]:
    """Return values with a thinner contour class than a preset's, where small particles would be nothing but contour.

    Parameters
    ----------
    preset : mapping
        Sections of its configuration.
    proposal : Estimate or None
        What the scans show; nothing is changed for wires, and where nothing was found.
    scale : float
        `data.scale`, by which lengths in scans become lengths in what a network sees.
    remarks : dict
        By the names of settings; changed in place.
    """
    if proposal is None or proposal.family == "wire" or not proposal.diameters:
        return {}
    small = float(np.percentile(proposal.diameters, 10)) * scale
    most = max(1, int(RULES.contour_part * small))
    if most >= preset.get("synthesis", {}).get("contour_width_px", 1):
        return {}
    remarks["synthesis.contour_width_px"] = f"one particle in ten is smaller than {small:.0f} px"
    return {"synthesis": {"contour_width_px": most}}
