from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from diffrendergan.errors import DataError
from diffrendergan.image_files.decoding import decode
from diffrendergan.micrographs.reading import read_raw

RNG = np.random.default_rng(0)
GREY = RNG.integers(20, 230, (60, 80), np.uint8)
OTHER = 255 - GREY


def pages(path: Path, *images: np.ndarray, **options) -> Path:
    with tifffile.TiffWriter(path, ome=options.pop("ome", False)) as writer:
        for image in images:
            writer.write(image, photometric="minisblack", metadata=options.get("metadata"))
    return path


def ome(path: Path, *series: tuple[np.ndarray, dict]) -> Path:
    with tifffile.TiffWriter(path, ome=True) as writer:
        for image, said in series:
            writer.write(image, photometric="minisblack", metadata=said)
    return path


@pytest.mark.parametrize("shape", [(321, 401), (321, 402), (64, 63), (301, 517)])
@pytest.mark.parametrize("marked", [True, False], ids=["marked", "plain"])
def test_pyramids_of_any_size_are_one_image(tmp_path, shape, marked):
    image = RNG.integers(0, 255, shape, np.uint8)
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        for step in (1, 2, 4, 8):
            writer.write(image[::step, ::step], tile=(64, 64), subfiletype=int(marked and step > 1), metadata=None)
    stored = decode(tmp_path / "a.tif")
    assert np.array_equal(stored.values, image) and stored.remarks == ()


