"""A first look at a folder of scans, for `init`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import measure

from diffrendergan.errors import DataError
from diffrendergan.micrographs.candidates import count_full, window_corners
from diffrendergan.micrographs.foreground import (
    CLEAR_SKEW,
    COUNTED_AREA,
    ScanParticles,
    brightness_skew,
    find_particles,
    li_threshold,
    usual_diameter,
    whole_particles,
)
from diffrendergan.micrographs.initial_config import initial_config
from diffrendergan.micrographs.inspection_report import Foreground, Inspection, ScanReport
from diffrendergan.micrographs.intensity import choose_stretch
from diffrendergan.micrographs.reading import crop_data_bar, list_images, read_raw, scale_scan
from diffrendergan.micrographs.scan_set import PIXEL_SIZE_TOLERANCE
from diffrendergan.micrographs.types import FloatImage, Micrograph
from diffrendergan.runs.reporter import Reporter, SilentReporter

__all__ = ["Inspection", "ScanReport", "initial_config", "inspect_folder"]

MOST_SCANS = 16
"""Particles are looked for in at most this many scans, evenly spaced; all are read."""
PATCH_PX = 256
PATCH_STRIDE_PX = 128
LEAST_FULL = 3
SPARSE_SHARE = 0.3
"""Particles that cover less than this are sparse."""


def inspect_folder(folder: Path, reporter: Reporter | None = None) -> Inspection:
    """Look at the scans of a folder: sizes, bit depth, pixel size, data bar, rough particle scale and coverage.

    Parameters
    ----------
    folder : Path
        Folder of micrographs.
    reporter : Reporter, optional
        Shows progress.

    Raises
    ------
    DataError
        If there is no image, or one cannot be used.
    """
    reporter = reporter or SilentReporter()
    scans = read_scans(Path(folder), reporter)
    foreground, clear = find_foreground(scans)
    looked_at = scans[:: -(-len(scans) // MOST_SCANS)]
    try:
        particles, _ = find_particles(looked_at, foreground == "dark", reporter)
    except DataError:  # no particles anywhere: what is known of the files is still of use
        particles, looked_at = [], []
    found = dict(zip((scan.name for scan in looked_at), particles, strict=True))
    patch = min(PATCH_PX, *(min(scan.pixels.shape) for scan in scans))
    diameter = usual_diameter(particles) if particles else None
    reports = tuple(_report(scan, found.get(scan.name), patch) for scan in scans)
    sizes = {report.pixel_size_nm for report in reports}
    pixel_size = _common(sizes)
    roundness, elongation, width = _shapes(particles)
    return Inspection(
        folder=Path(folder),
        scans=reports,
        foreground=foreground,
        foreground_clear=clear,
        diameter_px=diameter,
        diameter_nm=None if diameter is None or pixel_size is None else diameter * pixel_size,
        pixel_size_nm=pixel_size,
        coverage=float(np.mean([item.coverage for item in particles])) if particles else 0.0,
        roundness=roundness,
        elongation=elongation,
        width_px=width,
        displayed=None if diameter is None else _displayed(particles, patch, diameter),
        patch_size=patch,
    )


def read_scans(folder: Path, reporter: Reporter) -> list[Micrograph]:
    """Read all scans of a folder at one common scale, without their data bars."""
    paths = list_images(folder)
    raws = [crop_data_bar(read_raw(path)) for path in reporter.track(paths, "Reading scans", total=len(paths))]
    stretch = choose_stretch(raws)
    return [scale_scan(raw, "auto", stretch) for raw in raws]


def find_foreground(scans: Sequence[Micrograph]) -> tuple[Foreground, bool]:
    """Tell whether particles are bright or dark, and whether that is certain.

    Sparse particles are a tail of the brightness distribution. Where they cover a good part of the
    scans that says nothing: then they are the thicker of the two phases, since particles are
    compact and the gaps between them are not.
    """
    looks = np.array([_tail_and_share(scan.pixels) for scan in scans])
    sparse = looks[looks[:, 1] < SPARSE_SHARE, 0]
    if len(sparse) >= len(scans) / 3 and abs(sparse.mean()) >= CLEAR_SKEW:
        return ("bright" if sparse.mean() > 0 else "dark"), True
    thickness = np.mean([_thickness(scan.pixels) for scan in scans], axis=0)
    return ("bright" if thickness[0] >= thickness[1] else "dark"), False


def _tail_and_share(pixels: FloatImage) -> tuple[float, float]:
    """Return the skew of the brightness and the share of the rarer phase."""
    smooth = ndimage.gaussian_filter(pixels[::2, ::2], 1.0)
    share = float((smooth > li_threshold(smooth)).mean())
    return brightness_skew(pixels), min(share, 1 - share)


def _thickness(pixels: FloatImage) -> tuple[float, float]:
    """Return the mean distance to the other phase within the bright and the dark one [px / 2]."""
    smooth = ndimage.gaussian_filter(pixels, 2.0)[::2, ::2]
    bright = smooth > li_threshold(smooth)
    if bright.all() or not bright.any():
        return 0.0, 0.0
    inside, outside = ndimage.distance_transform_edt(bright), ndimage.distance_transform_edt(~bright)
    return float(inside[bright].mean()), float(outside[~bright].mean())


def _report(scan: Micrograph, particles: ScanParticles | None, patch: int) -> ScanReport:
    height, width = scan.pixels.shape
    diameter = None if particles is None else usual_diameter([particles])
    count = 0 if particles is None else len(particles.areas)
    size = scan.pixel_size_nm
    return ScanReport(
        name=scan.name,
        height=height,
        width=width,
        bit_depth=scan.bit_depth,
        pixel_size_nm=size,
        data_bar_rows=scan.data_bar_rows,
        coverage=0.0 if particles is None else particles.coverage,
        particles=count,
        diameter_px=diameter,
        diameter_nm=None if diameter is None or size is None else diameter * size,
        particles_per_patch=count * patch**2 / (height * width),
        foreground="bright" if brightness_skew(scan.pixels) >= 0 else "dark",
    )


def _common(sizes: set[float | None]) -> float | None:
    known = [size for size in sizes if size is not None]
    if len(known) < len(sizes) or not known or max(known) > (1 + PIXEL_SIZE_TOLERANCE) * min(known):
        return None
    return float(np.median(known))


def _shapes(found: Sequence[ScanParticles]) -> tuple[float | None, float | None, float | None]:
    """Return roundness of the particles, and elongation and width of connected regions."""
    round_values, ratios, areas, widths = [], [], [], []
    for particles in found:
        large = _large(particles.areas) & whole_particles(particles)
        extent = np.asarray(_longest_extents(particles.labels))
        round_values.append(particles.areas[large] / (np.pi / 4 * extent[large] ** 2))
        regions, count = ndimage.label(particles.labels > 0)
        if count == 0:
            continue
        area, ratio = _axis_ratios(regions)
        distance = ndimage.distance_transform_edt(regions > 0)
        thickest = ndimage.maximum(distance, regions, np.arange(1, count + 1))
        keep = _large(area)
        areas.append(area[keep])
        ratios.append(ratio[keep])
        widths.append(2 * np.asarray(thickest)[keep])
    if not areas:
        return None, None, None
    weights, values = np.concatenate(areas), np.concatenate(ratios)
    order = np.argsort(values)
    half = np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)
    return (
        float(np.median(np.concatenate(round_values))),
        float(values[order][half]),
        float(np.median(np.concatenate(widths))),
    )


def _axis_ratios(regions: NDArray[np.int32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return area and ratio of the main axes of each region."""
    table = measure.regionprops_table(regions, properties=("area", "axis_major_length", "axis_minor_length"))
    ratio = table["axis_major_length"] / np.maximum(table["axis_minor_length"], 1)
    return np.asarray(table["area"], np.float64), np.asarray(ratio, np.float64)


def _longest_extents(labels: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the major axis of each particle [px]."""
    table = measure.regionprops_table(labels, properties=("axis_major_length",))
    return np.maximum(np.asarray(table["axis_major_length"], np.float64), 1)


def _large(areas: NDArray[np.number]) -> NDArray[np.bool_]:
    """Tell which regions are no specks."""
    values = areas.astype(np.float64)
    return values >= COUNTED_AREA * (values**2).sum() / max(values.sum(), 1)


def _displayed(found: Sequence[ScanParticles], patch: int, diameter: float) -> tuple[float, float] | None:
    """Return median and 90th percentile of the particles that possible training patches show."""
    counts: list[int] = []
    for particles in found:
        corners = window_corners(particles.labels.shape[0], particles.labels.shape[1], patch, PATCH_STRIDE_PX)
        full = count_full(particles, corners, patch, diameter)
        top, left, bottom, right = particles.boxes.T
        for (x, y), number in zip(corners, full, strict=True):
            if number >= LEAST_FULL:
                seen = (left < x + patch) & (right > x) & (top < y + patch) & (bottom > y)
                counts.append(int((seen & _large(particles.areas)).sum()))
    return (float(np.median(counts)), float(np.percentile(counts, 90))) if counts else None
