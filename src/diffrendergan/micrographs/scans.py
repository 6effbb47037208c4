"""Scans as everything that works on them takes them: one reading for all commands.

A scan is opened (its numbers, without data bar, with its field) and finished (grey values in [0, 1]). Where one range
holds for all scans of a folder, it lies between the two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from diffrendergan.config.words import some
from diffrendergan.errors import DataError
from diffrendergan.image_files.decoding import LOSSY_ENDINGS
from diffrendergan.image_files.passing_over import usable
from diffrendergan.micrographs.apertures import find_aperture
from diffrendergan.micrographs.burnt_in import find_burnt_in
from diffrendergan.micrographs.common_range import choose_stretch
from diffrendergan.micrographs.databar import data_bar_rows, top_bar_rows
from diffrendergan.micrographs.field import fill_outside, find_field, find_lossy_field
from diffrendergan.micrographs.heights import as_heights
from diffrendergan.micrographs.intensity import scale_values
from diffrendergan.micrographs.number_kinds import kind_of
from diffrendergan.micrographs.reading import read_raw
from diffrendergan.micrographs.rules import ReadingRules
from diffrendergan.micrographs.stretch import Stretch
from diffrendergan.micrographs.types import BoolImage, FloatImage, Micrograph, RawScan
from diffrendergan.runs.reporter import Reporter


def read_scan(path: Path, rules: ReadingRules | None = None) -> Micrograph:
    """Read a grey scan: crop its data bar, find its field and scale its values to [0, 1].

    Parameters
    ----------
    path : Path
        A TIFF, PNG, JPEG or BMP file.
    rules : ReadingRules, optional
        What is known of it.

    Raises
    ------
    DataError
        If the file is unreadable, empty, coloured, 1-bit, constant, a stack, or holds no number at all; or if its
        numbers have no known full scale and the rules give none.
    """
    rules = rules or ReadingRules()
    return finish_scan(open_scan(path, rules), rules)


def read_scans(
    paths: Sequence[Path],
    rules: ReadingRules,
    reporter: Reporter,
    of: Callable[[RawScan], bool] = lambda raw: True,
) -> tuple[list[Micrograph], Stretch | None]:
    """Read the scans that can be used with a common stretch for those of more than 8 bits, or one for each kind.

    Parameters
    ----------
    paths : sequence of Path
    rules : ReadingRules
        Its stretch is not used.
    reporter : Reporter
        Shows progress, and what was made of the files.
    of : callable
        Tells of which scans the stretch is found.

    Returns
    -------
    list of Micrograph
        In the order of the paths, without those that are passed over (`open_scans`).
    Stretch or None
        The common stretch; None where the plain full scale does.

    Raises
    ------
    DataError
        If no scan can be used.
    """
    return finish_scans(open_scans(paths, rules, reporter), rules, reporter, of)


def open_scans(paths: Sequence[Path], rules: ReadingRules, reporter: Reporter) -> list[RawScan]:
    """Open scans, in the order of the paths; those that cannot be used are named and passed over.

    Raises
    ------
    DataError
        If none can be used.
    """
    return list(_opened(paths, rules, reporter))


def usable_names(paths: Sequence[Path], rules: ReadingRules, reporter: Reporter) -> list[str]:
    """Return the names of the scans that `open_scans` opens, with one in memory at a time."""
    return [raw.name for raw in _opened(paths, rules, reporter)]


def _opened(paths: Sequence[Path], rules: ReadingRules, reporter: Reporter) -> Iterator[RawScan]:
    return usable(paths, lambda path: open_scan(path, rules), reporter, "Reading scans")


def finish_scans(
    raws: Sequence[RawScan], rules: ReadingRules, reporter: Reporter, of: Callable[[RawScan], bool] = lambda raw: True
) -> tuple[list[Micrograph], Stretch | None]:
    """Turn opened scans into micrographs; else as `read_scans`."""
    stretch, said = choose_stretch([raw for raw in raws if of(raw)], [raw for raw in raws if not of(raw)])
    for line in said:
        reporter.note(line)
    scans = [finish_scan(raw, replace(rules, stretch=stretch)) for raw in raws]
    for line in told_remarks((scan.name, scan.remarks) for scan in scans):
        reporter.note(line)
    return scans, stretch


def open_scan(path: Path, rules: ReadingRules) -> RawScan:
    """Read the numbers of a scan, crop its data bar and find its field.

    Raises
    ------
    DataError
        As in `read_scan`, or if nothing is left, or if what is left is constant.
    """
    raw = read_raw(path, rules.series, rules.channel)
    rows = data_bar_rows(raw) if rules.data_bar == "auto" else rules.data_bar
    left = raw.values.shape[0] - rows
    if left <= 0:
        raise DataError(
            f"{raw.source} has {raw.values.shape[0]} rows, and a data bar of {rows} rows is to be cropped; set fewer."
        )
    values, field = np.ascontiguousarray(raw.values[:left]), None if raw.field is None else raw.field[:left]
    if values.min() == values.max() or (field is not None and not field.any()):
        raise DataError(f"{raw.source} has the same value in every pixel above its data bar; remove it.")
    raw = replace(raw, values=values, field=field, cropped_rows=raw.cropped_rows + rows)
    return as_heights(with_field(raw), rules.heights)


def with_field(raw: RawScan) -> RawScan:
    """Add the field to a scan without its data bar, and say what is not in it; a field that it has is cut down.

    Raises
    ------
    DataError
        If all of the field has one value.
    """
    shape, remarks = raw.values.shape, list(raw.remarks)
    field: BoolImage = np.ones(shape, bool) if raw.field is None else raw.field.copy()
    top = top_bar_rows(raw)
    if top:
        field[:top] = False
        remarks.append(f"{top} rows of a data bar at the top are no part of the field")
    lossy = raw.source.suffix.lower() in LOSSY_ENDINGS and raw.values.dtype == np.uint8
    # What stands for missing numbers is no constant part.
    shown = fill_outside(raw.values, raw.field)[top:]
    framed = find_lossy_field(shown) if lossy else find_field(shown)
    if framed is not None:
        field[top:] &= framed
        remarks.append(
            f"{1 - framed.mean():.1%} of the image are solid parts of one value, or dark beyond a round edge: no part "
            "of the field, and left out of areas, edges and patches"
        )
    elif find_aperture(shown) is not None:
        remarks.append(
            "its corners are black beyond a round edge, as around one large particle, so all of it counts as field; "
            "crop the scan if it is the edge of an aperture"
        )
    drawn = find_burnt_in(raw.values, field)
    if drawn is not None:
        field &= ~drawn
        remarks.append(
            f"{drawn.mean():.1%} of the image are covered by text or a scale bar drawn into it: no part of the field"
        )
    if field.all():
        return replace(raw, field=None, remarks=tuple(remarks))
    if not field.any() or raw.values[field].min() == raw.values[field].max():
        raise DataError(f"{raw.source} has the same value in every pixel of its field; remove it.")
    return replace(raw, field=field, remarks=tuple(remarks))


def finish_scan(raw: RawScan, rules: ReadingRules) -> Micrograph:
    """Turn an opened scan into a micrograph with values in [0, 1].

    Raises
    ------
    DataError
        If its numbers have no known full scale and the rules give none.
    """
    # Heights have no full scale: where nothing else is known, the range of their own scan takes its place.
    alone = rules.stretch is None and raw.nm_per_number is not None
    stretch = choose_stretch([raw])[0] if alone else rules.stretch
    kind = kind_of(raw) if stretch is not None and stretch.kinds else ""
    pixels = scale_values(raw.values, stretch, str(raw.source), kind)
    return Micrograph(
        name=raw.name,
        pixels=fill_outside(pixels, raw.field),
        pixel_size_nm=raw.pixel_size_nm if rules.pixel_size_nm == "auto" else float(rules.pixel_size_nm),
        source=raw.source,
        bit_depth=raw.bit_depth,
        data_bar_rows=raw.cropped_rows,
        field=raw.field,
        remarks=raw.remarks,
        stretch=stretch,
        kind=raw.kind,
        heights_nm=_heights(raw),
    )


def _heights(raw: RawScan) -> FloatImage | None:
    """Return the heights of a scan [nm], of which nothing is clipped; None where its numbers are none."""
    if raw.nm_per_number is None:
        return None
    return fill_outside(np.asarray(raw.values, np.float32) * np.float32(raw.nm_per_number), raw.field)


def told_remarks(remarks: Iterable[tuple[str, Sequence[str]]]) -> list[str]:
    """Return the remarks on many scans as lines: those that differ in numbers alone are told once.

    Parameters
    ----------
    remarks : iterable of (str, sequence of str)
        Names of scans, and the remarks on each.
    """
    groups: dict[str, list[tuple[str, str]]] = {}
    for name, sentences in remarks:
        for sentence in sentences:
            groups.setdefault(re.sub(r"\d+(\.\d+)?", "#", sentence), []).append((name, sentence.rstrip(".")))
    lines = []
    for (name, sentence), *others in groups.values():
        more = f" The same holds for {len(others)} more ({some([other for other, _ in others])})." if others else ""
        lines.append(f"{name}: {sentence}.{more}")
    return lines
