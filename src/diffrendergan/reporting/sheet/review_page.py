"""The page of the particles that a network is least sure of."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import NamedTuple

import jinja2
from markupsafe import Markup

from diffrendergan.reporting.figures.theme import DARK, LIGHT, PAGE, css_variables
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


def review_page(shown: Sequence[Shown], total: int) -> str:
    """Return the page; the crops lie beside it.

    Parameters
    ----------
    shown : sequence of Shown
        In the order of the page.
    total : int
        Particles that were found.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("diffrendergan.reporting", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    sheet = resources.files("diffrendergan.reporting").joinpath("templates", STYLE_SHEET).read_text(encoding="utf-8")
    light, dark = (css_variables({**PAGE[theme], **colours}) for theme, colours in (("light", LIGHT), ("dark", DARK)))
    themes = f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"
    return environment.get_template(TEMPLATE).render(shown=shown, total=total, style=Markup(themes + sheet))
