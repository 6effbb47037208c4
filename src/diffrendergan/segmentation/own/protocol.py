"""What another package brings: a network that is trained on a run's images and finds particles in its scans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch

from diffrendergan.runs.reporter import Reporter
from diffrendergan.segmentation.dataset import SegmentationData
from diffrendergan.segmentation.protocol import Segmenter


@dataclass(frozen=True)
class OwnTraining:
    """What a network is trained on, and where its files go."""

    data: SegmentationData
    """Annotated images, images without particles, and what is held out; grey values in [0, 1]."""
    settings: Mapping[str, Any]
    """`segmentation.own` of the project."""
    patch_size: int
    """`segmentation.patch_size`: the usual edge of training crops [px]."""
    contour_width_px: int
    """Width of the contour class, within each particle [px]."""
    seed: int
    """Of all that is drawn: equal seeds are to give equal networks."""
    device: torch.device
    folder: Path
    """Gets the network's files, and nothing else lies there; what an interrupted training has left is still there."""


class OwnNetwork(Protocol):
    """What an entry point of the group `diffrendergan.networks` names: an object, or a class without arguments."""

    version: str
    """Raised when networks come out, or are read, otherwise: those of another version are refused."""

    def check(self, settings: Mapping[str, Any]) -> None:
        """Refuse settings that cannot be, before hours of other work.

        Raises
        ------
        ValueError
            Saying in a sentence what is wrong.
        """
        ...

    def train(self, training: OwnTraining, reporter: Reporter) -> None:
        """Train the network, or go on with it, and write it into `training.folder`.

        Tensors belong into files that run nothing when they are read, such as safetensors: run folders are passed on.
        """
        ...

    def open(self, folder: Path, settings: Mapping[str, Any], device: torch.device) -> Segmenter:
        """Return the trained network of a folder that `train` wrote, ready to predict.

        Its `predict` takes float32 (H, W) in [0, 1], of any size, and returns a `Prediction`: probabilities (3, H, W)
        of ground, particle and contour, and distances where it has them.

        A network that can be exported has a fourth method, ``module(folder, settings)``: a `torch.nn.Module` on the
        processor from grey values (B, 1, H, W) in [0, 1] to those three probabilities (B, 3, H, W). Its attribute
        `grain`, 32 px if there is none, says of what the edges of images must be multiples.
        """
        ...
