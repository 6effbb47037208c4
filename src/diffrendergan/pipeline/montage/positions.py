"""Where tiles were taken, as a list or their files say."""

from __future__ import annotations

import codecs
import csv
import io
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import DataError
from diffrendergan.image_files.metadata.words import unit_in_nm
from diffrendergan.image_files.names import nfc, scan_name
from diffrendergan.image_files.places import stated_place
from diffrendergan.pipeline.montage.rules import MONTAGE_RULES

Values = NDArray[np.float64]

OME = "ome"
"""In place of a list: each file says its place."""
FILE_COLUMNS = ("file", "name", "tile", "image", "scan")
_LENGTH = re.compile(r"(?P<axis>[xy])(?:[ _]*[\[(]?(?P<unit>px|pixels?|nm|um|µm|μm|mm)[\])]?)?", re.IGNORECASE)
LONGEST = 50_000_000
"""Bytes of a list: a hundred times that of 10,000 tiles."""


@dataclass(frozen=True)
class Stated:
    """Where each tile was taken, by its name: its left upper corner, or any other place that is the same in all."""

    places: Mapping[str, tuple[float, float]]
    """x and y in `unit`."""
    nm_per_unit: float | None
    """None: the unit is a pixel."""
    of_stage: bool
    """The axes are those of a stage, of which either may be turned."""

    def in_px(self, names: list[str], pixel_size_nm: float | None) -> Values:
        """Return the places of tiles, shape (n, 2) [px].

        Raises
        ------
        DataError
            If they are lengths and no pixel size is known, or beyond any montage.
        """
        if self.nm_per_unit is not None and pixel_size_nm is None:
            raise DataError("the places of the tiles are lengths; give the pixel size with --pixel-size-nm.")
        factor = 1.0 if self.nm_per_unit is None or pixel_size_nm is None else self.nm_per_unit / pixel_size_nm
        places = np.array([self.places[name] for name in names], np.float64).reshape(-1, 2) * factor
        places -= places.min(axis=0) if len(places) else 0
        if (np.abs(places) > MONTAGE_RULES.most_px).any():
            raise DataError(
                f"tiles are {places.max():.3g} px apart, beyond any montage; check the unit of the places and the "
                "pixel size."
            )
        return places


UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
"""What Excel's "Unicode text" begins with."""


def read_positions(source: Path, scans: Mapping[str, Path]) -> Stated:
    """Read where tiles were taken.

    Parameters
    ----------
    source : Path
        A CSV file with the columns `file`, `x` and `y`, the latter with a unit (`x_px`, `x [µm]`); or `ome`, for what
        OME-TIFF files say themselves.
    scans : mapping
        The files of the folder, by name.

    Raises
    ------
    DataError
        If the list cannot be read, names a tile twice, or one that is not there; or if a file says no place.
    """
    if str(source) == OME:
        return Stated({name: stated_place(path) for name, path in scans.items()}, 1.0, True)
    rows = _rows(source)
    file, x, y, unit = _columns(source, rows[0])
    places: dict[str, tuple[float, float]] = {}
    for number, row in enumerate(rows[1:], start=2):
        if len(row) <= max(file, x, y):
            raise DataError(f"line {number} of {source} has {len(row)} columns; it needs a file, x and y.")
        name = nfc(scan_name(Path(row[file].strip().replace("\\", "/"))))
        if name not in scans:
            raise DataError(f"line {number} of {source} names {row[file].strip()}, which is not among the scans.")
        if name in places:
            raise DataError(f"line {number} of {source} names {row[file].strip()} for the second time.")
        places[name] = _number(row[x], source, number), _number(row[y], source, number)
    if len(places) < 2:
        raise DataError(f"{source} names {len(places)} tiles; a montage has at least two.")
    return Stated(places, None if unit == "px" else unit_in_nm(unit), False)


def _rows(source: Path) -> list[list[str]]:
    try:
        if source.stat().st_size > LONGEST:
            raise DataError(f"{source} is larger than any list of positions; check the file.")
        data = source.read_bytes()
        text = data.decode("utf-16" if data[:2] in UTF_16 else "utf-8-sig")
    except OSError as error:
        raise DataError(f"{source} cannot be read ({error.strerror or error}); name a list of positions.") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{source} is no text in UTF-8 or UTF-16; save it as CSV in UTF-8.") from error
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(part.strip() for part in row)]
    except csv.Error as error:
        raise DataError(f"{source} is no CSV file ({error}).") from error
    if not rows:
        raise DataError(f"{source} is empty; it needs the columns file, x and y.")
    return rows


def _columns(source: Path, head: list[str]) -> tuple[int, int, int, str]:
    """Return the places of the columns of file, x and y, and the unit of the latter."""
    names = [name.strip().lower() for name in head]
    file = next((place for place, name in enumerate(names) if name in FILE_COLUMNS), None)
    found = {}
    for place, name in enumerate(names):
        if (of := _LENGTH.fullmatch(name)) is not None:
            found[of.group("axis").lower()] = place, (of.group("unit") or "px").lower()
    if file is None or set(found) != {"x", "y"}:
        raise DataError(
            f"the first line of {source} must name the columns file, x and y (with a unit: x_px, x_um, x_nm); it "
            f"says {', '.join(head)[:200]}."
        )
    units = {"px" if unit.startswith("p") else unit for _, unit in found.values()}
    if len(units) > 1:
        raise DataError(f"x and y of {source} have different units ({', '.join(sorted(units))}); give both in one.")
    return file, found["x"][0], found["y"][0], units.pop()


def _number(text: str, source: Path, line: int) -> float:
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataError(f"line {line} of {source} says {text.strip()!r} for a place, which is no number.")
    return value
