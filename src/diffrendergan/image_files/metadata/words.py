"""Numbers, units and texts as microscopes write them: decimal commas, any spelling of micrometres, any encoding."""

from __future__ import annotations

import codecs
import math
import re
import unicodedata
from typing import Any

NM_PER_UNIT = {
    1e9: ("m", "meter", "meters", "metre", "metres"),
    2.54e7: ("in", "inch", "inches"),
    1e7: ("cm", "centimeter", "centimeters", "centimetre", "centimetres"),
    1e6: ("mm", "millimeter", "millimeters", "millimetre", "millimetres"),
    1e3: ("um", "micron", "microns", "micrometer", "micrometers", "micrometre", "micrometres"),
    1.0: ("nm", "nanometer", "nanometers", "nanometre", "nanometres"),
    0.1: ("å", "angstrom", "angstroms", "ångström", "ångströms", "ångstrom"),
    1e-3: ("pm", "picometer", "picometers", "picometre", "picometres"),
    1e-6: ("fm",),
}
NM_BY_NAME = {name: factor for factor, names in NM_PER_UNIT.items() for name in names}
GARBLED = {
    "u": re.compile("\\\\u00b5|\\\\u03bc|&micro;|\u00c2\u00b5|\u00ce\u00bc|\u0192\u00ca", re.IGNORECASE),
    "å": re.compile("\\\\u00c5|\\\\u212b|\u00c3[\u0085\u2026]", re.IGNORECASE),
}
"""Micro and ångström as text may hold them: escaped, or in UTF-8 or Shift-JIS that was read as Windows-1252."""
NUMBER = re.compile(r"\s*([-+]?\d[\d.,]*(?:[eE][-+]?\d+)?)\s*(.*)", re.DOTALL)
LONGEST_TEXT = 1_000_000
"""Bytes of a text file that are looked at."""


def unit_in_nm(unit: str) -> float | None:
    """Return the nanometres of a unit of length in any spelling, None for what is no such unit."""
    plain = unit.strip(" \t\r\n\0[]().")
    for letter, garbled in GARBLED.items():
        plain = garbled.sub(letter, plain)
    # NFKC writes both signs of micro as the Greek letter, and the sign of ångström as the letter.
    return NM_BY_NAME.get(unicodedata.normalize("NFKC", plain).lower().replace("μ", "u"))


def positive(value: Any) -> float | None:
    """Return a finite number above 0 from a number, or from a text with a decimal point or comma; None otherwise."""
    if isinstance(value, str):
        found = NUMBER.fullmatch(value)
        value = None if found is None or found.group(2).strip("\0 \t\r\n") else _with_point(found.group(1))
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if 0 < number < math.inf else None


def length_nm(value: Any, unit: str = "") -> float | None:
    """Return a length [nm] from a number and its unit, or from a text that holds both, as `2,480469 µm`."""
    if isinstance(value, str) and (found := NUMBER.fullmatch(value)) is not None:
        value, unit = found.group(1), found.group(2).strip("\0 \t\r\n") or unit
    number, factor = positive(value), unit_in_nm(unit)
    return None if number is None or factor is None else number * factor


def whole_numbers(value: Any) -> tuple[int, ...]:
    """Return the whole numbers of a text such as `1280x960` or `1024 * 768`."""
    return tuple(int(found) for found in re.findall(r"\d+", str(value)))


def _with_point(text: str) -> str:
    """Write a number with a decimal point; of points and commas both, the last is the decimal one.

    A single comma is a decimal comma: microscopes write no thousands.
    """
    point, comma = text.rfind("."), text.rfind(",")
    if point >= 0 and comma >= 0:
        decimal, thousands = (".", ",") if point > comma else (",", ".")
        return text.replace(thousands, "").replace(decimal, ".")
    return text.replace(",", ".")  # several of either kind are no number, which float() tells


def decoded(data: bytes) -> str:
    """Return the text of a file in UTF-16, UTF-8 or Windows-1252, whichever it is in."""
    data = data[:LONGEST_TEXT]
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):  # fmt: skip
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    start = data[:400]
    if start and start.count(0) > len(start) / 4:  # Latin letters in UTF-16: each second byte is 0
        return data.decode("utf-16-be" if start[0::2].count(0) > start[1::2].count(0) else "utf-16-le", "replace")
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(data, final=len(data) < LONGEST_TEXT)
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
