"""A folder of label images in place of a trained network: corrected by hand, or from another tool."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import DataError
from diffrendergan.image_files.names import named_by
from diffrendergan.labels.files import file_of
from diffrendergan.labels.kinds import Kind
from diffrendergan.labels.label_set import LabelSet, contradiction, open_label_set
from diffrendergan.labels.lying import lies_elsewhere
from diffrendergan.labels.regions import drop_small
from diffrendergan.micrographs.field import upper_rows, with_labelled_field
from diffrendergan.micrographs.grey_range import TrainedGrey
from diffrendergan.micrographs.rules import AS_FILES_SAY, ReadingRules
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.pipeline.quantify.settings import Structure
from diffrendergan.runs.reporter import Reporter, SilentReporter

HIGHEST_KEPT = 2**20
"""Higher numbers are hashes, or of a whole data set; what is counted by number would take gigabytes."""


@dataclass(frozen=True)
class LabelFolder:
    """Label images NAME<suffix>.<any ending> whose numbers mean the same in all."""

    labels: LabelSet
    min_region_px: int = 0
    """Smaller particles are dropped [px]."""
    check_scale: bool = True
    """Refuse label images whose pixel size contradicts their scan's."""
    structure: Structure = "particles"
    rules: ReadingRules = AS_FILES_SAY
    grey: TrainedGrey | None = None

    @property
    def images(self) -> Mapping[str, Path]:
        """The label images, by the names of their scans."""
        return self.labels.images

    @property
    def kind(self) -> Kind:
        """What their numbers mean: see `kinds.Meaning`."""
        return self.labels.kind

    @property
    def suffix(self) -> str:
        """What stands between the scan's name and the ending."""
        return self.labels.suffix

    @property
    def doubts(self) -> tuple[str, ...]:
        """What is doubtful of the label images, a sentence each."""
        return self.labels.doubts

    def segment(self, scan: Micrograph) -> NDArray[np.int32]:
        """Return the labels of a scan (H, W), without rows at the bottom that the label image lacks.

        Particles keep the numbers that they have in the file, so that a row of a table is found there; beyond
        `HIGHEST_KEPT`, those of a scan are given anew, 1..k.

        Raises
        ------
        DataError
            If the scan has no label image, one of another size, or one that states another pixel size.
        """
        labels, size_nm, stored = self.labels.read(scan.name, scan.pixels.shape)
        if self.check_scale and contradiction(size_nm, scan.pixel_size_nm):
            raise DataError(
                f"{scan.source} says {scan.pixel_size_nm:.4g} nm per pixel, but its label image "
                f"{self.labels.path(scan.name)} says {size_nm:.4g}; give the right one with --pixel-size-nm."
            )
        kept = drop_small(labels, self.min_region_px)
        if stored is None or stored[-1] > HIGHEST_KEPT:
            return kept
        return np.where(kept > 0, stored[labels], 0).astype(np.int32)

    def segment_and_doubt(self, scan: Micrograph) -> tuple[NDArray[np.int32], tuple[str, ...]]:
        """Return the labels of a scan (H, W), as `segment` does, and whether they lie on what it shows."""
        labels = self.segment(scan)
        shown, _ = with_labelled_field(upper_rows(scan, len(labels)), labels)
        elsewhere = lies_elsewhere(labels, shown.pixels, shown.field)
        return labels, (f"of the label image, {elsewhere}",) if elsewhere else ()

    def files(self, name: str) -> tuple[Path, ...]:
        """Return the file that the label image of a scan lies in.

        Raises
        ------
        DataError
            If there is none.
        """
        return (file_of(self.labels.path(name)),)

    def describe(self) -> dict[str, Any]:
        """Return folder, and how its images are read, as values for JSON."""
        meaning = self.labels.meaning
        return {
            "labels": str(self.labels.folder),
            "suffix": self.suffix,
            "kind": self.kind,
            "ground": meaning.ground,
            "void": meaning.void,
            "particle": meaning.particle,
            "materials": meaning.materials,
            "min_region_px": self.min_region_px,
            "check_scale": self.check_scale,
            "numbers": "kept",
        }


def open_labels(
    folder: Path,
    scans: Collection[str],
    suffix: str | None = None,
    kind: Kind | Literal["auto"] = "auto",
    min_region_px: int = 0,
    reporter: Reporter | None = None,
    check_scale: bool = True,
) -> LabelFolder:
    """Find the label images of a folder, and decide what their numbers mean.

    Parameters
    ----------
    folder : Path
    scans : collection of str
        Names of the scans, without ending.
    suffix : str, optional
        What stands between the scan's name and the ending; None tries `names.LABEL_FORMS`.
    kind : str
        What the numbers mean; "auto" decides it from all label images together.
    min_region_px : int
        Smaller particles are dropped [px].
    reporter : Reporter, optional
        Shows progress, and what was decided.
    check_scale : bool
        Refuse label images whose pixel size contradicts their scan's; not where the user gave one for all.

    Raises
    ------
    DataError
        If the folder is missing or holds no label image of a scan, if names fit in several ways, or if the numbers
        cannot be those of label images.
    """
    reporter = reporter or SilentReporter()
    labels = open_label_set(folder, scans, suffix, kind, reporter=reporter)
    reporter.note(f"The label images {named_by(labels.suffix, 'NAME')}.* in {folder} are read as {labels.kind}.")
    for remark in labels.remarks:
        reporter.note(remark)
    return LabelFolder(labels, min_region_px, check_scale)
