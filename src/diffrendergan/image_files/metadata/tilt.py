"""By how much the stage was tilted, where metadata say so: lengths across its axis look shorter."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from diffrendergan.image_files.metadata.words import positive

LEAST_DEGREES = 10.0
"""Tilts below this shorten lengths by less than 1.6 %."""
ON = ("on", "yes", "true", "1")
ZEISS_TILT, ZEISS_CORRECTION = "Stage at T", "Tilt Corrn."


def tilt_remarks(zeiss: Mapping[str, Any] | None, fei: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Say that the stage was tilted and the image was not corrected for it; nothing where it was not, or none says so.

    Parameters
    ----------
    zeiss, fei : mapping or None
        `tifffile.TiffFile.sem_metadata` and `fei_metadata`.
    """
    degrees = _zeiss(zeiss or {}) or _fei(fei or {})
    if degrees is None or not LEAST_DEGREES <= degrees < 90:
        return ()
    shortened = math.cos(math.radians(degrees))
    return (
        f"The stage was tilted by {degrees:.3g}° and the image is not corrected for it: if the ground lay flat on the "
        f"stage, lengths across the tilt axis are {shortened:.2f} of the true ones, so stretch the scan along it.",
    )


def _zeiss(tags: Mapping[str, Any]) -> float | None:
    """Return the tilt [°] of an image without tilt correction."""
    entries = {str(entry[0]): entry[1] for entry in tags.values() if isinstance(entry, tuple) and len(entry) > 1}
    return None if str(entries.get(ZEISS_CORRECTION, "")).lower() in ON else _size(entries.get(ZEISS_TILT))


def _size(angle: Any) -> float | None:
    """Return an angle without its sign; None where there is none, or it is 0."""
    return positive(str(angle).strip().lstrip("-"))


def _fei(tags: Mapping[str, Any]) -> float | None:
    """Return the tilt [°] of an image of electrons without tilt correction; the file has it in radians."""
    beam, stage = tags.get("EBeam"), tags.get("Stage")
    corrected = isinstance(beam, Mapping) and str(beam.get("TiltCorrectionIsOn", "")).lower() in ON
    used = tags.get("Beam")
    of_ions = isinstance(used, Mapping) and str(used.get("Beam", "")).lower().startswith("i")
    if corrected or of_ions or not isinstance(stage, Mapping):
        return None
    tilt = _size(stage.get("StageT"))
    return None if tilt is None else math.degrees(tilt)
