"""Published micrographs, fetched by name and verified file by file.

Only checksums and paths ship with the package, never the images.
"""

from __future__ import annotations

import difflib
import hashlib
import shutil
import urllib.parse
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from diffrendergan.errors import ConfigError, DataError
from diffrendergan.runs.atomic import atomic_path, write_text
from diffrendergan.runs.download import download
from diffrendergan.runs.reporter import Reporter, SilentReporter

TIO2_NOTICE = """\
In-lens SEM scans of agglomerated TiO2 nanoparticles with manual annotations.
Source: B. Rühle, J. F. Krumrey, V.-D. Hodoroaba, Workflow towards automated segmentation of agglomerated,
non-spherical particles from electron microscopy images using artificial neural networks,
Sci. Rep. 11, 4942 (2021), doi 10.1038/s41598-021-84287-6; data doi 10.5281/zenodo.4563942;
repository BAMresearch/automatic-sem-image-segmentation.
Licence: Creative Commons BY-NC-ND 4.0 (https://creativecommons.org/licenses/by-nc-nd/4.0/):
name the authors, no commercial use, do not pass on changed versions.
"""
NOTICE_FILE = "NOTICE.txt"


@dataclass(frozen=True)
class Dataset:
    """Where a published dataset lies and under which terms."""

    name: str
    base_url: str
    """Paths of the registry are relative to it."""
    notice: str


@dataclass(frozen=True)
class RegistryEntry:
    """One file of a dataset."""

    sha256: str
    path: str
    """Path in the repository."""
    split: str
    """`train`, or `test` for the scans that are kept back as a final test set."""
    kind: str
    """The subfolder it is put into: `images` or `masks`."""
    name: str


@dataclass(frozen=True)
class FetchResult:
    """What `fetch` did."""

    images: Path
    """Folder of the scans."""
    masks: Path
    """Folder of the annotations."""
    verified: tuple[str, ...]
    """Files whose SHA-256 is that of the registry, as `images/NAME` or `masks/NAME`."""
    missing: tuple[str, ...]
    """Files of split `test` that the source folder does not have."""
    notice: str
    """The licence notice, which must be shown; it is also written beside the files."""


DATASETS = {
    "tio2-sem": Dataset(
        name="tio2-sem",
        base_url=(
            "https://raw.githubusercontent.com/BAMresearch/automatic-sem-image-segmentation/"
            "8c88052e2320062d6de4d20cf7d67a1cdd20a9e7/"
        ),
        notice=TIO2_NOTICE,
    )
}


def find_dataset(name: str) -> Dataset:
    """Return a dataset by name.

    Raises
    ------
    ConfigError
        If there is none of that name.
    """
    if name not in DATASETS:
        near = difflib.get_close_matches(name, DATASETS, n=1, cutoff=0.3) or sorted(DATASETS)
        raise ConfigError(f"there is no dataset {name!r} to fetch; did you mean {' or '.join(near)}?")
    return DATASETS[name]


def read_registry(name: str) -> list[RegistryEntry]:
    """Read the checksums of a dataset, which ship with the package."""
    text = resources.files("diffrendergan.micrographs").joinpath("registries", f"{name}.tsv").read_text("utf-8")
    return [RegistryEntry(*line.split("\t")) for line in text.splitlines()[1:]]


def fetch(name: str, target: Path, source: Path | None = None, reporter: Reporter | None = None) -> FetchResult:
    """Bring a published dataset into a folder and verify each file.

    Files already in place are verified, not fetched again.

    Parameters
    ----------
    name : str
        Name of the dataset: "tio2-sem".
    target : Path
        Folder to make; it gets `images/`, `masks/` and the notice.
    source : Path, optional
        Folder with the files at hand, at any depth; without it they are downloaded.
    reporter : Reporter, optional
        Shows progress and the licence notice.

    Raises
    ------
    ConfigError
        If there is no such dataset.
    DataError
        If a file is corrupt, or missing (of a source folder, files of split `test` may be missing).
    MissingDependencyError
        If pooch is not installed and files must be downloaded.
    """
    return fetch_entries(find_dataset(name), read_registry(name), Path(target), source, reporter or SilentReporter())


def fetch_entries(
    dataset: Dataset, entries: list[RegistryEntry], target: Path, source: Path | None, reporter: Reporter
) -> FetchResult:
    """Fetch the given files of a dataset; see `fetch`."""
    for line in dataset.notice.splitlines():
        reporter.note(line)
    at_hand = None if source is None else _index(Path(source))
    verified, missing = [], []
    for entry in reporter.track(entries, f"Fetching {dataset.name}", total=len(entries)):
        destination = target / entry.kind / entry.name
        if not (destination.is_file() and _sha256(destination) == entry.sha256):
            if at_hand is None:
                _download(dataset, entry, destination)
            elif not _take(at_hand.get(entry.name, []), entry, destination):
                if entry.split != "test":
                    raise DataError(
                        f"{entry.name} of {dataset.name} is not in {source}; "
                        "complete the folder, or leave out --from to download."
                    )
                missing.append(f"{entry.kind}/{entry.name}")
                continue
        verified.append(f"{entry.kind}/{entry.name}")
    write_text(target / NOTICE_FILE, dataset.notice)
    if missing:
        reporter.note(f"{len(missing)} files of the held-back test split are not in {source}; the others are complete.")
    reporter.note(f"{len(verified)} of {len(entries)} files are in {target}, each with the right SHA-256.")
    return FetchResult(target / "images", target / "masks", tuple(verified), tuple(missing), dataset.notice)


def _index(source: Path) -> dict[str, list[Path]]:
    """Return all files below a folder by name."""
    if not source.is_dir():
        raise DataError(f"the folder {source} does not exist; give one with the dataset's files.")
    files: dict[str, list[Path]] = {}
    for path in sorted(source.rglob("*")):
        if path.is_file():
            files.setdefault(path.name, []).append(path)
    return files


def _take(found: list[Path], entry: RegistryEntry, destination: Path) -> bool:
    """Copy the file of the right checksum; False if there is no file of that name."""
    for path in found:
        if _sha256(path) == entry.sha256:
            with atomic_path(destination) as temporary:
                shutil.copyfile(path, temporary)
            return True
    if found:
        raise DataError(
            f"{found[0]} is not the published {entry.name}: its SHA-256 is {_sha256(found[0])[:12]}…, "
            f"not {entry.sha256[:12]}…; fetch that file again."
        )
    return False


def _download(dataset: Dataset, entry: RegistryEntry, destination: Path) -> None:
    url = dataset.base_url + urllib.parse.quote(entry.path)
    download(url, entry.sha256, destination, ", or give a folder with --from")


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); check its permissions.") from error
