"""The formats of other programs by name, and the one function that writes any of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from diffrendergan.errors import ConfigError, RunFolderError
from diffrendergan.exchange.sets.coco_set import write_coco_set
from diffrendergan.exchange.sets.measured import holds_results, write_measured
from diffrendergan.exchange.sets.nnunet_raw import write_raw
from diffrendergan.exchange.sets.options import Options
from diffrendergan.exchange.sets.source import SyntheticSet, open_set
from diffrendergan.exchange.sets.webdataset import write_shards
from diffrendergan.exchange.sets.yolo import write_yolo
from diffrendergan.exchange.sets.zarr_set import write_zarr_set
from diffrendergan.runs.atomic import read_json, write_json
from diffrendergan.runs.lock import locked, others_in
from diffrendergan.runs.reporter import Reporter
from diffrendergan.runs.words import plural

MARKER = ".export.json"
"""In a folder that was exported: which format it holds."""
Write = Callable[[SyntheticSet, Path, Options, Reporter], None]


class Format(NamedTuple):
    """A format."""

    write: Write
    folders: tuple[str, ...] = ()
    """Written anew each time."""


OME_ZARR = "ome-zarr"
FORMATS = {
    "coco": Format(write_coco_set, ("images",)),
    "yolo": Format(write_yolo, ("images", "labels")),
    "nnunet": Format(write_raw),
    "webdataset": Format(write_shards),
    OME_ZARR: Format(write_zarr_set),
}


def export_data(
    source: Path,
    out: Path,
    name: str,
    reporter: Reporter,
    options: Options | None = None,
    scans: Path | None = None,
    force: bool = False,
) -> str:
    """Write the synthetic set of a run, or the scans that `quantify` measured, in another format.

    Parameters
    ----------
    source : Path
        A run folder; or, for OME-Zarr, a folder that `quantify` wrote.
    out : Path
        The folder to write.
    name : str
        One of `FORMATS`.
    reporter : Reporter
        Shows progress.
    options : Options, optional
        Choices that some formats have.
    scans : Path, optional
        Of measured scans: their folder, where they have moved.
    force : bool
        Write into a folder that holds something else.

    Returns
    -------
    str
        What was written, as the beginning of a sentence.

    Raises
    ------
    ConfigError
        If there is no such format, or if an option or source does not suit it.
    DataError
        If there is nothing to write, or a file is broken.
    RunFolderError
        If the folder holds something else, or cannot be written.
    """
    options = options or Options()
    if name not in FORMATS:
        raise ConfigError(f"there is no format {name!r}; take one of {', '.join(FORMATS)}.")
    if options.amodal and name != "coco":
        raise ConfigError(f"overlapping silhouettes cannot be written as {name}; take coco, or leave out --amodal.")
    measured = holds_results(source)
    if measured and name != OME_ZARR:
        raise ConfigError(f"{source} holds measured scans, written as {OME_ZARR} alone; name a run folder for {name}.")
    if scans is not None and not measured:
        raise ConfigError(f"--scans has no effect with the run {source}; leave it out.")
    images = None if measured else open_set(source, reporter)
    _claim(out, name, force)
    with locked(out, "name another folder"):
        write_json(out / MARKER, {"format": name})
        if images is None:
            return plural(write_measured(source, out, scans, reporter), "scan")
        for folder in FORMATS[name].folders:
            shutil.rmtree(out / folder, ignore_errors=True)
        FORMATS[name].write(images, out, options, reporter)
    return plural(len(images), "synthetic image")


def _claim(out: Path, name: str, force: bool) -> None:
    """Refuse a folder that holds something else."""
    if out.exists() and not out.is_dir():
        raise RunFolderError(f"{out} is a file; name a folder to write.")
    known = read_json(out / MARKER)["format"] if (out / MARKER).is_file() else None
    others = out.is_dir() and any(others_in(out))
    if others and known != name and not force:
        what = "something else" if known is None else f"the format {known}"
        raise RunFolderError(f"{out} holds {what}; name another folder, or give --force to write into it.")
