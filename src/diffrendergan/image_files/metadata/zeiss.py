"""Tag 34118 of Zeiss SmartSEM: lines in the program's own order, then KEY and `Label = value unit` in turn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from diffrendergan.image_files.metadata.scale import StatedScale
from diffrendergan.image_files.metadata.words import length_nm, whole_numbers

SOURCE = "the Zeiss metadata"
HEADER_PLACE = 3
"""The pixel size [m], with more digits, among the lines without a name."""
HEADER_AGREEMENT = 1e-3
LIVE_KEY, LIVE_COLUMNS = "ap_pixel_size", 1024
"""The pixel size of the live image, which is so wide [px]; images may be stored in other widths."""


def zeiss_scale(tags: Mapping[str, Any] | None) -> StatedScale | None:
    """Return what `tifffile.TiffFile.sem_metadata` says of the scale: '' holds the lines without a name."""
    if not tags:
        return None
    shown, text, used = None, "", ""
    for key in ("ap_image_pixel_size", LIVE_KEY):
        entry = tags.get(key)
        if shown is None and isinstance(entry, tuple) and len(entry) >= 2:
            text = " ".join(str(part) for part in entry[1:])
            shown, used = length_nm(text), key
    block = tags.get("", ())
    exact = length_nm(block[HEADER_PLACE], "m") if isinstance(block, tuple) and len(block) > HEADER_PLACE else None
    store = tags.get("dp_image_store")
    stored = whole_numbers(store[1]) if isinstance(store, tuple) and len(store) > 1 else ()
    columns, rows = stored if len(stored) == 2 else (None, None)
    if shown is None:
        # Lengths of 0 are those of a beam that was off; anything else is a way of writing that is not known.
        if text and text.split()[0].strip("0.,"):
            return StatedScale(SOURCE, None, not_understood=f"{text!r}, which is no length")
        return None if exact is None else StatedScale(SOURCE, exact, None, columns, rows)
    if used == LIVE_KEY and columns not in (None, LIVE_COLUMNS):
        # Older programs say it of the live image alone, whatever size was stored.
        width = tags.get("ap_width")
        field = length_nm(" ".join(map(str, width[1:]))) if isinstance(width, tuple) and len(width) > 1 else None
        if field is None or columns is None:
            stated = f"a pixel of the live image ({text}), but this one was stored {columns} px wide"
            return StatedScale(SOURCE, None, not_understood=stated)
        return StatedScale(SOURCE, field / columns, None, columns, rows)
    # The header number belongs to the live image; only where both agree is it the same scale, with more digits.
    same = exact is not None and abs(exact - shown) <= HEADER_AGREEMENT * shown
    return StatedScale(SOURCE, exact if same else shown, None, columns, rows)
