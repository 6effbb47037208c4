"""A folder of virtual micrographs with their masks, as the demo uses it."""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from diffrendergan.errors import DataError
from diffrendergan.runs.atomic import write_bytes, write_json
from diffrendergan.runs.digest import sha256_of
from diffrendergan.runs.json_text import parse_json
from diffrendergan.runs.reporter import Reporter
from diffrendergan.simulator.microscope import simulate_scan
from diffrendergan.simulator.settings import MicroscopeSettings

MODEL = 1
"""Version of the simulation: raised when the same settings and seed give other pixels."""

RECORD = "virtual-microscope.json"
"""File that says which scans of a folder were made by whom, and from what."""

ZEISS_TAG = 34118
NM_PER_CM = 1e7

Record = dict[str, dict[str, str]]
"""Checksum and origin of each file that we made, by its path in the folder."""


def encode_tiff(pixels: NDArray[np.uint8], pixel_size_nm: float) -> bytes:
    """Encode a scan as TIFF with its pixel size, in the resolution tags and as Zeiss metadata.

    Parameters
    ----------
    pixels : uint8 (H, W)
        Grey values.
    pixel_size_nm : float
        Edge of a pixel [nm]; `tifffile.TiffFile(...).sem_metadata["ap_pixel_size"]` gives it back.

    Returns
    -------
    bytes
        The file; the same input gives the same bytes.
    """
    size = f"{pixel_size_nm:.6g} nm"
    lines = [
        # Unnamed values, of which the fourth is the pixel size in metres.
        *("0", "0", "0", f"{pixel_size_nm * 1e-9:.6e}"),
        *("AP_PIXEL_SIZE", f"Pixel Size = {size}"),
        *("AP_IMAGE_PIXEL_SIZE", f"Image Pixel Size = {size}"),
        *("DP_DETECTOR_TYPE", "Detector = virtual"),
    ]
    text = ("\r\n".join(lines) + "\r\n").encode("cp1252")
    per_cm = NM_PER_CM / pixel_size_nm
    buffer = io.BytesIO()
    tifffile.imwrite(
        buffer,
        pixels,
        photometric="minisblack",
        metadata=None,
        software="diffrendergan virtual microscope",
        resolution=(per_cm, per_cm),
        resolutionunit="CENTIMETER",
        extratags=[(ZEISS_TAG, 1, len(text), text, True)],
    )
    return buffer.getvalue()


def encode_mask(labels: NDArray[np.int32]) -> bytes:
    """Encode instance labels as a PNG of 16 bits.

    Raises
    ------
    ValueError
        If there are more than 65,535 instances.
    """
    if labels.max(initial=0) > np.iinfo(np.uint16).max:
        raise ValueError(f"{labels.max()} instances do not fit in 16 bits")
    buffer = io.BytesIO()
    Image.fromarray(labels.astype(np.uint16)).save(buffer, format="PNG")
    return buffer.getvalue()


def write_demo_data(
    folder: Path, scans: int, settings: MicroscopeSettings, seed: int, reporter: Reporter
) -> tuple[Path, ...]:
    """Write virtual scans and their masks; those that are there and unchanged are not made again.

    Parameters
    ----------
    folder : Path
        Gets `images/scan_00.tif`, …, `masks/scan_00.png` (uint16, a number per particle), … and a record with
        settings, seed and checksums. Scans of an earlier, longer series are removed.
    scans : int
        How many.
    settings : MicroscopeSettings
        Sample and microscope.
    seed : int
        Root of all randomness.
    reporter : Reporter
        Shows progress.

    Returns
    -------
    tuple of Path
        The images.

    Raises
    ------
    DataError
        If a file of that name exists that the virtual microscope did not make, or that was changed since; it is
        left alone.
    RunFolderError
        If a file cannot be written.
    """
    origin = {"model": MODEL, "seed": seed, "settings": asdict(settings)}
    digest = sha256_of(json.dumps(origin, sort_keys=True).encode())
    record = _read_record(folder / RECORD)
    _remove_surplus(folder, record, scans, reporter)
    images: list[Path] = []
    for index in reporter.track(range(scans), "virtual microscope", total=scans):
        image, mask = scan_paths(folder, index)
        images.append(image)
        if all(_state(path, folder, record) == digest for path in (image, mask)):
            continue
        scan = simulate_scan(settings, seed, index)
        contents = {image: encode_tiff(scan.pixels, scan.pixel_size_nm), mask: encode_mask(scan.labels)}
        for path, data in contents.items():
            _refuse_foreign(path, folder, record, data)
        for path, data in contents.items():
            write_bytes(path, data)
            record[_key(path, folder)] = {"sha256": sha256_of(data), "origin": digest}
        write_json(folder / RECORD, {"origin": origin, "files": record})
    return tuple(images)


def scan_paths(folder: Path, index: int) -> tuple[Path, Path]:
    """Return image and mask file of a scan."""
    return folder / "images" / f"scan_{index:02d}.tif", folder / "masks" / f"scan_{index:02d}.png"


def _read_record(path: Path) -> Record:
    """Read which files of a folder are ours; a missing or broken record says none."""
    try:
        files = parse_json(path.read_text(encoding="utf-8"))["files"]
        return {str(key): {"sha256": str(one["sha256"]), "origin": str(one["origin"])} for key, one in files.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _state(path: Path, folder: Path, record: Record) -> str | None:
    """Return what an unchanged file of ours was made from, None for any other file or none."""
    entry = record.get(_key(path, folder))
    if entry is None or not path.is_file() or sha256_of(path.read_bytes()) != entry["sha256"]:
        return None
    return entry["origin"]


def _refuse_foreign(path: Path, folder: Path, record: Record, data: bytes) -> None:
    """Raise if a file would be lost that we did not make."""
    if path.exists() and _state(path, folder, record) is None and not (path.is_file() and path.read_bytes() == data):
        raise DataError(
            f"{path} is in the way: the virtual microscope did not make it, or it was changed since; "
            "move it away or choose another folder."
        )


def _remove_surplus(folder: Path, record: Record, scans: int, reporter: Reporter) -> None:
    """Remove our scans beyond the number wanted, so that the folder holds one series."""
    wanted = {_key(path, folder) for index in range(scans) for path in scan_paths(folder, index)}
    for key in [key for key in record if key not in wanted]:
        if _state(folder / key, folder, record) is not None:
            (folder / key).unlink()
            reporter.note(f"removed {folder / key}: it belonged to a longer series of virtual scans")
        del record[key]


def _key(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()
