"""One split of the benchmark: its scans, and the images that each of its rows is trained on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from diffrendergan.config.project import Project
from diffrendergan.errors import DataError
from diffrendergan.evaluation.held_out import HeldOutScan, load_held_out, truth_of
from diffrendergan.patches.prepare import Prepared, load_prepared
from diffrendergan.pipeline.benchmark.making import make, make_in_turn
from diffrendergan.pipeline.benchmark.rows import Source
from diffrendergan.pipeline.benchmark.settings import (
    BenchmarkSettings,
    adversary,
    fitted,
    project_of,
    published,
    randomised,
)
from diffrendergan.pipeline.benchmark.splits import Split
from diffrendergan.pipeline.runner import is_finished
from diffrendergan.runs.reporter import Reporter
from diffrendergan.segmentation.dataset import SegmentationData, load_synthetic
from diffrendergan.segmentation.sources import real_data, supplemented, with_unlabelled


@dataclass(frozen=True)
class Bench:
    """One split with what its rows need, read when first needed."""

    settings: BenchmarkSettings
    split: Split
    reporter: Reporter

    @cached_property
    def project(self) -> Project:
        """The configuration."""
        return project_of(self.settings, self.split)

    @cached_property
    def prepared(self) -> Prepared:
        """Patches and split of the scans."""
        make(self.project, "prepare", self.reporter)
        return load_prepared(self.project.run)

    @cached_property
    def scans(self) -> list[HeldOutScan]:
        """The test scans, all of them annotated."""
        names = [name for name in self.prepared.test_scans if name in self.split.test]
        found = [load_held_out(self.project, self.project.run, name) for name in names]
        for scan in found:
            if scan.true is None:
                masks, remedy = self.project.data.masks, self.settings.subject.remedy
                raise DataError(f"{masks} holds no annotation of {scan.name}; {remedy}.")
        return found

    @cached_property
    def truth(self) -> dict[str, Any]:
        """What the scores depend on of each test scan: a digest of pixels and annotation, and the pixel size [nm]."""
        return {scan.name: truth_of(scan) for scan in self.scans if scan.true is not None}

    def project_for(self, source: Source) -> Project:
        """Return the configuration of the images of a row."""
        if source.kind == "randomised":
            return randomised(self.settings, self.project)
        if source.kind in ("learned", "no-background"):
            return published(self.settings, self.project)
        changed = {"fitted": fitted, "adversary": adversary}.get(source.kind)
        return self.project if changed is None else changed(self.project)

    def has_images(self, source: Source) -> bool:
        """Tell whether the images of a row, and all that belongs to them, are there."""
        return is_finished(self.project, "prepare") and (
            not source.is_ours or is_finished(self.project_for(source), "synthesize")
        )

    def data(self, source: Source) -> SegmentationData:
        """Return the images of a row, making them if need be."""
        prepared = self.prepared
        if source.kind == "real":
            return real_data(self.project, self.project.run, prepared)
        whole = self.project.wants_whole_shapes and source.folder is None
        images = load_synthetic(source.folder or self._made(source), self.reporter, whole)
        background = prepared.background[:0] if source.kind == "no-background" else prepared.background
        data = supplemented(self.project, images, background, prepared.pixel_size_nm)
        return with_unlabelled(data, self.project, self.project.run, prepared)

    def _made(self, source: Source) -> Path:
        """Return the folder of a synthetic set of our own, making it if need be."""
        project = self.project_for(source)
        (make_in_turn if source.kind == "randomised" else make)(project, "synthesize", self.reporter)
        return project.run / "synthesize"


def digest(data: SegmentationData) -> str:
    """Return what tells one set of annotated images from another; scans that are adapted to are told apart later."""
    found = hashlib.sha256()
    for kind in (data.annotated, data.backgrounds, data.validation):
        for image in kind:
            found.update(image.pixels.tobytes())
            found.update(image.instances.tobytes())
        found.update(b"|")
    return found.hexdigest()
