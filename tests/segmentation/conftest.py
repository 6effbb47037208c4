"""Toy particles: bright disks on dark ground, some touching, with known instances."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest

from diffrendergan.config.learning import EvaluationConfig, SegmentationConfig
from diffrendergan.config.project import Project
from diffrendergan.segmentation.dataset import LabelledImage, SegmentationData
from diffrendergan.synthesis.classes import class_mask

Draw = Callable[..., LabelledImage]


def draw_disks(seed: int, height: int = 48, width: int = 48, count: int = 6) -> LabelledImage:
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    instances = np.zeros((height, width), np.int32)
    pixels = np.full((height, width), 0.2)
    for number in range(1, count + 1):
        row, column, radius = rng.uniform(0, height), rng.uniform(0, width), rng.uniform(5, 9)
        distance = np.hypot(rows - row, columns - column)
        inside = distance <= radius
        instances[inside] = number
        pixels[inside] = 0.5 + 0.4 * (1 - (distance[inside] / radius) ** 2)
    pixels += rng.normal(0, 0.03, pixels.shape)
    numbers = np.unique(instances)
    instances = np.searchsorted(numbers, instances).astype(np.int32)
    return LabelledImage(f"disks {seed}", np.clip(pixels, 0, 1).astype(np.float32), instances)


@pytest.fixture
def disks() -> Draw:
    return draw_disks


@pytest.fixture
def toy_data() -> SegmentationData:
    empty = LabelledImage("empty", np.full((48, 48), 0.2, np.float32), np.zeros((48, 48), np.int32))
    annotated = tuple(draw_disks(seed) for seed in range(6))
    return SegmentationData(annotated, (empty,), (draw_disks(100), draw_disks(101)), 5.0, "synthetic")


@pytest.fixture
def toy_config() -> SegmentationConfig:
    return SegmentationConfig(channels=(4, 8), residual_units=1, steps=12, batch_size=2, patch_size=32)


@pytest.fixture
def toy_project(toy_config: SegmentationConfig) -> Project:
    return Project(segmentation=toy_config, evaluation=EvaluationConfig(seeds=(0, 1), min_region_px=5))


@pytest.fixture
def write_set() -> Callable[[Path, int], None]:
    def write(folder: Path, count: int) -> None:
        for name in ("images", "labels", "instances"):
            (folder / name).mkdir(parents=True)
        for number in range(count):
            image = draw_disks(number)
            name = f"{number:05d}.png"
            iio.imwrite(folder / "images" / name, np.rint(image.pixels * 255).astype(np.uint8))
            iio.imwrite(folder / "labels" / name, class_mask(image.instances, 1))
            iio.imwrite(folder / "instances" / name, image.instances.astype(np.uint16))

    return write
