"""The training of the generalist's head of whole shapes, beside weights that stay what they are."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from diffrendergan.config.compute import DeviceName
from diffrendergan.config.segmentation import GENERALIST_CHANNELS, SegmentationConfig
from diffrendergan.generalist.bodies import Bodies, bodies_atlas
from diffrendergan.generalist.decoding import told_apart
from diffrendergan.generalist.prior import Example, draw_example
from diffrendergan.generalist.standard import standardised
from diffrendergan.generalist.training import EDGE_PX, HELD_OUT, GeneralistTraining
from diffrendergan.labels.overlap import region_overlaps
from diffrendergan.runs import seeds
from diffrendergan.runs.device import torch_device
from diffrendergan.runs.executor import PerProcess, map_indices
from diffrendergan.runs.reporter import Reporter, SilentReporter
from diffrendergan.segmentation.packaged import packaged_network
from diffrendergan.segmentation.rules import WHOLE_RULES
from diffrendergan.segmentation.unet.batches import Batch, as_batch, stream_batches, with_stars
from diffrendergan.segmentation.unet.layout import laid_out
from diffrendergan.segmentation.unet.network import load_network, save_network, with_whole_shapes
from diffrendergan.segmentation.unet.prediction import NetworkSegmenter
from diffrendergan.segmentation.unet.reach import reaching
from diffrendergan.segmentation.unet.recipe import WHOLE_RECIPE
from diffrendergan.segmentation.unet.targets import crop_classes, crop_distance
from diffrendergan.segmentation.unet.training import train_network
from diffrendergan.segmentation.unet.whole_targets import crop_stars
from diffrendergan.segmentation.whole_shapes import whole_particles
from diffrendergan.sizes.units import equivalent_diameters

POOL = 800
"""Images that the head learns from."""
USUAL_PX = (14.0, 64.0)
"""Range of their median diameters [px]: scans are looked at in a magnification in which particles have about 30."""
LEAST_HIDDEN = 0.05
"""Of the bodies that they show, others hide at least this share."""
MOST_DRAWS = 16
"""Not more often than this is an image drawn anew: three in ten are useful."""
REACH_IMAGES = 60
"""Images on which the reach is set."""
RIGHT_IOU = 0.5
"""It is set by particles of which what is seen was found with at least this overlap (IoU)."""


def head_config(steps: int, new_images: int = 8) -> SegmentationConfig:
    """Return the network, and a training of its head by so many new images in each step."""
    return SegmentationConfig(
        channels=GENERALIST_CHANNELS, residual_units=1, steps=steps, batch_size=new_images, learning_rate=2e-3,
        patch_size=EDGE_PX,
    )  # fmt: skip


@dataclass(frozen=True)
class HeadTraining(GeneralistTraining):
    """A training of the head alone, by a pool of images that are drawn first and shown many times, turned."""

    images: int = POOL
    """Images of the pool."""

    def begin(self) -> nn.Module:
        """Return the packaged network with a fresh head; only that learns."""
        plain = packaged_network()[0].requires_grad_(False)
        return with_whole_shapes(plain, seeds.integer(self.stream, "head"))

    def batches(self, steps: range, threads: int) -> Iterator[tuple[int, Batch]]:
        """Yield steps with their batches; the images are drawn first, by several processes if there are."""
        pool = self._drawn("pool", self.images)

        def batch(step: int) -> Batch:
            rng = seeds.generator(self.stream, "batch", step)
            chosen = rng.choice(len(pool), self.config.batch_size, replace=False)
            return shown([pool[number] for number in chosen], self.contour_width_px, rng)

        return stream_batches(batch, steps, threads)

    def held(self) -> Batch:
        """Return the images on which it is validated."""
        rng = seeds.generator(self.stream, "held out, turned")
        return shown(self._drawn("held out", HELD_OUT), self.contour_width_px, rng)

    def fingerprint(self) -> dict[str, Any]:
        """Return what the course of the training depends on."""
        return {**super().fingerprint(), "whole": WHOLE_RECIPE, "images": self.images}

    def _drawn(self, part: str, count: int) -> list[Example]:
        draw = PerProcess(
            partial(bodies_atlas, self.folder, SilentReporter()), Useful(seeds.integer(self.stream, part)), self.bodies
        )
        return list(map_indices(draw, range(count), SilentReporter(), "", self.workers))


@dataclass(frozen=True)
class Useful:
    """Draws images in which much is hidden, of bodies about as large as scans are looked at.

    Attributes
    ----------
    seed : int
    """

    seed: int

    def __call__(self, bodies: Bodies, number: int) -> Example:
        """Return image `number`, which depends on the bodies, the seed and the number alone."""
        for attempt in range(MOST_DRAWS):
            example = draw_example(*bodies, EDGE_PX, self.seed, number * MOST_DRAWS + attempt)
            if is_useful(example):
                break
        return example


def is_useful(example: Example) -> bool:
    """Tell whether an image shows bodies of which much is hidden, and that are neither small nor large."""
    diameters = equivalent_diameters(example.whole.areas)
    usual = float(np.median(diameters)) if len(diameters) else 0.0
    return USUAL_PX[0] <= usual <= USUAL_PX[1] and hidden_share(example) >= LEAST_HIDDEN


def shown(examples: Sequence[Example], contour_width_px: int, rng: np.random.Generator) -> Batch:
    """Return images as a batch with whole shapes, each turned by quarters, and mirrored or not."""
    images, classes, distances, stars = [], [], [], []
    itself = np.arange(EDGE_PX**2).reshape(EDGE_PX, EDGE_PX)
    for each in examples:
        quarters, mirrored = int(rng.integers(4)), bool(rng.integers(2))
        parts: list[NDArray[Any]] = [standardised(each.image), each.labels, itself]
        image, labels, source = (
            np.ascontiguousarray(np.rot90(part[:, ::-1] if mirrored else part, quarters)) for part in parts
        )
        images.append(image)
        classes.append(crop_classes(labels, contour_width_px))
        distances.append(crop_distance(labels))
        stars.append(crop_stars(labels, source, EDGE_PX, each.whole, rng))
    return with_stars(as_batch(images, classes, distances, EDGE_PX), stars)


def train_head(
    folder: Path,
    config: SegmentationConfig,
    seed: int,
    reporter: Reporter,
    device: DeviceName = "auto",
    workers: int = 1,
) -> Path:
    """Train the head of whole shapes, or finish an interrupted training; set its reach, and return where it lies.

    Parameters
    ----------
    folder : pathlib.Path
        Gets the bodies, the checkpoint and the network.
    config : SegmentationConfig
        From `head_config`.
    seed : int
        Of weights and images.
    reporter : Reporter
    device : str
    workers : int
        Processes that draw images; their number changes nothing but the speed.
    """
    bodies = bodies_atlas(folder, reporter, workers)
    job = HeadTraining(config, bodies, seed, folder, device, None, workers)
    path = train_network(job, reporter)
    network, info = load_network(path)
    if info.reach is None:
        weights = {name: value.clone() for name, value in network.state_dict().items()}
        reach = _reach_of(network, bodies, seeds.integer(job.stream, "reach"), reporter, torch_device(device))
        save_network(path, weights, replace(info, reach=reach))
    return path


def _reach_of(network: nn.Module, bodies: Bodies, seed: int, reporter: Reporter, device: torch.device) -> float:
    """Return by which factor whole shapes reach further than predicted.

    By it, whole diameters have the least mean error (of their logarithms), of all particles that were rightly found:
    those that nothing covers, too, since a shape that reaches too far takes from a neighbour that merely touches. How
    the generalist errs about small particles, and where it joins some, is no matter of reach.
    """
    segmenter = NetworkSegmenter(laid_out(network, device), EDGE_PX, flips=False, device=device, whole_px=EDGE_PX)
    draw = Useful(seed)
    errors: dict[float, list[float]] = {factor: [] for factor in WHOLE_RULES.reaches}
    for number in reporter.track(range(REACH_IMAGES), "Setting the reach", REACH_IMAGES):
        example = draw(bodies, number)
        prediction = segmenter.predict(standardised(example.image))
        labels = told_apart(prediction, WHOLE_RULES.least_px)
        true = _partners(labels, example)
        for factor, found in errors.items():
            whole = whole_particles(reaching(prediction, factor), labels)
            found.extend(abs(math.log(layer.area / true[layer.number])) / 2 for layer in whole if layer.number in true)
    return min(errors, key=lambda factor: (float(np.mean(errors[factor] or [0.0])), factor))


def _partners(labels: NDArray[np.int32], example: Example) -> dict[int, int]:
    """Return the true whole area of each particle that was rightly found and is no border's, by its label [px]."""
    overlaps = region_overlaps(labels, example.labels)
    ours, theirs = (np.unique(image[image > 0]) for image in (labels, example.labels))
    whole = {layer.number: layer.area for layer in example.whole.inner()}
    return {
        int(ours[row]): whole[int(theirs[column])]
        for row, column, iou in zip(overlaps.rows, overlaps.columns, overlaps.ious, strict=True)
        if iou >= RIGHT_IOU and int(theirs[column]) in whole
    }


def hidden_share(example: Example) -> float:
    """Return how much of the bodies that an image shows is hidden by others."""
    whole = int(example.whole.areas.sum())
    return 1 - min(1.0, int((example.labels > 0).sum()) / whole) if whole else 0.0
