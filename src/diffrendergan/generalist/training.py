"""The training of the generalist: images drawn on the fly, each shown once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from diffrendergan.config.compute import DeviceName
from diffrendergan.config.segmentation import GENERALIST_CHANNELS, SegmentationConfig
from diffrendergan.generalist.bodies import bodies_atlas
from diffrendergan.generalist.prior import draw_example
from diffrendergan.generalist.standard import standardised
from diffrendergan.rendering.heightfield.scene import Atlas
from diffrendergan.runs import seeds
from diffrendergan.runs.digest import sha256_of_file
from diffrendergan.runs.reporter import Reporter
from diffrendergan.segmentation.unet.batches import Batch, as_batch
from diffrendergan.segmentation.unet.network import build_network, load_network
from diffrendergan.segmentation.unet.targets import crop_classes, crop_distance
from diffrendergan.segmentation.unet.training import TrainingFolder, train_network

PRIOR = 1
"""Grows when the same seed comes to give other images."""
EDGE_PX = 256
"""Edge of the training images [px]."""
HELD_OUT = 96
"""Images on which the network is validated; their numbers are below zero."""


def generalist_config(steps: int, batch_size: int = 6) -> SegmentationConfig:
    """Return the network and its training."""
    return SegmentationConfig(
        channels=GENERALIST_CHANNELS,
        residual_units=1,
        steps=steps,
        batch_size=batch_size,
        learning_rate=2e-3,
        patch_size=EDGE_PX,
    )


@dataclass(frozen=True)
class GeneralistTraining(TrainingFolder):
    """A training of the generalist (`segmentation.unet.training.Training`)."""

    config: SegmentationConfig
    atlas: Atlas
    families: NDArray[np.int64]
    seed: int
    folder: Path
    device: DeviceName = "auto"
    start: Path | None = None
    """Weights to go on from: a trained network, or the packaged one; random by default."""
    contour_width_px: int = 1
    trained_on: str = field(default="height-field", init=False)
    pixel_size_nm: float | None = field(default=None, init=False)

    @property
    def validations(self) -> int:
        """How often it is validated and saved."""
        return max(10, self.config.steps // 150)

    @cached_property
    def stream(self) -> int:
        """Seed of the initial weights and of all batches."""
        return seeds.integer(self.seed, "generalist")

    def begin(self) -> nn.Module:
        """Return a network of random weights, or that of `start`."""
        if self.start is None:
            return build_network(self.config, seeds.integer(self.stream, "weights"))
        return load_network(self.start)[0]

    def draw(self, step: int) -> Batch:
        """Return the batch of a step."""
        size = self.config.batch_size
        return self._batch("batch", range(step * size, (step + 1) * size))

    def held(self) -> Batch:
        """Return the images on which it is validated."""
        return self._batch("held out", range(HELD_OUT))

    def fingerprint(self) -> dict[str, Any]:
        """Return what the course of the training depends on."""
        return {
            "prior": PRIOR,
            "segmentation": self.config.model_dump(mode="json", exclude={"overlap", "nnunet"}),
            "contour_width_px": self.contour_width_px,
            "seed": self.seed,
            "bodies": len(self.atlas),
            "start": None if self.start is None else sha256_of_file(self.start),
        }

    def _batch(self, part: str, numbers: range) -> Batch:
        seed, edge = seeds.integer(self.stream, part), self.config.patch_size
        images, classes, distances = [], [], []
        for number in numbers:
            example = draw_example(self.atlas, self.families, edge, seed, number)
            images.append(standardised(example.image))
            classes.append(crop_classes(example.labels, self.contour_width_px))
            distances.append(crop_distance(example.labels))
        return as_batch(images, classes, distances, edge)


def train_generalist(
    folder: Path, steps: int, seed: int, reporter: Reporter, device: DeviceName = "auto", start: Path | None = None
) -> Path:
    """Train the generalist, or finish an interrupted training, and return where the network lies.

    Parameters
    ----------
    folder : pathlib.Path
        Gets the bodies, the checkpoint and the network.
    steps : int
        Of six images each.
    seed : int
        Of bodies, weights and images.
    reporter : Reporter
    device : str
    start : pathlib.Path, optional
        A network to go on from, in place of random weights.
    """
    atlas, families = bodies_atlas(folder, reporter)
    return train_network(
        GeneralistTraining(generalist_config(steps), atlas, families, seed, folder, device, start), reporter
    )
