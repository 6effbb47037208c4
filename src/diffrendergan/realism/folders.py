"""Patches of folders: of scans, of images as large as a patch, or of what `prepare` cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from diffrendergan.errors import DataError
from diffrendergan.image_files.listing import list_scans
from diffrendergan.image_files.passing_over import usable
from diffrendergan.micrographs.common_range import choose_stretch
from diffrendergan.micrographs.number_kinds import kind_of
from diffrendergan.micrographs.reading import read_raw
from diffrendergan.micrographs.rules import ReadingRules
from diffrendergan.micrographs.scan_set import PIXEL_SIZE_TOLERANCE
from diffrendergan.micrographs.scans import finish_scan, open_scan
from diffrendergan.micrographs.stretch import Stretch
from diffrendergan.micrographs.twins import content_key
from diffrendergan.micrographs.types import Micrograph, RawScan
from diffrendergan.micrographs.windows import window_corners
from diffrendergan.patches.candidates import Place, cut, in_field
from diffrendergan.patches.prepare import INDEX, patch_places
from diffrendergan.realism.rules import RULES
from diffrendergan.realism.sides import Patch
from diffrendergan.runs import seeds
from diffrendergan.runs.reporter import Reporter
from diffrendergan.runs.words import plural

ALIKE = 0.8
"""Images of one name on both sides are the same scan, one of them altered, if their coarse grey values are correlated
more than this. Rule of thumb: two scans are not, a scan and its blurred, noisy or brightened copy are."""
Sides = list[list[RawScan]]
"""The images of both folders."""
COARSE = 16
"""Blocks along an edge by which they are compared."""


@dataclass(frozen=True, eq=False)
class Found:
    """What two folders hold."""

    real: list[Patch]
    synthetic: list[Patch]
    notes: list[str]
    size: int
    """Edge of the patches [px]."""


def read_folders(real: Path, synthetic: Path, size: int | None, count: int, seed: int, reporter: Reporter) -> Found:
    """Read two folders.

    Images as large as a patch are taken whole. Of larger ones, which are read as scans, without their data bar, the
    windows that lie in their field. What shows the same pixels, or is an altered copy with the same name, counts as one
    scan.

    Parameters
    ----------
    real, synthetic : Path
        Folders of images.
    size : int or None
        Edge of the patches [px]; by default 256, or the smallest edge of an image.
    count : int
        As many patches are wanted; of folders with more images so many are drawn.
    seed : int
        Of the draw.
    reporter : Reporter
        Shows progress.

    Raises
    ------
    DataError
        If images cannot be read, are smaller than a patch, or are of another magnification on one side.
    """
    raws = [_raws(folder, count, seed, reporter) for folder in (real, synthetic)]
    smallest = min(min(raw.values.shape) for side in raws for raw in side)
    edge = size if size is not None else min(RULES.patch_px, smallest)
    if edge < RULES.least_px:
        raise DataError(
            f"patches of {edge}×{edge} px are too small to compare; give images, or --patch, of {RULES.least_px} px at "
            "least."
        )
    notes = _same_magnification(raws)
    raws, opened = _all_opened(raws, edge, reporter)
    keys = [[content_key(raw) for raw in side] for side in raws]
    scans = _same_scans(raws, keys)
    stretches, said = _stretches(opened)
    patches = [
        _patches(folder, side, names, stretch, edge)
        for folder, side, names, stretch in zip((real, synthetic), opened, scans, stretches, strict=True)
    ]
    shared = len(set(scans[0]) & set(scans[1]))
    if shared:
        notes.append(
            f"{plural(shared, 'scan is', 'scans are')} on both sides, as such or altered: in each split, one side "
            "alone uses it."
        )
    return Found(patches[0], patches[1], [*notes, *said], edge)


def _raws(folder: Path, count: int, seed: int, reporter: Reporter) -> list[RawScan]:
    listing = list_scans(folder)
    paths = listing.usable(reporter)
    if len(paths) > count:
        chosen = seeds.generator(seed, "compare", "images").permutation(len(paths))[:count]
        paths = [paths[i] for i in np.sort(chosen)]
    return list(usable(paths, read_raw, reporter, f"Reading {folder.name}"))


def _all_opened(raws: Sequence[Sequence[RawScan]], size: int, reporter: Reporter) -> tuple[Sides, Sides]:
    """Return the images of both sides that can be used, as they are in the files and as they are cut."""
    made = []
    for side in raws:
        of = {raw.source: raw for raw in side}
        made.append(list(usable(list(of), partial(_with_opened, of, size), reporter, "Cropping")))
    return [[raw for raw, _ in side] for side in made], [[opened for _, opened in side] for side in made]


def _with_opened(raws: Mapping[Path, RawScan], size: int, path: Path) -> tuple[RawScan, RawScan]:
    return raws[path], _opened(raws[path], size)


def _opened(raw: RawScan, size: int) -> RawScan:
    """Return an image without data bar and with its field, unless it is as large as a patch: then it is one."""
    if max(raw.values.shape) <= size:
        return replace(raw, field=None)
    return open_scan(raw.source, ReadingRules())


def _same_magnification(raws: Sequence[Sequence[RawScan]]) -> list[str]:
    """Raise a DataError where the pixel sizes of both sides are known and differ; return what is not known."""
    known = [sorted(raw.pixel_size_nm for raw in side if raw.pixel_size_nm is not None) for side in raws]
    if not (known[0] and known[1]):
        return ["The pixel size is not known on both sides: it is taken to be the same."]
    middles = [float(np.median(sizes)) for sizes in known]
    if max(middles) > (1 + PIXEL_SIZE_TOLERANCE) * min(middles):
        raise DataError(
            f"the pixels are {middles[0]:g} nm on the real side and {middles[1]:g} nm on the synthetic side, so that "
            "the magnification alone tells them apart; resample one of them."
        )
    return []


def _stretches(opened: Sequence[Sequence[RawScan]]) -> tuple[list[Stretch | None], list[str]]:
    """Return the common range of the grey values of each side: one for both where the numbers are of one kind."""
    real, notes = choose_stretch(opened[0])
    kinds = [{kind_of(raw) for raw in side} for side in opened]
    if kinds[1] <= kinds[0]:
        return [real, real], list(notes)
    other, more = choose_stretch(opened[1])
    told = (
        "The two sides hold grey values of different kinds "
        f"({', '.join(sorted(kinds[0]))}; {', '.join(sorted(kinds[1]))}): each is scaled to its own range."
    )
    return [real, other], [*notes, *more, told]


def _same_scans(raws: Sequence[Sequence[RawScan]], keys: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return a name for what each image shows: equal for equal pixels, and for altered copies of one name."""
    named: dict[str, str] = {}
    real_by_name = {raw.name: (raw, key) for raw, key in zip(raws[0], keys[0], strict=True)}
    scans = []
    for side, ends in enumerate(("", " (synthetic)")):
        names = []
        for raw, key in zip(raws[side], keys[side], strict=True):
            original = real_by_name.get(raw.name) if side else None
            if original is not None and _alike(original[0], raw):
                key = original[1]
            names.append(named.setdefault(key, raw.name + ends))
        scans.append(names)
    return scans


