"""The run's network and the packaged generalist, as a verdict asks them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diffrendergan.config.project import Project
from diffrendergan.generalist.segmenter import Generalist as Packaged
from diffrendergan.judging.evidence import Generalist, Network, Shown
from diffrendergan.judging.sample import (
    EMPTY,
    LEAST_EMPTY,
    PATCHES,
    Window,
    around,
    cropped,
    inside,
    middle,
    sampled_scans,
    spread,
)
from diffrendergan.labels.regions import drop_small
from diffrendergan.micrographs.field import within
from diffrendergan.micrographs.resampling import scaled_area
from diffrendergan.micrographs.types import FloatImage, Micrograph
from diffrendergan.patches.prepare import Prepared, background_places, load_scan
from diffrendergan.segmentation.instances import DECODINGS
from diffrendergan.segmentation.networks import open_segmenter
from diffrendergan.segmentation.unet.prediction import NetworkSegmenter
from diffrendergan.synthesis.manifest import read_manifest
from diffrendergan.synthesis.writers import read_pair

UNSURE = (0.2, 0.8)
"""Pixels whose probability to be particle lies between these are unsure."""


def network_of(project: Project, folder: Path) -> Network:
    """Return the first network of a run folder; particles are cut as in the headline of its scores.

    A U-Net is asked once, not for four mirror images as in `evaluate`: a quarter of the time, and nearly the same.

    Raises
    ------
    RunFolderError
        If it is missing or broken.
    """
    seed = project.evaluation.seeds[0]
    opened = open_segmenter(folder / "segment" / f"seed_{seed}", project.segmentation, project.compute.device)
    network = opened.segmenter
    if isinstance(network, NetworkSegmenter):
        network = replace(network, flips=False, tile_size=project.segmentation.patch_size)
    decode, least = DECODINGS[project.evaluation.decoding], _least_px(project)

    def find(scan: Micrograph) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        prediction = network.predict(scan.pixels)
        particle = 1 - prediction.classes[0]
        unsure = (particle > UNSURE[0]) & (particle < UNSURE[1])
        labels = within(decode(prediction, least), scan.field)
        return drop_small(labels, 1), unsure if scan.field is None else unsure & scan.field

    return find


def packaged_generalist(project: Project) -> Generalist:
    """Return the packaged generalist, which drops what the network drops.

    It doubts what it is unsure of, not what is strange or not convex: by that doubt alone the verdict was set.
    """
    return Packaged(_least_px(project), project.compute.device, says_more=False).segment_and_doubt


def shown_of(project: Project, folder: Path, prepared: Prepared) -> Shown:
    """Return what is looked at of a run folder.

    Raises
    ------
    DataError
        If a scan cannot be read any more, or a synthetic image is broken.
    RunFolderError
        If the stage `prepare` has not run.
    """
    names = sampled_scans(prepared.train_scans, prepared.test_scans)
    held_out = set(prepared.test_scans)
    synthetic = []
    for record in spread(read_manifest(folder / "synthesize"), PATCHES):
        pair = read_pair(folder / "synthesize", int(record["index"]))
        labels = drop_small(pair.instances, _least_px(project))
        synthetic.append((_as_scan(project, (pair.image / 255).astype(np.float32)), labels))
    scans = {name: load_scan(project, name, folder, taught=True) for name in names}
    windows = {name: middle(scan.pixels.shape) for name, scan in scans.items()}
    parts = {name: cropped(scans[name], window) for name, window in windows.items()}
    return Shown(
        scans=[(parts[name], name in held_out) for name in names],
        patches=[_as_scan(project, patch) for patch in spread(list(prepared.patches), PATCHES)],
        synthetic=synthetic,
        empty=_empty(project, folder, windows, parts),
    )


def _empty(
    project: Project, folder: Path, windows: Mapping[str, Window], parts: Mapping[str, Micrograph]
) -> list[tuple[Micrograph, Window]]:
    """Return background patches in the parts of scans that are looked at; where there are few, others besides."""
    size, here, elsewhere = project.data.patch_size, [], []
    for place in background_places(folder):
        where = inside(windows[place.scan], place, size) if place.scan in windows else None
        if where is None:
            elsewhere.append(place)
        else:
            here.append((parts[place.scan], where))
    chosen = spread(here, EMPTY)
    for place in spread(elsewhere, max(0, LEAST_EMPTY - len(chosen))):
        scan = load_scan(project, place.scan, folder, taught=True)
        window = around(scan.pixels.shape, place, size)
        where = inside(window, place, size)
        if where is not None:
            chosen.append((cropped(scan, window), where))
    return chosen


def _least_px(project: Project) -> int:
    """Return the least area of a particle in the scans as networks are taught by them [px]."""
    return scaled_area(project.evaluation.min_region_px, project.data.scale)


def _as_scan(project: Project, pixels: FloatImage) -> Micrograph:
    return Micrograph(name="", pixels=pixels, pixel_size_nm=None, source=project.data.images, bit_depth=8)
