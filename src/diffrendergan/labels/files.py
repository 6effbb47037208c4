"""Folders of label images: which files count, and by which names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from diffrendergan.errors import DataError
from diffrendergan.image_files.decoding import ARRAY_ENDING, ENDINGS, LOSSY_ENDINGS
from diffrendergan.image_files.names import scan_name
from diffrendergan.labels.coco import coco_images
from diffrendergan.labels.labelme import is_labelme
from diffrendergan.labels.reading import JSON_ENDING, OUTLINE_ENDINGS, ROI_ENDINGS, is_pickled, refuse_pickled
from diffrendergan.labels.rois import holds_rois


class NoLabelsError(DataError):
    """A folder holds no label image, or none of the scans in question."""


LABEL_ENDINGS = (*ENDINGS, ARRAY_ENDING, *OUTLINE_ENDINGS)


def label_files(folder: Path) -> dict[str, Path]:
    """Return the label images of a folder by name without ending, sorted.

    Images of a COCO file are FILE/NAME. Other JSON files and archives are passed over, and so are arrays of Python
    objects (Cellpose's `_seg.npy`) and JPEGs that lie beside label images.

    Raises
    ------
    NoLabelsError
        If the folder holds none.
    DataError
        If the folder is missing, or if two have the same name but for the ending.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder; name a folder of label images.")
    paths = sorted(path for path in folder.iterdir() if _counts(path))
    plain = [path for path in paths if not is_pickled(path)]
    if paths and not plain:
        refuse_pickled(paths[0])
    files: dict[str, Path] = {}
    for path in sorted((image for file in plain for image in _images(file)), key=_lossy_last):
        name = scan_name(path)
        if name not in files:
            files[name] = path
        elif path.suffix.lower() not in LOSSY_ENDINGS or files[name].suffix.lower() in LOSSY_ENDINGS:
            raise DataError(
                f"{files[name].name} and {path.name} in {folder} have the same name but for the ending; move one away."
            )
    if not files:
        raise NoLabelsError(f"{folder} holds no label image; it takes files ending in {', '.join(LABEL_ENDINGS)}.")
    return dict(sorted(files.items()))


def by_scan(files: Mapping[str, Path], suffix: str) -> dict[str, Path]:
    """Return the files NAME<suffix> of those by name without ending, by the names of their scans."""
    return {name.removesuffix(suffix): path for name, path in files.items() if name.endswith(suffix) and name != suffix}


def file_of(path: Path) -> Path:
    """Return the file that a label image lies in: that of COCO for FILE/NAME."""
    return path.parent if path.parent.suffix.lower() == JSON_ENDING else path


def _counts(path: Path) -> bool:
    return path.suffix.lower() in LABEL_ENDINGS and not path.name.startswith(".") and path.is_file()


def _images(path: Path) -> Iterator[Path]:
    """Yield the label images of a file, none if it only ends like one."""
    ending = path.suffix.lower()
    if ending == JSON_ENDING:
        if is_labelme(path):
            yield path
        else:
            yield from (path / name for name in coco_images(path))
    elif ending not in ROI_ENDINGS or holds_rois(path):
        yield path


def _lossy_last(path: Path) -> bool:
    return path.suffix.lower() in LOSSY_ENDINGS
