"""A scan that is larger than memory as overlapping tiles, which `quantify --montage` puts together again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from diffrendergan.errors import DataError
from diffrendergan.image_files.names import scan_name
from diffrendergan.image_files.pages import Choice
from diffrendergan.image_files.planes import open_plane
from diffrendergan.labels.tiff import imagej_options
from diffrendergan.micrographs.reading import shown, to_grey
from diffrendergan.runs.atomic import atomic_path, write_text
from diffrendergan.runs.reporter import Reporter

POSITIONS = "positions.csv"
EDGE_PX, OVERLAP_PX = 2048, 256
LEAST_EDGE_PX = 64
FIJI = ("uint8", "uint16", "float32")
"""Numbers that Fiji knows; files of others have their scale in pixels per centimetre."""
NM_PER_CM = 1e7


@dataclass(frozen=True)
class Tiles:
    """What was written.

    Attributes
    ----------
    count : int
    pixel_size_nm : float or None
    remarks : tuple of str
        What is to be said of the scan.
    """

    count: int
    pixel_size_nm: float | None
    remarks: tuple[str, ...]


def cut_into_tiles(
    scan: Path,
    folder: Path,
    reporter: Reporter,
    edge: int = EDGE_PX,
    overlap: int = OVERLAP_PX,
    series: Choice = None,
    channel: Choice = None,
) -> Tiles:
    """Write tiles of one size, with the numbers of the file and its scale, and the list of their places.

    Parameters
    ----------
    scan : Path
        OME-Zarr or TIFF of grey values, of any size: one tile is in memory at a time.
    folder : Path
        Gets the tiles and `positions.csv`; one that holds something else is refused.
    reporter : Reporter
    edge, overlap : int
        Of a tile, and what two of them share [px]: more than the largest particle.
    series, channel : int, str or None
        Which of several images in the file.

    Raises
    ------
    DataError
        If the scan cannot be read in parts, is in colours, or the numbers do not fit each other.
    RunFolderError
        If the folder holds something else, or cannot be written.
    """
    if edge < LEAST_EDGE_PX or not 0 <= overlap <= edge // 2:
        raise DataError(
            f"tiles of {edge} px with an overlap of {overlap} px make no montage; give an edge of {LEAST_EDGE_PX} or "
            "more, and an overlap of at most half of it."
        )
    name = scan_name(scan)
    with open_plane(scan, series, channel) as plane:
        tops, lefts = (starts(length, edge, overlap) for length in plane.shape)
        places = [(top, left) for top in tops for left in lefts]
        wanted = [f"{name}_y{top:07}_x{left:07}.tif" for top, left in places]
        _refuse_others(folder, {*wanted, POSITIONS})
        stored = None
        for file, (top, left) in zip(wanted, reporter.track(places, "Cutting tiles", len(places)), strict=True):
            stored = plane.part(slice(top, top + edge), slice(left, left + edge))
            _write(folder / file, to_grey(shown(stored), scan), stored.metadata.pixel_size_nm)
    rows = [f"{file},{left},{top}" for file, (top, left) in zip(wanted, places, strict=True)]
    write_text(folder / POSITIONS, "\n".join(["file,x_px,y_px", *rows, ""]))
    assert stored is not None
    return Tiles(len(places), stored.metadata.pixel_size_nm, stored.remarks)


def starts(length: int, edge: int, overlap: int) -> list[int]:
    """Return where tiles begin along an axis [px]: the last one ends with it, so that all are of one size.

    >>> starts(5000, 2048, 256)
    [0, 1792, 2952]
    """
    if length <= edge:
        return [0]
    return [*range(0, length - edge, edge - overlap), length - edge]


def _refuse_others(folder: Path, wanted: set[str]) -> None:
    others = sorted({path.name for path in folder.iterdir()} - wanted) if folder.is_dir() else []
    if others:
        raise DataError(
            f"{folder} holds something else ({others[0]}), which would be taken for a tile; name a new folder."
        )


def _write(path: Path, values: NDArray[Any], pixel_size_nm: float | None) -> None:
    """Write a tile as TIFF that Fiji opens with its scale."""
    values = values.astype(np.uint8) * 255 if values.dtype == np.bool_ else values
    options: dict[str, Any] = {}
    if values.dtype.name in FIJI:
        options = imagej_options(pixel_size_nm, {"axes": "YX"})
    elif pixel_size_nm is not None:
        options = {"resolution": (NM_PER_CM / pixel_size_nm,) * 2, "resolutionunit": "CENTIMETER"}
    with atomic_path(path) as temporary:
        tifffile.imwrite(temporary, values, photometric="minisblack", **options)
