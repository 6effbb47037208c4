"""A model in a folder, whatever its kind: a run, or an imported network."""

from __future__ import annotations

from pathlib import Path

from diffrendergan.errors import ConfigError, RunFolderError
from diffrendergan.generalist.segmenter import Generalist
from diffrendergan.judging.verdict import with_doubts
from diffrendergan.runs.atomic import read_json
from diffrendergan.segmentation.trained import TrainedSegmenter, load_trained

MARKER = "model.json"
"""In a folder that `import_model` made."""


def open_model(
    folder: Path, seed: int | None = None, decoding: str | None = None, min_region_px: int | None = None
) -> TrainedSegmenter | Generalist:
    """Open the network of a run folder, or of one that `import_model` made.

    Parameters
    ----------
    folder : Path
    seed, decoding, min_region_px
        As of `load_trained`.

    Raises
    ------
    RunFolderError
        If it is no such folder, or holds no trained network.
    ConfigError
        If there is no such decoding or seed, or if a generalist is asked for either.
    """
    if folder.is_file() and folder.suffix.lower() == ".zip":
        raise RunFolderError(f"{folder} is a package; `diffrendergan import {folder} FOLDER` makes a model of it.")
    kind = read_json(folder / MARKER) if (folder / MARKER).is_file() else {}
    if kind.get("kind") != "generalist":
        return with_doubts(load_trained(folder, seed, decoding, min_region_px), folder)
    if seed is not None or decoding is not None:
        raise ConfigError(f"{folder} holds a generalist, which has one network and one decoding; leave both out.")
    return Generalist(min_region_px or 0, weights=folder / str(kind["network"]))
