"""Files that ask for more than they should, or hold what is no grey value: refused in a sentence, before decoding."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from diffrendergan.errors import DataError
from diffrendergan.image_files import decoding
from diffrendergan.image_files.decoding import decode

GREY = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64).astype(np.uint8)


def refused(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        decode(path)
    message = str(caught.value)
    assert str(path) in message and len(message.splitlines()) == 1
    return message


def png_of(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")


def test_a_png_is_refused_by_its_header(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png_of(60_000, 60_000))
    assert "60,000 × 60,000 pixels" in refused(path)


def test_a_jpeg_whose_bytes_cannot_hold_it_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.new("L", (2048, 2048)).save(path, progressive=True, optimize=True)
    assert decode(path).values.shape == (2048, 2048), "of one value: no file of so many pixels is smaller"
    data = bytearray(path.read_bytes())
    at = data.index(b"\xff\xc2")
    data[at + 5 : at + 9] = struct.pack(">HH", 8193, 17990)
    path.write_bytes(data)
    assert "17,990 × 8,193 pixels, which its" in refused(path)


def test_a_jpeg_is_refused_by_its_header(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.fromarray(GREY).save(path)
    data = bytearray(path.read_bytes())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", 65_000, 64_000)
    path.write_bytes(data)
    assert "64,000 × 65,000 pixels" in refused(path)


@pytest.mark.parametrize("ending", ["tif", "bmp", "npy", "png"])
def test_every_kind_of_file_has_a_limit(tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / f"a.{ending}"
    if ending == "npy":
        np.save(path, GREY)
    elif ending == "tif":
        tifffile.imwrite(path, GREY)
    else:
        Image.fromarray(GREY).save(path)
    monkeypatch.setattr(decoding, "MOST_PIXELS", GREY.size)
    assert np.array_equal(decode(path).values, GREY)
    monkeypatch.setattr(decoding, "MOST_PIXELS", GREY.size - 1)
    assert "pixels, of which none may have more than 4,095" in refused(path)


@pytest.mark.parametrize("back_to", [0, 1])
def test_pages_that_lead_back_are_told(tmp_path: Path, back_to: int) -> None:
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as writer:
        for _ in range(2):
            writer.write(GREY, contiguous=False)
    with tifffile.TiffFile(path) as tif:
        starts = [page.offset for page in tif.pages]
    data = bytearray(path.read_bytes())
    last = starts[-1]
    tags = struct.unpack("<H", data[last : last + 2])[0]
    data[last + 2 + 12 * tags : last + 6 + 12 * tags] = struct.pack("<I", starts[back_to])
    path.write_bytes(data)
    assert f"its pages lead back to page {back_to + 1}" in refused(path)


def _tiff_with(path: Path, tag: str = "", values: Sequence[int] = ()) -> Path:
    """Write a TIFF of four strips of which a tag says something else."""
    tifffile.imwrite(path, GREY, rowsperstrip=16, photometric="minisblack", compression="zlib")
    if tag:
        with tifffile.TiffFile(path) as tif:
            entry = tif.pages[0].tags[tag]
            place, kind = entry.valueoffset, {3: "H", 4: "I"}[int(entry.dtype)]
        data = bytearray(path.read_bytes())
        struct.pack_into(f"<{len(values)}{kind}", data, place, *values)
        path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("tag", "values", "parts"),
    [
        ("StripOffsets", [2**30, 2**30, 2**30, 2**30], "0 of the 4"),
        ("StripByteCounts", [0, 0, 0, 0], "0 of the 4"),
    ],
)
def test_parts_that_are_not_in_the_file_are_no_zeros(tmp_path: Path, tag: str, values: list[int], parts: str) -> None:
    assert f"{parts} parts of its image; copy it again" in refused(_tiff_with(tmp_path / "a.tif", tag, values))


def test_fewer_places_than_parts_are_told(tmp_path: Path) -> None:
    path = _tiff_with(tmp_path / "a.tif", "ImageLength", [60_000])
    assert "it holds 4 of the 3,750 parts of its image" in refused(path)


def test_empty_tiles_are_read(tmp_path: Path) -> None:
    with tifffile.TiffFile(_tiff_with(tmp_path / "a.tif")) as tif:
        _, *sizes = tif.pages[0].databytecounts
    values = decode(_tiff_with(tmp_path / "a.tif", "StripByteCounts", [0, *sizes])).values
    assert not values[:16].any()
    assert np.array_equal(values[16:], GREY[16:])


@pytest.mark.parametrize("name", ["a.tif", "a.jpg"])
def test_colours_for_print_are_no_grey_values(tmp_path: Path, name: str) -> None:
    Image.fromarray(np.stack([GREY] * 4, axis=-1), mode="CMYK").save(tmp_path / name)
    assert "(CMYK), which tell no grey values; export it as grey or RGB" in refused(tmp_path / name)


def test_video_colours_are_refused_unless_they_are_those_of_a_jpeg(tmp_path: Path) -> None:
    colours = np.stack([GREY, GREY, GREY], axis=-1)
    tifffile.imwrite(tmp_path / "a.tif", colours, photometric="ycbcr")
    assert "(YCbCr)" in refused(tmp_path / "a.tif")
    tifffile.imwrite(tmp_path / "b.tif", colours, photometric="rgb", compression="jpeg")
    Image.fromarray(colours).save(tmp_path / "c.jpg")
    for name in ("b.tif", "c.jpg"):
        assert decode(tmp_path / name).values.shape == (64, 64, 3)


def test_half_a_png_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    noise = np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "cannot be read as an image" in refused(path)
