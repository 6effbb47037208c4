"""A network as one ONNX file, without what a package holds beside it; also one that another package brings."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import torch
from torch import nn

from diffrendergan.config.own_networks import BUILT_IN
from diffrendergan.errors import ConfigError, DataError
from diffrendergan.exchange.models.parts import GENERALIST, drawn_example, parts_of
from diffrendergan.exchange.models.portable import CHANNELS, Maps, write_onnx
from diffrendergan.segmentation.own.training import module_of
from diffrendergan.segmentation.trained import network_folder, run_project_of
from diffrendergan.segmentation.unet.losses import CLASSES

ENDING: Final = ".onnx"
GRAIN: Final = 32
"""Edges of images are multiples of this [px], unless a network's module says another `grain`: five halvings."""
TRIED_PX: Final = 64
"""Least edge of the image that a network is tried on before it is written [px]."""


class _Written(NamedTuple):
    module: nn.Module
    grain: int


def export_onnx(source: str | Path, target: Path, seed: int | None = None, force: bool = False) -> int:
    """Write a network as one ONNX file, and return of what the edges of images must be multiples [px].

    Parameters
    ----------
    source : str or Path
        A run folder, or `generalist`.
    target : Path
        The file to write; it is whole or absent.
    seed : int, optional
        Which of the run's networks; by default the first.
    force : bool
        Replace a file that is there.

    Raises
    ------
    ConfigError
        If the target exists, or the network cannot be such a file.
    DataError
        If a network of another package gives no probabilities.
    MissingDependencyError
        If the exporter of ONNX is not installed.
    RunFolderError
        If there is no trained network, or the file cannot be written.
    """
    if target.exists() and not force:
        raise ConfigError(f"{target} exists already; choose another name, or give --force to replace it.")
    of_run = str(source) != GENERALIST or Path(source).is_dir()
    if of_run and run_project_of(Path(source)).segmentation.network not in BUILT_IN:
        found = _of_package(Path(source), seed)
    else:
        parts = parts_of(source, seed)
        found = _Written(Maps(parts.network), parts.grain)
    write_onnx(target, found.module, found.grain)
    return found.grain


def _of_package(run: Path, seed: int | None) -> _Written:
    """Return what a network of another package gives to be exported, tried on an image."""
    folder, project = network_folder(run, seed)
    module = module_of(folder, project.segmentation)
    name, grain = project.segmentation.network, int(getattr(module, "grain", GRAIN))
    edge = grain * -(-TRIED_PX // grain)
    image = torch.from_numpy(drawn_example(edge) / np.float32(255))[None, None]
    with torch.inference_mode():
        maps = module.eval()(image)
    whole = isinstance(maps, torch.Tensor) and maps.shape == (1, CLASSES, edge, edge)
    if not whole or not ((maps.sum(dim=1) - 1).abs().max() < 1e-2 and maps.min() > -1e-3):
        raise DataError(
            f"the module of the network {name} does not give probabilities (B, {CLASSES}, H, W) of "
            f"{', '.join(CHANNELS[:CLASSES])} that sum to 1 in each pixel; report that to its authors."
        )
    return _Written(module, grain)
