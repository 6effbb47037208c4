"""What the names of image files say: which scan a label image belongs to, and when two names are the same."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TypeVar

File = TypeVar("File")

LABEL_SUFFIXES = (
    "", "_m", "_mask", "_masks", "_label", "_labels", "_cp_masks", "_seg", "_segmentation", "_instances", "_gt",
    "_annotation", "_annotations", "_pred", "_prediction", "_predictions",
    "_Simple Segmentation", "_Object Predictions", "_Object Identities",
    "-m", "-mask", "-masks", "-label", "-labels", "-seg", "-segmentation",
)  # fmt: skip
"""What tools append to the name of a scan to name its label image; the longest that fits counts."""
PICTURE_SUFFIXES = (
    "_flows", "_flows_cp_masks", "_dP_cp_masks", "_outlines", "_outlines_cp_masks", "_cp_outlines", "_cp_output",
    "_Probabilities", "_Object Probabilities", "_Blockwise Object Predictions", "_Blockwise Object Probabilities",
    "_Uncertainty", "_Features", "_overlay",
)  # fmt: skip
"""What they append to name other pictures that they make of a scan: neither scans nor label images."""
PREFIXES = ("Mask of ", "Count Masks of ", "Drawing of ")
"""What ImageJ's particle analysis puts before the name of the scan it was given."""
SEPARATORS = "_-. "
OME = ".ome"
CHANNEL = "_0000"
"""nnU-Net appends it to the name of a scan, but not to that of its label image."""


def nfc(text: str) -> str:
    """Return a name composed (NFC): macOS may write an umlaut as two characters."""
    return unicodedata.normalize("NFC", text)


def readable(text: str) -> str:
    """Return a name without the bytes that the file system's encoding lacks: such names are UTF-8 or Western European.

    Unlike the name as Python gives it, it can be written into any UTF-8 file.
    """
    if not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    stored = os.fsencode(text)
    try:
        return stored.decode("utf-8")
    except UnicodeDecodeError:
        return stored.decode("cp1252", "replace")


def scan_name(path: Path) -> str:
    """Return the name of a file without its ending, composed (NFC) whatever the file system made of it."""
    return nfc(readable(path.stem))


def made_from(name: str, scans: Collection[str]) -> str | None:
    """Return the scan that a label image or another picture is made from, as its name tells, if that scan is there.

    Case and separator of what is appended do not count, and the scan's name may keep its ending: `a-Mask` and
    `a.tif_mask` are of `a`. Without such a scan a name may end as it likes.

    Parameters
    ----------
    name
        Of a file, without ending.
    scans
        Names of the images in its folder, with and without ending.
    """
    for suffix in sorted((*LABEL_SUFFIXES, *PICTURE_SUFFIXES), key=len, reverse=True):
        if suffix and _ends_with(name, suffix) and name[: -len(suffix)] in scans:
            return name[: -len(suffix)]
    rests = (name.removeprefix(prefix) for prefix in PREFIXES if name.startswith(prefix))
    return next((rest for rest in rests if rest in scans), None)


def _ends_with(name: str, suffix: str) -> bool:
    end = name[-len(suffix) :]
    return len(name) > len(suffix) and end[0] in SEPARATORS and end[1:].lower() == suffix[1:].lower()


def by_scan(files: Mapping[str, File], suffix: str, scans: Collection[str] = ()) -> dict[str, File]:
    """Return the files NAME<suffix> of those by name without ending, by the names of their scans.

    Of `scans`, those that nnU-Net would call NAME_0000 are found by NAME, if there is no file NAME_0000<suffix>; and
    the `.ome` of NAME.ome.tif may stand in one name alone.
    """
    suffix = nfc(suffix)
    found = {
        name.removesuffix(suffix): file for name, file in files.items() if name.endswith(suffix) and name != suffix
    }
    for scan in scans:
        for other in (without_channel(scan), scan.removesuffix(OME), f"{scan}{OME}"):
            if scan not in found and other in found:
                found[scan] = found[other] if other in scans else found.pop(other)
    return found


def without_channel(name: str) -> str:
    """Return the name that nnU-Net gives the label image of a scan: NAME of NAME_0000, every other as it is."""
    return re.sub(rf"(?<=.){CHANNEL}$", "", name)


def fitting_suffixes(files: Mapping[str, object], scans: Collection[str]) -> dict[str, list[str]]:
    """Return the usual suffixes with which files have the names of scans, and the scans that each fits, sorted.

    Parameters
    ----------
    files
        Label images by name without ending.
    scans
        Names of the scans, without ending.
    """
    fitting = {suffix: sorted(by_scan(files, suffix, scans).keys() & set(scans)) for suffix in LABEL_SUFFIXES}
    return {suffix: found for suffix, found in fitting.items() if found}
