"""The preset and the look that are nearest to what the scans show."""

from __future__ import annotations

from collections.abc import Mapping

from diffrendergan.inspection.look import in_heights, in_transmission, nearest_look
from diffrendergan.inspection.proposal import Estimate
from diffrendergan.inspection.report import Inspection
from diffrendergan.inspection.rules import RULES

PRESET_OF_LOOK: Mapping[str | None, str] = {"afm": "particles-afm", "section": "grains-section"}
"""Presets of looks whose kind of image has particles of its own kind."""
OF_SURFACES = ("sem", "paper")
"""Looks that a preset has for want of a better one: what the scans show decides between them and others."""


def chosen_look(inspection: Inspection, asked: str | None, of_preset: str | None) -> tuple[str, str]:
    """Return the look, and why it is that one.

    Parameters
    ----------
    inspection : Inspection
        What the scans show.
    asked : str or None
        The look that was asked for.
    of_preset : str or None
        That of a preset that was asked for.
    """
    if asked is not None:
        return asked, "as asked"
    if of_preset is not None and of_preset not in OF_SURFACES:
        return of_preset, "as the preset has it"
    return nearest_look(inspection.kind, inspection.foreground)


def nearest_preset(inspection: Inspection, look: str | None = None) -> tuple[str, str]:
    """Choose the preset whose particles look most like those of the scans, and say why.

    Parameters
    ----------
    inspection : Inspection
    look : str, optional
        That was asked for: some have particles of their own.
    """
    if look in PRESET_OF_LOOK:
        return PRESET_OF_LOOK[look], f"the look is {look}"
    proposal = inspection.estimate
    if proposal is None:
        return "tio2-sem", "no particles were found, so nothing speaks for another"
    if proposal.family == "wire":
        return "agnw-sem", "the particles are wires"
    if in_transmission(inspection.kind, inspection.foreground):
        return _seen_through(proposal)
    if in_heights(inspection.kind):
        return PRESET_OF_LOOK["afm"], "heights of particles on a ground"
    if proposal.family in ("sphere", "ellipsoid"):
        return "sio2-him", "the particles are round"
    median = proposal.size.value.median * inspection.magnification.scale
    seen = f"particles of {median:.0f} px that are not round"
    if median >= RULES.large_diameter_px:
        return "tio2-him", f"{seen}, a few of them fill a patch"
    return "tio2-sem", f"{seen}, many of them in a patch"


def _seen_through(proposal: Estimate) -> tuple[str, str]:
    """Return the preset of particles that a beam passes, and say why."""
    if proposal.family == "rod":
        return "rods-tem", "the particles are rods in transmission (tried on drawn scans alone)"
    if proposal.morphology.value == "agglomerated":
        return "soot-tem", "they hang together in transmission, as soot does (tried on drawn scans alone)"
    return "dots-tem", "the particles are compact, in transmission"
