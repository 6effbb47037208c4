"""What kind of image scans are, and whether they are like anything known: what `init` is told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from diffrendergan.image_files.metadata import ImageKind
from diffrendergan.inspection.rules import SURE
from diffrendergan.micrographs.types import LabelImage, Micrograph

DARK: dict[ImageKind, bool] = {
    "transmission, bright field": True,
    "transmission, dark field": False,
    "height": False,
}
"""Whether particles are darker than the ground in images of a kind; of the others either is seen."""
CANNOT_TELL = "cannot tell"


@dataclass(frozen=True)
class KindFound:
    """The kind of the images of a folder.

    Attributes
    ----------
    words : str
        One kind, a family of kinds that cannot be told apart, or `CANNOT_TELL`.
    confidence : float
        The probability that this is right, for virtual images of every kind; of what files say `SURE.stated`.
    evidence : str
        In words.
    dark : bool or None
        Whether this makes particles darker than the ground; None where it says nothing of it.
    strange : tuple of str
        Scans that are like nothing known, by name.
    looked_at : int
        Scans that were looked at.
    """

    words: str
    confidence: float
    evidence: str
    dark: bool | None = None
    strange: tuple[str, ...] = ()
    looked_at: int = 0


class KindJudge(Protocol):
    """Tells the kind of image."""

    def __call__(self, scans: Sequence[Micrograph], labels: Sequence[LabelImage]) -> KindFound:
        """Return what is found from scans of one folder and their particles (H, W each)."""
        ...


def stated_kind(scans: Sequence[Micrograph]) -> KindFound | None:
    """Return the kind that the files of all scans state alike; None where any says nothing, or they differ."""
    kinds = {None if scan.kind is None else scan.kind.kind for scan in scans}
    if len(kinds) != 1 or scans[0].kind is None:
        return None
    stated = scans[0].kind
    return KindFound(stated.kind, SURE.stated, f"said by the file: {stated.source}", DARK.get(stated.kind))


def strange_words(found: KindFound) -> str:
    """Return what is to be said of scans that are like nothing known; nothing if most are."""
    if 2 * len(found.strange) <= found.looked_at:
        return ""
    return (
        f"{len(found.strange)} of {found.looked_at} scans that were looked at are like nothing that the generalist was "
        "taught: what it finds in them may be wrong; look at the outlines, and correct what was measured."
    )
