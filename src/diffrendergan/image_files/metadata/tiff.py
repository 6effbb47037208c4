"""All that a TIFF, and the text files beside it, say of the scale of one of its pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tifffile

from diffrendergan.image_files.metadata.fei import fei_bar_rows, fei_scale, fei_xml_scale
from diffrendergan.image_files.metadata.heights import height_kind, imagej_heights
from diffrendergan.image_files.metadata.kind import StatedKind, fei_kind, text_kind, zeiss_kind
from diffrendergan.image_files.metadata.ome import OmeImage, ome_scale
from diffrendergan.image_files.metadata.resolution import imagej_scale, tag_scale
from diffrendergan.image_files.metadata.scale import ScanMetadata, StatedScale, settle
from diffrendergan.image_files.metadata.texts import sidecar_kind, sidecar_scales, text_scale
from diffrendergan.image_files.metadata.tilt import tilt_remarks
from diffrendergan.image_files.metadata.zeiss import zeiss_scale

DESCRIPTION = 270
PRIVATE = 32768
"""Tags from here on belong to the makers of microscopes and software; Tescan's text is in 50431."""


def tiff_metadata(tif: tifffile.TiffFile, page: Any, path: Path, ome: list[OmeImage]) -> ScanMetadata:
    """Read the metadata of a TIFF page.

    Parameters
    ----------
    tif : tifffile.TiffFile
        The open file.
    page : tifffile.TiffPage
        The page that holds the scan.
    path : Path
        Its path, to find a text file of the same name.
    ome : list of OmeImage
        What OME-XML says of the file.
    """
    columns, rows = int(page.imagewidth), int(page.imagelength)
    size, remarks = settle(_stated(tif, page, path, ome), columns, rows)
    heights = imagej_heights(tif.imagej_metadata)
    kinds = (*_kinds(tif, page, path), height_kind(heights))
    kind = next((found for found in kinds if found is not None), None)
    remarks += tilt_remarks(tif.sem_metadata, tif.fei_metadata)
    return ScanMetadata(size, fei_bar_rows(tif.fei_metadata, columns, rows), remarks, kind, heights)


def _stated(tif: tifffile.TiffFile, page: Any, path: Path, ome: list[OmeImage]) -> Iterator[StatedScale | None]:
    """Return what each source says, the most trusted first: makers, software that read them, printing resolutions."""
    yield zeiss_scale(tif.sem_metadata)
    yield fei_scale(tif.fei_metadata)
    for text, where in _texts(page):
        yield text_scale(text, where)
        yield fei_xml_scale(text)
    if not ome:
        yield imagej_scale(tif.imagej_metadata, page)
    yield ome_scale(ome, page.index)
    yield from sidecar_scales(path)
    # Resolution tags of ImageJ are in its own unit; those of OME-TIFF with several images may be of any of them.
    if not tif.is_imagej and len(ome) <= 1:
        yield tag_scale(page)


def _kinds(tif: tifffile.TiffFile, page: Any, path: Path) -> Iterator[StatedKind | None]:
    """Return what each source says of the kind of image, the most trusted first."""
    yield zeiss_kind(tif.sem_metadata)
    yield fei_kind(tif.fei_metadata)
    for text, where in _texts(page):
        yield text_kind(text, where)
    yield sidecar_kind(path)


def _texts(page: Any) -> Iterator[tuple[str, str]]:
    """Return texts of microscopes within the page, and where each stands."""
    for tag in page.tags:
        if tag.code != DESCRIPTION and tag.code < PRIVATE:
            continue
        value = tag.value
        text = value.decode("latin-1") if isinstance(value, bytes) else value
        if isinstance(text, str):
            yield text, f"tag {tag.code}"
