"""A trained network learns from scans that a person has corrected, and forgets nothing of what it was taught."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from torch import nn

from diffrendergan.config.compute import DeviceName
from diffrendergan.config.segmentation import SegmentationConfig
from diffrendergan.runs import seeds
from diffrendergan.runs.device import torch_device
from diffrendergan.runs.digest import sha256_of, sha256_of_file
from diffrendergan.segmentation.dataset import LabelledImage, SegmentationData
from diffrendergan.segmentation.rules import CORRECT_RULES
from diffrendergan.segmentation.unet.averaging import outputs_of
from diffrendergan.segmentation.unet.batches import Batch, draw_batch, stream_batches, together, validation_batch
from diffrendergan.segmentation.unet.layout import laid_out
from diffrendergan.segmentation.unet.losses import CLASSES, class_dice
from diffrendergan.segmentation.unet.network import load_network
from diffrendergan.segmentation.unet.training import TrainingFolder

RECIPE = 1
"""Grows when the same network, corrections and configuration come to give another result."""


@dataclass(frozen=True)
class Correction(TrainingFolder):
    """A trained network, and the scans that were corrected (`segmentation.unet.training.Training`)."""

    config: SegmentationConfig
    """Its steps and learning rate are those of the correction."""
    data: SegmentationData
    """What the network was trained on."""
    corrected: tuple[LabelledImage, ...]
    """Whole scans, as their labels were corrected; at least one."""
    start: Path
    """The trained network."""
    contour_width_px: int
    root_seed: int
    """The project's seed."""
    seed: int
    """Which of the project's networks."""
    folder: Path
    """Gets `network.safetensors`, `history.json` and, until done, `checkpoint.safetensors`."""
    device: DeviceName = "auto"
    whole: bool = False
    """Whether the network predicts whole shapes: it goes on learning those of its own images, since nobody corrects
    what is hidden."""

    @property
    def trained_on(self) -> str:
        """What the images are."""
        return f"{self.data.trained_on} and corrected"

    @property
    def pixel_size_nm(self) -> float | None:
        """Of the images [nm], if known."""
        return self.data.pixel_size_nm

    @property
    def validations(self) -> int:
        """How often it is validated and saved."""
        return CORRECT_RULES.checks

    @cached_property
    def stream(self) -> int:
        """Seed of all batches."""
        return seeds.integer(self.root_seed, "segmentation", self.seed, "correct")

    def begin(self) -> nn.Module:
        """Return the trained network."""
        return load_network(self.start)[0]

    def batches(self, steps: range, threads: int) -> Iterator[tuple[int, Batch]]:
        """Yield steps with their batches, which threads prepare."""
        return stream_batches(self.draw, steps, threads)

    def draw(self, step: int) -> Batch:
        """Return the batch of a step: crops of corrected scans, and of the images of the training."""
        real = max(1, round(CORRECT_RULES.share * self.config.batch_size))
        shown = SegmentationData(self.corrected, (), (), self.pixel_size_nm, self.trained_on)
        parts = (
            draw_batch(
                data,
                count,
                self.config.patch_size,
                self.config.augmentation_strength,
                self.contour_width_px,
                seeds.integer(self.stream, kind),
                step,
                self.whole,
            )
            for data, count, kind in ((shown, real, "corrected"), (self.data, self.config.batch_size - real, "own"))
            if count
        )
        return together(parts)

    @cached_property
    def of_corrected(self) -> Batch:
        """Crops of the corrected scans."""
        return self._validation(self.corrected)

    @cached_property
    def of_run(self) -> Batch:
        """Crops of images of the run that are not trained on."""
        return self._validation(self.data.validation)

    def _validation(self, images: tuple[LabelledImage, ...]) -> Batch:
        crops = CORRECT_RULES.crops
        return validation_batch(images, self.config.patch_size, self.contour_width_px, crops, self.whole)

    def held(self) -> Batch:
        """Return both kinds of crops: what is kept has learned the one and not forgotten the other."""
        return together((self.of_corrected, self.of_run))

    def fingerprint(self) -> dict[str, Any]:
        """Return what the course of the correction depends on."""
        return {
            "recipe": RECIPE,
            "rules": CORRECT_RULES._asdict(),
            "segmentation": self.config.model_dump(mode="json", exclude={"overlap", "nnunet", "own", "adapt"}),
            "contour_width_px": self.contour_width_px,
            "seed": [self.root_seed, self.seed],
            "start": sha256_of_file(self.start),
            "corrected": {
                image.name: [sha256_of(image.pixels), sha256_of(image.instances)] for image in self.corrected
            },
            "images": {"annotated": len(self.data.annotated), "backgrounds": len(self.data.backgrounds)},
        }

    def scores(self, network: Path) -> dict[str, float]:
        """Return the mean Dice of particle and contour of a network on both kinds of crops, where there are any."""
        device = torch_device(self.device)
        module = laid_out(load_network(network)[0], device)
        found = {}
        for kind, batch in (("corrected_scans", self.of_corrected), ("images_of_the_run", self.of_run)):
            if len(batch.images):
                outputs = outputs_of(module, module.state_dict(), batch.images, self.config.batch_size, device)
                found[kind] = class_dice(outputs[:, :CLASSES].argmax(dim=1), batch.classes)
        return found
