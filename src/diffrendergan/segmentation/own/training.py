"""Networks of other packages, trained and opened like our own.

A run folder only ever names a network. What is imported is the one entry point of an installed package by that name:
nothing that a folder of somebody else holds decides on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from diffrendergan.config.compute import DeviceName
from diffrendergan.config.own_networks import GROUP, own_networks
from diffrendergan.config.segmentation import SegmentationConfig
from diffrendergan.errors import ConfigError, DataError, MissingDependencyError, RunFolderError, UserError
from diffrendergan.runs.device import torch_device
from diffrendergan.runs.provenance import Stamp
from diffrendergan.runs.reporter import Reporter
from diffrendergan.segmentation.own import kept
from diffrendergan.segmentation.own.kept import DESCRIPTION, FILES, OwnInfo
from diffrendergan.segmentation.own.protocol import OwnNetwork, OwnTraining
from diffrendergan.segmentation.protocol import Prediction, Segmenter
from diffrendergan.segmentation.unet.training import TrainingJob

CLAIM = "own-training.json"
"""In the folder of a training: what it depends on."""


def entry_point(name: str) -> EntryPoint:
    """Return the entry point of a network.

    Raises
    ------
    MissingDependencyError
        If no installed package, or more than one, brings it.
    """
    points = own_networks().get(name, [])
    if len(points) != 1:
        raise MissingDependencyError(
            f"{len(points) or 'no'} installed package{'s bring' if points else ' brings'} the network {name} (entry "
            f"point group {GROUP}); install the one that it was made with."
        )
    return points[0]


def load_own(name: str) -> OwnNetwork:
    """Import and return a network of an installed package.

    Raises
    ------
    MissingDependencyError
        If there is none, or it cannot be imported.
    ConfigError
        If what it brings is no network.
    """
    point = entry_point(name)
    try:
        found = point.load()
    except (ImportError, AttributeError) as error:
        raise MissingDependencyError(
            f"the network {name} of the package {_package(point)} cannot be imported ({error}); install that package "
            "anew."
        ) from error
    made = found() if isinstance(found, type) else found
    lacking = [part for part in ("version", "check", "train", "open") if not hasattr(made, part)]
    if lacking:
        raise ConfigError(
            f"the network {name} of the package {_package(point)} has no {lacking[0]}; docs/how-to/own-network.md says "
            "what a network brings."
        )
    network: OwnNetwork = made
    return network


def check_own(config: SegmentationConfig) -> None:
    """Refuse a network that cannot be trained as configured.

    Raises
    ------
    ConfigError
        If the network itself refuses its settings.
    MissingDependencyError
        As `load_own`.
    """
    try:
        load_own(config.network).check(_settings(config))
    except UserError:
        raise
    except ValueError as error:
        raise ConfigError(f"segmentation.own does not fit the network {config.network}: {error}.") from error


def own_key(job: TrainingJob) -> dict[str, Any]:
    """Return what the course of a training depends on, its images aside."""
    config = job.config
    return {
        "network": config.network,
        "version": load_own(config.network).version,
        "settings": _settings(config),
        "patch_size": config.patch_size,
        "contour_width_px": job.contour_width_px,
        "seed": [job.root_seed, job.seed],
        "images": {
            "annotated": len(job.data.annotated),
            "backgrounds": len(job.data.backgrounds),
            "trained_on": job.data.trained_on,
        },
    }


def train_own(job: TrainingJob, reporter: Reporter) -> Path:
    """Train a network of another package on a job's images, and return its description, which is written last.

    Raises
    ------
    MissingDependencyError
        If its package is not installed.
    RunFolderError
        If the folder belongs to another configuration, or the network has written nothing.
    UserError
        As the network itself raises.
    """
    description = job.folder / DESCRIPTION
    if description.exists():
        return description
    config, point = job.config, entry_point(job.config.network)
    network = load_own(config.network)
    check_own(config)
    Stamp.of(own_key(job)).claim(job.folder / CLAIM, "remove its folder to train anew")
    files = job.folder / FILES
    files.mkdir(parents=True, exist_ok=True)
    network.train(
        OwnTraining(
            job.data, _settings(config), config.patch_size, job.contour_width_px, job.stream,
            torch_device(job.device), files,
        ),
        reporter,
    )  # fmt: skip
    written = kept.digests(files)
    if not written:
        raise RunFolderError(
            f"the network {config.network} of the package {_package(point)} has written nothing into {files}; report "
            "that to its authors."
        )
    info = OwnInfo(
        network=config.network,
        package=_package(point),
        package_version="" if point.dist is None else point.dist.version,
        version=network.version,
        settings=dict(_settings(config)),
        seed=job.seed,
        pixel_size_nm=job.pixel_size_nm,
        trained_on=job.trained_on,
        files=written,
    )
    return kept.keep(job.folder, info)


def open_own(path: Path, config: SegmentationConfig, device: DeviceName) -> tuple[Segmenter, OwnInfo]:
    """Return a trained network of another package, ready to predict, and its description.

    Raises
    ------
    MissingDependencyError
        If its package is not installed.
    RunFolderError
        If files are missing or changed, or were written by another network, package or version of it.
    """
    network, info = _of_file(path, config)
    opened = network.open(path.parent / FILES, info.settings, torch_device(device))
    return CheckedSegmenter(opened, info.network), info


def module_of(folder: Path, config: SegmentationConfig) -> torch.nn.Module:
    """Return a trained network of another package as a module of PyTorch, on the processor, which can be exported.

    Parameters
    ----------
    folder : Path
        That of the training.
    config : SegmentationConfig

    Raises
    ------
    ConfigError
        If the network has no `module`.
    MissingDependencyError, RunFolderError
        As `open_own`.
    """
    network, info = _of_file(folder / DESCRIPTION, config)
    make = getattr(network, "module", None)
    if make is None:
        raise ConfigError(
            f"the network {config.network} of another package cannot be exported, for it has no `module`; its authors "
            "can add one (docs/how-to/own-network.md), or export it in that package's own way."
        )
    module: torch.nn.Module = make(folder / FILES, info.settings)
    return module


def _of_file(path: Path, config: SegmentationConfig) -> tuple[OwnNetwork, OwnInfo]:
    """Return the installed network that wrote a description, and that description."""
    info, point = kept.load(path), entry_point(config.network)
    network = load_own(config.network)
    wanted = (config.network, _package(point), network.version)
    if (info.network, info.package, info.version) != wanted:
        raise RunFolderError(
            f"{path} is of {info.network} {info.version} (package {info.package} {info.package_version}), and "
            f"installed is {wanted[0]} {wanted[2]} (package {wanted[1]}); install that one, or remove the folder "
            f"{path.parent} to train anew."
        )
    return network, info


@dataclass(frozen=True)
class CheckedSegmenter:
    """A network of another package, whose predictions are looked at before they are used."""

    segmenter: Segmenter
    name: str

    def predict(self, pixels: NDArray[np.float32]) -> Prediction:
        """Return what the network says of an image (H, W).

        Raises
        ------
        DataError
            If that is no probability of ground, particle and contour for each pixel.
        """
        found = self.segmenter.predict(pixels)
        classes = np.asarray(found.classes, np.float32)
        if classes.shape != (3, *pixels.shape):
            raise DataError(
                f"the network {self.name} gives classes of shape {classes.shape} for an image of {pixels.shape}; it "
                f"must give {(3, *pixels.shape)}: report that to its authors."
            )
        if not np.isfinite(classes).all() or (np.abs(classes.sum(axis=0) - 1) > 1e-2).any() or classes.min() < -1e-3:
            raise DataError(
                f"the network {self.name} gives classes that are no probabilities (they must be at least 0 and sum to "
                "1 in each pixel): report that to its authors."
            )
        return found._replace(classes=classes)


def _settings(config: SegmentationConfig) -> Mapping[str, Any]:
    return config.own or {}


def _package(point: EntryPoint) -> str:
    return "" if point.dist is None else point.dist.name
