"""Predictions on disk, kept as long as network, scan and settings are the same: an interrupted evaluation goes on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from diffrendergan.evaluation.pictures import write_labels
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.runs.atomic import read_json, write_json
from diffrendergan.runs.provenance import Stamp
from diffrendergan.segmentation.instances import Decoding


def keep_predictions(
    folder: Path, scan: Micrograph, labels: Mapping[Decoding, NDArray[np.int32]], made_from: Mapping[str, Any]
) -> None:
    """Write the label images (H, W) of a scan, and last `<scan>.json`, which says what they were made from.

    Parameters
    ----------
    folder
        Gets `<decoding>/<scan>.tif`.
    scan, labels
        Its particles by each decoding.
    made_from
        What they depend on, as plain values.

    Raises
    ------
    RunFolderError
        If a file cannot be written.
    """
    for decoding, found in labels.items():
        write_labels(folder / decoding / f"{scan.name}.tif", found, scan.pixel_size_nm)
    write_json(folder / f"{scan.name}.json", {"made_from": dict(made_from), "decodings": list(labels)})


def kept_predictions(folder: Path, name: str, made_from: Mapping[str, Any]) -> dict[Decoding, NDArray[np.int32]] | None:
    """Return the label images of a scan from before; None if there are none, or they were made from something else."""
    record = folder / f"{name}.json"
    if not record.exists():
        return None
    value = read_json(record)
    if not Stamp.of(made_from).fits(value.get("made_from")):
        return None
    try:
        return {one: tifffile.imread(folder / one / f"{name}.tif").astype(np.int32) for one in value["decodings"]}
    except (OSError, ValueError):  # one of them was removed or broken since
        return None
