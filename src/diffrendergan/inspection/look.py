"""Which look suits scans: how images are made of particles and places."""

from __future__ import annotations

from diffrendergan.image_files.metadata import ImageKind
from diffrendergan.inspection.kind import CANNOT_TELL, KindFound
from diffrendergan.inspection.report import Foreground

SCANNED: tuple[ImageKind, ...] = ("secondary electrons", "back-scattered electrons")
"""Kinds of image of which the look `sem` was tried."""
TRANSMITTED: dict[Foreground, tuple[ImageKind, str]] = {
    "dark": ("transmission, bright field", "tem"),
    "bright": ("transmission, dark field", "stem-dark"),
}
"""How particles look in transmission, and the look that makes such images."""
HEIGHTS: ImageKind = "height"


def nearest_look(kind: KindFound | None, foreground: Foreground = "bright") -> tuple[str, str]:
    """Choose a look for scans of a kind, and say why.

    Parameters
    ----------
    kind : KindFound or None
    foreground : {"bright", "dark"}
        Whether particles are brighter or darker than the ground: in transmission it has to go with the field.

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
    if in_transmission(kind, foreground):
        name, look = TRANSMITTED[foreground]
        words = f"{name}: a beam that passes particles over the scans' own film, fitted to them by their statistics"
        return look, words if look == "tem" else f"{words}; untried on such scans, so look at fit/fit.png of the run"
    if in_heights(kind):
        return "afm", (
            "heights that a tip feels, over the scans' own ground, fitted to them by their statistics; untried on real "
            "scans, so look at fit/fit.png of the run; give rendering.topography.tip_radius_px, the tip's radius"
        )
    return "sem", (
        f"{said}: dark or bright bodies, and edges only where the scans have them. It is no model of these images "
        f"({kind.words}): look at fit/fit.png of the run"
    )


def in_transmission(kind: KindFound | None, foreground: Foreground) -> bool:
    """Tell whether a beam passed the particles, and they are as dark or as bright as that makes them."""
    return kind is not None and kind.words in (TRANSMITTED[foreground][0], "transmission, bright or dark field")


def in_heights(kind: KindFound | None) -> bool:
    """Tell whether images are height maps."""
    return kind is not None and kind.words == HEIGHTS
