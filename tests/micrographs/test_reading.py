from __future__ import annotations

from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
import tifffile
from PIL import Image

from diffrendergan.config.words import some
from diffrendergan.errors import DataError
from diffrendergan.micrographs.common_range import choose_stretch
from diffrendergan.micrographs.reading import read_raw
from diffrendergan.micrographs.rules import ReadingRules
from diffrendergan.micrographs.scans import read_scan, told_remarks
from diffrendergan.micrographs.stretch import Stretch

RNG = np.random.default_rng(0)
GREY = RNG.integers(20, 230, (40, 60), np.uint8)


def write(path: Path, values: np.ndarray, **options) -> Path:
    if path.suffix == ".tif":
        tifffile.imwrite(path, values, **options)
    else:
        Image.fromarray(values).save(path, **options)
    return path


@pytest.mark.parametrize("ending", ["tif", "png", "bmp"])
def test_8_bit_values_are_exact(tmp_path, ending):
    scan = read_scan(write(tmp_path / f"a.{ending}", GREY))
    assert scan.pixels.dtype == np.float32 and scan.bit_depth == 8 and scan.name == "a"
    assert np.array_equal(np.round(scan.pixels * 255), GREY)
    assert scan.pixel_size_nm is None and scan.data_bar_rows == 0


def test_jpeg_is_read_as_grey(tmp_path):
    scan = read_scan(write(tmp_path / "a.jpg", np.repeat(GREY[..., None], 3, 2), quality=95))
    assert scan.pixels.shape == GREY.shape
    assert np.abs(scan.pixels * 255 - GREY).mean() < 4


@pytest.mark.parametrize("ending", ["tif", "png"])
def test_16_bit_is_divided_by_its_full_scale(tmp_path, ending):
    values = RNG.integers(0, 65535, (40, 60)).astype(np.uint16)
    path = tmp_path / f"a.{ending}"
    write(path, values) if ending == "tif" else iio.imwrite(path, values)
    scan = read_scan(path)
    assert scan.bit_depth == 16
    assert np.allclose(scan.pixels, values / 65535, atol=1e-7)


def test_project_that_uses_a_small_part_of_16_bit_gets_one_common_stretch(tmp_path):
    dim = RNG.integers(100, 2000, (100, 100)).astype(np.uint16)
    bright = RNG.integers(100, 4096, (100, 100)).astype(np.uint16)
    raws = [read_raw(write(tmp_path / f"{n}.tif", v)) for n, v in (("dim", dim), ("bright", bright))]
    stretch, _ = choose_stretch(raws)
    assert stretch is not None and 100 <= stretch.low < 110 and 4000 < stretch.high <= 4096
    scans = [read_scan(raw.source, ReadingRules(stretch=stretch)) for raw in raws]
    assert scans[0].pixels.max() < 0.52 and scans[1].pixels.max() > 0.98  # the ratio of the scans is kept
    full = read_raw(write(tmp_path / "full.tif", RNG.integers(0, 60000, (100, 100)).astype(np.uint16)))
    assert choose_stretch([full]) == (None, ())
    assert choose_stretch([read_raw(write(tmp_path / "8.tif", GREY))]) == (None, ())


def test_stretch_leaves_8_bit_alone(tmp_path):
    path = write(tmp_path / "a.png", GREY)
    assert np.array_equal(read_scan(path, ReadingRules(stretch=Stretch(0, 9))).pixels, read_scan(path).pixels)


def test_floats_in_0_1_are_taken_as_they_are_and_others_need_a_project(tmp_path):
    values = RNG.uniform(0, 1, (30, 30)).astype(np.float32)
    assert np.array_equal(read_scan(write(tmp_path / "a.tif", values)).pixels, values)
    raw = read_raw(write(tmp_path / "b.tif", 500 * values - 40))
    with pytest.raises(DataError, match=r"b\.tif has values from"):
        read_scan(raw.source)
    pixels = read_scan(raw.source, ReadingRules(stretch=choose_stretch([raw])[0])).pixels
    assert pixels.min() == 0 and pixels.max() == 1
    assert np.corrcoef(pixels.ravel(), values.ravel())[0, 1] > 0.9999


