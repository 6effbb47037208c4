"""What the names of image files say: which scan a label image belongs to, and when two names are the same."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TypeVar

from diffrendergan.errors import DataError

File = TypeVar("File")

LABEL_SUFFIXES = (
    "", "_m", "_mask", "_masks", "_label", "_labels", "_cp_masks", "_seg", "_segmentation", "_instances", "_gt",
    "_annotation", "_annotations", "_pred", "_prediction", "_predictions", "_rois", "_RoiSet",
    "_Simple Segmentation", "_Object Predictions", "_Object Identities",
)  # fmt: skip
"""What tools append to the name of a scan to name its label image; the longest that fits counts."""
LABEL_PREFIXES = (
    "mask_", "masks_", "label_", "labels_", "seg_", "segmentation_", "gt_", "RoiSet_", "Mask of ", "Count Masks of ",
)  # fmt: skip
"""What they put before it; the last two are of ImageJ's particle analysis."""
PICTURE_SUFFIXES = (
    "_flows", "_flows_cp_masks", "_dP_cp_masks", "_outlines", "_outlines_cp_masks", "_cp_outlines", "_cp_output",
    "_Probabilities", "_Object Probabilities", "_Blockwise Object Predictions", "_Blockwise Object Probabilities",
    "_Uncertainty", "_Features", "_overlay",
)  # fmt: skip
"""What they append to name other pictures that they make of a scan: neither scans nor label images."""
PICTURE_PREFIXES = ("Drawing of ",)
PLACE = "NAME"
"""Stands for the scan's name in what is given as a suffix but comes before the name: mask_NAME."""
LABEL_FORMS = (*LABEL_SUFFIXES, *(f"{prefix}{PLACE}" for prefix in LABEL_PREFIXES))
"""All forms of the names of label images: a suffix, or a form with the place of the scan's name."""
SEPARATORS = "_-. "
ENDING = re.compile(r"\.(?:tiff?|png|jpe?g|bmp|npy|dm[34]|ser|emd|mrc|ome|zarr)$", re.IGNORECASE)
"""An ending that a name may keep before another one: a.tif.png, a.tif_mask.png."""
ROBOFLOW = re.compile(r"_(?:tiff?|png|jpe?g|bmp)\.rf\.(?P<version>\w+)$", re.IGNORECASE)
"""What Roboflow makes of the ending of an image, with a name for each version of it."""
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
    forms = (*LABEL_FORMS, *PICTURE_SUFFIXES, *(f"{prefix}{PLACE}" for prefix in PICTURE_PREFIXES))
    alike = {_alike(scan): scan for scan in sorted(scans, reverse=True)}
    for form in sorted(filter(None, forms), key=len, reverse=True):
        rest = _within(name, form)
        if rest is None:
            continue
        scan = rest if rest in scans else alike.get(_alike(rest))
        if scan is not None and _may_be_one(rest, scan):
            return scan
    return None


def named_by(form: str, name: str) -> str:
    """Return the name of the label image of a scan: `form` is a suffix, or holds NAME."""
    return form.replace(PLACE, name) if PLACE in form else name + form


def _within(name: str, form: str) -> str | None:
    """Return the scan's name in that of a label image, None if it has another form.

    Capitals and separators do not count in what was added.
    """
    before, _, after = form.partition(PLACE) if PLACE in form else ("", "", form)
    end = len(name) - len(after)
    fits = _plain(name[: len(before)]) == _plain(before) and _plain(name[end:]) == _plain(after)
    return name[len(before) : end] if fits and len(before) < end else None


def _plain(text: str) -> str:
    return "".join("_" if character in SEPARATORS else character for character in text.lower())


def _alike(name: str) -> str:
    """Return what names have in common that differ in capitals, doubled endings, or by what Roboflow adds."""
    return _plain(_bare(ROBOFLOW.sub("", name)))


def _may_be_one(name: str, other: str) -> bool:
    """Tell whether two names that are alike may be of one scan.

    Roboflow's versions of it are not, and Roboflow alone changes separators.
    """
    first, second = ROBOFLOW.search(name), ROBOFLOW.search(other)
    if first and second:
        return first["version"] == second["version"]
    return bool(first or second) or _bare(name) == _bare(other)


