"""Prediction with networks that nnU-Net trained, in this process."""

from __future__ import annotations

import copy
import io
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from diffrendergan.config.compute import DeviceName
from diffrendergan.errors import RunFolderError, first_line
from diffrendergan.runs.atomic import read_json
from diffrendergan.runs.tensors import finite
from diffrendergan.segmentation.nnunet.checkpoints import load_checkpoint
from diffrendergan.segmentation.nnunet.folders import CONFIGURATION, FINAL, choose_device, require_nnunet
from diffrendergan.segmentation.nnunet.info import NnunetInfo, load_info
from diffrendergan.segmentation.nnunet.trust import read_plans
from diffrendergan.segmentation.protocol import Prediction, Segmenter
from diffrendergan.synthesis.nnunet import nnunet_grey

SPACING = (999, 1, 1)
"""What nnU-Net's reader of PNG files says, in training and here."""


@dataclass(frozen=True)
class NnunetSegmenter:
    """Trained networks of nnU-Net as a `Segmenter`: the mean over folds, and over the mirror images of each tile."""

    predictor: Any
    """An `nnUNetPredictor` with its networks."""

    def once(self) -> NnunetSegmenter:
        """Return the same networks without mirror images."""
        predictor = copy.copy(self.predictor)
        predictor.use_mirroring = False
        return NnunetSegmenter(predictor)

    def predict(self, pixels: NDArray[np.float32]) -> Prediction:
        """Return class probabilities (3, H, W) of an image (H, W) in [0, 1].

        Raises
        ------
        ValueError
            If the image is not two-dimensional, has no pixels, or values that are not finite.
        """
        if pixels.ndim != 2 or not pixels.size:
            raise ValueError(f"an image of shape (H, W) is needed, got {pixels.shape}")
        image = nnunet_grey(pixels).astype(np.float32)[None, None]
        _, probabilities = self.predictor.predict_single_npy_array(
            image, {"spacing": SPACING}, save_or_return_probabilities=True
        )
        return Prediction(np.asarray(probabilities[:, 0], np.float32))


def load_nnunet(path: Path, tile_step: float, device: DeviceName = "auto") -> tuple[Segmenter, NnunetInfo]:
    """Return trained networks, ready to predict, and their description.

    Parameters
    ----------
    path : Path
        `nnunet.json`, as `train_nnunet` returns it.
    tile_step : float
        Step of the tiles, as a fraction of the tile, in (0, 1].
    device
        Where to predict.

    Raises
    ------
    MissingDependencyError
        If nnU-Net is not installed, or a GPU is asked for and not found.
    RunFolderError
        If a file is missing or broken.
    """
    require_nnunet()
    info = load_info(path)
    model = path.parent / info.model
    try:
        predictor = _load_predictor(model, [score.fold for score in info.folds], tile_step, choose_device(device))
    except (KeyError, ValueError, TypeError, RuntimeError) as error:
        raise RunFolderError(
            f"the networks in {model} cannot be used ({first_line(error)}); remove that folder and "
            f"{path.name}, and give the command again to train them anew."
        ) from error
    return NnunetSegmenter(predictor), info


def _load_predictor(model: Path, folds: list[str], tile_step: float, device: str) -> Any:
    """Return nnU-Net's predictor.

    Its own `initialize_from_trained_model_folder` looks for the trainer's class, which switches matplotlib to files
    for the whole process, and runs whatever code a checkpoint holds.
    """
    from nnunetv2.utilities.get_network_from_plans import get_network_from_plans
    from nnunetv2.utilities.plans_handling.plans_handler import PlansManager

    description = read_json(model / "dataset.json")
    plans = PlansManager(read_plans(model / "plans.json"))
    plan = plans.get_configuration(CONFIGURATION)
    checkpoints = [load_checkpoint(model / f"fold_{fold}" / FINAL) for fold in folds]
    with torch.random.fork_rng(devices=[]):  # weights that are replaced at once
        network = get_network_from_plans(
            plan.network_arch_class_name,
            plan.network_arch_init_kwargs,
            plan.network_arch_init_kwargs_req_import,
            len(description["channel_names"]),
            plans.get_label_manager(description).num_segmentation_heads,
            deep_supervision=False,
        )
    weights = [finite(checkpoint["network_weights"]) for checkpoint in checkpoints]
    network.load_state_dict(weights[0])
    first = checkpoints[0]
    predictor = _new_predictor(tile_step, device)
    predictor.manual_initialization(
        network, plans, plan, weights, description, first["trainer_name"], first["inference_allowed_mirroring_axes"]
    )
    return predictor


def _new_predictor(tile_step: float, device: str) -> Any:
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

    benchmark = torch.backends.cudnn.benchmark
    with redirect_stdout(io.StringIO()):  # it prints a remark on CPUs, and switches a setting of the whole process
        predictor = nnUNetPredictor(
            tile_step_size=tile_step,
            use_gaussian=True,
            use_mirroring=True,
            perform_everything_on_device=device == "cuda",
            device=torch.device(device),
            allow_tqdm=False,
        )
    torch.backends.cudnn.benchmark = benchmark
    return predictor
