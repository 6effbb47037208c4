"""Label images and maps as TIFF that Fiji opens with their scale, and as OME-TIFF."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import numpy as np
import tifffile
from numpy.typing import NDArray

from diffrendergan.errors import DataError
from diffrendergan.runs.atomic import atomic_path
from diffrendergan.runs.digest import sha256_of

MOST_SHORT = np.iinfo(np.uint16).max
MOST_FLOAT = 2**24
"""float32 holds whole numbers exactly up to this one."""


def write_imagej_tiff(
    path: Path, values: NDArray[Any], pixel_size_nm: float | None, value_unit: str | None = None
) -> None:
    """Write a label image or a map as TIFF with ImageJ's metadata.

    Labels are stored as uint16, or as float32 where they exceed 65535, since ImageJ knows no 32-bit integers. The
    scale is written as pixels per nanometre with the unit nm; an unknown one is not written.

    Parameters
    ----------
    path : Path
        File to write; it is whole or absent.
    values : ndarray, shape (H, W)
        Labels (integers), or a map (float32).
    pixel_size_nm : float or None
        Edge of a pixel [nm].
    value_unit : str, optional
        Of the values of a map.

    Raises
    ------
    DataError
        If labels exceed what float32 holds exactly.
    RunFolderError
        If the file cannot be written.
    """
    highest = values.max(initial=0)
    if np.issubdtype(values.dtype, np.integer):
        if highest > MOST_FLOAT:
            raise DataError(
                f"{path} would hold label {highest}, but ImageJ tells labels apart only up to {MOST_FLOAT}."
            )
        values = values.astype(np.uint16 if highest <= MOST_SHORT else np.float32)
    # The display range: ImageJ would otherwise show few labels as black.
    metadata: dict[str, Any] = {"axes": "YX", "min": 0.0, "max": float(max(highest, 1))}
    if value_unit is not None:
        metadata |= {"vunit": value_unit, "min": float(values.min(initial=0))}
    with atomic_path(path) as temporary:
        tifffile.imwrite(temporary, values, **imagej_options(pixel_size_nm, metadata))


def imagej_options(pixel_size_nm: float | None, metadata: dict[str, Any]) -> dict[str, Any]:
    """Return what `tifffile.imwrite` needs for a file that ImageJ opens with its scale, in nanometres."""
    if pixel_size_nm is None:
        return {"imagej": True, "metadata": metadata}
    scale = (1 / pixel_size_nm, 1 / pixel_size_nm)
    return {"imagej": True, "metadata": {**metadata, "unit": "nm"}, "resolution": scale, "resolutionunit": "NONE"}


def write_ome_tiff(path: Path, labels: NDArray[np.integer], pixel_size_nm: float | None, name: str) -> None:
    """Write a label image as OME-TIFF: uint16, or uint32 where there are more than 65535 labels.

    Parameters
    ----------
    path : Path
        File to write, ending in `.ome.tif`; it is whole or absent.
    labels : ndarray of int, shape (H, W)
        0 background, particles above.
    pixel_size_nm : float or None
        Edge of a pixel [nm], written as PhysicalSizeX and PhysicalSizeY; an unknown one is not written.
    name : str
        Of the scan.

    Raises
    ------
    RunFolderError
        If the file cannot be written.
    """
    kind = np.uint16 if labels.max(initial=0) <= MOST_SHORT else np.uint32
    metadata: dict[str, Any] = {"axes": "YX", "Name": name, "UUID": _number_of(labels, pixel_size_nm, name)}
    if pixel_size_nm is not None:
        for axis in "XY":
            metadata |= {f"PhysicalSize{axis}": pixel_size_nm, f"PhysicalSize{axis}Unit": "nm"}
    with atomic_path(path) as temporary:
        tifffile.imwrite(temporary, labels.astype(kind), ome=True, metadata=metadata, compression="zlib")


def _number_of(labels: NDArray[np.integer], pixel_size_nm: float | None, name: str) -> str:
    """Return the UUID of a label image: of its content, so that equal results are equal files.

    tifffile's own would tell the time and the network card of the machine.
    """
    return str(uuid5(NAMESPACE_OID, f"{name} {pixel_size_nm} {labels.shape} {sha256_of(labels.astype(np.uint32))}"))