def _bare(name: str) -> str:
    while ENDING.search(name):
        name = ENDING.sub("", name)
    return name.casefold()


def by_scan(
    files: Mapping[str, File], suffix: str, scans: Collection[str] = (), given: bool = False
) -> dict[str, File]:
    """Return the files NAME<suffix> of those by name without ending, by the names of their scans.

    Of `scans`, those that nnU-Net would call NAME_0000 are found by NAME, if there is no file NAME_0000<suffix>; the
    `.ome` of NAME.ome.tif may stand in one name alone; and where nothing else fits, capitals, doubled endings and what
    Roboflow adds do not count.

    Parameters
    ----------
    files
        By name without ending.
    suffix
        Or a form with the place of the name: mask_NAME.
    scans
        Names of the scans, without ending.
    given
        Whether the user gave the suffix: files that have it to the letter then come before those that do not.

    Raises
    ------
    DataError
        If several files fit one scan, or one file several scans.
    """
    suffix = nfc(suffix)
    found = _by_rest(files, suffix, scans, given)
    for scan in scans:
        for other in (without_channel(scan), scan.removesuffix(OME), f"{scan}{OME}"):
            if scan not in found and other in found:
                found[scan] = found[other] if other in scans else found.pop(other)
    missing = [scan for scan in scans if scan not in found]
    free: dict[str, list[str]] = {}
    for name in found if missing else ():
        if name not in scans:
            free.setdefault(_alike(name), []).append(name)
    pairs = [(scan, name) for scan in missing for name in free.get(_alike(scan), ()) if _may_be_one(scan, name)]
    for scan, name in pairs:
        others = [pair for pair in pairs if pair != (scan, name) and (pair[0] == scan or pair[1] == name)]
        if others:
            of_pair, of_other = (f"{named_by(suffix, label)} and {of}" for of, label in ((scan, name), others[0]))
            raise DataError(
                f"the label image of {scan} cannot be told: names are alike but for capitals and endings ({of_pair}, "
                f"{of_other}); rename one of them."
            )
        found[scan] = found.pop(name)
    return found


def _by_rest(files: Mapping[str, File], suffix: str, scans: Collection[str], given: bool) -> dict[str, File]:
    """Return the files by what their names are without suffix."""
    names: dict[str, list[str]] = {}
    for name in files:
        rest = _within(name, suffix)
        if rest is not None:
            names.setdefault(rest, []).append(name)
    found = {}
    for rest, fitting in names.items():
        exact = [name for name in fitting if name == named_by(suffix, rest)] if given else []
        if len(exact or fitting) > 1 and (not scans or rest in scans):
            raise DataError(
                f"{' and '.join(fitting[:2])} both are label images of {rest} by their names; say which is meant by "
                "what stands after the scan's name, or move one away."
            )
        found[rest] = files[(exact or fitting)[0]]
    return found


def spelled(form: str, names: Collection[str]) -> str:
    """Return a form as the names of label images have it, with their capitals and separators, if all have the same."""
    before = len(form.partition(PLACE)[0]) if PLACE in form else 0
    held = set()
    for name in names:
        rest = _within(name, form)
        if rest is not None:
            after = name[before + len(rest) :]
            held.add(f"{name[:before]}{PLACE}{after}" if PLACE in form else after)
    return held.pop() if len(held) == 1 else form


def otherwise_named(files: Mapping[str, Path], suffix: str) -> list[tuple[str, str]]:
    """Return the scans whose label images are not named as the suffix has it, and the file names of these."""
    return [
        (scan, path.name)
        for scan, path in files.items()
        if _within(scan_name(path), suffix) not in (scan, without_channel(scan), scan.removesuffix(OME), f"{scan}{OME}")
    ]


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
    fitting = {suffix: sorted(by_scan(files, suffix, scans).keys() & set(scans)) for suffix in LABEL_FORMS}
    return {suffix: found for suffix, found in fitting.items() if found}
