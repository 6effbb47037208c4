"""Which images a folder holds, by name, and what in it is passed over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from diffrendergan.config.words import counted, some
from diffrendergan.errors import DataError
from diffrendergan.image_files.decoding import ENDINGS, LOSSY_ENDINGS, SCAN_ENDINGS
from diffrendergan.image_files.names import LABEL_SUFFIXES, made_from, nfc, readable, scan_name
from diffrendergan.image_files.ome_zarr import ENDING as ZARR_ENDING
from diffrendergan.image_files.ome_zarr import begins_as_zarr, is_ome_zarr, zarr_installed
from diffrendergan.image_files.passing_over import none_usable, say_passed_over
from diffrendergan.image_files.vendors import VENDOR_ENDINGS, em_installed, is_vendor_image
from diffrendergan.runs.reporter import Reporter

CLUTTER = ("thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r")
"""What systems leave in folders; so are names that begin with a dot or a tilde."""
SIDECARS = (
    "", ".txt", ".hdr", ".xml", ".json", ".yaml", ".yml", ".toml", ".ini", ".log", ".csv", ".tsv", ".md", ".rst",
    ".rtf", ".pdf", ".doc", ".docx", ".odt", ".xls", ".xlsx", ".ods", ".ppt", ".pptx", ".htm", ".html", ".py", ".ipynb",
    ".ijm", ".m", ".xmp", ".tfw", ".lnk", ".url", ".db", ".bak", ".tmp", ".md5", ".sha256",
)  # fmt: skip
"""Endings of texts and tables that lie beside images: no image, and no news."""

FOLDERS_OF_OTHERS = frozenset(
    ("truth", "thumbnails", "previews", *(suffix.lstrip("_").lower() for suffix in LABEL_SUFFIXES if suffix))
)
"""Names of folders inside that hold no scans, in lower case."""


@dataclass(frozen=True)
class Listing:
    """The images of a folder."""

    folder: Path
    files: Mapping[str, Path]
    """By name without ending, composed (NFC); sorted by file name."""
    failed: Mapping[str, str] = field(default_factory=dict)
    """Why a file that is meant cannot be read, by name: links that lead nowhere."""
    remarks: tuple[str, ...] = ()
    """What was passed over, a sentence for each kind."""

    @property
    def paths(self) -> list[Path]:
        """The files alone."""
        return list(self.files.values())

    def usable(self, reporter: Reporter) -> list[Path]:
        """Say what was passed over, links that lead nowhere among it, and return the files."""
        for remark in self.remarks:
            reporter.note(remark)
        say_passed_over(self.failed, reporter)
        return self.paths


def is_one_scan(path: Path) -> bool:
    """Tell whether a path is a scan, and no folder of scans: a file, or an OME-Zarr."""
    return path.is_file() or is_ome_zarr(path)


def scans_at(place: Path) -> Listing:
    """Return the one scan that a path names, or list those of a folder (`list_scans`)."""
    return Listing(place.parent, {scan_name(place): place}) if is_one_scan(place) else list_scans(place)


def list_scans(folder: Path) -> Listing:
    """List the scans of a folder.

    Label images and other pictures that tools have written beside their scans are no scans; of a scan and a lossy
    preview with its name, the scan is taken.

    Raises
    ------
    DataError
        If the folder is missing or holds no image, or if two images have the same name but for the ending.
    """
    folder = Path(folder)
    if not folder.is_dir():
        how = "is a file" if folder.exists() else "does not exist"
        raise DataError(
            f"the image folder {folder} {how}; name a folder of micrographs (in a project, set data.images)."
        )
    listing = scans_in(folder)
    if not listing.files and listing.failed:
        raise DataError(none_usable(listing.failed))
    if not listing.files:
        parts = (part for part in sorted(folder.iterdir()) if part.is_dir() and part.name.lower() == "images")
        inside = next(parts, None)
        meant = f" Did you mean {inside}?" if inside else ""
        others = f" {' '.join(listing.remarks)}" if listing.remarks else ""
        raise DataError(
            f"the folder {folder} holds no image; it takes files ending in {', '.join(SCAN_ENDINGS)}.{meant}{others}"
        )
    return listing


def scans_in(folder: Path) -> Listing:
    """List the scans of a folder that may hold none; else as `list_scans`."""
    entries = _entries(folder)
    # A file of a microscope beside an image of its name is what the image was exported from.
    exported = {scan_name(path) for path in entries if _is_image(path)}
    images = [
        path
        for path in entries
        if _is_image(path) or is_ome_zarr(path) or (scan_name(path) not in exported and is_vendor_image(path))
    ]
    known = {name for path in images for name in _names(path)}
    made = {path for path in entries if made_from(scan_name(path), known) is not None}
    chosen, previews = by_name([path for path in images if path not in made], folder)
    others = [path for path in entries if path not in images and path not in made]
    remarks = []
    if made:
        which = counted(len(made), "file is", "files are")
        remarks.append(
            f"{which} passed over in {folder}, named as tools name what they make of the scan beside: {_named(made)}; "
            "rename what is a scan itself."
        )
    if previews:
        which = counted(len(previews), "preview is", "previews are")
        remarks.append(f"{which} passed over in {folder} for scans of the same name: {_named(previews)}.")
    return _listing(folder, chosen, [*remarks, *_other_kinds(others, folder), *_other_folders(folder)])


def _names(path: Path) -> tuple[str, ...]:
    """Return what tools take for the name of a scan: without its ending, with it, and NAME of NAME.ome.tif."""
    name = scan_name(path)
    return name, nfc(readable(path.name)), name.removesuffix(".ome")


def list_labels(
    folder: Path, endings: Sequence[str], images_of: Callable[[Path], Iterable[Path]] | None = None
) -> Listing:
    """List the label images of a folder that may hold none.

    Parameters
    ----------
    folder : Path
    endings : sequence of str
        Of the files that are read as label images, in lower case.
    images_of : callable, optional
        Returns the label images of a file, each by a path of its own; none of one that only ends like them.

    Raises
    ------
    DataError
        If two have the same name but for the ending.
    """
    entries = _entries(folder)
    files = [path for path in entries if path.suffix.lower() in endings]
    others = [path for path in entries if path not in files]
    images = [image for path in files for image in (images_of(path) if images_of and path.exists() else (path,))]
    chosen, previews = by_name(images, folder)
    return _listing(folder, chosen, _other_kinds([*others, *previews], folder))


def files_in(folder: Path, endings: Sequence[str]) -> list[Path]:
    """Return the files of a folder with these endings, sorted, whatever their names; none without such a folder."""
    entries = _entries(folder) if folder.is_dir() else []
    return [path for path in entries if path.suffix.lower() in endings and _is_whole(path)]


def _entries(folder: Path) -> list[Path]:
    """Return all files of a folder but what is never meant, folders of OME-Zarr, and links that lead nowhere."""
    return [
        path
        for path in sorted(folder.iterdir())
        if not path.name.startswith((".", "~"))
        and path.name.lower() not in CLUTTER
        and (_is_whole(path) or _is_dangling(path))
    ]


def _is_whole(path: Path) -> bool:
    return path.is_file() or begins_as_zarr(path)


def _is_dangling(path: Path) -> bool:
    return path.is_symlink() and not path.exists()


def by_name(paths: Iterable[Path], folder: Path) -> tuple[dict[str, Path], list[Path]]:
    """Return the files by name, and the lossy previews among them.

    Raises
    ------
    DataError
        If two that are both lossless, or both lossy, have the same name.
    """
    found: dict[str, Path] = {}
    previews = []
    for path in paths:
        name = scan_name(path)
        before = found.setdefault(name, path)
        if before is path:
            continue
        if _is_lossy(before) == _is_lossy(path):
            alike = "for the ending" if before.suffix != path.suffix else "for how the system writes its letters"
            raise DataError(f"{before.name} and {path.name} in {folder} have the same name but {alike}; move one away.")
        found[name] = path if _is_lossy(before) else before
        previews.append(before if _is_lossy(before) else path)
    return found, previews


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in ENDINGS


def _is_lossy(path: Path) -> bool:
    return path.suffix.lower() in LOSSY_ENDINGS


def _listing(folder: Path, chosen: Mapping[str, Path], remarks: Sequence[str]) -> Listing:
    failed = {
        name: f"{path} is a link that leads nowhere; fetch its content (`datalad get`, `git annex get`), or remove it."
        for name, path in chosen.items()
        if _is_dangling(path)
    }
    return Listing(folder, {name: path for name, path in chosen.items() if name not in failed}, failed, tuple(remarks))


def _other_kinds(paths: Iterable[Path], folder: Path) -> list[str]:
    """Name files that may be images too, but of kinds that are not read."""
    endings = Counter(ending for path in paths if (ending := path.suffix.lower()) not in SIDECARS)
    if not endings:
        return []
    number = counted(sum(endings.values()), "file of another kind", "files of other kinds")
    verb = "was" if sum(endings.values()) == 1 else "were"
    kinds = some([ending for ending, _ in endings.most_common()])
    said = f"{number} ({kinds}) in {folder} {verb} not looked at; export as TIFF what is to be used"
    if endings.keys() & set(VENDOR_ENDINGS) and not em_installed():
        return [f"{said}, or read files of electron microscopes with pip install 'diffrendergan[em]'."]
    if ZARR_ENDING in endings and not zarr_installed():
        return [f"{said}, or read OME-Zarr with pip install 'diffrendergan[zarr]'."]
    return [f"{said}."]


def _other_folders(folder: Path) -> list[str]:
    """Name folders inside that hold images, which may be scans too; those of label images are no news."""
    found: dict[str, int] = {}
    for part in sorted(folder.iterdir()):
        if part.is_dir() and not part.name.startswith((".", "~")) and part.name.lower() not in FOLDERS_OF_OTHERS:
            found[readable(part.name)] = len(files_in(part, ENDINGS))
    held = {name: number for name, number in found.items() if number}
    if not held:
        return []
    which = counted(len(held), "folder", "folders")
    images = counted(sum(held.values()), "image")
    verb = "was" if len(held) == 1 else "were"
    return [f"{which} in {folder} with {images} {verb} not looked into: {some(held)}; give such a folder by itself."]


def _named(paths: Iterable[Path]) -> str:
    return some(sorted(readable(path.name) for path in paths))
