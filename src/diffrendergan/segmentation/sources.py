"""What a project's networks are trained on: its synthetic set, or its annotated scans for the reference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diffrendergan.config.project import Project
from diffrendergan.errors import ConfigError, DataError
from diffrendergan.micrographs.annotations import find_mask, read_mask
from diffrendergan.micrographs.prepare import Prepared, load_scan
from diffrendergan.runs.reporter import Reporter
from diffrendergan.segmentation.dataset import LabelledImage, SegmentationData, load_synthetic, split


def synthetic_data(project: Project, folder: Path, prepared: Prepared, reporter: Reporter) -> SegmentationData:
    """Return the synthetic set of a run with its real background patches, split by `validation_fraction`.

    Raises
    ------
    DataError
        If the synthetic set is not whole.
    """
    images = load_synthetic(folder / "synthesize", reporter)
    backgrounds = tuple(
        LabelledImage(f"background {number}", patch, np.broadcast_to(np.int32(0), patch.shape))
        for number, patch in enumerate(prepared.background)
    )
    fraction = project.segmentation.validation_fraction
    annotated, held_images = split(images, fraction, project.seed, "synthetic")
    backgrounds, held_backgrounds = split(backgrounds, fraction, project.seed, "background")
    return SegmentationData(annotated, backgrounds, held_images + held_backgrounds, prepared.pixel_size_nm, "synthetic")


def real_data(project: Project, prepared: Prepared) -> SegmentationData:
    """Return the annotated training scans for the reference network.

    Raises
    ------
    ConfigError
        If the project names no masks.
    DataError
        If no training scan has an annotation.
    """
    if project.data.masks is None:
        raise ConfigError("data.masks is not set, but the real-data reference is trained on annotations; set it.")
    scans = []
    for name in prepared.train_scans:
        labels = load_annotation(project, name)
        if labels is not None:
            scans.append(LabelledImage(name, load_scan(project, name).pixels, labels))
    if not any(scan.instances.any() for scan in scans):
        raise DataError(f"{project.data.masks} annotates no particle of any training scan; check data.mask_suffix.")
    annotated, held = split(scans, project.segmentation.validation_fraction, project.seed, "real")
    return SegmentationData(annotated, (), held, prepared.pixel_size_nm, "real")


def load_annotation(project: Project, name: str) -> NDArray[np.int32] | None:
    """Return the annotated particles (H, W) of a scan, or None where it has no annotation."""
    data = project.data
    if data.masks is None:
        return None
    path = find_mask(data.masks, name, data.mask_suffix)
    if path is None:
        return None
    return read_mask(path, data.mask_kind, load_scan(project, name).pixels.shape)
