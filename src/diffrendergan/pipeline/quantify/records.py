"""What a scan's results were made from: whole results of the same origin are kept."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from diffrendergan.errors import RunFolderError
from diffrendergan.image_files.metadata import sidecars
from diffrendergan.image_files.names import scan_name
from diffrendergan.micrographs.rules import ReadingRules
from diffrendergan.pipeline.quantify.grey import reading_rules
from diffrendergan.pipeline.quantify.review import REVIEW
from diffrendergan.pipeline.quantify.settings import QuantifySettings, ScanSegmenter, SureSegmenter
from diffrendergan.pipeline.quantify.surfaces import CERTAIN, HEIGHTS, SURFACES
from diffrendergan.quantification.recipe import FORMAT
from diffrendergan.quantification.results import ScanRecord, read_record, record_path
from diffrendergan.runs.atomic import explain_os_error, read_json, remove_partial_files, write_json
from diffrendergan.runs.lock import locked, others_in
from diffrendergan.runs.provenance import Stamp, digests, plain
from diffrendergan.runs.seal import SEAL, broken, seal
from diffrendergan.version import __version__

MARKER = "quantify.json"
PLACES = ("model", "labels")
"""Where a segmenter lies; its results are the same elsewhere."""
FOLDERS = (
    "particles", "labels", "labels-ome", "rois", "whole", "wires", "thickness", HEIGHTS, SURFACES, CERTAIN, "figures"
)  # fmt: skip
"""Each scan has files of its own in them."""
ENDINGS = (".csv", ".parquet", ".tif", ".ome.tif", "_rois.zip", ".json")
FIGURES_FOLDER = "figures"
FIGURES = ("_sizes", "_instances", "_whole", "_whole_sizes", "_thickness")


def basis(segmenter: ScanSegmenter, settings: QuantifySettings) -> dict[str, Any]:
    """Return what decides the results of all scans, as values for JSON, and where the segmenter lies."""
    values = {
        "format": FORMAT,
        "version": __version__,
        "segmenter": segmenter.describe(),
        "structure": segmenter.structure if settings.structure == "auto" else settings.structure,
        "pixel_size_nm": settings.pixel_size_nm,
        "project_pixel_size_nm": segmenter.rules.pixel_size_nm,
        **reading_rules(segmenter, settings).to_json(),
        "bootstrap": settings.bootstrap,
        "seed": settings.seed,
        "confidence": settings.confidence and isinstance(segmenter, SureSegmenter),
        "min_confidence": settings.min_confidence,
    }
    return plain(values)


def read_rules(out: Path) -> ReadingRules:
    """Return how the scans of results were read, as `basis` wrote it down; their pixel sizes are in the results.

    Raises
    ------
    RunFolderError
        If `out` holds no results.
    """
    return ReadingRules.from_json(read_json(out / MARKER))


def origin(path: Path, segmenter: ScanSegmenter, shared: dict[str, Any]) -> dict[str, Any]:
    """Return what decides the results of one scan.

    That is the above but for places, its file, text files of its microscope, and files of the segmenter for it alone.

    Raises
    ------
    DataError
        If the segmenter lacks a file for it.
    OSError
        If a file cannot be read.
    """
    return {
        **shared,
        "segmenter": {name: value for name, value in shared["segmenter"].items() if name not in PLACES},
        "files": digests(file for file in (path, *sidecars(path)) if file.exists()),
        "files_of_segmenter": digests(segmenter.files(scan_name(path))),
    }


@contextmanager
def open_results(out: Path, shared: dict[str, Any], settings: QuantifySettings) -> Iterator[None]:
    """Make the folder of the results, or take one that holds such already, and keep other processes out.

    When all is written, sizes and checksums of the files are, too; files that changed since are not taken for results.

    Raises
    ------
    RunFolderError
        If it holds something else, or if files of it changed since they were finished, unless forced; or if another
        process works in it, or it cannot be written.
    """
    if out.exists() and not out.is_dir():
        raise RunFolderError(f"{out} is a file; name a folder for the results with --out.")
    ours = (out / MARKER).is_file()
    if not ours and not settings.force and out.is_dir() and any(others_in(out)):
        raise RunFolderError(
            f"{out} holds files that are no results of `quantify`; name another folder with --out, or use --force."
        )
    with locked(out, "name another folder with --out"):
        if ours:
            remove_partial_files(out)
            if not settings.force:
                refuse_changed(out)
        (out / SEAL).unlink(missing_ok=True)
        write_json(out / MARKER, {**shared, "images": _place(settings.images, out)})
        yield
        seal(out)


def refuse_changed(out: Path) -> None:
    """Refuse results of which a file changed since it was finished; missing ones are made again.

    Figures are left to whoever touches them up: nothing follows from them.

    Raises
    ------
    RunFolderError
        Naming the first, and how many there are.
    """
    changed = [one for one in broken(out) if one.how != "missing" and out / FIGURES_FOLDER not in one.path.parents]
    if changed:
        others = f", and so are {len(changed) - 1} more files" if len(changed) > 1 else ""
        raise RunFolderError(
            f"{changed[0]} since the results were finished{others} (`diffrendergan verify {out}` names all); if "
            "that was you, keep a copy elsewhere; then remove it, and the same command makes it again."
        )


def check_images(out: Path, images: Path) -> None:
    """Refuse a folder that holds the results of other scans.

    Raises
    ------
    RunFolderError
        If `quantify` made its results from another file or folder than `images`.
    """
    try:
        marker = read_json(out / MARKER)
    except RunFolderError:
        return
    known = marker.get("images") if isinstance(marker, dict) else None
    if known is not None and known != _place(images, out):
        raise RunFolderError(
            f"{out} holds results of {known} and not of {images}; name the folder for these results with --out, which "
            "may be the same if the scans have only moved."
        )


def _place(images: Path | None, out: Path) -> str | None:
    """Return where scans lie as seen from beside the results, so that both can be moved together."""
    return None if images is None else os.path.relpath(images.resolve(), out.resolve().parent)


def kept_record(out: Path, name: str, made_from: dict[str, Any]) -> ScanRecord | None:
    """Return the record of a scan whose results are whole and of the same origin, or None."""
    record = read_record(out, name)
    whole = record is not None and Stamp(made_from).fits(record.made_from) and _are_there(out, record.files)
    return record if whole else None


def has_figures(out: Path, record: ScanRecord) -> bool:
    """Say whether all figures of a scan are there."""
    return bool(record.figures) and _are_there(out, record.figures)


def _are_there(out: Path, files: Iterable[str]) -> bool:
    return all((out / file).is_file() for file in files)


def discard(out: Path, name: str) -> None:
    """Remove earlier results of a scan, whole or not, the record first.

    Raises
    ------
    RunFolderError
        If a file cannot be removed.
    """
    shutil.rmtree(out / REVIEW / name, ignore_errors=True)
    endings = (*ENDINGS, *(f"{figure}.{kind}" for figure in FIGURES for kind in ("png", "svg")))
    files = (out / folder / f"{name}{ending}" for folder in FOLDERS for ending in endings)
    for file in (record_path(out, name), *files):
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            raise explain_os_error(error, file) from error
