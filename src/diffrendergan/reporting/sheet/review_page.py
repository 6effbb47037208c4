"""The page of the particles that a network is least sure of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from diffrendergan.reporting.templating import filled, themed_style
from diffrendergan.runs.words import number
from diffrendergan.sizes.units import Unit

TEMPLATE, STYLE_SHEET = "review.html.j2", "review.css"


class Shown(NamedTuple):
    """A particle on the page."""

    picture: str
    """Path of its crop from the page."""
    scan: str
    label: int
    confidence: float
    diameter: float
    unit: Unit
    x: float
    """Its place in the scan, in the unit."""
    y: float

    @property
    def told(self) -> str:
        """Size and place in words."""
        return f"{number(self.diameter)} {self.unit}, at {number(self.x)}, {number(self.y)} {self.unit}"


def review_page(shown: Sequence[Shown], total: int, learns: bool) -> str:
    """Return the page; the crops lie beside it.

    Parameters
    ----------
    shown : sequence of Shown
        In the order of the page.
    total : int
        Particles that were found.
    learns : bool
        Whether `correct` can teach the network that found them.
    """
    return filled(TEMPLATE, {"shown": shown, "total": total, "learns": learns, "style": themed_style(STYLE_SHEET)})