@pytest.mark.parametrize("channels", [3, 4])
def test_grey_stored_as_colour_is_accepted(tmp_path, channels):
    values = np.repeat(GREY[..., None], channels, 2)
    if channels == 4:
        values[..., 3] = 255
    assert np.array_equal(np.round(read_scan(write(tmp_path / "a.png", values)).pixels * 255), GREY)
    assert np.array_equal(np.round(read_scan(write(tmp_path / "a.tif", values)).pixels * 255), GREY)


def test_zeiss_palette_holds_grey_values(tmp_path):
    colormap = np.tile(np.arange(256, dtype=np.uint16) * 257, (3, 1))
    colormap[:, 9::9] = np.array([65535, 0, 0])[:, None]  # overlay colours, as Zeiss reserves them
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, GREY, photometric="palette", colormap=colormap)
    assert np.array_equal(np.round(read_scan(path).pixels * 255), GREY)


def test_inverted_tiff_is_turned(tmp_path):
    path = write(tmp_path / "a.tif", GREY, photometric="miniswhite")
    assert np.array_equal(np.round(read_scan(path).pixels * 255), 255 - GREY)


def test_previews_are_passed_over_but_stacks_refused(tmp_path):
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as tif:
        tif.write(GREY)
        tif.write(GREY[::4, ::4], subfiletype=1)
    assert read_scan(path).pixels.shape == GREY.shape
    write(tmp_path / "stack.tif", np.stack([GREY, GREY]), photometric="minisblack")
    with pytest.raises(DataError, match=r"stack\.tif is a stack"):
        read_scan(tmp_path / "stack.tif")


def colour() -> np.ndarray:
    values = np.repeat(GREY[..., None], 3, 2).copy()
    values[:10, :10, 0] = 255
    return values


BAD = {
    "colour.png": (colour(), "colour"),
    "colour.tif": (colour(), "colour"),
    "nan.tif": (np.full((20, 20), np.nan, np.float32), "NaN"),
    "constant.png": (np.full((20, 20), 7, np.uint8), "same value"),
    "constant16.tif": (np.full((20, 20), 700, np.uint16), "same value"),
    "binary.png": (GREY > 100, "1-bit"),
    "binary.tif": (GREY > 100, "1-bit"),
    "mask.png": ((GREY > 100).astype(np.uint8) * 255, "1-bit"),
    "complex.tif": (np.ones((20, 20), np.complex64), "complex.tif"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", BAD)
def test_bad_images_give_one_clear_sentence(tmp_path, name):
    values, word = BAD[name]
    path = write(tmp_path / name, values)
    with pytest.raises(DataError) as caught:
        read_scan(path)
    message = str(caught.value)
    assert name in message and word in message and "\n" not in message


@pytest.mark.parametrize("name", ["a.tif", "a.png", "a.jpg"])
def test_broken_and_empty_files(tmp_path, name):
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(DataError, match="empty file"):
        read_scan(tmp_path / name)
    (tmp_path / name).write_bytes(b"II*\x00 this is no image at all")
    with pytest.raises(DataError, match=r"cannot be read|holds no image"):
        read_scan(tmp_path / name)
    with pytest.raises(DataError, match="does not exist"):
        read_scan(tmp_path / "missing.tif")


def test_truncated_file(tmp_path):
    path = write(tmp_path / "a.png", GREY)
    path.write_bytes(path.read_bytes()[:600])
    with pytest.raises(DataError, match=r"a\.png cannot be read"):
        read_scan(path)


def test_remarks_that_are_true_of_several_files_are_told_once():
    remarks = [("a", ("One.",)), ("b", ()), *((name, ("Two.", "One.")) for name in "cdef")]
    assert told_remarks(remarks) == [
        f"a: One. The same holds for 4 more ({some(list('cdef'))}).",
        f"c: Two. The same holds for 3 more ({some(list('def'))}).",
    ]
