"""What metadata say of the kind of an image: which particles made it, and what was detected."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

ImageKind = Literal[
    "secondary electrons",
    "back-scattered electrons",
    "helium ions",
    "transmission, bright field",
    "transmission, dark field",
    "height",
]

SIGNALS: Mapping[ImageKind, tuple[str, ...]] = {
    "back-scattered electrons": (
        "bsd", "qbsd", "4qbsd", "ntsbsd", "hdbsd", "absd", "sensebsd", "asb", "esb", "rbsd", "bse", "bei", "bec", "bet",
        "bes", "bed", "cbs", "vcd", "abs", "compo", "inbeambse", "labe", "ubd", "pdbse",
    ),
    "secondary electrons": (
        "inlens", "inlensduo", "se", "se1", "se2", "sei", "lei", "sed", "led", "uedse", "etd", "etse", "tld", "ice",
        "lvd", "lfd", "gsed", "vpse", "vpseg3", "vpseg4", "inbeam", "inbeamse", "everhartthornley", "sese",
    ),
    "transmission, bright field": ("bf", "stembf", "bfstem", "tembf"),
    "transmission, dark field": ("df", "haadf", "adf", "stemdf", "stemhaadf", "dfstem", "adf1"),
    "height": ("height", "zsensor", "topography"),
}  # fmt: skip
"""Detectors and signals by the names that Zeiss, FEI, JEOL, Hitachi and Tescan give them, in small letters and digits
alone. A name that is not among them says nothing."""


@dataclass(frozen=True)
class StatedKind:
    """A kind of image, as a file states it.

    Attributes
    ----------
    kind : ImageKind
    source : str
        Where, as it reads in a sentence: `the Zeiss metadata (detector InLens)`.
    """

    kind: ImageKind
    source: str


def named_signal(name: Any, source: str) -> StatedKind | None:
    """Return the kind of image that a detector or signal of a name gives; None for a name that is not known."""
    plain = re.sub(r"[^a-z0-9]", "", re.sub(r"\(.*?\)", "", str(name)).lower())
    for kind, names in SIGNALS.items():
        if plain in names:
            return StatedKind(kind, f"{source} ({str(name).strip()})")
    return None


def zeiss_kind(tags: Mapping[str, Any] | None) -> StatedKind | None:
    """Return what `tifffile.TiffFile.sem_metadata` says of the detector; nothing for ions, or two signals mixed."""
    tags = tags or {}
    if "fib" in _value(tags, "dp_fib_imaging").lower() or _value(tags, "dp_mixing").lower() in ("on", "true"):
        return None
    for key in ("dp_detector_channel", "dp_detector_type"):
        if (found := named_signal(_value(tags, key), "the Zeiss metadata")) is not None:
            return found
    return None


def fei_kind(tags: Mapping[str, Any] | None) -> StatedKind | None:
    """Return what `tifffile.TiffFile.fei_metadata` says of detector and signal; nothing if the ion beam was used."""
    tags = tags or {}
    beam, detectors = tags.get("Beam"), tags.get("Detectors")
    if not isinstance(detectors, Mapping) or (
        isinstance(beam, Mapping) and str(beam.get("Beam", "")).lower().startswith("i")
    ):
        return None
    name, own = str(detectors.get("Name", "")), tags.get(str(detectors.get("Name", "")))
    # The signal says more than the detector: an ETD may be set to repel secondary electrons.
    signals = (own.get("Signal") if isinstance(own, Mapping) else None, detectors.get("Mode"), name)
    for signal in signals:
        if signal and (found := named_signal(signal, "the FEI metadata")) is not None:
            return found
    return None


LINES = (
    ("JEOL", r"^\$+CM_SIGNAL(?:_NAME)?[ \t]+(.+?)\s*$"),
    ("Hitachi", r"^[ \t]*SignalName[ \t]*=[ \t]*(.+?)\s*$"),
    ("Tescan", r"^[ \t]*Detector(?:0)?[ \t]*=[ \t]*(.+?)\s*$"),
)
ORION = re.compile(r"\borion\b.{0,2000}?\b(?:helium|nanofab)\b|\bhelium ion\b", re.IGNORECASE | re.DOTALL)
"""Instruments of helium ions, as texts in files name them."""


def text_kind(text: str, where: str) -> StatedKind | None:
    """Return the kind of image that a text of JEOL, Hitachi, Tescan or an Orion states.

    Parameters
    ----------
    text : str
        The whole text.
    where : str
        Where it stands, for the sentence: the name of a file, or of a tag.
    """
    if ORION.search(text) is not None:
        return StatedKind("helium ions", f"the Orion's lines in {where}")
    for maker, pattern in LINES:
        line = re.search(pattern, text, re.MULTILINE)
        if line is not None and (found := named_signal(line.group(1), f"{maker}'s lines in {where}")) is not None:
            return found
    return None


def _value(tags: Mapping[str, Any], key: str) -> str:
    entry = tags.get(key)
    return str(entry[1]) if isinstance(entry, tuple) and len(entry) > 1 else ""
