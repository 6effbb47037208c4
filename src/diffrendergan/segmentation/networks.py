"""The networks that a project can choose from, behind one pair of functions: train one, open one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from diffrendergan.config.compute import DeviceName
from diffrendergan.config.segmentation import SegmentationConfig
from diffrendergan.runs.device import torch_device
from diffrendergan.runs.reporter import Reporter
from diffrendergan.segmentation.nnunet.folders import DESCRIPTION, require_nnunet
from diffrendergan.segmentation.nnunet.prediction import load_nnunet
from diffrendergan.segmentation.nnunet.training import nnunet_fingerprint, train_nnunet
from diffrendergan.segmentation.own.kept import DESCRIPTION as DESCRIPTION_OF_OWN
from diffrendergan.segmentation.own.training import check_own, open_own, own_key, train_own
from diffrendergan.segmentation.protocol import Segmenter
from diffrendergan.segmentation.unet.adaptation import ADAPTED_FILE, adapt_network
from diffrendergan.segmentation.unet.layout import laid_out
from diffrendergan.segmentation.unet.network import build_network, load_network
from diffrendergan.segmentation.unet.prediction import NetworkSegmenter
from diffrendergan.segmentation.unet.reach import set_reach
from diffrendergan.segmentation.unet.training import NETWORK_FILE, TrainingJob, train_network

TILE_FACTOR = 2
"""Edge of the prediction tiles, in crops of training. On 1024 px scans, tiles of 512 px with an overlap of a quarter
give the scores that tiles of 256 px give with one of a half, in half the time on large scans."""


class Described(Protocol):
    """What a trained network says of itself."""

    @property
    def pixel_size_nm(self) -> float | None:
        """Scale of the training images [nm], if known."""
        ...

    @property
    def trained_on(self) -> str:
        """`synthetic` or `real`."""
        ...


class Opened(NamedTuple):
    """A trained network, ready to predict."""

    segmenter: Segmenter
    info: Described


class _Kind(NamedTuple):
    """What is done with a kind of network."""

    file: Callable[[SegmentationConfig], str]
    """Returns what is written last, in the folder of the training."""
    check: Callable[[SegmentationConfig, bool], object]
    train: Callable[[TrainingJob, Reporter], Path]
    key: Callable[[TrainingJob], dict[str, Any]]
    settings: Callable[[SegmentationConfig], dict[str, float]]
    open: Callable[[Path, SegmentationConfig, DeviceName], Opened]


def _open_unet(path: Path, config: SegmentationConfig, name: DeviceName) -> Opened:
    device = torch_device(name)
    module, info = load_network(path)
    tile = TILE_FACTOR * info.patch_size
    reach = 1.0 if info.reach is None else info.reach
    segmenter = NetworkSegmenter(laid_out(module, device), tile, config.overlap, device=device, reach=reach)
    return Opened(segmenter, info)


def _open_nnunet(path: Path, config: SegmentationConfig, name: DeviceName) -> Opened:
    return Opened(*load_nnunet(path, config.nnunet.tile_step, name))


def _train_unet(job: TrainingJob, reporter: Reporter) -> Path:
    trained = train_network(job, reporter)
    if job.whole:
        set_reach(trained, job.data, torch_device(job.device))
    return adapt_network(job, reporter) if job.config.adapt.acts else trained


_KINDS = {
    "unet": _Kind(
        file=lambda config: ADAPTED_FILE if config.adapt.acts else NETWORK_FILE,
        check=lambda config, whole: build_network(config, 0, whole),
        train=_train_unet,
        key=TrainingJob.fingerprint,
        settings=lambda config: {"overlap": config.overlap},
        open=_open_unet,
    ),
    "nnunet": _Kind(
        file=lambda config: DESCRIPTION,
        check=lambda config, whole: require_nnunet(),
        train=train_nnunet,
        key=nnunet_fingerprint,
        settings=lambda config: {"tile_step": config.nnunet.tile_step},
        open=_open_nnunet,
    ),
}
_OWN = _Kind(
    file=lambda config: DESCRIPTION_OF_OWN,
    check=lambda config, whole: check_own(config),
    train=train_own,
    key=own_key,
    settings=lambda config: {},
    open=lambda path, config, name: Opened(*open_own(path, config, name)),
)
"""A network that another package brings."""


def _kind(config: SegmentationConfig) -> _Kind:
    return _KINDS.get(config.network, _OWN)


def check_network(config: SegmentationConfig, whole: bool = False) -> None:
    """Refuse a network that cannot be built, before hours of other work; `whole`: one that predicts whole shapes.

    Raises
    ------
    ConfigError
        If levels, channels or patch size do not fit together.
    MissingDependencyError
        If nnU-Net, or a network of another package, is asked for and not installed.
    """
    _kind(config).check(config, whole)


def training_key(job: TrainingJob) -> dict[str, Any]:
    """Return what the course of a training depends on, its images and what follows it aside."""
    return _kind(job.config).key(job)


def prediction_settings(config: SegmentationConfig) -> dict[str, float]:
    """Return the settings on which the predictions of a trained network depend."""
    return _kind(config).settings(config)


def train_segmenter(job: TrainingJob, reporter: Reporter) -> Path:
    """Train the network that `segmentation.network` names, or finish its training, and return its file.

    Where `segmentation.adapt` has steps, it is then adapted to the unlabelled scans; what was trained before is kept.

    Raises
    ------
    MissingDependencyError
        If nnU-Net, or a network of another package, is asked for and not installed.
    UserError
        As the training of that network does.
    """
    return _kind(job.config).train(job, reporter)


def network_file(folder: Path, config: SegmentationConfig) -> Path:
    """Return the file of a trained network in the folder of its training; it is there once that has ended well."""
    return folder / _kind(config).file(config)


def open_segmenter(folder: Path, config: SegmentationConfig, device: DeviceName = "auto") -> Opened:
    """Open the trained network in the folder of its training, to predict on a device.

    Raises
    ------
    RunFolderError
        If it is missing or broken.
    """
    return _kind(config).open(network_file(folder, config), config, device)
