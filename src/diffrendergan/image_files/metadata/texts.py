"""Texts of JEOL, Hitachi and Tescan: files beside the scan, and the same text within a TIFF."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from diffrendergan.image_files.metadata.kind import StatedKind, text_kind
from diffrendergan.image_files.metadata.scale import StatedScale
from diffrendergan.image_files.metadata.words import decoded, length_nm, positive, whole_numbers


def sidecars(path: Path) -> list[Path]:
    """Return the text files that a microscope wrote beside a scan: NAME.txt, and NAME-tif.hdr or NAME.hdr of Tescan."""
    ending = path.suffix.lstrip(".")
    names = (f"{path.stem}.txt", f"{path.stem}-{ending}.hdr", f"{path.stem}.hdr")
    # Windows does not tell a.TXT from a.txt, nor do those who wrote it.
    usual = {name: (name, name[: -len(".txt")] + name[-len(".txt") :].upper()) for name in names}
    beside = (next((path.with_name(n) for n in forms if path.with_name(n).is_file()), None) for forms in usual.values())
    return [file for file in beside if file is not None]


def sidecar_scales(path: Path) -> Iterator[StatedScale]:
    """Return what the text files beside a scan say of its scale."""
    for file in sidecars(path):
        found = text_scale(decoded(file.read_bytes()), file.name)
        if found is not None:
            yield found


def sidecar_kind(path: Path) -> StatedKind | None:
    """Return what the text files beside a scan say of the kind of image."""
    said = (text_kind(decoded(file.read_bytes()), file.name) for file in sidecars(path))
    return next((found for found in said if found is not None), None)


def text_scale(text: str, where: str) -> StatedScale | None:
    """Return the scale that a text of Hitachi, JEOL or Tescan states.

    Parameters
    ----------
    text : str
        The whole text.
    where : str
        Where it stands, for the sentence: the name of a file, or of a tag.
    """
    return _hitachi(text, where) or _jeol(text, where) or _tescan(text, where)


def _hitachi(text: str, where: str) -> StatedScale | None:
    """PixelSize is in nm; DataSize holds the pixels, without data bar."""
    size = _value(text, "PixelSize")
    if size is None:
        return None
    source, pixels = f"Hitachi's lines in {where}", whole_numbers(_value(text, "DataSize") or "")
    columns, rows = pixels if len(pixels) == 2 else (None, None)
    if (nm := length_nm(size, "nm")) is None:
        return StatedScale(source, None, not_understood=f"PixelSize={size}, which is no length")
    return StatedScale(source, nm, None, columns, rows)


def _jeol(text: str, where: str) -> StatedScale | None:
    """SM_MICRON_MARKER is the length of the scale bar, SM_MICRON_BAR its pixels, CM_FULL_SIZE those of the image."""
    bar = re.search(r"^\$+SM_MICRON_BAR[ \t]+(.+?)\s*$", text, re.MULTILINE)
    marker = re.search(r"^\$+SM_MICRON_MARKER[ \t]+(.+?)\s*$", text, re.MULTILINE)
    if bar is None or marker is None:
        return None
    full = re.search(r"^\$+CM_FULL_SIZE[ \t]+(\d+)\D+(\d+)", text, re.MULTILINE)
    columns, rows = (None, None) if full is None else (int(full.group(1)), int(full.group(2)))
    length, pixels = length_nm(marker.group(1)), positive(bar.group(1))
    source = f"JEOL's lines in {where}"
    if length is None or pixels is None:
        stated = f"a scale bar of {marker.group(1)!r} over {bar.group(1)!r} px, which is no length"
        return StatedScale(source, None, not_understood=stated)
    return StatedScale(source, length / pixels, None, columns, rows)


def _tescan(text: str, where: str) -> StatedScale | None:
    """PixelSizeX and PixelSizeY are in metres."""
    across, down = _value(text, "PixelSizeX"), _value(text, "PixelSizeY")
    if across is None:
        return None
    width, height = length_nm(across, "m"), None if down is None else length_nm(down, "m")
    source = f"Tescan's lines in {where}"
    if width is None:
        return StatedScale(source, None, not_understood=f"PixelSizeX={across}, which is no length")
    return StatedScale(source, width, height)


def _value(text: str, key: str) -> str | None:
    found = re.search(rf"^[ \t]*{key}[ \t]*=[ \t]*(.+?)\s*$", text, re.MULTILINE)
    return None if found is None else found.group(1)
