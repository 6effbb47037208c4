"""NiceGUI, imported when it is first used: it is an extra, and jobs must not need it."""

from __future__ import annotations

import importlib
from typing import Any

from diffrendergan.errors import MissingDependencyError


class Lazy:
    """A module whose names are looked up when they are used."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(self._module), name)


ui: Any = Lazy("nicegui.ui")
run: Any = Lazy("nicegui.run")


def require_nicegui() -> None:
    """Find out whether the studio's libraries are there.

    Raises
    ------
    MissingDependencyError
        If they are not.
    """
    try:
        importlib.import_module("nicegui")
    except ImportError as error:
        raise MissingDependencyError(
            f"the studio needs NiceGUI ({error}); install it with `pip install 'diffrendergan[studio]'`."
        ) from error
