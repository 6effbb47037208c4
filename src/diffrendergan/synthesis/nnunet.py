"""Images and class masks in the raw layout of nnU-Net v2.

A dataset is a folder `Dataset001_NAME`, and its parent is what `nnUNet_raw` must point to:

    imagesTr/NAME_00000_0000.png   8-bit grey, 1..255; 0000 is the only channel
    labelsTr/NAME_00000.png        uint8 classes: 0 background, 1 particle, 2 contour
    dataset.json                   written last: a folder that has one is complete
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from diffrendergan.image_files.writing import write_png
from diffrendergan.labels.classes import CLASS_NAMES
from diffrendergan.runs.atomic import write_json
from diffrendergan.runs.reporter import Reporter
from diffrendergan.synthesis.writers import to_eight_bits, verify_pair

DATASET_ID = 1
FILE_ENDING = ".png"
DESCRIPTION = "dataset.json"


class Case(NamedTuple):
    """An image and its classes, each uint8 (H, W)."""

    image: NDArray[np.uint8]
    """1..255, see `nnunet_grey`."""
    classes: NDArray[np.uint8]


class CasePaths(NamedTuple):
    """The two files of a case."""

    image: Path
    labels: Path


def dataset_name(name: str) -> str:
    """Make a word that nnU-Net takes as the name of a dataset: letters, digits and single underscores."""
    return re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_") or "synthetic"


def dataset_folder(raw: Path, name: str) -> Path:
    """Return where the dataset of a name lies in the folder of raw datasets."""
    return raw / f"Dataset{DATASET_ID:03d}_{dataset_name(name)}"


def case_paths(dataset: Path, number: int) -> CasePaths:
    """Return where the files of a case lie."""
    word = f"{dataset.name.partition('_')[2]}_{number:05d}"
    return CasePaths(dataset / "imagesTr" / f"{word}_0000{FILE_ENDING}", dataset / "labelsTr" / f"{word}{FILE_ENDING}")


def nnunet_grey(pixels: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return intensities in [0, 1] as nnU-Net gets them: 8 bits, and black is 1.

    nnU-Net takes 0 for the outside of a scanned body, cuts borders of it off and calls them background; black pixels
    of a micrograph belong to it.

    Raises
    ------
    ValueError
        If a value is not finite.
    """
    return np.maximum(to_eight_bits(pixels), np.uint8(1))


def write_dataset(dataset: Path, cases: Iterable[Case], pixel_size_nm: float | None) -> None:
    """Write cases and, last, `dataset.json`; what an earlier dataset has left is removed first.

    PNG files carry no scale. A known pixel size stands as `pixel_size_nm` in `dataset.json`, which nnU-Net copies
    beside the trained network. Its TIFF reader does take a spacing from a file beside each image, but where that file
    is missing it takes 1 and shrinks or enlarges the image by the whole ratio with no more than a printed warning.

    Parameters
    ----------
    dataset : Path
        As `dataset_folder` names it.
    cases : iterable of Case
        In the order of their numbers.
    pixel_size_nm : float or None
        Scale of all images [nm], if known.

    Raises
    ------
    RunFolderError
        If a file cannot be written.
    """
    (dataset / DESCRIPTION).unlink(missing_ok=True)
    # Cases of an earlier, larger set would contradict `numTraining`.
    for kind in ("imagesTr", "labelsTr"):
        shutil.rmtree(dataset / kind, ignore_errors=True)
    count = 0
    for number, case in enumerate(cases):
        paths = case_paths(dataset, number)
        write_png(paths.image, case.image)
        write_png(paths.labels, case.classes)
        count = number + 1
    description: dict[str, Any] = {
        "channel_names": {"0": "SEM"},
        "labels": {label: value for value, label in enumerate(CLASS_NAMES)},
        "numTraining": count,
        "file_ending": FILE_ENDING,
        "overwrite_image_reader_writer": "NaturalImage2DIO",
    }
    if pixel_size_nm is not None:
        description["pixel_size_nm"] = pixel_size_nm
    write_json(dataset / DESCRIPTION, description)


def write_nnunet(
    folder: Path,
    indices: Sequence[int],
    name: str,
    background: NDArray[np.float32],
    reporter: Reporter,
    pixel_size_nm: float | None = None,
    raw: Path | None = None,
) -> Path:
    """Write `nnunet/Dataset001_NAME` beside the images of a set, or elsewhere.

    The synthetic images come first; the real background patches follow with empty labels.

    Parameters
    ----------
    folder : Path
        The folder of the set, as `write_pair` fills it; every pair is verified before it is taken.
    indices : sequence of int
        Images to take.
    name : str
        Name of the dataset; characters that nnU-Net does not take become underscores.
    background : float32 (b, S, S)
        Real patches without particles; b may be 0.
    reporter : Reporter
        Shows progress.
    pixel_size_nm : float or None
        Scale of all images [nm], if known.
    raw : Path, optional
        The folder of raw datasets; by default `nnunet` in that of the set.

    Returns
    -------
    Path
        The dataset folder. Its parent is what `nnUNet_raw` must point to.

    Raises
    ------
    DataError
        If a pair of the set is broken.
    RunFolderError
        If a file cannot be written.
    """
    dataset = dataset_folder(folder / "nnunet" if raw is None else raw, name)
    write_dataset(dataset, _set_cases(folder, indices, background, reporter), pixel_size_nm)
    return dataset


def _set_cases(
    folder: Path, indices: Sequence[int], background: NDArray[np.float32], reporter: Reporter
) -> Iterator[Case]:
    for index in reporter.track(indices, "nnU-Net layout", total=len(indices)):
        pair = verify_pair(folder, index)
        yield Case(np.maximum(pair.image, np.uint8(1)), pair.classes)
    for patch in background:
        yield Case(nnunet_grey(patch), np.zeros(patch.shape, np.uint8))
