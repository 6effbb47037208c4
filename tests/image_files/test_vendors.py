from __future__ import annotations

import sys

import numpy as np
import pytest
import tifffile
from tests.fixtures.vendors import write_dm, write_mrc, write_ser

from diffrendergan.errors import DataError
from diffrendergan.image_files.decoding import SCAN_ENDINGS, decode
from diffrendergan.image_files.listing import list_scans
from diffrendergan.image_files.vendors import is_vendor_image
from diffrendergan.micrographs.reading import read_raw

needs_em = pytest.mark.skipif(
    __import__("importlib.util").util.find_spec("rsciio") is None, reason="the extra em is not installed"
)
RNG = np.random.default_rng(0)
SIGNED = RNG.integers(-9000, 9000, (20, 30)).astype(np.int16)


@needs_em
@pytest.mark.parametrize("ending", [".dm3", ".dm4"])
@pytest.mark.parametrize("dtype", [np.int16, np.uint8, np.uint16, np.int32, np.float32])
def test_digital_micrograph(tmp_path, ending, dtype):
    image = (
        (np.abs(SIGNED.astype(np.int64)) % 200).astype(dtype) if np.dtype(dtype).kind == "u" else SIGNED.astype(dtype)
    )
    stored = decode(write_dm(tmp_path / f"a{ending}", image, scale=(2.5, 2.5)))
    assert stored.values.dtype == dtype and np.array_equal(stored.values, image)
    assert stored.metadata.pixel_size_nm == pytest.approx(2.5) and stored.remarks == ()
    assert stored.bits == 8 * np.dtype(dtype).itemsize


@needs_em
@pytest.mark.parametrize(
    ("units", "nm"), [("µm", 2000), ("um", 2000), ("nm", 2), ("Å", 0.2), ("1/nm", None), ("", None)]
)
def test_units_of_digital_micrograph(tmp_path, units, nm):
    found = decode(write_dm(tmp_path / "a.dm4", SIGNED, scale=(2.0, 2.0), units=units)).metadata
    assert found.pixel_size_nm == (nm if nm is None else pytest.approx(nm)) and found.remarks == ()


@needs_em
def test_pixels_of_a_vendors_file_that_are_not_square(tmp_path):
    found = decode(write_dm(tmp_path / "a.dm3", SIGNED, scale=(2.0, 4.0))).metadata
    assert found.pixel_size_nm is None and "not square (2 nm wide, 4 nm high)" in found.remarks[0]


@needs_em
def test_series_and_stacks_of_digital_micrograph(tmp_path):
    path = write_dm(tmp_path / "a.dm4", SIGNED, SIGNED[::-1], names=("HAADF", "BF"))
    assert np.array_equal(decode(path).values, SIGNED)
    assert decode(path).remarks[0].startswith("It holds 2 series, 1 (HAADF), 2 (BF); the first, number 1, is taken")
    assert np.array_equal(decode(path, series="BF").values, SIGNED[::-1])
    with pytest.raises(DataError, match=r"has no series 3; choose one of 1 \(HAADF\), 2 \(BF\)"):
        decode(path, series=3)
    with pytest.raises(DataError, match="is a stack of several images"):
        decode(write_dm(tmp_path / "b.dm4", np.stack([SIGNED, SIGNED])))


@needs_em
def test_tia(tmp_path):
    stored = decode(write_ser(tmp_path / "a.ser", SIGNED, pixel_m=(3e-9, 3e-9)))
    assert np.array_equal(stored.values, SIGNED[::-1])  # TIA writes the lowest row first
    assert stored.metadata.pixel_size_nm == pytest.approx(3.0)
    assert decode(write_ser(tmp_path / "b.ser", SIGNED, pixel_m=(3e-9, 6e-9))).metadata.pixel_size_nm is None
    with pytest.raises(DataError, match="is a stack of several images"):
        decode(write_ser(tmp_path / "c.ser", SIGNED, SIGNED))


@needs_em
def test_mrc(tmp_path):
    stored = decode(write_mrc(tmp_path / "a.mrc", SIGNED, 12.5))
    assert np.array_equal(stored.values, SIGNED) and stored.metadata.pixel_size_nm == pytest.approx(1.25)
    with pytest.raises(DataError, match="is a stack"):
        decode(write_mrc(tmp_path / "b.mrc", np.stack([SIGNED, SIGNED]), 12.5))


@needs_em
def test_emd(tmp_path):
    emd = pytest.importorskip("rsciio.emd")
    pytest.importorskip("h5py")
    axes = [
        {"name": name, "size": size, "scale": 0.002, "offset": 0.0, "units": "µm", "navigate": False}
        for name, size in zip("yx", SIGNED.shape, strict=True)
    ]
    signal = {"data": SIGNED, "axes": axes, "metadata": {"General": {"title": "HAADF"}, "Signal": {}}}
    signal |= {"original_metadata": {}}
    emd.file_writer(str(tmp_path / "a.emd"), signal)
    stored = decode(tmp_path / "a.emd")
    assert np.array_equal(stored.values, SIGNED) and stored.values.dtype == np.int16
    assert stored.metadata.pixel_size_nm == pytest.approx(2.0)


@needs_em
def test_vendors_files_are_scans_if_they_are_what_they_are_called(tmp_path):
    for path in (write_dm(tmp_path / "a.dm3", SIGNED), write_dm(tmp_path / "a.dm4", SIGNED)):
        assert is_vendor_image(path) and path.suffix in SCAN_ENDINGS
        assert np.array_equal(read_raw(path).values, SIGNED.astype(np.float32))
    for name, content in (
        ("b.dm4", b"\0\0\0\4" + bytes(2000)),
        ("c.emd", b"none"),
        ("d.ser", b"II*\0"),
        ("e.mrc", b""),
    ):
        (tmp_path / name).write_bytes(content)
        assert not is_vendor_image(tmp_path / name)
    with pytest.raises(DataError, match=r"b\.dm4 cannot be read"):
        decode(tmp_path / "b.dm4")


@needs_em
def test_vendors_files_are_listed_unless_an_image_of_their_name_lies_beside(tmp_path):
    write_dm(tmp_path / "a.dm4", SIGNED)
    write_dm(tmp_path / "b.dm3", SIGNED)
    assert list(list_scans(tmp_path).files) == ["a", "b"] and list_scans(tmp_path).remarks == ()
    tifffile.imwrite(tmp_path / "b.tif", SIGNED)
    listing = list_scans(tmp_path)
    assert [path.name for path in listing.paths] == ["a.dm4", "b.tif"]
    assert "1 file of another kind (.dm3)" in listing.remarks[0]
    (tmp_path / "c.dm4").symlink_to("nowhere")
    assert list(list_scans(tmp_path).failed) == ["c"]


def test_without_the_extra_one_sentence_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "rsciio.digitalmicrograph", None)
    path = write_dm(tmp_path / "a.dm4", SIGNED)
    with pytest.raises(
        DataError, match=r"a\.dm4 is a \.dm4 file, which needs RosettaSciIO; run pip install 'diffrendergan\[em\]'"
    ):
        decode(path)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert not is_vendor_image(path)
