"""Training batches: batch i depends on the seed and i alone, so that a resumed training sees the same ones."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffrendergan.runs import seeds
from diffrendergan.segmentation.dataset import LabelledImage, SegmentationData
from diffrendergan.segmentation.unet.augmentation import Window, draw_window, take_labels, take_pixels, vary_imaging
from diffrendergan.segmentation.unet.particle_augmentation import vary_particles
from diffrendergan.segmentation.unet.targets import crop_classes, crop_distance
from diffrendergan.segmentation.unet.whole_targets import CropStars, StarBatch, as_star_batch, crop_stars

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
    stars: StarBatch | None = None
    """The whole shapes, for networks that predict them."""


def draw_batch(
    data: SegmentationData,
    size: int,
    patch_size: int,
    strength: float,
    contour_width_px: int,
    seed: int,
    step: int,
    whole: bool = False,
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
    whole
        Whether whole shapes are learned, too; all else is the same.
    """
    rng = seeds.generator(seed, "batch", step)
    count, empty = len(data.annotated), len(data.backgrounds)
    background_share = min(empty / (count + empty), MOST_BACKGROUND)
    areas = np.array([image.pixels.size for image in data.annotated], float)
    crops, masks, distances, stars = [], [], [], []
    of_stars = seeds.generator(seed, "batch of whole shapes", step)
    for _ in range(size):
        if rng.random() < background_share:
            image, tries = data.backgrounds[rng.integers(empty)], 1
        else:
            image, tries = data.annotated[rng.choice(count, p=areas / areas.sum())], TRIES_FOR_PARTICLES
        window, instances = _crop(image, patch_size, strength, tries, rng)
        pixels = take_pixels(image.pixels, window)
        masks.append(crop_classes(instances, contour_width_px))
        distances.append(crop_distance(instances))
        if whole:
            stars.append(_stars(image, take_labels(_places(image), window), instances, of_stars))
        pixels = vary_particles(pixels, instances, distances[-1], strength, rng)
        crops.append(vary_imaging(pixels, strength, rng))
    return with_stars(as_batch(crops, masks, distances, patch_size), stars)


def _places(image: LabelledImage) -> NDArray[np.int32]:
    """Return the flat index of each pixel (H, W)."""
    return np.arange(image.pixels.size, dtype=np.int32).reshape(image.pixels.shape)


def _stars(
    image: LabelledImage, source: NDArray[np.integer], instances: NDArray[np.int32], rng: np.random.Generator
) -> CropStars:
    return crop_stars(instances, source, image.pixels.shape[1], image.whole, rng)


def with_stars(batch: Batch, stars: list[CropStars]) -> Batch:
    """Return a batch with the whole shapes of its crops; as it is where there are none."""
    return batch._replace(stars=as_star_batch(stars)) if stars else batch


def together(batches: Iterable[Batch]) -> Batch:
    """Return batches as one; it has whole shapes if all of them have."""
    parts = tuple(batches)
    stars = [part.stars for part in parts if part.stars is not None]
    images, classes, distances = (torch.cat(tensors) for tensors in zip(*(part[:3] for part in parts), strict=True))
    joined = Batch(images, classes, distances)
    if len(stars) < len(parts):
        return joined
    return joined._replace(stars=StarBatch(*(torch.cat(tensors) for tensors in zip(*stars, strict=True))))


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
) -> tuple[Window, NDArray[np.int32]]:
    height, width = image.pixels.shape
    for _ in range(tries):
        window = draw_window((height, width), size, strength, rng)
        instances = take_labels(image.instances, window)
        if instances.any():
            break
    return window, instances


def validation_batch(
    images: tuple[LabelledImage, ...], patch_size: int, contour_width_px: int, most: int, whole: bool = False
) -> Batch:
    """Return up to `most` unaugmented crops, spread evenly over the images and within them.

    Images smaller than a crop are filled up by reflection. With `whole`, the batch has whole shapes, too.
    """
    crops, masks, distances = [], [], []
    stars: list[CropStars] = []
    for number, place in spread_windows([image.pixels.shape for image in images], patch_size, most):
        image = images[number]
        pixels, instances = image.pixels[place], image.instances[place]
        crops.append(filled_up(pixels, patch_size))
        instances = filled_up(instances, patch_size)
        masks.append(crop_classes(instances, contour_width_px))
        distances.append(crop_distance(instances))
        if whole:
            rng = seeds.generator(0, "validation of whole shapes", len(stars))
            stars.append(_stars(image, filled_up(_places(image)[place], patch_size), instances, rng))
    return with_stars(as_batch(crops, masks, distances, patch_size), stars)


def filled_up(crop: NDArray, size: int) -> NDArray:
    """Return a crop of `size` × `size` px, filled up by reflection where it is smaller."""
    return np.pad(crop, [(0, size - length) for length in crop.shape], mode="symmetric")


def as_batch(crops: list[np.ndarray], masks: list[np.ndarray], distances: list[np.ndarray], size: int) -> Batch:
    """Return crops with their classes and distances, `size` × `size` px each, as tensors."""

    def stacked(arrays: list[np.ndarray]) -> Tensor:
        return torch.from_numpy(np.stack(arrays) if arrays else np.zeros((0, size, size), np.float32))

    return Batch(stacked(crops)[:, None], stacked(masks).long(), stacked(distances))


def spread_windows(shapes: Sequence[tuple[int, ...]], size: int, most: int) -> list[tuple[int, tuple[slice, slice]]]:
    """Return up to `most` windows of `size` px, spread evenly over images of these shapes: each image's number first.

    Of an image that is smaller than a window, all of it.
    """
    corners = [(number, *corner) for number, shape in enumerate(shapes) for corner in _corners(shape, size)]
    places = np.unique(np.linspace(0, len(corners) - 1, most).astype(int)) if corners else np.arange(0)
    return [
        (number, (slice(row, row + size), slice(column, column + size)))
        for number, row, column in (corners[place] for place in places)
    ]


def _corners(shape: tuple[int, ...], size: int) -> list[tuple[int, int]]:
    """Upper left corners of the whole tiles of an image; (0, 0) if it has none."""
    rows, columns = (range(0, max(length - size, 0) + 1, size) for length in shape)
    return [(row, column) for row in rows for column in columns]
