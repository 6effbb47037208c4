"""Templates and style sheets of the package's pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from diffrendergan.reporting.figures.theme import DARK, LIGHT, PAGE, css_variables


def filled(template: str, context: Mapping[str, Any], filters: Mapping[str, Callable[..., Any]] | None = None) -> str:
    """Return a template filled in; text is escaped, and a name that is missing is an error."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("diffrendergan.reporting", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= filters or {}
    return environment.get_template(template).render(context)


def style_sheet(name: str) -> str:
    """Return a style sheet of the package."""
    return resources.files("diffrendergan.reporting").joinpath("templates", name).read_text(encoding="utf-8")


def themed_style(name: str) -> Markup:
    """Return a style sheet with the colours of both themes; paper is light."""
    light, dark = (css_variables({**PAGE[theme], **colours}) for theme, colours in (("light", LIGHT), ("dark", DARK)))
    themes = f":root {{ {light} }}\n@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"
    return Markup(themes + style_sheet(name))
