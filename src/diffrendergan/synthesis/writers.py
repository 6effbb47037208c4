"""The synthetic set on disk: image, class mask and instance labels, as PNG files of one number.

In the folder of a set:

    images/00000.png     8-bit grey
    labels/00000.png     uint8 classes: 0 background, 1 particle, 2 contour
    instances/00000.png  uint16 identifiers: 0 background, 1..k particles
    amodal/00000.tif     uint8 (k, H, W), on request: page i is the full silhouette of particle i + 1, 255 inside
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from diffrendergan.errors import DataError
from diffrendergan.image_files.writing import write_png
from diffrendergan.labels.classes import CLASS_NAMES
from diffrendergan.runs.atomic import atomic_path

MOST_INSTANCES = np.iinfo(np.uint16).max


class PairPaths(NamedTuple):
    """The three files of a synthetic image."""

    image: Path
    labels: Path
    instances: Path


class Pair(NamedTuple):
    """A synthetic image as read back: uint8 grey values, uint8 classes, int32 instances, each (H, W)."""

    image: NDArray[np.uint8]
    classes: NDArray[np.uint8]
    instances: NDArray[np.int32]


def pair_paths(folder: Path, index: int) -> PairPaths:
    """Return where the files of image `index` lie."""
    name = f"{index:05d}.png"
    return PairPaths(folder / "images" / name, folder / "labels" / name, folder / "instances" / name)


def to_eight_bits(image: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Round intensities in [0, 1] to 0..255; what lies outside is clamped.

    Raises
    ------
    ValueError
        If a value is not finite.
    """
    if not np.isfinite(image).all():
        raise ValueError("an image with values that are not finite cannot be written")
    return np.rint(np.clip(image, 0.0, 1.0) * 255.0).astype(np.uint8)


def write_pair(
    folder: Path,
    index: int,
    image: NDArray[np.float32],
    classes: NDArray[np.uint8],
    instances: NDArray[np.int32],
) -> PairPaths:
    """Write a synthetic image with its masks; each file is whole or absent.

    Parameters
    ----------
    folder : Path
        The folder of the set.
    index : int
        Number of the image, from 0.
    image : float32 (H, W)
        Intensities in [0, 1], written as 8 bits.
    classes : uint8 (H, W)
        0 background, 1 particle, 2 contour.
    instances : int32 (H, W)
        0 background, 1..65535 particles, written as 16 bits.

    Returns
    -------
    PairPaths
        The files written.

    Raises
    ------
    ValueError
        If the shapes differ, a class or an identifier is out of range, or the image is not finite.
    RunFolderError
        If a file cannot be written.
    """
    if not image.shape == classes.shape == instances.shape:
        raise ValueError(f"shapes differ: image {image.shape}, classes {classes.shape}, instances {instances.shape}")
    if classes.max(initial=0) >= len(CLASS_NAMES):
        raise ValueError(f"classes must be 0..{len(CLASS_NAMES) - 1}, got {classes.max()}")
    if instances.min(initial=0) < 0 or instances.max(initial=0) > MOST_INSTANCES:
        raise ValueError(f"identifiers must be 0..{MOST_INSTANCES}, got {instances.min()}..{instances.max()}")
    paths = pair_paths(folder, index)
    write_png(paths.image, to_eight_bits(image))
    write_png(paths.labels, classes.astype(np.uint8))
    write_png(paths.instances, instances.astype(np.uint16))
    return paths


def amodal_path(folder: Path, index: int) -> Path:
    """Return where the silhouettes of image `index` lie."""
    return folder / "amodal" / f"{index:05d}.tif"


def write_amodal(folder: Path, index: int, masks: NDArray[np.bool_]) -> Path:
    """Write the full silhouettes (k, H, W) of an image's instances as one TIFF stack, atomically.

    Raises
    ------
    RunFolderError
        If the file cannot be written.
    """
    path = amodal_path(folder, index)
    with atomic_path(path) as temporary:
        tifffile.imwrite(
            temporary,
            masks.astype(np.uint8) * 255,
            photometric="minisblack",
            compression="zlib",
            metadata={"axes": "IYX"},
        )
    return path


def read_amodal(folder: Path, index: int) -> NDArray[np.bool_]:
    """Read the full silhouettes (k, H, W) of an image's instances.

    Raises
    ------
    DataError
        If the file is missing or broken.
    """
    return read_silhouettes(amodal_path(folder, index))


def read_silhouettes(path: Path) -> NDArray[np.bool_]:
    """Read a stack of full silhouettes (k, H, W), a page an instance.

    Raises
    ------
    DataError
        If the file is missing or broken.
    """
    try:
        pages = tifffile.imread(path)
    except Exception as error:  # decoders fail in many ways on broken files
        raise DataError(f"{path} is missing or broken; set `synthesis.amodal` and run `synthesize` again.") from error
    return np.asarray(pages).reshape(-1, *np.shape(pages)[-2:]) > 0


def read_pair(folder: Path, index: int) -> Pair:
    """Read a synthetic image with its masks.

    Raises
    ------
    DataError
        If a file is missing, broken or of another kind.
    """
    image, labels, instances = pair_paths(folder, index)
    return Pair(
        _read_png(image, np.dtype(np.uint8)).astype(np.uint8, copy=False),
        _read_png(labels, np.dtype(np.uint8)).astype(np.uint8, copy=False),
        _read_png(instances, np.dtype(np.uint16)).astype(np.int32),
    )


def _read_png(path: Path, dtype: np.dtype) -> NDArray:
    """Read a grey PNG of the given depth."""
    try:
        with Image.open(path) as opened:
            pixels = np.asarray(opened)
    except (OSError, SyntaxError, UnidentifiedImageError) as error:
        raise DataError(f"{path} is missing or broken ({error}); remove it and run `synthesize` again.") from error
    if pixels.ndim != 2 or pixels.dtype != dtype:
        raise DataError(
            f"{path} holds {pixels.dtype} values of shape {pixels.shape}, but a grey {dtype} PNG is needed; "
            "remove it and run `synthesize` again."
        )
    return pixels


def verify_pair(folder: Path, index: int) -> Pair:
    """Check that the three files of an image belong together, and return them.

    Raises
    ------
    DataError
        If a file is missing or broken, sizes differ, a class is unknown, the masks disagree about what is a
        particle, or a particle has no pixel of the particle class.
    """
    pair = read_pair(folder, index)
    paths = pair_paths(folder, index)
    if not pair.image.shape == pair.classes.shape == pair.instances.shape:
        raise DataError(f"{paths.labels} and {paths.instances} differ in size from {paths.image}; synthesize it again.")
    highest = int(pair.classes.max(initial=0))
    if highest >= len(CLASS_NAMES):
        raise DataError(f"{paths.labels} holds the class {highest}, but the classes are 0 to 2; synthesize it again.")
    if not np.array_equal(pair.classes > 0, pair.instances > 0):
        raise DataError(f"{paths.labels} and {paths.instances} disagree about what is a particle; synthesize it again.")
    inside = np.unique(pair.instances[pair.classes == 1])
    erased = np.setdiff1d(np.unique(pair.instances), np.append(inside, 0))
    if erased.size:
        raise DataError(f"{paths.labels} has no particle pixel for instance {erased[0]}; synthesize it again.")
    return pair
