"""nnU-Net's fingerprint, plan and preprocessed images; runs in the worker's process."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from nnunetv2.experiment_planning.dataset_fingerprint.fingerprint_extractor import DatasetFingerprintExtractor
from nnunetv2.experiment_planning.experiment_planners.default_experiment_planner import ExperimentPlanner
from nnunetv2.utilities.plans_handling.plans_handler import PlansManager
from nnunetv2.utilities.utils import get_filenames_of_train_images_and_targets

from diffrendergan.config.segmentation import NnunetConfig
from diffrendergan.runs.atomic import read_json, write_json
from diffrendergan.segmentation.nnunet.folders import CONFIGURATION, PREPROCESSED, RAW
from diffrendergan.segmentation.nnunet.protocol import Emit
from diffrendergan.segmentation.nnunet.trust import read_plans

DONE = "prepared.json"
PLANS = "nnUNetPlans"
INTENSITY_SAMPLES = 1e6
"""Foreground pixels in the fingerprint's statistics, which only CT images are scaled by; nnU-Net would take 10^8."""


class BoundedPlanner(ExperimentPlanner):
    """nnU-Net's own planner, with the limits of a configuration."""

    def __init__(self, dataset: str, config: NnunetConfig) -> None:
        super().__init__(dataset)
        self.config = config
        self.UNet_base_num_features = config.base_features
        self.UNet_max_features_2d = config.max_features

    def get_plans_for_configuration(self, spacing: Any, median_shape: Any, *rest: Any) -> dict[str, Any]:
        """Plan as if no image were larger than the limit: depth and batch size then fit the patch."""
        limit = self.config.patch_size
        bounded = median_shape if limit is None else np.minimum(median_shape, limit)
        plan = super().get_plans_for_configuration(spacing, bounded, *rest)
        plan["median_image_size_in_voxels"] = median_shape
        if self.config.batch_size is not None:
            plan["batch_size"] = self.config.batch_size
        return plan


def prepare(dataset: str, config: NnunetConfig, workers: int, emit: Emit) -> None:
    """Plan the network and preprocess the images, unless an earlier run has done so.

    The images are preprocessed one after the other in this process: starting nnU-Net's pool takes longer than small
    images do, and the images can be counted.
    """
    raw, preprocessed = (Path(os.environ[name]) / dataset for name in (RAW, PREPROCESSED))
    done = (preprocessed / DONE).exists()
    if not done:
        extractor = DatasetFingerprintExtractor(dataset, workers)
        extractor.num_foreground_voxels_for_intensitystats = INTENSITY_SAMPLES
        extractor.run(overwrite_existing=True)
        BoundedPlanner(dataset, config).plan_experiment()
    plans = PlansManager(read_plans(preprocessed / f"{PLANS}.json"))
    plan = plans.get_configuration(CONFIGURATION)
    description = read_json(raw / "dataset.json")
    files = {} if done else get_filenames_of_train_images_and_targets(str(raw), description)
    emit("plan", patch_size=[int(n) for n in plan.patch_size], batch_size=int(plan.batch_size), cases=len(files))
    target = preprocessed / plan.data_identifier
    if not done:
        shutil.rmtree(target, ignore_errors=True)  # what an interruption has left may be broken
    target.mkdir(parents=True, exist_ok=True)
    preprocessor = plan.preprocessor_class(verbose=False)
    for name, case in files.items():
        preprocessor.run_case_save(str(target / name), case["images"], case["label"], plans, plan, description)
        emit("case")
    write_json(preprocessed / DONE, {"cases": description["numTraining"]})
