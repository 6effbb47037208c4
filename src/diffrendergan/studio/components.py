"""The page's own components; their code lies in `web`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

WEB = Path(__file__).parent / "web"


@cache
def _viewer_class() -> Any:
    from nicegui.element import Element

    class ScanViewer(Element, component=WEB / "viewer.js"):  # type: ignore[call-arg]
        """A scan with its particles; see `web/viewer.js`."""

    return ScanViewer


@cache
def _split_class() -> Any:
    from nicegui.element import Element

    class SplitView(Element, component=WEB / "split.js"):  # type: ignore[call-arg]
        """Two pictures over each other; see `web/split.js`."""

    return SplitView


def split_view(names: tuple[str, str], label: str) -> Any:
    """Show two pictures of one size over each other, with a divider that is dragged; `left` and `right` are set later.

    Parameters
    ----------
    names : (str, str)
        What is left and right of the divider.
    label : str
        What it shows, for those who cannot see it.
    """
    view = _split_class()()
    view.props["names"], view.props["label"] = list(names), label
    return view


def scan_viewer(
    base: str,
    size: tuple[int, int],
    levels: int,
    label: str,
    on_chosen: Callable[[Any], Any],
    on_stroke: Callable[[Any], Any],
) -> Any:
    """Show a scan that can be zoomed and panned, with outlines that can be clicked.

    Parameters
    ----------
    base : str
        Address of the tiles.
    size : (int, int)
        Width and height of the scan [px].
    levels : int
        Magnifications.
    label : str
        What it shows, for those who cannot see it.
    on_chosen : callable
        Is told the chosen particles: ``labels``, and ``columns`` and ``rows`` of the first.
    on_stroke : callable
        Is told what was drawn: ``tool`` and ``points`` as x, y [px].
    """
    viewer = _viewer_class()()
    viewer.props["base"], viewer.props["label"] = base, label
    viewer.props["width"], viewer.props["height"] = size
    viewer.props["levels"], viewer.props["tool"] = levels, "look"
    viewer.on("chosen", lambda event: on_chosen(event.args))
    viewer.on("stroke", lambda event: on_stroke(event.args))
    return viewer


def set_props(element: Any, values: Mapping[str, Any]) -> None:
    """Set properties of a component that have changed."""
    changed = {name: value for name, value in values.items() if element.props.get(name) != value}
    if changed:
        for name, value in changed.items():
            element.props[name] = value
        element.update()
