"""A first look at a folder of scans, for `init`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import ndimage

from diffrendergan.config.project import Project
from diffrendergan.detection.foreground import (
    ScanParticles,
    Search,
    darker_than_ground,
    find_particles,
    usual_diameter,
)
from diffrendergan.detection.grey_levels import CLEAR_SKEW, brightness_skew, li_threshold
from diffrendergan.errors import DataError
from diffrendergan.image_files.listing import list_scans
from diffrendergan.inspection.config_file import initial_config
from diffrendergan.inspection.estimate import estimate
from diffrendergan.inspection.kind import KindJudge, stated_kind, strange_words
from diffrendergan.inspection.magnification import AS_IT_IS, fitting_scale
from diffrendergan.inspection.measurements import measure_scans
from diffrendergan.inspection.proposal import Estimate, Judgement
from diffrendergan.inspection.report import Foreground, Inspection, ScanReport
from diffrendergan.inspection.rules import RULES
from diffrendergan.labels.annotations import masks_beside
from diffrendergan.labels.scans import refuse_label_images
from diffrendergan.micrographs.field import cropped_to_field
from diffrendergan.micrographs.rules import ReadingRules
from diffrendergan.micrographs.scan_set import PIXEL_SIZE_TOLERANCE
from diffrendergan.micrographs.scans import read_scans
from diffrendergan.micrographs.types import FloatImage, Micrograph
from diffrendergan.patches.candidates import patch_candidates
from diffrendergan.runs.reporter import Reporter, SilentReporter
from diffrendergan.sizes.units import Unit
from diffrendergan.sizes.unlike import unlike

__all__ = ["Inspection", "ScanReport", "initial_config", "inspect_folder"]


def inspect_folder(
    folder: Path,
    reporter: Reporter | None = None,
    search: Search = find_particles,
    judge_kind: KindJudge | None = None,
    pixel_size_nm: float | None = None,
) -> Inspection:
    """Look at the scans of a folder: sizes, bit depth, pixel size, data bar, and what kind of particles they show.

    Parameters
    ----------
    folder : Path
        Folder of micrographs.
    reporter : Reporter, optional
        Shows progress.
    search : Search
        Finds the particles.
    judge_kind : KindJudge, optional
        Tells the kind of image; by default only files do.
    pixel_size_nm : float, optional
        Edge of a pixel of all scans [nm], whatever their files say.

    Raises
    ------
    DataError
        If there is no image, or none can be used; single ones are named and passed over.
    """
    reporter = reporter or SilentReporter()
    rules = ReadingRules(pixel_size_nm="auto" if pixel_size_nm is None else pixel_size_nm)
    read, _ = read_scans(list_scans(Path(folder)).usable(reporter), rules, reporter)
    refuse_label_images(read)
    masks = masks_beside(Path(folder), [scan.name for scan in read], reporter)
    scans = [cropped_to_field(scan) for scan in read]
    foreground, clear = find_foreground(scans)
    stated = stated_kind(scans)
    if not clear and stated is not None and stated.dark is not None:
        foreground, clear = ("dark" if stated.dark else "bright"), True
    looked_at = scans[:: -(-len(scans) // RULES.searched_scans)]
    crowded = False
    try:
        particles, scale = search(looked_at, foreground == "dark", reporter)
        crowded = scale.crowded
        labels = [each.labels for each in particles]
        # The search may know better than grey levels; where it searched what it was told to, this changes nothing.
        if (dark := darker_than_ground(looked_at, labels)) is not None:
            shown: Foreground = "dark" if dark else "bright"
            clear = any(each.outlined for each in particles) or (clear and shown == foreground)
            foreground = shown
    except DataError as error:  # no particles anywhere: what is known of the files is still of use
        reporter.note(f"No particles were found: {error}")
        particles, labels = [], [np.zeros(scan.pixels.shape, np.int32) for scan in looked_at]
    kind = stated if judge_kind is None else judge_kind(looked_at, labels)
    if kind is not None and (strange := strange_words(kind)):
        reporter.note(strange)
    looked_at = looked_at[: len(particles)]
    found = dict(zip((scan.name for scan in looked_at), particles, strict=True))
    usual, shortest = Project().data.patch_size, min(min(scan.pixels.shape) for scan in scans)
    patch = own_patch = min(usual, shortest)
    measured = measure_scans(looked_at, particles, foreground == "dark", reporter)
    proposal, magnification = estimate(measured, patch, crowded), AS_IT_IS
    if proposal is not None and proposal.family != "wire":
        magnification = fitting_scale(proposal.diameters, shortest, usual)
    if magnification.scale != 1:
        patch = min(usual, int(shortest * magnification.scale))
        own_patch = round(patch / magnification.scale)
        proposal = estimate(measured, own_patch, crowded)
    if proposal is not None and kind is not None:
        proposal = replace(proposal, image=Judgement(kind.words, kind.confidence, kind.evidence))
    diameter = None if proposal is None else proposal.size.value.median
    reports = tuple(_report(scan, found.get(scan.name)) for scan in scans)
    sizes = {report.pixel_size_nm for report in reports}
    pixel_size = _common(sizes)
    mixed = _mixed(reports)
    if mixed:
        reporter.note(mixed)
    return Inspection(
        folder=Path(folder),
        scans=reports,
        foreground=foreground,
        foreground_clear=clear,
        diameter_px=diameter,
        diameter_nm=None if diameter is None or pixel_size is None else diameter * pixel_size,
        pixel_size_nm=pixel_size,
        pixel_size_given=pixel_size_nm is not None,
        coverage=_coverage(particles, proposal),
        patch_size=patch,
        whole_particles=_whole_particles(looked_at, particles, own_patch),
        magnification=magnification,
        kind=kind,
        estimate=proposal,
        measurements=measured,
        masks=masks,
        mixed=mixed,
    )


def _mixed(reports: Sequence[ScanReport]) -> str:
    """Say that the scans are hardly of one sample; empty where they may be."""
    unit: Unit = "nm" if all(report.pixel_size_nm is not None for report in reports) else "px"
    sizes = [
        (report.name, (report.diameter_nm if unit == "nm" else report.diameter_px) or 0.0, report.particles)
        for report in reports
    ]
    return unlike(sizes, unit, "one project cannot fit both: make one for each")


def _coverage(found: Sequence[ScanParticles], proposal: Estimate | None) -> float:
    """Return the covered fraction: as it is believed where there is a belief, else as it was found."""
    if proposal is not None and proposal.belief is not None and not proposal.belief.alien:
        return proposal.belief.intervals["coverage"].value
    return float(np.mean([item.coverage for item in found])) if found else 0.0


def _whole_particles(scans: Sequence[Micrograph], found: Sequence[ScanParticles], patch: int) -> int:
    """Return the largest number of whole particles, up to 3, that RULES.windows_per_scan windows of each scan show."""
    diameter = usual_diameter(found) if found else None
    if diameter is None:
        return 1
    for least in (3, 2):
        windows = patch_candidates(scans, found, patch, max(1, patch // 4), least, diameter)
        if len(windows) >= RULES.windows_per_scan * len(scans):
            return least
    return 1


def find_foreground(scans: Sequence[Micrograph]) -> tuple[Foreground, bool]:
    """Tell whether particles are bright or dark, and whether that is certain.

    Sparse particles are a tail of the brightness distribution. Where they cover a good part of the
    scans that says nothing: then they are the thicker of the two phases, since particles are
    compact and the gaps between them are not.
    """
    looks = np.array([_tail_and_share(scan.pixels) for scan in scans])
    sparse = looks[looks[:, 1] < RULES.sparse_share, 0]
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


def _report(scan: Micrograph, particles: ScanParticles | None) -> ScanReport:
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
        foreground="bright" if brightness_skew(scan.pixels) >= 0 else "dark",
    )


def _common(sizes: set[float | None]) -> float | None:
    known = [size for size in sizes if size is not None]
    if len(known) < len(sizes) or not known or max(known) > (1 + PIXEL_SIZE_TOLERANCE) * min(known):
        return None
    return float(np.median(known))
