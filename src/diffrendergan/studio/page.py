"""What the pages share, and what one page is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from diffrendergan.studio.worker import Worker
from diffrendergan.studio.workspace import State, Workspace


@dataclass
class Studio:
    """What all pages share."""

    space: Workspace
    worker: Worker
    """Reads scans and corrects particles."""
    live: Worker
    """Draws arrangements and looks."""
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    trouble: str = ""
    """What went wrong where no page was asked."""


@dataclass
class Page:
    """One page in a browser."""

    studio: Studio
    ticks: list[Callable[[], None]] = field(default_factory=list)
    """What the open tab does every second."""
    keys: list[Callable[[Any], Any]] = field(default_factory=list)
    """What it does with keys."""
    open_tab: Callable[[str], None] = lambda name: None
    show_again: Callable[[], None] = lambda: None

    @property
    def space(self) -> Workspace:
        """The folder."""
        return self.studio.space

    @property
    def state(self) -> State:
        """What is shown."""
        return self.studio.space.state()
