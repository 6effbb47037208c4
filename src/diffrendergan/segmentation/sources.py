"""What a project's networks are trained on: its synthetic set, or its annotated scans for the reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diffrendergan.config.project import Project
from diffrendergan.errors import ConfigError, DataError
from diffrendergan.labels.annotations import load_annotation
from diffrendergan.labels.layers import Layers
from diffrendergan.micrographs.field import fill_outside
from diffrendergan.micrographs.resampling import nearest, resized, scaled_shape
from diffrendergan.patches.prepare import Prepared, load_scan
from diffrendergan.runs.reporter import Reporter
from diffrendergan.segmentation.dataset import LabelledImage, SegmentationData, UnlabelledScan, load_synthetic, split


def synthetic_data(project: Project, folder: Path, prepared: Prepared, reporter: Reporter) -> SegmentationData:
    """Return the synthetic set of a run with its real background patches, split by `validation_fraction`.

    Raises
    ------
    DataError
        If the synthetic set is not whole.
    """
    images = load_synthetic(folder / "synthesize", reporter, project.wants_whole_shapes)
    data = supplemented(project, images, prepared.background, prepared.pixel_size_nm)
    return with_unlabelled(data, project, folder, prepared)


def supplemented(
    project: Project, images: Sequence[LabelledImage], patches: NDArray[np.float32], pixel_size_nm: float | None
) -> SegmentationData:
    """Return synthetic images with real patches (b, S, S) without particles, split by `validation_fraction`."""
    backgrounds = tuple(
        LabelledImage(f"background {number}", patch, np.broadcast_to(np.int32(0), patch.shape), _nothing(patch))
        for number, patch in enumerate(patches)
    )
    fraction = project.segmentation.validation_fraction
    annotated, held_images = split(images, fraction, project.seed, "synthetic")
    backgrounds, held_backgrounds = split(backgrounds, fraction, project.seed, "background")
    return SegmentationData(annotated, backgrounds, held_images + held_backgrounds, pixel_size_nm, "synthetic")


def _nothing(patch: NDArray[np.float32]) -> Layers:
    """Return the whole shapes of a patch without particles, which are known to be none."""
    height, width = patch.shape
    return Layers((height, width))


def real_data(project: Project, folder: Path, prepared: Prepared) -> SegmentationData:
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
        scan = load_scan(project, name, folder)
        labels = load_annotation(project, scan)
        if labels is not None:
            # Beyond the field the scan is mirrored, and so must be what is annotated.
            field = None if scan.field is None else scan.field[: len(labels)]
            pixels, labels = fill_outside(scan.pixels[: len(labels)], field), fill_outside(labels, field)
            shape, scale = scaled_shape(labels.shape, project.data.scale), project.data.scale
            scans.append(
                LabelledImage(name, pixels, labels)
                if scale == 1
                else LabelledImage(name, resized(pixels, shape), nearest(labels, shape))
            )
    if not any(scan.instances.any() for scan in scans):
        raise DataError(f"{project.data.masks} annotates no particle of any training scan; check data.mask_suffix.")
    annotated, held = split(scans, project.segmentation.validation_fraction, project.seed, "real")
    data = SegmentationData(annotated, (), held, prepared.pixel_size_nm, "real")
    return with_unlabelled(data, project, folder, prepared)


def with_unlabelled(data: SegmentationData, project: Project, folder: Path, prepared: Prepared) -> SegmentationData:
    """Return the same data with the whole scans that networks are adapted to, if they are.

    They are read as `prepare` read them. Held-out scans are read only if `segmentation.adapt.scans` is `all`.

    Raises
    ------
    DataError
        If there is no such scan, or one cannot be read any more.
    """
    adapt = project.segmentation.adapt
    if not adapt.acts:
        return data
    names = (*prepared.train_scans, *(prepared.test_scans if adapt.scans == "all" else ()))
    if not names:
        raise DataError(
            "there is no training scan that networks could be adapted to; set segmentation.adapt.steps to 0, or lower "
            "data.test_fraction."
        )
    scans = (load_scan(project, name, folder, taught=True) for name in names)
    return replace(data, unlabelled=tuple(UnlabelledScan(scan.name, scan.pixels) for scan in scans))
