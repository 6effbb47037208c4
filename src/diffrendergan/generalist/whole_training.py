"""The training of the generalist's head of whole shapes, beside weights that stay what they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import count, islice
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
from diffrendergan.runs import seeds
from diffrendergan.runs.device import torch_device
from diffrendergan.runs.executor import PerProcess, map_indices
from diffrendergan.runs.reporter import Reporter, SilentReporter
from diffrendergan.segmentation.packaged import packaged_network
from diffrendergan.segmentation.protocol import Prediction
from diffrendergan.segmentation.unet.batches import Batch, as_batch, stream_batches, with_stars
from diffrendergan.segmentation.unet.layout import laid_out
from diffrendergan.segmentation.unet.network import load_network, save_network, with_whole_shapes
from diffrendergan.segmentation.unet.prediction import NetworkSegmenter
from diffrendergan.segmentation.unet.reach import best_reach, inner_diameters
from diffrendergan.segmentation.unet.recipe import WHOLE_RECIPE
from diffrendergan.segmentation.unet.targets import crop_classes, crop_distance
from diffrendergan.segmentation.unet.training import train_network
from diffrendergan.segmentation.unet.whole_targets import crop_stars

REACH_IMAGES = 60
"""Images on which the reach is set."""
LEAST_HIDDEN = 0.1
"""Of the bodies that they show, others hide at least this share."""


def head_config(steps: int, new_images: int = 8) -> SegmentationConfig:
    """Return the network, and a training of its head by so many new images in each step."""
    return SegmentationConfig(
        channels=GENERALIST_CHANNELS, residual_units=1, steps=steps, batch_size=new_images, learning_rate=2e-3,
        patch_size=EDGE_PX,
    )  # fmt: skip


@dataclass(frozen=True)
class HeadTraining(GeneralistTraining):
    """A training of the head alone; each image is shown once."""

    def begin(self) -> nn.Module:
        """Return the packaged network with a fresh head; only that learns."""
        plain = packaged_network()[0].requires_grad_(False)
        return with_whole_shapes(plain, seeds.integer(self.stream, "head"))

    def batches(self, steps: range, threads: int) -> Iterator[tuple[int, Batch]]:
        """Yield steps with their batches; images are drawn by a thread, or by several processes."""
        size = self.config.batch_size
        draw = PerProcess(
            partial(bodies_atlas, self.folder, SilentReporter()),
            HeadDrawing(size, seeds.integer(self.stream, "batch"), self.contour_width_px),
            self.bodies,
        )
        if self.workers > 1:
            return zip(steps, map_indices(draw, steps, SilentReporter(), "", self.workers), strict=True)
        return stream_batches(draw, steps, threads)

    def held(self) -> Batch:
        """Return the images on which it is validated."""
        return HeadDrawing(HELD_OUT, seeds.integer(self.stream, "held out"), self.contour_width_px)(self.bodies, 0)

    def fingerprint(self) -> dict[str, Any]:
        """Return what the course of the training depends on."""
        return {**super().fingerprint(), "whole": WHOLE_RECIPE}


@dataclass(frozen=True)
class HeadDrawing:
    """How batches of images with whole shapes are drawn.

    Attributes
    ----------
    count : int
        Images in a batch.
    seed : int
    contour_width_px : int
        Width of the contour class [px].
    """

    count: int
    seed: int
    contour_width_px: int = 1

    def __call__(self, bodies: Bodies, number: int) -> Batch:
        """Return batch `number`, which depends on the bodies, the seed and the number alone."""
        examples = [
            draw_example(*bodies, EDGE_PX, self.seed, index)
            for index in range(number * self.count, (number + 1) * self.count)
        ]
        rng = seeds.generator(self.seed, "blocks of whole shapes", number)
        itself = np.arange(EDGE_PX**2).reshape(EDGE_PX, EDGE_PX)  # the crops are whole images
        stars = [crop_stars(each.labels, itself, EDGE_PX, each.whole, rng) for each in examples]
        images = [standardised(each.image) for each in examples]
        classes = [crop_classes(each.labels, self.contour_width_px) for each in examples]
        return with_stars(as_batch(images, classes, [crop_distance(each.labels) for each in examples], EDGE_PX), stars)


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
    """Return by which factor whole shapes reach further than predicted, from images where much is hidden."""
    segmenter = NetworkSegmenter(laid_out(network, device), EDGE_PX, flips=False, device=device, whole_px=EDGE_PX)
    drawn = (draw_example(*bodies, EDGE_PX, seed, index) for index in count())
    known = islice((each for each in drawn if hidden_share(each) >= LEAST_HIDDEN), REACH_IMAGES)
    said: list[Prediction] = []
    true: list[NDArray[np.float64]] = []
    for example in reporter.track(known, "Setting the reach", REACH_IMAGES):
        said.append(segmenter.predict(standardised(example.image)))
        true.append(inner_diameters(example.whole))
    return best_reach(said, np.concatenate(true), told_apart)


def hidden_share(example: Example) -> float:
    """Return how much of the bodies that an image shows is hidden by others."""
    whole = int(example.whole.areas.sum())
    return 1 - min(1.0, int((example.labels > 0).sum()) / whole) if whole else 0.0
