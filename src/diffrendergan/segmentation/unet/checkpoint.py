"""The state of a segmentation training: one safetensors file, without pickle, that is whole or absent."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from diffrendergan.errors import RunFolderError, first_line
from diffrendergan.runs.atomic import atomic_path
from diffrendergan.runs.json_text import parse_json
from diffrendergan.runs.provenance import Stamp

Weights = dict[str, Tensor]


@dataclass
class TrainingState:
    """Everything that changes during training.

    There is no state of randomness: batch i depends on the seed and i alone.
    """

    network: nn.Module
    optimizer: torch.optim.Optimizer
    average: Weights
    """Exponential moving average of the weights."""
    best: Weights
    """The average at the validation with the highest score: Dice, and overlap of whole shapes where there are any."""
    step: int = 0
    best_step: int = 0
    best_dice: float = -1.0
    history: list[dict[str, float]] = field(default_factory=list)
    """A record per validation."""


def copy_weights(weights: Weights) -> Weights:
    """Return the weights, detached and copied."""
    return {name: value.detach().clone() for name, value in weights.items()}


def save_checkpoint(path: Path, state: TrainingState, fingerprint: dict[str, Any]) -> None:
    """Write the state atomically.

    Parameters
    ----------
    path, state
        Where, and what.
    fingerprint
        What the training depends on; `restore_checkpoint` refuses another one.

    Raises
    ------
    RunFolderError
        If the disk is full or the folder cannot be written.
    """
    tensors = {}
    for kind, weights in (("network", state.network.state_dict()), ("average", state.average), ("best", state.best)):
        tensors.update({f"{kind}.{name}": value.detach().cpu().contiguous() for name, value in weights.items()})
    for index, moments in state.optimizer.state_dict()["state"].items():
        tensors.update({f"optimizer.{index}.{name}": value.cpu().contiguous() for name, value in moments.items()})
    numbers = {
        "fingerprint": fingerprint,
        "step": state.step,
        "best_step": state.best_step,
        "best_dice": state.best_dice,
        "history": state.history,
    }
    with atomic_path(path) as temporary:
        save_file(tensors, temporary, metadata={"state": json.dumps(numbers)})


def restore_checkpoint(path: Path, state: TrainingState, fingerprint: dict[str, Any]) -> None:
    """Fill a fresh state from a file written by `save_checkpoint`.

    Raises
    ------
    RunFolderError
        If the file is broken, or belongs to another configuration.
    """
    try:
        with safe_open(path, framework="pt") as file:
            numbers = parse_json(file.metadata()["state"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
        Stamp.of(fingerprint).require(numbers.pop("fingerprint"), path, "remove its folder to train anew")
        state.network.load_state_dict(_part(tensors, "network"))
        state.average = {name: _like(state.average[name], value) for name, value in _part(tensors, "average").items()}
        state.best = {name: _like(state.best[name], value) for name, value in _part(tensors, "best").items()}
        moments: dict[int, dict[str, Tensor]] = {}
        parameters = list(state.network.parameters())
        for name, value in _part(tensors, "optimizer").items():
            index, kind = name.split(".", 1)
            of = parameters[int(index)]
            moments.setdefault(int(index), {})[kind] = _like(of, value) if value.shape == of.shape else value
        groups = state.optimizer.state_dict()["param_groups"]
        state.optimizer.load_state_dict({"state": moments, "param_groups": groups})
        for name, value in numbers.items():
            setattr(state, name, value)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise RunFolderError(
            f"{path} is broken ({first_line(error)}); remove it and give the command again to train that network anew."
        ) from error


def _like(there: Tensor, read: Tensor) -> Tensor:
    """Return what was read as the one that is there lies: on its device, and in its order in memory.

    In another order sums are rounded otherwise, and a training that was stopped would end elsewhere.
    """
    return torch.empty_like(there, dtype=read.dtype, requires_grad=False).copy_(read)


def _part(tensors: Weights, kind: str) -> Weights:
    return {name.removeprefix(f"{kind}."): value for name, value in tensors.items() if name.startswith(f"{kind}.")}
