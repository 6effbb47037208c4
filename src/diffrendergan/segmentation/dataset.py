"""Annotated images for the segmentation network, and the synthetic set on disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diffrendergan.errors import DataError
from diffrendergan.labels.layers import Layers
from diffrendergan.runs import seeds
from diffrendergan.runs.reporter import Reporter
from diffrendergan.synthesis.writers import read_silhouettes

T = TypeVar("T")


@dataclass(frozen=True)
class LabelledImage:
    """An image and the particle to which each of its pixels belongs."""

    name: str
    pixels: NDArray[np.float32]
    """(H, W), in [0, 1]."""
    instances: NDArray[np.int32]
    """(H, W), 0 background, 1..k particles."""
    whole: Layers | None = None
    """The particles as if nothing covered them, by the numbers of `instances`; None where that is not known, or not
    asked for."""


@dataclass(frozen=True)
class UnlabelledScan:
    """A whole scan of which nothing is known but its pixels."""

    name: str
    pixels: NDArray[np.float32]
    """(H, W), in [0, 1], read as the training patches were; beyond its field it is mirrored."""


@dataclass(frozen=True)
class SegmentationData:
    """What a network is trained and judged on."""

    annotated: tuple[LabelledImage, ...]
    backgrounds: tuple[LabelledImage, ...]
    """Images without particles."""
    validation: tuple[LabelledImage, ...]
    """Held out of training, both kinds."""
    pixel_size_nm: float | None
    trained_on: str
    """`synthetic` or `real`."""
    unlabelled: tuple[UnlabelledScan, ...] = ()
    """Scans that the trained network is adapted to; none where it is not."""

    @property
    def has_whole_shapes(self) -> bool:
        """Whether whole shapes can be learned from them."""
        return any(image.whole is not None for image in self.annotated)


def load_synthetic(folder: Path, reporter: Reporter, whole: bool = False) -> tuple[LabelledImage, ...]:
    """Read and verify a synthetic set: `images`, `labels` and `instances` with files of the same names.

    Parameters
    ----------
    folder
        Of the set.
    reporter
        Shows progress.
    whole
        Whether the silhouettes in `amodal` are read, too.

    Raises
    ------
    DataError
        Naming the file, if an image has no masks, if shapes differ, if a class is not 0, 1 or 2; or if no image
        shows a particle at all.
    """
    paths = sorted((folder / "images").glob("*.png"))
    if not paths:
        raise DataError(f"{folder / 'images'} holds no PNG images; run `synthesize` first.")
    images = tuple(_load_pair(folder, path, whole) for path in reporter.track(paths, "verify the synthetic set"))
    if not any(image.instances.any() for image in images):
        raise DataError(f"all masks in {folder / 'instances'} are empty; look at the synthetic images and their scene.")
    return images


def _load_pair(folder: Path, path: Path, whole: bool) -> LabelledImage:
    pixels = _read_grey(path)
    classes_path, instances_path = folder / "labels" / path.name, folder / "instances" / path.name
    classes, instances = _read_grey(classes_path), _read_grey(instances_path)
    for mask_path, mask in ((classes_path, classes), (instances_path, instances)):
        if mask.shape != pixels.shape:
            raise DataError(
                f"{mask_path} is {mask.shape[1]} x {mask.shape[0]} px but its image is {pixels.shape[1]} x "
                f"{pixels.shape[0]} px; run `synthesize` again."
            )
    if classes.max(initial=0) > 2:
        raise DataError(
            f"{classes_path} holds the value {classes.max()}, but the classes are 0 (background), 1 (particle) and 2 "
            "(contour); run `synthesize` again."
        )
    if bool((classes == 1).any()) != bool(instances.any()):
        raise DataError(
            f"{classes_path} and {instances_path} disagree: one shows particles and the other none; "
            "run `synthesize` again."
        )
    scale = np.float32(np.iinfo(pixels.dtype).max)
    layers = _read_whole(folder / "amodal" / f"{path.stem}.tif", instances) if whole else None
    return LabelledImage(path.stem, pixels.astype(np.float32) / scale, instances.astype(np.int32), layers)


def _read_whole(path: Path, instances: NDArray) -> Layers:
    """Read the silhouettes of an image: page i is that of instance i + 1."""
    stack = read_silhouettes(path)
    if stack.shape != (instances.max(initial=0), *instances.shape):
        raise DataError(f"{path} does not hold the silhouettes of its image's instances; run `synthesize` again.")
    return Layers.of_stack(stack)


def _read_grey(path: Path) -> NDArray:
    try:
        with Image.open(path) as opened:
            pixels = np.asarray(opened)
    except (OSError, SyntaxError, ValueError) as error:
        raise DataError(f"{path} is missing or broken; run `synthesize` again.") from error
    if pixels.ndim != 2 or pixels.dtype not in (np.uint8, np.uint16):
        raise DataError(f"{path} is not a grey image of 8 or 16 bits; run `synthesize` again.")
    return pixels


def load_held_out(folder: Path, fraction: float, seed: int, most: int) -> tuple[LabelledImage, ...]:
    """Read images of a synthetic set with whole shapes that no network was trained on.

    By the first half of them something else may be set (`unet.reach`): they are left out.

    Parameters
    ----------
    folder
        Of the set.
    fraction, seed
        Of `split`, which held them back.
    most
        Images that are read.

    Raises
    ------
    DataError
        Naming the file, if one is missing or broken.
    """
    _, held = split(sorted((folder / "images").glob("*.png")), fraction, seed, "synthetic")
    return tuple(_load_pair(folder, path, whole=True) for path in held[len(held) // 2 :][:most])


def split(images: Sequence[T], fraction: float, seed: int, kind: str) -> tuple[tuple[T, ...], tuple[T, ...]]:
    """Hold back a fraction, at least one image of two or more unless the fraction is 0, and never all."""
    count = min(max(round(fraction * len(images)), int(fraction > 0)), len(images) - 1) if images else 0
    held = set(seeds.generator(seed, "segmentation", "split", kind).permutation(len(images))[:count].tolist())
    kept = tuple(image for index, image in enumerate(images) if index not in held)
    return kept, tuple(image for index, image in enumerate(images) if index in held)
