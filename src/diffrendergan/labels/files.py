"""Label images of any tool: how their files are read, and what their numbers mean.

In a label image the stored numbers count, not how bright they look: palettes and inverted displays are left aside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from skimage.measure import label
from skimage.segmentation import relabel_sequential

from diffrendergan.errors import DataError
from diffrendergan.image_files.decoding import ARRAY_ENDING, ENDINGS, LOSSY_ENDINGS, decode
from diffrendergan.image_files.listing import Listing, list_labels
from diffrendergan.micrographs.reading import to_grey

Kind = Literal["instances", "particles", "classes"]
KINDS: tuple[Kind, ...] = ("instances", "particles", "classes")
LABEL_ENDINGS = (*(ending for ending in ENDINGS if ending not in LOSSY_ENDINGS), ARRAY_ENDING)
"""JPEG is left out: it blurs numbers."""
PARTICLE_CLASS = 1
MOST_REGIONS_PER_NUMBER = 3
"""In a label image, a particle may be cut by another that lies on it; on average it is not cut into more parts."""


class Traits(NamedTuple):
    """What tells the kind of a label image."""

    numbers: int
    """Different numbers beside 0."""
    largest: int
    regions: int
    """Connected regions of equal numbers."""


def label_files(folder: Path) -> dict[str, Path]:
    """Return the label images of a folder by name without ending, sorted.

    Raises
    ------
    DataError
        If the folder is missing or holds none, or if two have the same name but for the ending.
    """
    return dict(label_listing(folder).files)


def label_listing(folder: Path) -> Listing:
    """Return the label images of a folder, and what in it was passed over; else as `label_files`."""
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder; name a folder of label images.")
    listing = list_labels(folder, LABEL_ENDINGS)
    if not listing.files:
        said = "".join(f" {sentence}" for sentence in (*listing.failed.values(), *listing.remarks))
        raise DataError(f"{folder} holds no label image; it takes files ending in {', '.join(LABEL_ENDINGS)}.{said}")
    return listing


def read_numbers(path: Path) -> tuple[NDArray[np.integer], float | None]:
    """Read the numbers of a label image as they are stored.

    Parameters
    ----------
    path
        A TIFF, PNG or BMP file of 1, 8, 16 or 32 bits (floating point too, if it holds whole numbers), or a NumPy
        array.

    Returns
    -------
    NDArray[np.integer], float or None
        (H, W), at least 0; and the pixel size [nm] where a TIFF states it.

    Raises
    ------
    DataError
        If the file cannot be read, or does not hold one image of whole numbers of at least 0.
    """
    stored = decode(path)
    values, pixel_size_nm = stored.values, stored.metadata.pixel_size_nm
    if not (np.issubdtype(values.dtype, np.number) or values.dtype == np.bool_) or np.iscomplexobj(values):
        raise DataError(f"{path} holds {values.dtype} and not numbers; save a label image.")
    values = values if values.ndim == 2 else to_grey(values, path)
    if not values.size:
        raise DataError(f"{path} has no pixel; save it again.")
    if values.dtype == np.bool_:
        return values.astype(np.uint8), pixel_size_nm
    if not np.issubdtype(values.dtype, np.integer):
        if not np.isfinite(values).all() or (values != np.round(values)).any():
            raise DataError(f"{path} holds fractions or NaN; save label images with whole numbers.")
        values = values.astype(np.int64)
    if values.min() < 0:
        raise DataError(f"{path} holds negative numbers; 0 is background, particles are above it.")
    return values, pixel_size_nm


def as_instances(numbers: NDArray[np.integer], kind: Kind) -> NDArray[np.int32]:
    """Turn stored numbers into a label image.

    Parameters
    ----------
    numbers
        (H, W), at least 0.
    kind
        `instances`: a number per particle. `particles`: what is not 0 is particle. `classes`: 1 is particle, 2 the
        contour that parts touching ones, as the paper's networks predict. 4-connected regions of the particle pixels
        are the particles of the last two.

    Returns
    -------
    int32 (H, W)
        0 background, 1..k particles.
    """
    if kind == "instances":
        return np.asarray(relabel_sequential(numbers.astype(np.int64))[0], np.int32)
    particle = numbers != 0 if kind == "particles" else numbers == PARTICLE_CLASS
    return np.asarray(label(particle, connectivity=1), np.int32)


def traits(numbers: NDArray[np.integer]) -> Traits:
    """Return what tells the kind of a label image (H, W)."""
    found = np.unique(numbers[numbers > 0])
    return Traits(len(found), int(found.max(initial=0)), int(label(numbers, connectivity=2).max()))


def readable_traits(files: Iterable[tuple[str, Path]], failures: dict[str, str]) -> dict[Path, Traits]:
    """Return the traits of the files, given with their names, that can be read, and note why the others cannot."""
    found = {}
    for name, path in files:
        try:
            found[path] = traits(read_numbers(path)[0])
        except DataError as error:
            failures.setdefault(name, str(error))
    return found


def guess_kind(images: Mapping[Path, Traits], option: str = "--pred-kind or --gt-kind") -> Kind:
    """Tell what the numbers of the images of a folder mean, the same for all.

    At most one number beside 0 in each image: `particles`. No number but 0, 1 and 2, and somewhere more separate
    regions than the two particles they would be: `classes`. Else: `instances`.

    Parameters
    ----------
    images
        Traits of the label images.
    option
        How the user says the kind instead.

    Raises
    ------
    DataError
        If the numbers of an image form far more separate regions than there are numbers: that is a grey picture.
    """
    if all(found.numbers <= 1 for found in images.values()):
        return "particles"
    if all(found.largest <= 2 for found in images.values()) and any(found.regions > 2 for found in images.values()):
        return "classes"
    for path, found in images.items():
        if found.regions > MOST_REGIONS_PER_NUMBER * found.numbers:
            raise DataError(
                f"{path} holds {found.numbers} numbers in {found.regions} separate regions, so it is a picture or a "
                "map of classes and no label image; name the folder of label images, or say what its numbers mean "
                f"with {option}."
            )
    return "instances"
