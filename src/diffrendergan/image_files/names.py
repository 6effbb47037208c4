"""What the names of image files say: which scan a label image belongs to, and when two names are the same."""

from __future__ import annotations

import unicodedata
from pathlib import Path

LABEL_SUFFIXES = (
    "", "_m", "_mask", "_masks", "_label", "_labels", "_cp_masks", "_seg", "_Simple Segmentation",
)  # fmt: skip
"""What tools append to the name of a scan to name its label image; the longest that fits counts."""


def scan_name(path: Path) -> str:
    """Return the name of a file without its ending, composed (NFC) whatever the file system made of it."""
    return unicodedata.normalize("NFC", path.stem)
