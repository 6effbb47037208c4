"""All scans of a project, read, cropped, split and brought to a common scale."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from diffrendergan.config.project import Project
from diffrendergan.config.words import some
from diffrendergan.errors import DataError
from diffrendergan.image_files.listing import Listing, list_scans
from diffrendergan.image_files.names import nfc
from diffrendergan.micrographs.field import cropped_to_field
from diffrendergan.micrographs.resampling import resampled, scaled_shape
from diffrendergan.micrographs.rules import rules_of
from diffrendergan.micrographs.scans import finish_scans, open_scans
from diffrendergan.micrographs.splitting import Split, split_scans
from diffrendergan.micrographs.stretch import Stretch
from diffrendergan.micrographs.twins import say_twins, twins_among
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.runs.reporter import Reporter

PIXEL_SIZE_TOLERANCE = 0.02
"""Scans whose pixel sizes differ by more than this fraction are of different magnification."""


@dataclass(frozen=True, eq=False)
class ScanSet:
    """The scans of a project."""

    train: tuple[Micrograph, ...]
    test: tuple[Micrograph, ...]
    stretch: Stretch | None
    """The common stretch of scans of more than 8 bits, found on the training scans alone."""
    pixel_size_nm: float | None
    """Edge of a pixel [nm], where all scans say the same."""

    @property
    def all(self) -> list[Micrograph]:
        """All scans, sorted by name."""
        return sorted([*self.train, *self.test], key=lambda scan: scan.name)

    def resampled(self, scale: float) -> ScanSet:
        """Return the set with `scale` times as many pixels along each edge, as networks are taught by it."""
        return replace(
            self,
            train=tuple(resampled(scan, scale) for scan in self.train),
            test=tuple(resampled(scan, scale) for scan in self.test),
            pixel_size_nm=None if self.pixel_size_nm is None else self.pixel_size_nm / scale,
        )


def read_scan_set(project: Project, reporter: Reporter) -> ScanSet:
    """Read and check all scans of a project, in the pixels of their files; unreadable ones are passed over.

    Raises
    ------
    ConfigError
        If `data.test_scans` names what does not exist.
    DataError
        If no scan can be used, none of `data.test_scans` can, or one is smaller than a patch or of another
        magnification.
    """
    data = project.data
    listing = list_scans(data.images)
    raws = open_scans(listing.usable(reporter), rules_of(project), reporter)
    split = split_of(project, listing, [raw.name for raw in raws], reporter)
    train_names = set(split.train)
    scans, stretch = finish_scans(raws, rules_of(project), reporter, of=lambda raw: raw.name in train_names)
    train = [scan for scan in scans if scan.name in train_names]
    test = [scan for scan in scans if scan.name not in train_names]
    for scan in train:
        require_patch_size(scan, data.patch_size, data.scale)
    pixel_size = common_pixel_size(scans)
    if pixel_size is None:
        reporter.note("The pixel size is not known for all scans: sizes will be in pixels (or set data.pixel_size_nm).")
    return ScanSet(tuple(train), tuple(test), stretch, pixel_size)


def split_of(project: Project, listing: Listing, usable: Collection[str], reporter: Reporter) -> Split:
    """Return which of the usable scans of a project train and which are kept back.

    Raises
    ------
    ConfigError
        If `data.test_scans` names what does not exist, or parts scans that are stored twice.
    DataError
        If it names only scans that cannot be used.
    """
    data, known = project.data, set(usable)
    twins = twins_among([listing.files[name] for name in usable], reporter, data.series, data.channel)
    say_twins(twins, reporter)
    unusable = {*listing.files, *listing.failed} - known
    chosen = data.test_scans
    if chosen:
        chosen = tuple(name for name in chosen if nfc(name) not in unusable)
        if not chosen:
            raise DataError(
                f"data.test_scans names only scans that cannot be used ({some(data.test_scans or ())}); mend their "
                "files, or name others."
            )
    return split_scans(list(usable), data.test_fraction, chosen, project.seed, twins)


def common_pixel_size(scans: Sequence[Micrograph]) -> float | None:
    """Return the pixel size [nm] that the scans share, None if it is unknown for any.

    Raises
    ------
    DataError
        If the scans are of different magnification.
    """
    known = sorted((scan.pixel_size_nm, scan.name) for scan in scans if scan.pixel_size_nm is not None)
    if not known:
        return None
    (smallest, first), (largest, last) = known[0], known[-1]
    if largest > (1 + PIXEL_SIZE_TOLERANCE) * smallest:
        raise DataError(
            f"the scans have different pixel sizes ({first}: {smallest:g} nm, {last}: {largest:g} nm), and one network "
            "cannot learn them together; put each magnification into a project of its own, or resample the scans."
        )
    return float(np.median([size for size, _ in known])) if len(known) == len(scans) else None


def require_patch_size(scan: Micrograph, size: int, scale: float = 1) -> None:
    """Raise a DataError if a patch does not fit into a scan that is resampled by `scale`."""
    height, width = scaled_shape(cropped_to_field(scan).pixels.shape, scale)
    if min(height, width) < size:
        what = "data bar" if scan.field is None else "data bar and parts beyond its field"
        at, larger = ("", "") if scale == 1 else (f" at a data.scale of {scale:g}", ", or a larger data.scale")
        raise DataError(
            f"{scan.source} has {width}×{height} pixels without {what}{at}, smaller than a patch of {size}×{size}; "
            f"remove it from the folder, or set a smaller data.patch_size{larger}."
        )
