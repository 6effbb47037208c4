"""Training batches: batch i depends on the seed and i alone, so that a resumed training sees the same ones."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor

from diffrendergan.runs import seeds
from diffrendergan.segmentation.dataset import LabelledImage, SegmentationData
from diffrendergan.segmentation.unet.augmentation import draw_window, take_labels, take_pixels, vary_imaging
from diffrendergan.segmentation.unet.particle_augmentation import vary_particles
from diffrendergan.segmentation.unet.targets import crop_classes, crop_distance

T = TypeVar("T")

MOST_BACKGROUND = 0.25
"""Largest share of particle-free images in training; the paper's is 200 / 1200."""

TRIES_FOR_PARTICLES = 3
"""Windows drawn from an annotated image before one without a particle is taken."""


class Batch(NamedTuple):
    """Images with the class and distance of each pixel."""

    images: Tensor
    """float32 (B, 1, P, P) in [0, 1]."""
    classes: Tensor
    """int64 (B, P, P)."""
    distances: Tensor
    """float32 (B, P, P) in [0, 1]."""


def draw_batch(
    data: SegmentationData, size: int, patch_size: int, strength: float, contour_width_px: int, seed: int, step: int
) -> Batch:
    """Draw `size` augmented crops for a training step.

    Annotated images are drawn in proportion to their area; images without particles in proportion to their number,
    up to a quarter of all.

    Parameters
    ----------
    data
        The images.
    size, patch_size
        Crops in the batch, and their edge [px].
    strength
        Augmentation strength in [0, 1].
    contour_width_px
        Width of the contour class [px].
    seed, step
        Which batch.
    """
    rng = seeds.generator(seed, "batch", step)
    count, empty = len(data.annotated), len(data.backgrounds)
    background_share = min(empty / (count + empty), MOST_BACKGROUND)
    areas = np.array([image.pixels.size for image in data.annotated], float)
    crops, masks, distances = [], [], []
    for _ in range(size):
        if rng.random() < background_share:
            image, tries = data.backgrounds[rng.integers(empty)], 1
        else:
            image, tries = data.annotated[rng.choice(count, p=areas / areas.sum())], TRIES_FOR_PARTICLES
        pixels, instances = _crop(image, patch_size, strength, tries, rng)
        masks.append(crop_classes(instances, contour_width_px))
        distances.append(crop_distance(instances))
        pixels = vary_particles(pixels, instances, distances[-1], strength, rng)
        crops.append(vary_imaging(pixels, strength, rng))
    return as_batch(crops, masks, distances, patch_size)


def stream_batches(draw: Callable[[int], T], steps: Iterable[int], threads: int) -> Iterator[tuple[int, T]]:
    """Yield each step with its batch, in order; the next ones are drawn by threads meanwhile.

    Since batch i depends on i alone, the number of threads changes nothing but the speed.
    """
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[tuple[int, Future[T]]] = deque()
        try:
            for step in steps:
                waiting.append((step, pool.submit(draw, step)))
                if len(waiting) > threads:
                    first, batch = waiting.popleft()
                    yield first, batch.result()
            while waiting:
                first, batch = waiting.popleft()
                yield first, batch.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _crop(
    image: LabelledImage, size: int, strength: float, tries: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    height, width = image.pixels.shape
    for _ in range(tries):
        window = draw_window((height, width), size, strength, rng)
        instances = take_labels(image.instances, window)
        if instances.any():
            break
    return take_pixels(image.pixels, window), instances


def validation_batch(images: tuple[LabelledImage, ...], patch_size: int, contour_width_px: int, most: int) -> Batch:
    """Return up to `most` unaugmented crops, spread evenly over the images and within them.

    Images smaller than a crop are filled up by reflection.
    """
    windows = [(image, row, column) for image in images for row, column in _corners(image, patch_size)]
    chosen = [windows[i] for i in np.unique(np.linspace(0, len(windows) - 1, most).astype(int))] if windows else []
    crops, masks, distances = [], [], []
    for image, row, column in chosen:
        place = (slice(row, row + patch_size), slice(column, column + patch_size))
        pixels, instances = image.pixels[place], image.instances[place]
        missing = [(0, patch_size - length) for length in pixels.shape]
        crops.append(np.pad(pixels, missing, mode="symmetric"))
        instances = np.pad(instances, missing, mode="symmetric")
        masks.append(crop_classes(instances, contour_width_px))
        distances.append(crop_distance(instances))
    return as_batch(crops, masks, distances, patch_size)


def as_batch(crops: list[np.ndarray], masks: list[np.ndarray], distances: list[np.ndarray], size: int) -> Batch:
    """Return crops with their classes and distances, `size` × `size` px each, as tensors."""

    def stacked(arrays: list[np.ndarray]) -> Tensor:
        return torch.from_numpy(np.stack(arrays) if arrays else np.zeros((0, size, size), np.float32))

    return Batch(stacked(crops)[:, None], stacked(masks).long(), stacked(distances))


def _corners(image: LabelledImage, size: int) -> list[tuple[int, int]]:
    """Upper left corners of the whole tiles of an image; (0, 0) if it has none."""
    rows, columns = (range(0, max(length - size, 0) + 1, size) for length in image.pixels.shape)
    return [(row, column) for row in rows for column in columns]
