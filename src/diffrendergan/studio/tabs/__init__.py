"""The tabs of the page, in their order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from diffrendergan.studio.page import Page
from diffrendergan.studio.tabs.arrangement import build_arrangement
from diffrendergan.studio.tabs.look import build_look
from diffrendergan.studio.tabs.particles import build_particles
from diffrendergan.studio.tabs.results import build_results
from diffrendergan.studio.tabs.run import build_run
from diffrendergan.studio.tabs.scans import build_scans


@dataclass(frozen=True)
class Tab:
    """A tab."""

    icon: str
    build: Callable[[Page], None]


TABS: Mapping[str, Tab] = {
    "Scans": Tab("photo_library", build_scans),
    "Arrangement": Tab("scatter_plot", build_arrangement),
    "Look": Tab("tune", build_look),
    "Run": Tab("model_training", build_run),
    "Particles": Tab("bubble_chart", build_particles),
    "Results": Tab("insights", build_results),
}
