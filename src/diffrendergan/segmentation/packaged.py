"""The generalist's packaged weights: half precision, with a record of how they were made (docs/generalist.md)."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from diffrendergan.runs.atomic import atomic_path
from diffrendergan.segmentation.unet.network import NetworkInfo, load_network, with_whole_shapes
from diffrendergan.segmentation.unet.whole_head import HEAD, WholeShapes
from diffrendergan.segmentation.weights import FILE, WHOLE_FILE


def pack(trained: Path, target: Path, record: dict[str, Any], start: Path | None = None, kept: float = 0.0) -> None:
    """Write a trained network as it is packaged.

    Parameters
    ----------
    trained : pathlib.Path
        The network of `generalist.training.train_generalist`.
    target : pathlib.Path
        The file to write, atomically.
    record : dict
        How it was made: commit, seed, images; plain values for JSON.
    start : pathlib.Path, optional
        The network from which the training went on.
    kept : float
        Share of its weights in a mean with the trained ones: less is forgotten than by the training alone.

    Raises
    ------
    RunFolderError
        If the network is missing or broken.
    """
    weights = load_network(trained)[0].state_dict()
    if start is not None and kept:
        former = load_network(start)[0].state_dict()
        weights = {name: torch.lerp(value, former[name], kept) for name, value in weights.items()}
    halves = {name: value.to(torch.float16).contiguous() for name, value in weights.items()}
    with safe_open(trained, framework="pt") as file:
        info = file.metadata()["info"]
    with atomic_path(target) as temporary:
        save_file(halves, temporary, metadata={"info": info, "record": json.dumps(record, sort_keys=True)})


def packaged_network() -> tuple[nn.Module, NetworkInfo]:
    """Return the packaged network in evaluation mode, and its description."""
    with _packaged_file() as path:
        return load_network(path)


def pack_head(trained: Path, target: Path, record: dict[str, Any]) -> None:
    """Write the head of a network of whole shapes as it is packaged; the rest of it is the packaged network.

    Parameters
    ----------
    trained : pathlib.Path
        The network of `generalist.whole_training.train_head`.
    target : pathlib.Path
        The file to write, atomically.
    record : dict
        How it was made; `reach` among it, and `beside`, the SHA-256 of the packaged network.

    Raises
    ------
    RunFolderError
        If the network is missing or broken.
    """
    weights = load_network(trained)[0].state_dict()
    halves = {
        name: value.to(torch.float16).contiguous() for name, value in weights.items() if name.startswith(f"{HEAD}.")
    }
    with atomic_path(target) as temporary:
        save_file(halves, temporary, metadata={"record": json.dumps(record, sort_keys=True)})


def packaged_whole_network() -> tuple[WholeShapes, NetworkInfo]:
    """Return the packaged network with its head of whole shapes, in evaluation mode, and its description."""
    plain, info = packaged_network()
    network = with_whole_shapes(plain, seed=0)
    with _packaged_file(WHOLE_FILE) as path, safe_open(path, framework="pt") as file:
        record = json.loads(file.metadata()["record"])
        head = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118 (no mapping)
    network.load_state_dict({**network.state_dict(), **head})
    network.eval()
    return network, replace(info, whole=True, reach=float(record["reach"]))


def packaged_bytes(file: str = FILE) -> bytes:
    """Return the packaged file, or another one beside it."""
    return resources.files(__package__).joinpath(file).read_bytes()


def packaged_record(file: str = FILE) -> dict[str, Any]:
    """Return how the packaged weights were made, or those of another file beside them."""
    with _packaged_file(file) as path, safe_open(path, framework="pt") as opened:
        record: dict[str, Any] = json.loads(opened.metadata()["record"])
    return record


def _packaged_file(file: str = FILE) -> AbstractContextManager[Path]:
    return resources.as_file(resources.files(__package__).joinpath(file))
