from __future__ import annotations

import numpy as np
import pytest
import tifffile
from PIL import Image

from diffrendergan.image_files.metadata import settle
from diffrendergan.image_files.metadata.resolution import resolution_scale
from diffrendergan.micrographs.reading import read_raw
from diffrendergan.micrographs.rules import ReadingRules
from diffrendergan.micrographs.scans import read_scan

GREY = np.random.default_rng(0).integers(20, 230, (60, 80), np.uint8)


def write_tiff(path, tag=None, text="", **options):
    extra = [] if tag is None else [(tag, "s" if tag != 34118 else "B", 0, text, True)]
    if tag == 34118:
        data = text.encode("cp1252")
        extra = [(tag, "B", len(data), data, True)]
    tifffile.imwrite(path, GREY, extratags=extra, **options)
    return path


def zeiss(image_size: str, header: str) -> str:
    head = ["0", "0", "0", header, *["0"] * 20]
    return "\r\n".join([*head, "AP_IMAGE_PIXEL_SIZE", f"Image Pixel Size = {image_size}", ""])


def test_zeiss_pixel_size_takes_the_digits_of_the_header(tmp_path):
    path = write_tiff(tmp_path / "a.tif", 34118, zeiss("7.344 nm", "7.34375e-009"))
    assert read_scan(path).pixel_size_nm == pytest.approx(7.34375, rel=1e-9)


def test_zeiss_header_of_another_scale_is_not_believed(tmp_path):
    path = write_tiff(tmp_path / "a.tif", 34118, zeiss("1.500 \xb5m", "7.5e-007"))
    assert read_scan(path).pixel_size_nm == pytest.approx(1500)


def fei(width: str, height: str, rows: int) -> str:
    return "\r\n".join(
        ["[Scan]", f"PixelWidth={width}", f"PixelHeight={height}", "", "[Image]", f"ResolutionY={rows}", ""]
    )


def test_fei_pixel_size_and_bar(tmp_path):
    raw = read_raw(write_tiff(tmp_path / "a.tif", 34682, fei("2.5e-09", "2.5e-09", 50)))
    assert raw.pixel_size_nm == pytest.approx(2.5) and raw.metadata_bar_rows == 10
    scan = read_scan(raw.source)
    assert scan.pixels.shape == (50, 80) and scan.data_bar_rows == 10
    assert read_scan(raw.source, ReadingRules(data_bar=0)).pixels.shape == (60, 80)


def test_fei_pixels_that_are_not_square_are_unknown(tmp_path):
    raw = read_raw(write_tiff(tmp_path / "a.tif", 34682, fei("2.5e-09", "3.5e-09", 60)))
    assert raw.pixel_size_nm is None and raw.metadata_bar_rows == 0


@pytest.mark.parametrize("dpi", [72, 96, 256, 300, 1200])
def test_printing_resolutions_are_no_scale(tmp_path, dpi):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, GREY, resolution=(dpi, dpi), resolutionunit="INCH")
    assert read_scan(path).pixel_size_nm is None
    Image.fromarray(GREY).save(tmp_path / "b.png", dpi=(dpi, dpi))
    assert read_scan(tmp_path / "b.png").pixel_size_nm is None


def test_a_microscopes_resolution_tags_are_believed(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, GREY, resolution=(2_000_000, 2_000_000), resolutionunit="CENTIMETER")
    assert read_scan(path).pixel_size_nm == pytest.approx(5.0)


def test_imagej_calibration(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, GREY, imagej=True, resolution=(50, 50), metadata={"unit": "um"})
    assert read_scan(path).pixel_size_nm == pytest.approx(20.0)
    tifffile.imwrite(path, GREY, imagej=True)
    assert read_scan(path).pixel_size_nm is None


def test_ome_physical_size(tmp_path):
    path = tmp_path / "a.ome.tif"
    tifffile.imwrite(path, GREY, metadata={"axes": "YX", "PhysicalSizeX": 0.012, "PhysicalSizeXUnit": "µm"})
    assert read_scan(path).pixel_size_nm == pytest.approx(12.0)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("[SemImageFile]\nPixelSize=24.8\nSignalName=SE", 24.8),
        ("$CM_MAG 5000\n$$SM_MICRON_BAR 250\n$$SM_MICRON_MARKER 1um\n", 4.0),
        ("nothing of use", None),
    ],
)
def test_text_files_of_hitachi_and_jeol(tmp_path, text, size):
    Image.fromarray(GREY).save(tmp_path / "a.bmp")
    (tmp_path / "a.txt").write_text(text)
    found = read_scan(tmp_path / "a.bmp").pixel_size_nm
    assert found is None if size is None else found == pytest.approx(size)


def test_the_configuration_wins(tmp_path):
    path = write_tiff(tmp_path / "a.tif", 34118, zeiss("7.344 nm", "7.34375e-009"))
    assert read_scan(path, ReadingRules(pixel_size_nm=3.0)).pixel_size_nm == 3.0


def test_unequal_or_senseless_resolution():
    def size(across: float, down: float) -> float | None:
        return settle([resolution_scale(across, down, 1e7, "the tags")], 80, 60)[0]

    assert size(1e6, 2e6) is None
    assert size(0, 0) is None
    assert size(1e6, 1e6) == pytest.approx(10)