def _alike(first: RawScan, second: RawScan) -> bool:
    blocks = [_coarse(raw.values) for raw in (first, second)]
    if first.values.shape[1] != second.values.shape[1] or min(block.std() for block in blocks) == 0:
        return False
    return float(np.corrcoef(blocks[0].ravel(), blocks[1].ravel())[0, 1]) > ALIKE


def _coarse(values: np.ndarray) -> np.ndarray:
    """Return means of blocks of an image; of its upper part, since a data bar may be missing on one side."""
    edge = max(1, values.shape[1] // COARSE)
    rows = min(COARSE, values.shape[0] // edge) * 3 // 4 if values.shape[0] >= 2 * edge else 1
    columns = min(COARSE, values.shape[1] // edge)
    part = np.nan_to_num(values[: rows * edge, : columns * edge].astype(np.float64))
    return np.asarray(part.reshape(rows, edge, columns, edge).mean(axis=(1, 3)))


def _patches(
    folder: Path, raws: Sequence[RawScan], scans: Sequence[str], stretch: Stretch | None, size: int
) -> list[Patch]:
    origins = _origins(folder)
    found: list[Patch] = []
    for raw, name in zip(raws, scans, strict=True):
        scan = finish_scan(raw, ReadingRules(stretch=stretch))
        if min(scan.pixels.shape) < size:
            height, width = scan.pixels.shape
            raise DataError(
                f"{raw.source} has {width}×{height} pixels without its data bar, less than a patch of {size}×{size}; "
                "give a smaller --patch."
            )
        found += _windows(scan, origins.get(scan.name, name), size)
    return found


def _windows(scan: Micrograph, name: str, size: int) -> list[Patch]:
    height, width = scan.pixels.shape
    if height == width == size:
        return [Patch(scan.pixels, name, scan.name)]
    found = []
    for x, y in window_corners(height, width, size, size).tolist():
        if in_field(scan, x, y, size):
            middle = (x if width >= height else y) + size / 2
            found.append(Patch(cut(scan.pixels, Place(name, x, y), size), name, f"{scan.name} {x} {y}", middle))
    return found


def _origins(folder: Path) -> dict[str, str]:
    """Return the scan of each patch by its name, for a folder that `prepare` wrote; else nothing."""
    if folder.name != "patches" or not (folder.parent / INDEX).is_file():
        return {}
    places = patch_places(folder.resolve().parent.parent)
    return {f"{number:05d}": place.scan for number, place in enumerate(places)}
