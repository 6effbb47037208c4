"""A generator's weights on disk: what they are for (JSON) beside the numbers (safetensors)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.torch
import torch

from diffrendergan.errors import RunFolderError, first_line
from diffrendergan.fitting.law import Law
from diffrendergan.gan.balanced.law_network import LawNetwork
from diffrendergan.gan.regression import RegressionNetwork
from diffrendergan.gan.theta_network import ThetaNetwork
from diffrendergan.rendering.protocol import ParameterSpec
from diffrendergan.runs.atomic import atomic_path, read_json, write_json
from diffrendergan.runs.seal import intact
from diffrendergan.runs.tensors import finite

DESCRIPTION = "generator.json"
WEIGHTS = "generator.safetensors"


def save_weights(path: Path, network: ThetaNetwork) -> None:
    """Write the weights atomically.

    Raises
    ------
    RunFolderError
        If the disk is full or the folder cannot be written.
    """
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    with atomic_path(path) as temporary:
        temporary.write_bytes(safetensors.torch.save(tensors))


def save_description(folder: Path, network: ThetaNetwork, **extra: object) -> None:
    """Write `generator.json` with the description of a network and further values."""
    write_json(folder / DESCRIPTION, network.described() | extra)


def unused_outputs(folder: Path) -> dict[str, str]:
    """Return the outputs of a generator that change no image, and why (`authors.AuthorsSettings.unused`)."""
    return dict(read_json(folder / DESCRIPTION).get("unused", {}))


def load_generator(folder: Path, weights: Path | None = None) -> ThetaNetwork:
    """Load a network from `generator.json` and its weights.

    Parameters
    ----------
    folder : Path
        A folder with `generator.json`, such as the `select` or the `train` folder of a run.
    weights : Path, optional
        The file of the weights; by default `generator.safetensors` in the folder.

    Raises
    ------
    RunFolderError
        If a file is missing or broken, or the two do not belong together.
    """
    description_path, weights = folder / DESCRIPTION, weights or folder / WEIGHTS
    description = read_json(description_path)
    try:
        network = _built(description)
        network.load_state_dict(finite(safetensors.torch.load(intact(weights).read_bytes())), strict=True)
    except (OSError, KeyError, TypeError, ValueError, RuntimeError, safetensors.SafetensorError) as error:
        reason = first_line(error)
        raise RunFolderError(
            f"{weights} does not hold the weights that {description_path} describes ({reason}); "
            f"redo the stage {folder.name!r}, which wrote them."
        ) from error
    return network.eval().requires_grad_(False)


def _built(description: Mapping[str, Any]) -> ThetaNetwork:
    """Return the network of a description; its weights are to be replaced."""
    rng, specs = torch.Generator().manual_seed(0), [ParameterSpec(**spec) for spec in description["parameters"]]
    if description.get("recipe") == "balanced":
        law = Law(tuple(specs), np.zeros(len(specs)), np.zeros((len(specs),) * 2))
        return LawNetwork(description["particles"], law, 1.0, hidden=description["hidden"], rng=rng)
    return RegressionNetwork(
        description["particles"],
        specs,
        hidden=description["hidden"],
        dropout=description["dropout"],
        layer_order=description["layer_order"],
        rng=rng,
    )
