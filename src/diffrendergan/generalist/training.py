"""The training of the generalist, by images drawn on the fly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from torch import nn

from diffrendergan.config.compute import DeviceName
from diffrendergan.config.segmentation import GENERALIST_CHANNELS, SegmentationConfig
from diffrendergan.generalist.bodies import Bodies, bodies_atlas
from diffrendergan.generalist.shown import TIMES, Drawing, blocks_for, joined, shown_at
from diffrendergan.runs import seeds
from diffrendergan.runs.digest import sha256_of_file
from diffrendergan.runs.executor import PerProcess, map_indices
from diffrendergan.runs.reporter import Reporter, SilentReporter
from diffrendergan.segmentation.unet.batches import Batch, stream_batches
from diffrendergan.segmentation.unet.network import build_network, load_network
from diffrendergan.segmentation.unet.training import TrainingFolder, train_network

PRIOR = 8
"""Grows when the same seed comes to give other images."""
EDGE_PX = 256
"""Edge of the training images [px]."""
HELD_OUT = 96
"""Images on which the network is validated; their numbers are below zero."""


def generalist_config(steps: int, new_images: int = 8, trained: bool = False) -> SegmentationConfig:
    """Return the network and its training, so many new images in each step; gentler if it is `trained` already."""
    return SegmentationConfig(
        channels=GENERALIST_CHANNELS,
        residual_units=1,
        steps=steps,
        batch_size=new_images * TIMES,
        learning_rate=1.2e-3 if trained else 2e-3,
        patch_size=EDGE_PX,
    )


@dataclass(frozen=True)
class GeneralistTraining(TrainingFolder):
    """A training of the generalist (`segmentation.unet.training.Training`)."""

    config: SegmentationConfig
    bodies: Bodies
    seed: int
    folder: Path
    device: DeviceName = "auto"
    start: Path | None = None
    """Weights to go on from: a trained network, or the packaged one; random by default."""
    workers: int = 1
    """Processes that draw images."""
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

    def batches(self, steps: range, threads: int) -> Iterator[tuple[int, Batch]]:
        """Yield steps with their batches; images are drawn by a thread, or by several processes."""
        draw = PerProcess(partial(bodies_atlas, self.folder, SilentReporter()), self._drawing("batch"), self.bodies)
        numbers = blocks_for(steps)
        if self.workers > 1:
            blocks = map_indices(draw, numbers, SilentReporter(), "", self.workers)
        else:
            blocks = (block for _, block in stream_batches(draw, numbers, threads))
        return shown_at(steps, blocks, self.stream)

    def held(self) -> Batch:
        """Return the images on which it is validated."""
        return joined([replace(self._drawing("held out"), count=HELD_OUT)(self.bodies, 0)])

    def fingerprint(self) -> dict[str, Any]:
        """Return what the course of the training depends on."""
        return {
            "prior": PRIOR,
            "segmentation": self.config.model_dump(mode="json", exclude={"overlap", "nnunet", "own", "adapt"}),
            "contour_width_px": self.contour_width_px,
            "seed": self.seed,
            "bodies": len(self.bodies[0]),
            "start": None if self.start is None else sha256_of_file(self.start),
        }

    def _drawing(self, part: str) -> Drawing:
        new = self.config.batch_size // TIMES
        return Drawing(self.config.patch_size, new, seeds.integer(self.stream, part), self.contour_width_px)


def train_generalist(
    folder: Path,
    config: SegmentationConfig,
    seed: int,
    reporter: Reporter,
    device: DeviceName = "auto",
    start: Path | None = None,
    workers: int = 1,
) -> Path:
    """Train the generalist, or finish an interrupted training, and return where the network lies.

    Parameters
    ----------
    folder : pathlib.Path
        Gets the bodies, the checkpoint and the network.
    config : SegmentationConfig
        From `generalist_config`.
    seed : int
        Of weights and images.
    reporter : Reporter
    device : str
    start : pathlib.Path, optional
        A network to go on from, in place of random weights.
    workers : int
        Processes that draw images; their number changes nothing but the speed.
    """
    bodies = bodies_atlas(folder, reporter, workers)
    return train_network(GeneralistTraining(config, bodies, seed, folder, device, start, workers), reporter)
