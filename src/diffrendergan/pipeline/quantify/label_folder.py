"""A folder of label images in place of a trained network: corrected by hand, or from another tool."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import DataError
from diffrendergan.labels.files import (
    Kind,
    as_instances,
    by_scan,
    guess_kind,
    label_files,
    read_numbers,
    readable_traits,
)
from diffrendergan.labels.pairs import SUFFIXES
from diffrendergan.micrographs.databar import LARGEST_FRACTION
from diffrendergan.micrographs.grey_range import TrainedGrey
from diffrendergan.micrographs.intensity import Stretch
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.pipeline.quantify.settings import Structure
from diffrendergan.runs.reporter import Reporter, SilentReporter
from diffrendergan.segmentation.instances import drop_small


@dataclass(frozen=True)
class LabelFolder:
    """Label images NAME<suffix>.<any ending> whose numbers mean the same in all."""

    folder: Path
    images: Mapping[str, Path]
    """The label images, by the names of their scans."""
    kind: Kind
    """What their numbers mean: see `label_files.as_instances`."""
    suffix: str = ""
    min_region_px: int = 0
    """Smaller particles are dropped [px]."""
    structure: Structure = "particles"
    stretch: Stretch | None = None
    grey: TrainedGrey | None = None
    data_bar: int | Literal["auto"] = "auto"
    pixel_size_nm: float | Literal["auto"] = "auto"

    def segment(self, scan: Micrograph) -> NDArray[np.int32]:
        """Return the labels of a scan (H, W), without rows at the bottom that the label image lacks.

        Raises
        ------
        DataError
            If the scan has no label image, or one of another size.
        """
        path = self._image(scan.name)
        numbers = read_numbers(path)[0]
        rows = _common_rows(numbers.shape, scan, path)
        return drop_small(as_instances(numbers[:rows], self.kind), self.min_region_px)

    def files(self, name: str) -> tuple[Path, ...]:
        """Return the label image of a scan.

        Raises
        ------
        DataError
            If there is none.
        """
        return (self._image(name),)

    def describe(self) -> dict[str, Any]:
        """Return folder, and how its images are read, as values for JSON."""
        return {
            "labels": str(self.folder),
            "suffix": self.suffix,
            "kind": self.kind,
            "min_region_px": self.min_region_px,
        }

    def _image(self, name: str) -> Path:
        if name not in self.images:
            raise DataError(
                f"the scan {name} has no label image {name}{self.suffix}.<image ending> in {self.folder}; add it, or "
                "say what stands after the scan's name with --labels-suffix."
            )
        return self.images[name]


def open_labels(
    folder: Path,
    scans: Collection[str],
    suffix: str | None = None,
    kind: Kind | Literal["auto"] = "auto",
    min_region_px: int = 0,
    reporter: Reporter | None = None,
) -> LabelFolder:
    """Find the label images of a folder, and decide what their numbers mean.

    Parameters
    ----------
    folder : Path
    scans : collection of str
        Names of the scans, without ending.
    suffix : str, optional
        What stands between the scan's name and the ending; None tries `folder_pairs.SUFFIXES`.
    kind : str
        What the numbers mean; "auto" decides it from all label images together.
    min_region_px : int
        Smaller particles are dropped [px].
    reporter : Reporter, optional
        Shows progress, and what was decided.

    Raises
    ------
    DataError
        If the folder is missing or holds no label image of a scan, if names fit in several ways, or if the numbers
        cannot be those of label images.
    """
    reporter = reporter or SilentReporter()
    files = label_files(folder)
    if suffix is None:
        suffix = _fitting_suffix(files, scans, folder)
    elif not by_scan(files, suffix).keys() & set(scans):
        raise DataError(f"{folder} holds no label image NAME{suffix}.* of any scan; correct --labels-suffix.")
    images = by_scan(files, suffix)
    if kind == "auto":
        # What cannot be read fails with its scan.
        looked_at = reporter.track(images.items(), "look at label images", len(images))
        kind = guess_kind(readable_traits(looked_at, {}), "--labels-kind")
    reporter.note(f"The label images NAME{suffix}.* in {folder} are read as {kind}.")
    return LabelFolder(folder, images, kind, suffix, min_region_px)


def _fitting_suffix(files: Mapping[str, Path], scans: Collection[str], folder: Path) -> str:
    """Return the one suffix with which label images have the names of scans.

    Raises
    ------
    DataError
        If there is none, or more than one.
    """
    fitting = {suffix: sorted(by_scan(files, suffix).keys() & set(scans)) for suffix in SUFFIXES}
    found = [suffix for suffix, names in fitting.items() if names]
    if not found:
        raise DataError(
            f"no label image in {folder} fits a scan by its name (for example {next(iter(files.values())).name} and "
            f"{next(iter(scans))}); say what stands after the scan's name with --labels-suffix."
        )
    if len(found) > 1:
        examples = ", ".join(files[fitting[suffix][0] + suffix].name for suffix in found[:2])
        raise DataError(
            f"label images in {folder} fit the scans in several ways (for example {examples}); give --labels-suffix, "
            '"" for none.'
        )
    return found[0]


def _common_rows(shape: tuple[int, ...], scan: Micrograph, path: Path) -> int:
    """Return how many rows scan and label image share; either may lack at most a data bar.

    Raises
    ------
    DataError
        If their sizes differ otherwise.
    """
    height, width = scan.pixels.shape
    fewest, most = sorted((shape[0], height))
    if shape[1] != width or fewest < (1 - LARGEST_FRACTION) * most:
        raise DataError(
            f"the label image {path} has {shape[1]}×{shape[0]} pixels, but its scan {width}×{height} without data bar; "
            "bring it to the pixels of the scan, or give the rows of the data bar with --data-bar."
        )
    return fewest
