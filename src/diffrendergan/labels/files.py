"""Folders of label images: which files count, and by which names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from diffrendergan.config.words import some
from diffrendergan.errors import DataError
from diffrendergan.image_files.decoding import ARRAY_ENDING, ENDINGS
from diffrendergan.image_files.listing import Listing, list_labels
from diffrendergan.image_files.ome_zarr import ENDING as ZARR_ENDING
from diffrendergan.image_files.ome_zarr import zarr_installed
from diffrendergan.labels.coco import coco_images
from diffrendergan.labels.labelme import is_labelme
from diffrendergan.labels.reading import (
    JSON_ENDING,
    OUTLINE_ENDINGS,
    ROI_ENDINGS,
    holds_geojson,
    is_pickled,
    refuse_pickled,
)
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
    return dict(label_listing(folder).files)


def label_listing(folder: Path) -> Listing:
    """Return the label images of a folder, and what in it was passed over; else as `label_files`."""
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder; name a folder of label images.")
    listing = list_labels(folder, (*LABEL_ENDINGS, ZARR_ENDING) if zarr_installed() else LABEL_ENDINGS, _images)
    if not listing.files and not listing.failed:
        for path in sorted(folder.glob(f"*{ARRAY_ENDING}")):
            refuse_pickled(path)
    if not listing.files:
        said = "".join(f" {sentence}" for sentence in (*listing.failed.values(), *listing.remarks))
        said += _other_json(folder)
        raise NoLabelsError(
            f"{folder} holds no label image; it takes files ending in {', '.join(LABEL_ENDINGS)}.{said}"
        )
    return replace(listing, files=dict(sorted(listing.files.items())))


def _other_json(folder: Path) -> str:
    """Say what JSON files hold outlines, where those of a folder do not."""
    names = sorted(path.name for path in folder.glob(f"*{JSON_ENDING}"))
    if not names:
        return ""
    return (
        f" {some(names)}: JSON counts as COCO's with both images and annotations (a list of results alone does not say "
        "which image is which), as Labelme's with shapes, or as GeoJSON's with features; export one of these, or label "
        "images."
    )


def file_of(path: Path) -> Path:
    """Return the file that a label image lies in: that of COCO for FILE/NAME."""
    return path.parent if path.parent.suffix.lower() == JSON_ENDING else path


def _images(path: Path) -> Iterator[Path]:
    """Yield the label images of a file, none if it only ends like one."""
    ending = path.suffix.lower()
    if ending == JSON_ENDING:
        if is_labelme(path) or holds_geojson(path):
            yield path
        else:
            yield from (path / name for name in coco_images(path))
    elif not is_pickled(path) if ending == ARRAY_ENDING else ending not in ROI_ENDINGS or holds_rois(path):
        yield path
