"""The light 2-D U-Net, and trained networks on disk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from diffrendergan.config.segmentation import SegmentationConfig
from diffrendergan.errors import ConfigError, RunFolderError, first_line
from diffrendergan.runs.atomic import atomic_path
from diffrendergan.runs.json_text import parse_json
from diffrendergan.runs.seal import intact
from diffrendergan.runs.tensors import finite
from diffrendergan.segmentation.unet.architecture import UNet
from diffrendergan.segmentation.unet.losses import CLASSES
from diffrendergan.segmentation.unet.whole_head import WholeShapes

OUTPUTS = CLASSES + 1
"""The classes as logits, and the distance as one."""

HEAD_FEATURES = 16
"""Features per pixel from which all heads are read. Normalisation ends before the heads, so that an image without
particles can be told from one full of them."""


@dataclass(frozen=True)
class NetworkInfo:
    """What a trained network must tell whoever uses it."""

    channels: tuple[int, ...]
    residual_units: int
    patch_size: int
    """Edge of the training crops [px]."""
    pixel_size_nm: float | None
    """Scale of the training images [nm], if known."""
    trained_on: str
    """`synthetic` or `real`."""
    seed: int
    step: int
    """Steps after which these weights were taken."""
    validation_dice: float
    """Mean Dice of particle and contour class on the held-out training images; of a network of whole shapes, the mean
    of that and of their overlap."""
    whole: bool = False
    """Whether it predicts the whole shapes of particles, too."""
    reach: float | None = None
    """By which factor these then reach further than predicted (`reach.set_reach`); None where that is not set."""


def build_network(config: SegmentationConfig, seed: int, whole: bool = False) -> nn.Module:
    """Return an untrained U-Net: one input channel; out come the logits of three classes and of the distance.

    Parameters
    ----------
    config
        Its `channels` are those of the levels; each level halves the resolution.
    seed
        Seed of the initial weights; torch's global generator is left as it was.
    whole
        Whether it gets a head of whole shapes (`whole_head.WholeShapes`); all other weights are the same.

    Raises
    ------
    ConfigError
        If there are fewer than two levels or the patch size cannot be halved often enough.
    """
    levels = len(config.built_channels)
    if levels < 2:
        raise ConfigError(f"segmentation.channels needs at least two levels, got {list(config.built_channels)}.")
    if config.patch_size % 2 ** (levels - 1):
        raise ConfigError(
            f"segmentation.patch_size must be a multiple of {2 ** (levels - 1)}, since a network of {levels} levels "
            f"halves it {levels - 1} times, got {config.patch_size}."
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        plain = _unet(config.built_channels, config.residual_units)
    return with_whole_shapes(plain, seed) if whole else plain


def with_whole_shapes(plain: nn.Module, seed: int) -> WholeShapes:
    """Return a network with an untrained head of whole shapes beside its own, which stay as they are.

    Raises
    ------
    ConfigError
        If it has too few levels.
    """
    assert isinstance(plain, nn.Sequential)
    if plain[0].quarter_channels is None:
        raise ConfigError(
            "`evaluation.decoding` is amodal, which needs a network of at least three levels; add one to "
            "segmentation.channels, or take watershed."
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return WholeShapes(plain)


def _unet(channels: tuple[int, ...], residual_units: int) -> nn.Sequential:
    body = UNet(HEAD_FEATURES, channels, residual_units)
    return nn.Sequential(body, nn.Conv2d(HEAD_FEATURES, OUTPUTS, 1))


def normalise(pixels: Tensor) -> Tensor:
    """Bring intensities in [0, 1] to about zero mean and unit variance, the same way for every image."""
    return (pixels - 0.5) / 0.25


def save_network(path: Path, weights: dict[str, Tensor], info: NetworkInfo) -> None:
    """Write weights and description as one safetensors file, atomically."""
    with atomic_path(path) as temporary:
        save_file(
            {name: values.contiguous() for name, values in weights.items()},
            temporary,
            metadata={"info": json.dumps(_plain(info))},
        )


def _plain(info: NetworkInfo) -> dict[str, Any]:
    """Return a description as values for JSON, as it was before there were whole shapes where there are none."""
    values = asdict(info)
    return values if info.whole else {name: value for name, value in values.items() if name not in ("whole", "reach")}


def load_network(path: Path) -> tuple[nn.Module, NetworkInfo]:
    """Return a trained network in evaluation mode, and its description.

    Raises
    ------
    RunFolderError
        If the file is missing or broken.
    """
    try:
        with safe_open(intact(path), framework="pt") as file:
            fields = parse_json(file.metadata()["info"])
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
        info = NetworkInfo(**{**fields, "channels": tuple(fields["channels"])})
        _refuse_foreign(info, weights)
        plain = _unet(info.channels, info.residual_units)
        network = with_whole_shapes(plain, seed=0) if info.whole else plain
        network.load_state_dict(finite(weights))
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise RunFolderError(
            f"{path} is missing or broken ({first_line(error)}); remove its folder and give the command "
            "again to train that network anew."
        ) from error
    return network.eval(), info


def _refuse_foreign(info: NetworkInfo, weights: Mapping[str, Tensor]) -> None:
    """Refuse a description that its weights do not bear out, before a network of any size is made by it.

    Raises
    ------
    ValueError
        If it has more layers or channels than there are weights.
    """
    widest = max((length for tensor in weights.values() for length in tensor.shape), default=0)
    if len(info.channels) * max(1, info.residual_units) > len(weights) or max(info.channels) > widest:
        raise ValueError("its description is of a larger network than its weights")
