"""Checkpoints: one file with everything that is needed to continue as if nothing had happened.

A checkpoint is a safetensors file, written aside and renamed: the tensors of G, D, both Adam optimisers
and the torch generators; in its metadata, as JSON, the step, the NumPy generator, the history, and a
fingerprint of what was trained on. A SHA-256 over all of it tells a damaged file from a whole one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch

from diffrendergan.errors import RunFolderError
from diffrendergan.gan.history import EpochRecord
from diffrendergan.gan.state import TrainingState
from diffrendergan.runs.atomic import atomic_path
from diffrendergan.runs.json_text import parse_json
from diffrendergan.runs.provenance import Stamp

KEPT = 2
"""Checkpoints kept: the latest, and the one before in case the latest gets damaged."""

_FORMAT = 1
_PATTERN = "epoch-*.safetensors"


def save_checkpoint(folder: Path, state: TrainingState, fingerprint: Mapping[str, Any]) -> Path:
    """Write the checkpoint of the last finished epoch and remove those older than the one before.

    Parameters
    ----------
    folder : Path
        The folder of the checkpoints.
    state : TrainingState
        At the end of an epoch.
    fingerprint : mapping
        What the training depends on, as plain values; a checkpoint is only used where it is the same.

    Raises
    ------
    RunFolderError
        If the disk is full or the folder cannot be written; earlier checkpoints are left as they were.
    """
    tensors = _tensors(state)
    body = json.dumps(
        {
            "format": _FORMAT,
            "step": state.step,
            "draws": state.draws.bit_generator.state,
            "history": [record.as_json() for record in state.history],
            "fingerprint": dict(fingerprint),
        }
    )
    path = folder / f"epoch-{state.epoch:04d}.safetensors"
    with atomic_path(path) as temporary:
        metadata = {"state": body, "sha256": _digest(tensors, body)}
        temporary.write_bytes(safetensors.torch.save(tensors, metadata))
    for old in _checkpoints(folder)[:-KEPT]:
        old.unlink(missing_ok=True)
    return path


def latest_checkpoint(folder: Path) -> Path | None:
    """Return the checkpoint of the latest epoch, if there is one."""
    found = _checkpoints(folder)
    return found[-1] if found else None


def restore_checkpoint(path: Path, state: TrainingState, fingerprint: Mapping[str, Any]) -> None:
    """Put a state where the checkpoint left it.

    Raises
    ------
    RunFolderError
        If the file is damaged, or belongs to another configuration or other data. It never falls back
        to an older checkpoint on its own: that one is named, and used once the damaged file is gone.
    """
    tensors, body = _read(path)
    Stamp.of(fingerprint).require(body["fingerprint"], path, f"remove the folder {path.parent.parent} to train anew")
    state.network.load_state_dict(_group(tensors, "generator."), strict=True)
    state.discriminator.load_state_dict(_group(tensors, "discriminator."), strict=True)
    if state.average is not None:
        state.average.load_state_dict(_group(tensors, "average."), strict=True)
    _restore_adam(state.adam_generator, _group(tensors, "adam_generator."))
    _restore_adam(state.adam_discriminator, _group(tensors, "adam_discriminator."))
    state.dropout.set_state(tensors["rng.dropout"])
    state.noise.set_state(tensors["rng.noise"])
    state.draws.bit_generator.state = body["draws"]
    state.step = body["step"]
    state.history = [EpochRecord.from_json(record) for record in body["history"]]


def _checkpoints(folder: Path) -> list[Path]:
    return sorted(folder.glob(_PATTERN))


def _tensors(state: TrainingState) -> dict[str, torch.Tensor]:
    tensors = {f"generator.{name}": tensor for name, tensor in state.network.state_dict().items()}
    tensors |= {f"discriminator.{name}": tensor for name, tensor in state.discriminator.state_dict().items()}
    if state.average is not None:
        tensors |= {f"average.{name}": tensor for name, tensor in state.average.state_dict().items()}
    for prefix, adam in (("adam_generator", state.adam_generator), ("adam_discriminator", state.adam_discriminator)):
        for index, values in adam.state_dict()["state"].items():
            tensors |= {f"{prefix}.{index}.{name}": value for name, value in values.items()}
    tensors["rng.dropout"] = state.dropout.get_state()
    tensors["rng.noise"] = state.noise.get_state()
    return {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}


def _group(tensors: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _restore_adam(adam: torch.optim.Adam, tensors: Mapping[str, torch.Tensor]) -> None:
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in tensors.items():
        index, _, key = name.partition(".")
        state.setdefault(int(index), {})[key] = tensor
    # Learning rates and betas come from the configuration, which the fingerprint holds to be the same.
    adam.load_state_dict({"state": state, "param_groups": adam.state_dict()["param_groups"]})


def _digest(tensors: Mapping[str, torch.Tensor], body: str) -> str:
    digest = hashlib.sha256(body.encode())
    for name in sorted(tensors):
        digest.update(f"{name} {tensors[name].dtype} {tuple(tensors[name].shape)}".encode())
        digest.update(tensors[name].numpy().data)
    return digest.hexdigest()


def _read(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            # Copies: the file may be removed, and memory of our own is aligned as that of a fresh run.
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
        if _digest(tensors, metadata["state"]) != metadata["sha256"]:
            raise ValueError("its checksum does not match")
        body = parse_json(metadata["state"])
        if body["format"] != _FORMAT:
            raise ValueError(f"it has format {body['format']}, this version reads {_FORMAT}")
    except (OSError, ValueError, KeyError, TypeError, safetensors.SafetensorError) as error:
        raise RunFolderError(f"the checkpoint {path} is broken ({error}); {_way_out(path)}") from error
    return tensors, body


def _way_out(path: Path) -> str:
    earlier = [other for other in _checkpoints(path.parent) if other < path]
    if earlier:
        return f"remove this file to continue from {earlier[-1].name}, which is beside it."
    return f"remove the folder {path.parent.parent} to train anew."
