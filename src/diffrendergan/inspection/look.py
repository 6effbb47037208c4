"""Which look suits scans: how images are made of particles and places."""

from __future__ import annotations

from diffrendergan.image_files.metadata import ImageKind
from diffrendergan.inspection.kind import CANNOT_TELL, KindFound

SCANNED: tuple[ImageKind, ...] = ("secondary electrons", "back-scattered electrons")
"""Kinds of image of which the look `sem` was tried."""


def nearest_look(kind: KindFound | None) -> tuple[str, str]:
    """Choose a look for scans of a kind, and say why.

    Returns
    -------
    look : str
    reason : str
        A sentence, with what to mind.
    """
    said = "secondary electrons over the scans' own ground, fitted to them by their statistics"
    if kind is None or kind.words == CANNOT_TELL or any(name in kind.words for name in SCANNED):
        return "sem", said
    if "helium" in kind.words:
        return "sem", f"{said}; untried on helium ions, so look at fit/fit.png of the run"
    return "sem", (
        f"{said}: dark or bright bodies, and edges only where the scans have them. It is no model of these images "
        f"({kind.words}): look at fit/fit.png of the run"
    )
