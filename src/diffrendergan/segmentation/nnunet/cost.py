"""What a training of nnU-Net costs where there is no GPU: months, with the settings of the paper."""

from __future__ import annotations

from diffrendergan.config.project import Project
from diffrendergan.config.segmentation import NnunetConfig
from diffrendergan.runs.device import torch_device

TILE_PX = 256
FEATURES = NnunetConfig().base_features
SECONDS_PER_TILE = 1.6
"""Training on one tile of `TILE_PX` with `FEATURES` channels, on one core: the table of docs/nnunet.md."""
PLANNED_BATCH = 49
"""Such tiles that nnU-Net plans in a batch, for 8 GB of memory."""
MOST_OF_ALL = 0.05
"""A batch that nnU-Net plans holds no larger part of all pixels than this."""


def iteration_seconds(config: NnunetConfig, image_px: int, images: int) -> float:
    """Estimate the time of a training step on one core of a CPU [s], as measured in docs/nnunet.md.

    Parameters
    ----------
    config
        Its batch, crop and channels.
    image_px
        Edge of the training images [px].
    images
        How many there are; nnU-Net plans smaller batches for few.
    """
    edge = min(config.patch_size or image_px, image_px)
    width = config.base_features / FEATURES
    if config.batch_size is not None:
        tiles = config.batch_size * (edge / TILE_PX) ** 2
    else:
        tiles = min(PLANNED_BATCH / width, MOST_OF_ALL * images * (image_px / TILE_PX) ** 2)
        tiles = max(tiles, 2 * (edge / TILE_PX) ** 2)
    return SECONDS_PER_TILE * tiles * width**2


def cpu_seconds(project: Project) -> float | None:
    """Estimate the time that one network of a project takes on one core [s]; None on a GPU, or without nnU-Net."""
    config = project.segmentation.nnunet
    if project.segmentation.network != "nnunet" or project.compute.device == "cuda":
        return None
    if project.compute.device == "auto" and torch_device("auto").type == "cuda":
        return None
    folds = 1 if config.folds == "all" else len(config.folds)
    images = project.synthesis.images + project.data.background_patches
    iterations = folds * config.epochs * config.iterations_per_epoch
    return iterations * iteration_seconds(config, project.data.patch_size, images)
