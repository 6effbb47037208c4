"""The numbers by which `prepare` chooses patches. Shown in docs/estimation.md."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PatchRules:
    """What decides about windows, beside the fields of `data`."""

    border_margin_px: int = 2
    """A particle that is displayed in full keeps this distance from the patch's border [px]: its rim is blurred."""
    counted_fraction: float = 0.3
    """A particle counts if its area is at least this fraction of a disc of the usual diameter: specks do not, nor
    fragments. Rule of thumb: half the diameter and a little."""
    overlap_steps: tuple[float, ...] = (0.25, 0.5, 0.75)
    """Largest shared fraction of the area of two patches of one scan, tried in this order. Rule of thumb."""
    least_grounds: int = 16
    """With fewer empty places than this, places with few particles are taken for ground too, whose particles are taken
    out: else the same few would show under all synthetic particles. Rule of thumb: eight ways to lay each are 128."""
    most_grounds: int = 64
    """No more are kept: with eight ways to lay each they hardly ever come again in one epoch."""
    most_hidden: float = 0.6
    """A place more of which could be particles shows too little ground to fill the rest. Rule of thumb."""
    slightly_outside: float = 0.05
    """A patch that the user lists may reach beyond the field of its scan with at most this share of its area, which is
    filled by mirroring and said; more is refused. Rule of thumb: a strip that no particle fits into."""
    look_px: int = 64
    """Patches are compared at about this resolution [px]: enough to tell particles, little enough to compare all."""
    shown_wire: float = 1 / 3
    """A wire is displayed if this part of a window's edge, or the whole wire, lies within the window. Rule of thumb."""


RULES = PatchRules()
