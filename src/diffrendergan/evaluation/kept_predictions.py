"""Predictions on disk, kept as long as network, scan and settings are the same: an interrupted evaluation goes on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from diffrendergan.errors import DataError
from diffrendergan.evaluation.pictures import write_labels
from diffrendergan.labels.layer_files import read_layers, write_layers
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.runs.atomic import read_json, write_json
from diffrendergan.runs.provenance import Stamp
from diffrendergan.segmentation.found import Particles

LAYERS_ENDING = ".coco.json"


def layers_file(folder: Path, name: str) -> Path:
    """Return where the whole particles of a scan lie, beside what is seen of them."""
    return folder / f"{name}{LAYERS_ENDING}"


def keep_predictions(folder: Path, scan: Micrograph, found: Particles, made_from: Mapping[str, Any]) -> None:
    """Write the label images (H, W) of a scan, and last `<scan>.json`, which says what they were made from.

    Parameters
    ----------
    folder
        Gets `<decoding>/<scan>.tif`, and `amodal/<scan>.coco.json` with the whole particles where there are any.
    scan, found
        Its particles by each decoding.
    made_from
        What they depend on, as plain values.

    Raises
    ------
    RunFolderError
        If a file cannot be written.
    """
    for decoding, labels in found.labels.items():
        write_labels(folder / decoding / f"{scan.name}.tif", labels, scan.pixel_size_nm)
    if found.whole is not None:
        write_layers(layers_file(folder / "amodal", scan.name), found.whole, f"{scan.name}.tif")
    write_json(folder / f"{scan.name}.json", {"made_from": dict(made_from), "decodings": list(found.labels)})


def kept_predictions(folder: Path, name: str, made_from: Mapping[str, Any]) -> Particles | None:
    """Return the particles of a scan from before; None if there are none, or they were made from something else."""
    record = folder / f"{name}.json"
    if not record.exists():
        return None
    value = read_json(record)
    if not Stamp.of(made_from).fits(value.get("made_from")):
        return None
    try:
        labels = {one: tifffile.imread(folder / one / f"{name}.tif").astype(np.int32) for one in value["decodings"]}
        whole = read_layers(layers_file(folder / "amodal", name)) if "amodal" in labels else None
        return Particles(labels, whole)
    except (OSError, ValueError, DataError):  # one of them was removed or broken since
        return None
