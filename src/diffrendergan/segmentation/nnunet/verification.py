"""A raw dataset of nnU-Net is checked before hours of training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diffrendergan.errors import DataError
from diffrendergan.runs.json_text import parse_json
from diffrendergan.runs.reporter import Reporter
from diffrendergan.synthesis.nnunet import DESCRIPTION, FILE_ENDING

AGAIN = "remove {dataset} and give the command again to write it anew."


def verify_dataset(dataset: Path, reporter: Reporter) -> int:
    """Check that nnU-Net can be trained on a raw dataset, and return how many cases it has.

    Raises
    ------
    DataError
        Naming the file, if `dataset.json` is missing or its labels are not 0..k, if an image or a label file is
        missing or broken, if sizes differ, if a label is none of the classes, or if no file shows one of the classes.
    """
    again = AGAIN.format(dataset=dataset)
    count, labels = _read_description(dataset, again)
    cases = _case_names(dataset, count, again)
    seen: set[int] = set()
    for case in reporter.track(cases, "verify the images for nnU-Net", len(cases)):
        seen |= _verify_case(dataset, case, labels, again)
    for name, value in labels.items():
        if value not in seen:
            raise DataError(
                f"no file in {dataset / 'labelsTr'} shows the class {value} ({name}), so that nothing can be learned "
                "about it; look at the labels of the training images."
            )
    return len(cases)


def _read_description(dataset: Path, again: str) -> tuple[int, dict[str, int]]:
    """Return the number of cases and the value of each class."""
    path = dataset / DESCRIPTION
    try:
        description = parse_json(path.read_text(encoding="utf-8"))
        count, labels, ending = (description[key] for key in ("numTraining", "labels", "file_ending"))
        values = sorted(labels.values())
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path} is missing or broken; {again}") from error
    if values != list(range(len(values))) or labels.get("background") != 0:
        raise DataError(
            f"{path} has the labels {values}, but nnU-Net takes whole numbers from 0 (background) on without a gap; "
            f"{again}"
        )
    if ending != FILE_ENDING:
        raise DataError(f"{path} names files that end in {ending}, but they end in {FILE_ENDING}; {again}")
    return count, labels


def _case_names(dataset: Path, count: int, again: str) -> list[str]:
    images = {path.name.removesuffix(f"_0000{FILE_ENDING}") for path in (dataset / "imagesTr").glob(f"*{FILE_ENDING}")}
    labels = {path.stem for path in (dataset / "labelsTr").glob(f"*{FILE_ENDING}")}
    for name in sorted(images ^ labels):
        missing = f"labelsTr/{name}{FILE_ENDING}" if name in images else f"imagesTr/{name}_0000{FILE_ENDING}"
        raise DataError(f"{dataset / missing} is missing; {again}")
    if len(images) != count:
        raise DataError(f"{dataset} holds {len(images)} cases, but its {DESCRIPTION} says {count}; {again}")
    return sorted(images)


def _verify_case(dataset: Path, case: str, labels: dict[str, int], again: str) -> set[int]:
    """Return the classes that a case shows."""
    image_path = dataset / "imagesTr" / f"{case}_0000{FILE_ENDING}"
    labels_path = dataset / "labelsTr" / f"{case}{FILE_ENDING}"
    image, classes = _read_grey(image_path, again), _read_grey(labels_path, again)
    if image.shape != classes.shape:
        raise DataError(
            f"{labels_path} is {classes.shape[1]} x {classes.shape[0]} px, but its image is {image.shape[1]} x "
            f"{image.shape[0]} px; {again}"
        )
    found = {int(value) for value in np.unique(classes)}
    unknown = found - set(labels.values())
    if unknown:
        raise DataError(f"{labels_path} holds the value {min(unknown)}, which is none of the classes; {again}")
    return found


def _read_grey(path: Path, again: str) -> NDArray[np.uint8]:
    try:
        with Image.open(path) as opened:
            pixels = np.asarray(opened)
    except (OSError, SyntaxError, ValueError) as error:
        raise DataError(f"{path} is missing or broken; {again}") from error
    if pixels.ndim != 2 or pixels.dtype != np.uint8:
        raise DataError(f"{path} is not a grey image of 8 bits; {again}")
    return pixels
