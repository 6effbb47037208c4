"""A synthetic set in the raw layout of nnU-Net v2."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diffrendergan.runs.atomic import atomic_path, write_json
from diffrendergan.runs.reporter import Reporter
from diffrendergan.synthesis.classes import CLASS_NAMES
from diffrendergan.synthesis.writers import pair_paths, to_eight_bits, verify_pair, write_png

DATASET_ID = 1


def dataset_name(name: str) -> str:
    """Make a word that nnU-Net takes as the name of a dataset: letters, digits and single underscores."""
    return re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_") or "synthetic"


def write_nnunet(
    folder: Path,
    indices: Sequence[int],
    name: str,
    background: NDArray[np.float32],
    reporter: Reporter,
) -> Path:
    """Write `nnunet/Dataset001_NAME` beside the images of a set.

    The synthetic images come first; the real background patches follow with empty labels. `dataset.json` is written
    last, so that a folder that has one is complete.

    Parameters
    ----------
    folder : Path
        The folder of the set, as `write_pair` fills it; every pair is verified before it is copied.
    indices : sequence of int
        Images to take.
    name : str
        Name of the dataset; characters that nnU-Net does not take become underscores.
    background : float32 (b, S, S)
        Real patches without particles; b may be 0.
    reporter : Reporter
        Shows progress.

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
    word = dataset_name(name)
    dataset = folder / "nnunet" / f"Dataset{DATASET_ID:03d}_{word}"
    (dataset / "dataset.json").unlink(missing_ok=True)
    # Cases of an earlier, larger set would contradict `numTraining`.
    for cases in ("imagesTr", "labelsTr"):
        shutil.rmtree(dataset / cases, ignore_errors=True)
    for case, index in enumerate(reporter.track(indices, "nnU-Net layout", total=len(indices))):
        verify_pair(folder, index)
        image, labels = _case_paths(dataset, word, case)
        paths = pair_paths(folder, index)
        _copy(paths.image, image)
        _copy(paths.labels, labels)
    for case, patch in enumerate(background, start=len(indices)):
        image, labels = _case_paths(dataset, word, case)
        write_png(image, to_eight_bits(patch))
        write_png(labels, np.zeros(patch.shape, np.uint8))
    description = {
        "channel_names": {"0": "SEM"},
        "labels": {label: value for value, label in enumerate(CLASS_NAMES)},
        "numTraining": len(indices) + len(background),
        "file_ending": ".png",
        "overwrite_image_reader_writer": "NaturalImage2DIO",
    }
    write_json(dataset / "dataset.json", description)
    return dataset


def _case_paths(dataset: Path, word: str, case: int) -> tuple[Path, Path]:
    """Return image and label file of a case; 0000 is the only channel."""
    return dataset / "imagesTr" / f"{word}_{case:05d}_0000.png", dataset / "labelsTr" / f"{word}_{case:05d}.png"


def _copy(source: Path, target: Path) -> None:
    """Copy a file atomically."""
    with atomic_path(target) as temporary:
        shutil.copyfile(source, temporary)
