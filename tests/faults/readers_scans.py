"""Scans of every kind that is read, with what microscopes write into them and beside them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from tests.faults.projects import Places
from tests.faults.reader import Reader


def _scans(places: Places, folder: Path) -> None:
    import numpy as np
    import tifffile
    from PIL import Image
    from tests.fixtures import vendors

    from diffrendergan.labels.tiff import write_ome_tiff

    values = np.random.default_rng(0).integers(0, 255, (24, 32)).astype(np.uint8)
    for compression in (None, "lzw", "zlib", "jpeg", "packbits"):
        tifffile.imwrite(folder / f"{compression}.tif", values, compression=compression)
    tifffile.imwrite(folder / "big.tif", values.astype(np.uint16), bigtiff=True, predictor=True, compression="zlib")
    tifffile.imwrite(folder / "tiled.tif", values, tile=(16, 16), resolution=(1e7, 1e7), resolutionunit="CENTIMETER")
    tifffile.imwrite(folder / "pages.tif", np.stack([values, values]), photometric="minisblack")
    tifffile.imwrite(folder / "float.tif", values.astype(np.float32) / 255)
    tifffile.imwrite(folder / "fiji.tif", values, imagej=True, metadata={"unit": "nm"}, resolution=(0.2, 0.2))
    write_ome_tiff(folder / "ome.ome.tif", values.astype(np.int32), 3.5, "ome")
    for ending in ("png", "jpg", "bmp"):
        Image.fromarray(values).save(folder / f"plain.{ending}")
    Image.fromarray(values).convert("P").save(folder / "palette.png")
    Image.fromarray(values.astype(np.uint16) * 100).save(folder / "deep.png")
    np.save(folder / "array.npy", values)
    vendors.write_dm(folder / "a.dm3", values.astype(np.uint16))
    vendors.write_ser(folder / "a.ser", values.astype(np.uint16))
    vendors.write_mrc(folder / "a.mrc", values.astype(np.uint16), 5.0)
    _makers(folder, values)
    if zarr_is_there():
        _zarr(places, folder)


def _makers(folder: Path, values: Any) -> None:
    """Write what microscopes say of scale and kind, in tags and in texts beside scans."""
    import tifffile
    from PIL import Image

    rows, columns = values.shape
    tescan = "[MAIN]\r\nPixelSizeX=2e-9\r\nPixelSizeY=2e-9\r\n"
    fei = f"[Image]\r\nResolutionX={columns}\r\nResolutionY={rows}\r\n"
    zeiss = [*["0"] * 3, "7.34e-009", *["0"] * 20, "AP_IMAGE_PIXEL_SIZE", "Image Pixel Size = 7.3 nm", ""]
    size = '<PixelSize><X unit="m">4.5e-9</X><Y unit="m">4.5e-9</Y></PixelSize>'
    tags = {
        "fei": (34682, f"[Beam]\r\nScan=EScan\r\n[EScan]\r\nPixelWidth=2e-9\r\nPixelHeight=2e-9\r\n{fei}"),
        "zeiss": (34118, "\r\n".join(zeiss)),
        "xml": (34683, f'<?xml version="1.0"?><Metadata>{size}</Metadata>'),
        "tescan": (50431, tescan + "[SEM]\r\nHV=5000\r\n"),
    }
    for name, (code, text) in tags.items():
        data = text.encode()
        tifffile.imwrite(folder / f"{name}.tif", values, extratags=[(code, 7, len(data), data, True)])
    texts = {
        "hitachi.txt": f"[SemImageFile]\r\nDataSize={columns}x{rows}\r\nPixelSize=2.5\r\nSignalName=SE\r\n",
        "jeol.txt": f"$CM_FULL_SIZE {columns} {rows}\r\n$$SM_MICRON_BAR 99\r\n$$SM_MICRON_MARKER 1um\r\n",
        "header.hdr": tescan,
    }
    for name, text in texts.items():
        Image.fromarray(values).save(folder / f"{Path(name).stem}.tif")
        (folder / name).write_bytes(text.encode("utf-16" if name.startswith("jeol") else "utf-8"))


def zarr_is_there() -> bool:
    """Tell whether OME-Zarr can be tried."""
    from diffrendergan.image_files.ome_zarr import zarr_installed

    return zarr_installed()


def _zarr(places: Places, folder: Path) -> None:
    """Copy an image that `export-data` wrote."""
    from tests.faults.children import command, forked

    place = places.begin("measured")
    forked(command("export-data", "out", "exported", "--format", "ome-zarr", "-q"), place)
    for number, image in enumerate(sorted((place / "exported").rglob("*.zarr"))[:1]):
        shutil.copytree(image, folder / f"image_{number}.ome.zarr")


def _read_scan(folder: Path, path: Path) -> object:
    from diffrendergan.micrographs.scans import read_scan

    if path.suffix in (".txt", ".hdr"):
        path = path.with_suffix(".tif")
    image = next((part for part in (path, *path.parents) if part.name.endswith(".ome.zarr")), path)
    return read_scan(image)


SCANS = Reader(_scans, _read_scan)
