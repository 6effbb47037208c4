"""Class probabilities that nnU-Net wrote elsewhere."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import DataError
from diffrendergan.labels.classes import CLASS_NAMES
from diffrendergan.runs.json_text import parse_json
from diffrendergan.segmentation.protocol import Prediction

AGAIN = "make it with `nnUNetv2_predict --save_probabilities`"


def read_probabilities(folder: Path, name: str) -> Prediction:
    """Return what nnU-Net predicted for an image, from `NAME.npz` in the folder of its predictions.

    nnU-Net writes probabilities in the order in which it read the image, (classes, 1, H, W) for an image of its PNG
    reader. Classes are put in our order by their names in `dataset.json`, which nnU-Net leaves in the same folder;
    without that file they must be in our order.

    Parameters
    ----------
    folder : Path
        Output folder of `nnUNetv2_predict --save_probabilities`.
    name : str
        The image's name without `_0000` and ending.

    Raises
    ------
    DataError
        If a file is missing or broken, or its classes are not background, particle and contour.
    """
    path = folder / f"{name}.npz"
    try:
        with np.load(path, allow_pickle=False) as file:
            values = file["probabilities"].astype(np.float32)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path} is missing or holds no probabilities of nnU-Net; {AGAIN}.") from error
    return Prediction(_normalised(_two_dimensional(values, path)[_class_order(folder)], path))


def _two_dimensional(values: NDArray[np.float32], path: Path) -> NDArray[np.float32]:
    """Drop the one axis along which the image is a single slice."""
    singles = [axis for axis in range(1, values.ndim) if values.shape[axis] == 1]
    if values.ndim == 4 and singles:
        values = values.squeeze(singles[0])
    if values.ndim != 3 or len(values) != len(CLASS_NAMES):
        raise DataError(
            f"{path} holds values of shape {values.shape}, but probabilities of {len(CLASS_NAMES)} classes in a plane "
            "are needed; predict with a network trained on our dataset."
        )
    return values


def _class_order(folder: Path) -> list[int]:
    path = folder / "dataset.json"
    if not path.exists():
        return list(range(len(CLASS_NAMES)))
    try:
        labels = parse_json(path.read_text(encoding="utf-8"))["labels"]
        order = [int(labels[name]) for name in CLASS_NAMES]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{path} is broken or does not name the classes {', '.join(CLASS_NAMES)}; predict with a network trained "
            "on our dataset."
        ) from error
    if sorted(order) != list(range(len(CLASS_NAMES))):
        raise DataError(f"{path} numbers the classes {order}, but they must be 0 to {len(CLASS_NAMES) - 1}; {AGAIN}.")
    return order


def _normalised(values: NDArray[np.float32], path: Path) -> NDArray[np.float32]:
    """Check that the classes sum to about 1 in each pixel, and make it exact: half precision rounds."""
    total = values.sum(axis=0)
    if not (np.abs(total - 1) < 0.01).all() or values.min() < 0:
        raise DataError(f"{path} holds values that are no probabilities; {AGAIN}.")
    return values / total
