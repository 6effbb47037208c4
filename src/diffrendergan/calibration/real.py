"""What the real patches look like: a choice of them, their grey levels, their statistics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy import ndimage

from diffrendergan.calibration.finding import Finder, FinderMaker, Thresholds, usual_level
from diffrendergan.calibration.look import Levels
from diffrendergan.calibration.measure import PatchStatistics, combine, measure_patch, rim_contrast
from diffrendergan.calibration.rules import RULES
from diffrendergan.config.project import Project
from diffrendergan.detection.foreground import Search, find_particles
from diffrendergan.errors import DataError
from diffrendergan.image_files.listing import list_scans
from diffrendergan.inference.posterior import Belief
from diffrendergan.inference.scans import belief_in
from diffrendergan.micrographs.resampling import resampled
from diffrendergan.micrographs.rules import rules_of
from diffrendergan.micrographs.scan_set import common_pixel_size, require_patch_size, split_of
from diffrendergan.micrographs.scans import read_scans, usable_names
from diffrendergan.micrographs.types import BoolImage, FloatImage, Micrograph
from diffrendergan.patches.candidates import cut
from diffrendergan.patches.patch_choice import choose_patches
from diffrendergan.patches.prepare import load_prepared
from diffrendergan.runs.reporter import Reporter
from diffrendergan.runs.spacing import evenly_spaced

ALL = 10**9


@dataclass(frozen=True, eq=False)
class RealPatches:
    """Real patches and what is measured in them.

    Attributes
    ----------
    images : tuple of float32 (S, S)
    drawn : Finder
        How particles are found in arrangements: as in these.
    levels : Levels
        Their grey levels.
    each : tuple of PatchStatistics
        Of each patch.
    rim : float
        See `measure.rim_contrast`.
    pixel_size_nm : float or None
    belief : Belief, optional
        What the scans that they were cut from truly show; None if they were cut before, or outlines are guessed.
    """

    images: tuple[FloatImage, ...]
    drawn: Finder
    levels: Levels
    each: tuple[PatchStatistics, ...]
    rim: float
    pixel_size_nm: float | None
    belief: Belief | None = None

    @cached_property
    def statistics(self) -> PatchStatistics:
        """Of all patches together."""
        return combine(self.each)


def read_real_patches(
    project: Project,
    most_patches: int,
    most_scans: int,
    reporter: Reporter,
    prepared: bool = False,
    search: Search = find_particles,
    finder: FinderMaker | None = None,
) -> RealPatches:
    """Return training patches of a project: what `prepare` cut, or patches chosen in the same way.

    Parameters
    ----------
    project : Project
    most_patches, most_scans : int
        They are evenly spaced among all there are.
    reporter : Reporter
        Shows progress.
    prepared : bool
        Take the patches that `prepare` cut; they must fit the configuration.
    search : Search
        Finds the whole particles that patches show.
    finder : FinderMaker, optional
        Finds particles in patches and arrangements; thresholds where there is none, or it makes none.

    Raises
    ------
    DataError
        If scans cannot be read, or show no particles.
    """
    if prepared:
        known = load_prepared(project.run)
        chosen = known.patches[evenly_spaced(len(known.patches), most_patches)]
        return measure_real(list(chosen), project.data.foreground == "dark", known.pixel_size_nm, reporter, finder)
    # The user's own choice refers to scans that may not be among these.
    changes = {"patches": most_patches, "background_patches": 0, "overrides": None}
    few = project.model_copy(update={"data": project.data.model_copy(update=changes)})
    used = training_scans(project, most_scans, reporter)
    try:
        choice = choose_patches(few, used, reporter, search)
    except DataError:  # only what all training scans refuse, as `prepare` would, is refused
        if len(used) < most_scans:
            raise
        used = training_scans(project, ALL, reporter)
        choice = choose_patches(few, used, reporter, search)
    pixels = {scan.name: scan.pixels for scan in used}
    images = [cut(pixels[place.scan], place, project.data.patch_size) for place, _ in choice.patches]
    real = measure_real(images, project.data.foreground == "dark", common_pixel_size(used), reporter, finder)
    return replace(real, belief=belief_in(used, [choice.found[scan.name] for scan in used]))


def training_scans(project: Project, most: int, reporter: Reporter) -> list[Micrograph]:
    """Read some of the training scans, without a look at annotations."""
    data = project.data
    listing = list_scans(data.images)
    names = split_of(
        project, listing, usable_names(listing.usable(reporter), rules_of(project), reporter), reporter
    ).train
    chosen = [listing.files[names[i]] for i in evenly_spaced(len(names), most)]
    scans, _ = read_scans(chosen, rules_of(project), reporter)
    for scan in scans:
        require_patch_size(scan, data.patch_size, data.scale)
    return [resampled(scan, data.scale) for scan in scans]


def measure_real(
    images: Sequence[FloatImage],
    dark: bool,
    pixel_size_nm: float | None,
    reporter: Reporter,
    finder: FinderMaker | None = None,
) -> RealPatches:
    """Measure real patches, all at one scale.

    Raises
    ------
    DataError
        If nothing stands out from the background.
    """
    known = finder(images) if finder is not None else None
    if known is None:
        scans = [Micrograph(f"patch {i}", image, pixel_size_nm, Path(), 8) for i, image in enumerate(images)]
        _, scale = find_particles(scans, dark, reporter)
        find: Finder = Thresholds(scale, dark)
    else:
        find = known
    found = [find(image) for image in reporter.track(images, "Measuring patches", len(images))]
    masks = [each.labels > 0 for each in found]
    return RealPatches(
        images=tuple(images),
        drawn=known or Thresholds(find.scale, dark, usual_level(images, dark)),
        levels=_levels(images, masks),
        each=tuple(measure_patch(each, find.scale) for each in found),
        rim=rim_contrast(images, masks, find.dark),
        pixel_size_nm=pixel_size_nm,
    )


def _levels(images: Sequence[FloatImage], masks: Sequence[BoolImage]) -> Levels:
    ground, bright, noise = [], [], []
    for image, covered in zip(images, masks, strict=True):
        rest = image - ndimage.gaussian_filter(image, 1.0)
        noise.append(1.4826 * float(np.median(np.abs(rest))) / RULES.noise_residue)
        if covered.any() and not covered.all():
            ground.append(float(np.median(image[~covered])))
            bright.append(float(np.median(image[covered])))
    return Levels(
        background=float(np.median(ground)) if ground else 0.2,
        particle=float(np.median(bright)) if bright else 0.6,
        noise=float(np.median(noise)),
    )
