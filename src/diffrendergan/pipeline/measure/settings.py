"""What `measure` leaves out where little time is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Effort:
    """How much is done for a network.

    Attributes
    ----------
    name : str
        The project file is called so, and its results begin so.
    arrangements : int or None
        Drawn by `calibrate`; None for as many as it does by itself.
    patches : int or None
        Most real patches that they are compared with; likewise.
    changes : mapping
        Values of the project, by dotted name, in place of those that `init` writes.
    figures : bool
        Whether figures of each scan are drawn.
    confidence : bool
        Whether scans are looked at again to tell how sure each particle is.
    cut : str
        What was left out, as a sentence; empty if nothing was.
    """

    name: str
    arrangements: int | None
    patches: int | None
    changes: Mapping[str, Any]
    figures: bool
    confidence: bool
    cut: str

    def place(self, what: str) -> str:
        """Return the name of a folder of results."""
        return what if self.name == WHOLE.name else f"{self.name}-{what}"


WHOLE = Effort("project", arrangements=None, patches=None, changes={}, figures=True, confidence=True, cut="")
"""All that `init`, `calibrate` and `run` do."""
QUICK = Effort(
    "quick",
    arrangements=120,
    patches=24,
    changes={
        "data.patches": 16,
        "data.background_patches": 24,
        "fit.steps": 60,
        "fit.constellations": 16,
        "fit.patches": 24,
        "synthesis.images": 32,
        "segmentation.steps": 60,
        "segmentation.batch_size": 4,
        "segmentation.patch_size": 128,
    },
    figures=False,
    confidence=False,
    cut="quick: the look was fitted in 60 steps, sizes and places with no more than 120 arrangements, and the network "
    "was trained for 60 steps; leave out --quick for a whole run",
)
"""Some minutes on two cores."""