def test_levels_of_a_pyramid_in_sub_ifds_are_passed_over(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(GREY, subifds=2)
        writer.write(GREY[::2, ::2], subfiletype=1)
        writer.write(GREY[::4, ::4], subfiletype=1)
    assert np.array_equal(decode(tmp_path / "a.tif").values, GREY) and decode(tmp_path / "a.tif").remarks == ()


def test_a_marked_level_of_any_size_is_a_preview(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(GREY)
        writer.write(GREY[:50, :70], subfiletype=1)
    assert decode(tmp_path / "a.tif").values.shape == GREY.shape


def test_stacks_are_refused_unless_one_is_chosen(tmp_path):
    path = pages(tmp_path / "a.tif", GREY, OTHER)
    with pytest.raises(DataError, match=r"a\.tif is a stack of several images; .* data\.series"):
        decode(path)
    assert np.array_equal(decode(path, series=2).values, OTHER)
    assert np.array_equal(decode(path, series="1").values, GREY)
    with pytest.raises(DataError, match=r"a\.tif has no series 3; choose one of 1, 2\."):
        decode(path, series=3)
    with pytest.raises(DataError, match=r"no series 0"):
        decode(path, series=0)


@pytest.mark.parametrize("axes", ["ZYX", "TYX", "CYX"])
def test_hyperstacks_of_imagej_are_refused(tmp_path, axes):
    tifffile.imwrite(tmp_path / "a.tif", np.stack([GREY, OTHER]), imagej=True, metadata={"axes": axes})
    with pytest.raises(DataError, match="is a stack"):
        decode(tmp_path / "a.tif")


def test_a_stack_behind_one_page_is_refused(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.stack([GREY, OTHER, GREY]), truncate=True, photometric="minisblack")
    with pytest.raises(DataError, match="is a stack"):
        decode(tmp_path / "a.tif")
    tifffile.imwrite(
        tmp_path / "b.tif", np.stack([GREY, OTHER]), volumetric=True, tile=(2, 64, 64), photometric="minisblack"
    )
    with pytest.raises(DataError, match="is a stack"):
        decode(tmp_path / "b.tif")
    deep = ome(tmp_path / "c.ome.tif", (np.stack([GREY, OTHER]), {"axes": "ZYX"}))
    with pytest.raises(DataError, match="is a stack"):
        decode(deep)


def test_of_several_series_the_first_of_the_largest_is_taken_and_said(tmp_path):
    path = ome(tmp_path / "a.ome.tif", (GREY, {"axes": "YX", "Name": "SE2"}), (OTHER, {"axes": "YX", "Name": "InLens"}))
    stored = decode(path)
    assert np.array_equal(stored.values, GREY)
    said = "It holds 2 series, 1 (SE2), 2 (InLens); the first, number 1, is taken (data.series or --series chooses "
    assert stored.remarks == (said + "another).",)
    for choice in (2, "2", "InLens"):
        assert np.array_equal(decode(path, series=choice).values, OTHER) and decode(path, series=choice).remarks == ()
    with pytest.raises(DataError, match=r"has no series BSE; choose one of 1 \(SE2\), 2 \(InLens\)"):
        decode(path, series="BSE")
    path = pages(tmp_path / "b.tif", GREY[:50], GREY)
    assert np.array_equal(decode(path).values, GREY) and "the largest, number 2, is taken" in decode(path).remarks[0]


def test_detectors_in_pages_of_their_own(tmp_path):
    path = ome(tmp_path / "a.ome.tif", (np.stack([GREY, OTHER]), {"axes": "CYX", "Channel": {"Name": ["SE", "BSE"]}}))
    stored = decode(path)
    assert np.array_equal(stored.values, GREY)
    assert stored.remarks[0].startswith("It holds the images of 2 detectors (SE, BSE); the first is taken")
    assert np.array_equal(decode(path, channel="BSE").values, OTHER) and decode(path, channel=2).remarks == ()
    with pytest.raises(DataError, match=r"has no channel 3; choose one of 1 \(SE\), 2 \(BSE\)"):
        decode(path, channel=3)


@pytest.mark.parametrize("name", ["a.tif", "a.png", "a.npy"])
def test_a_choice_that_a_file_of_one_image_does_not_offer_is_refused(tmp_path, name):
    path = tmp_path / name
    np.save(path, GREY) if name == "a.npy" else Image.fromarray(GREY).save(path)
    assert np.array_equal(decode(path, series=1, channel="1").values, GREY)
    for choice in ({"series": 2}, {"channel": 2}, {"channel": "BSE"}):
        with pytest.raises(DataError, match=f"{name} has no {next(iter(choice))} {next(iter(choice.values()))}"):
            decode(path, **choice)


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("detectors", [2, 3, 4])
def test_detectors_in_each_pixel(tmp_path, planar, detectors):
    images = [GREY, OTHER, GREY // 2, GREY // 3][:detectors]
    tifffile.imwrite(
        tmp_path / "a.tif", np.dstack(images) if planar == "contig" else np.stack(images),
        photometric="minisblack", planarconfig=planar,
    )  # fmt: skip
    stored = decode(tmp_path / "a.tif")
    assert stored.values.shape == (60, 80, detectors) and not stored.alpha and not stored.colour
    raw = read_raw(tmp_path / "a.tif")
    assert np.array_equal(raw.values, GREY)
    assert f"images of {detectors} detectors; the first is taken" in raw.remarks[0]
    for number, image in enumerate(images, 1):
        chosen = read_raw(tmp_path / "a.tif", channel=number)
        assert np.array_equal(chosen.values, image) and chosen.remarks == ()
    with pytest.raises(DataError, match=f"no channel {detectors + 1}"):
        decode(tmp_path / "a.tif", channel=detectors + 1)


def test_transparency_is_no_detector(tmp_path):
    opaque = np.dstack([GREY, np.full_like(GREY, 255)])
    tifffile.imwrite(
        tmp_path / "a.tif", opaque, photometric="minisblack", planarconfig="contig", extrasamples=["unassalpha"]
    )
    Image.fromarray(opaque, "LA").save(tmp_path / "b.png")
    for name in ("a.tif", "b.png"):
        raw = read_raw(tmp_path / name)
        assert np.array_equal(raw.values, GREY) and raw.remarks == () and decode(tmp_path / name).alpha


@pytest.mark.parametrize("axes", [(0,), (0, 1), (2,)])
def test_axes_of_length_one_are_dropped(tmp_path, axes):
    image = np.expand_dims(GREY.astype(np.uint16), axes)
    np.save(tmp_path / "a.npy", image)
    tifffile.imwrite(tmp_path / "a.tif", image, photometric="minisblack")
    assert np.array_equal(decode(tmp_path / "a.npy").values, GREY)
    assert np.array_equal(decode(tmp_path / "a.tif").values, GREY)


SHOWN = {
    1: GREY, 2: GREY[:, ::-1], 3: np.rot90(GREY, 2), 4: GREY[::-1], 5: GREY.T, 6: np.rot90(GREY, -1),
    7: np.rot90(GREY, 2).T, 8: np.rot90(GREY),
}  # fmt: skip


@pytest.mark.parametrize("orientation", SHOWN)
def test_images_are_turned_as_they_are_shown(tmp_path, orientation):
    tifffile.imwrite(tmp_path / "a.tif", GREY, extratags=[(274, 3, 1, orientation, True)])
    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(GREY).save(tmp_path / "a.png", exif=exif)
    with Image.open(tmp_path / "a.png") as image:
        from PIL import ImageOps

        assert np.array_equal(np.asarray(ImageOps.exif_transpose(image)), SHOWN[orientation])
    for name in ("a.tif", "a.png"):
        stored = decode(tmp_path / name)
        assert np.array_equal(stored.values, SHOWN[orientation]) and stored.orientation == orientation
        assert len(stored.remarks) == int(orientation != 1)
    if orientation == 6:
        assert "turned by 90° clockwise" in stored.remarks[0]


def test_a_data_bar_is_lost_with_the_bottom(tmp_path):
    text = b"[Scan]\r\nPixelWidth=2e-9\r\nPixelHeight=2e-9\r\n[Image]\r\nResolutionX=80\r\nResolutionY=50\r\n"
    tags = [(34682, 2, 0, text, True), (274, 3, 1, 8, True)]
    tifffile.imwrite(tmp_path / "a.tif", GREY, extratags=tags)
    found = decode(tmp_path / "a.tif").metadata
    assert found.pixel_size_nm == pytest.approx(2.0) and found.data_bar_rows is None


NUMBERS = [np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.int32, np.float16, np.float32, np.float64]


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("dtype", NUMBERS)
def test_numbers_are_kept_as_stored_in_either_byte_order(tmp_path, dtype, byteorder):
    values = (
        (GREY.astype(np.float64) / 255).astype(dtype)
        if np.issubdtype(dtype, np.floating)
        else (GREY // 2).astype(dtype)
    )
    if np.issubdtype(dtype, np.signedinteger):
        values = (values - 64).astype(dtype)
    tifffile.imwrite(tmp_path / "a.tif", values, byteorder=byteorder)
    np.save(tmp_path / "a.npy", values.astype(np.dtype(dtype).newbyteorder(byteorder)))
    bits = 8 * np.dtype(dtype).itemsize
    for name in ("a.tif", "a.npy"):
        stored = decode(tmp_path / name)
        assert stored.values.dtype == np.dtype(dtype) and np.array_equal(stored.values, values) and stored.bits == bits


def test_packed_12_bit_files(tmp_path):
    values = GREY.astype(np.uint16) * 16
    packed = imagecodecs.packints_encode(values, 12)
    with tifffile.TiffWriter(tmp_path / "c.tif") as writer:
        writer.write(iter([packed]), shape=values.shape, dtype=values.dtype, bitspersample=12, photometric="minisblack")
    stored = decode(tmp_path / "c.tif")
    assert np.array_equal(stored.values, values) and stored.bits == 12


def test_png_of_16_bit_colours_and_of_few_bits_keeps_its_numbers(tmp_path):
    colours = RNG.integers(0, 65535, (20, 30, 3)).astype(np.uint16)
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(colours))
    stored = decode(tmp_path / "a.png")
    assert np.array_equal(stored.values, colours) and stored.bits == 16 and stored.colour
    (tmp_path / "b.png").write_bytes(four_bit_png(np.arange(16, dtype=np.uint8).reshape(4, 4)))
    stored = decode(tmp_path / "b.png")
    assert stored.values.tolist() == np.arange(16).reshape(4, 4).tolist() and stored.bits == 4
    assert read_raw(tmp_path / "b.png").values.max() == 255  # as a scan it is what it shows


def four_bit_png(values: np.ndarray) -> bytes:
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes(row[::2] << 4 | row[1::2]) for row in values)
    head = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], 4, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(DataError, match="is a folder; name a file in it"):
        decode(tmp_path)
    with pytest.raises(DataError, match="does not exist"):
        decode(tmp_path / "none")
