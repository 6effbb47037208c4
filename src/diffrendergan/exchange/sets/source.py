"""The synthetic set of a run, as other formats take it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import ConfigError, DataError
from diffrendergan.runs.digest import sha256_of_file
from diffrendergan.runs.reporter import Reporter
from diffrendergan.runs.seal import require_whole
from diffrendergan.segmentation.trained import run_project_of
from diffrendergan.synthesis.manifest import read_manifest
from diffrendergan.synthesis.stage import STAGE, background_of, pixel_size_of_set
from diffrendergan.synthesis.writers import Pair, amodal_path, pair_paths, verify_pair


@dataclass(frozen=True, eq=False)
class SyntheticSet:
    """Annotated images on disk, and what is known of all of them."""

    folder: Path
    """As `synthesis.writers.write_pair` fills it."""
    records: tuple[dict[str, Any], ...]
    """A line of the manifest for each image, by its number."""
    name: str
    """Of the project."""
    pixel_size_nm: float | None
    """Edge of a pixel [nm]; None if it is unknown."""
    background: NDArray[np.float32]
    """Real patches (b, S, S) without particles, in [0, 1]."""

    def __len__(self) -> int:
        return len(self.records)

    def digest(self, numbers: range) -> str:
        """Return what tells some images from others: their lines of the manifest, and the files of the first.

        What changes one image of a set, as other materials or another contour, changes all.
        """
        found = hashlib.sha256()
        for number in numbers:
            found.update(line_of(self.records[number]).encode())
        for path in pair_paths(self.folder, numbers[0]):
            found.update(sha256_of_file(path).encode())
        return found.hexdigest()

    def pairs(self, numbers: range, reporter: Reporter, what: str) -> Iterator[tuple[int, Pair]]:
        """Yield images with their masks, each verified, and show progress.

        Raises
        ------
        DataError
            If a file is broken, or masks contradict each other.
        """
        for number in reporter.track(numbers, what, total=len(numbers)):
            yield number, verify_pair(self.folder, number)

    def image_file(self, number: int) -> Path:
        """Return the PNG of an image."""
        return pair_paths(self.folder, number).image

    def require_silhouettes(self) -> None:
        """Refuse a set without full silhouettes.

        Raises
        ------
        ConfigError
            If those of an image are missing.
        """
        missing = [number for number in range(len(self)) if not amodal_path(self.folder, number).is_file()]
        if missing:
            raise ConfigError(
                f"{self.folder} holds no full silhouettes; set `synthesis.amodal: true` and run `synthesize` again, or "
                "leave out --amodal."
            )


def open_set(run: Path, reporter: Reporter) -> SyntheticSet:
    """Open the synthetic set of a run folder.

    Raises
    ------
    RunFolderError
        If it is no run folder, or if files of the set are missing or were changed.
    DataError
        If it holds no synthetic image.
    """
    project = run_project_of(run)
    # Contents are checked when images are read: PNG holds checksums of its own.
    require_whole(run / STAGE, f"make them again by `diffrendergan {STAGE} PROJECT --redo`", whole=False)
    records = tuple(read_manifest(run / STAGE))
    if not records:
        raise DataError(f"{run} holds no synthetic images; `diffrendergan synthesize` makes them.")
    if len(records) < project.synthesis.images:
        reporter.note(f"{len(records)} of {project.synthesis.images} synthetic images are there; these are taken")
    background = background_of(project, run, reporter)
    return SyntheticSet(run / STAGE, records, project.name, pixel_size_of_set(project, run), background)


def line_of(record: dict[str, Any]) -> str:
    """Return a line of the manifest without the places of an image's files, which differ between formats."""
    kept = {name: value for name, value in record.items() if name not in ("image", "labels", "instances")}
    return json.dumps(kept, sort_keys=True, ensure_ascii=False)
