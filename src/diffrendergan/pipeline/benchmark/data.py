"""The scans of a published data set in the user's folder, and what is missing there."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from diffrendergan.errors import DataError
from diffrendergan.image_files.listing import list_scans
from diffrendergan.labels.annotations import PROJECT_WORDS
from diffrendergan.labels.files import NoLabelsError
from diffrendergan.labels.label_set import find_images
from diffrendergan.micrographs.datasets import RegistryEntry, find_dataset, read_registry


@dataclass(frozen=True)
class Scans:
    """Names of scans, sorted."""

    open: tuple[str, ...]
    """Those that may be learned from."""
    kept_back: tuple[str, ...]
    """Those that were kept back from all development."""
    missing: tuple[str, ...]
    """Those kept back that are not there."""


def find_scans(dataset: str, folder: Path) -> Scans:
    """Return the scans of a data set that are in a folder.

    Raises
    ------
    ConfigError
        If there is no such data set.
    DataError
        If the folder is not as `diffrendergan fetch` makes it, or holds no scan to learn from.
    """
    find_dataset(dataset)
    _check_folder(dataset, folder)
    there = {path.name for path in list_scans(folder / "images").paths}
    entries = [entry for entry in read_registry(dataset) if entry.kind == "images"]
    found = [entry for entry in entries if entry.name in there]
    scans = _names(found, "train")
    if not scans:
        raise DataError(f"--data: {folder / 'images'} holds no scan of {dataset}; {bring(dataset, folder)}.")
    missing = [entry for entry in entries if entry.name not in there]
    return Scans(scans, _names(found, "test"), _names(missing, "test"))


def _names(entries: Iterable[RegistryEntry], split: str) -> tuple[str, ...]:
    return tuple(sorted(Path(entry.name).stem for entry in entries if entry.split == split))


def bring(dataset: str, folder: Path) -> str:
    """Return the end of a sentence: which command brings what is missing."""
    return f"`diffrendergan fetch {dataset} {folder}` brings what is missing"


def require_masks(dataset: str, folder: Path, names: Collection[str], suffix: str | None) -> None:
    """Find out before any training that a scan cannot be scored.

    Raises
    ------
    DataError
        If a scan has no annotation.
    """
    masks = folder / "masks"
    try:
        found = find_images(masks, names, suffix, PROJECT_WORDS)[0]
    except NoLabelsError:
        found = {}
    missing = [name for name in names if name not in found]
    if missing:
        more = f" and of {len(missing) - 1} more" if len(missing) > 1 else ""
        raise DataError(f"--data: {masks} holds no annotation of {missing[0]}{more}; {bring(dataset, folder)}.")


def _check_folder(dataset: str, folder: Path) -> None:
    for part in ("images", "masks"):
        if (folder / part).is_dir():
            continue
        above = folder.parent
        if all((above / name).is_dir() for name in ("images", "masks")):
            raise DataError(f"--data is {folder}, but it takes the folder that holds images and masks; give {above}.")
        what = f"holds no folder `{part}`" if folder.is_dir() else "is no folder"
        raise DataError(f"--data is {folder}, which {what}; {bring(dataset, folder)}.")
