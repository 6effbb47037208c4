from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from diffrendergan.image_files.decoding import decode
from diffrendergan.image_files.metadata import ScanMetadata, StatedKind, sidecars

ROWS, COLUMNS = 60, 80
GREY = np.random.default_rng(0).integers(20, 230, (ROWS, COLUMNS), np.uint8)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252")
SEPARATORS = (".", ",")
SE = StatedKind("secondary electrons", "Hitachi's lines in a.txt (SE)")
MICRO = ("um", "µm", "micron", "microns", "1000 nm")


def text_tag(path: Path, code: int, data: bytes, **options) -> Path:
    tifffile.imwrite(path, options.pop("image", GREY), extratags=[(code, 7, len(data), data, True)], **options)
    return path


def hitachi(size: str, pixels: str = "80x60") -> str:
    return f"[SemImageFile]\r\nInstructName=SU8000\r\nDataSize={pixels}\r\nPixelSize={size}\r\nSignalName=SE\r\n"


def jeol(marker: str, bar: str, pixels: str = "80 60") -> str:
    return f"$SEM_DATA_VERSION 1\r\n$CM_FULL_SIZE {pixels}\r\n$$SM_MICRON_BAR {bar}\r\n$$SM_MICRON_MARKER {marker}\r\n"


def tescan(across: str, down: str) -> str:
    return f"[MAIN]\r\nMagnification=50000\r\nPixelSizeX={across}\r\nPixelSizeY={down}\r\n[SEM]\r\nHV=5000\r\n"


def zeiss(*lines: str, header: str = "0") -> bytes:
    return ("\r\n".join(["0", "0", "0", header, *["0"] * 20, *lines]) + "\r\n").encode("cp1252")


def fei(
    width: str, height: str, columns: int = COLUMNS, rows: int = ROWS, section: str = "EScan", more: str = ""
) -> bytes:
    text = f"[Beam]\r\nScan={section}\r\n{more}[{section}]\r\nPixelWidth={width}\r\nPixelHeight={height}\r\n[Image]\r\n"
    return (text + f"ResolutionX={columns}\r\nResolutionY={rows}\r\n").encode()


def beside(folder: Path, name: str, text: str, encoding: str = "utf-8", image: np.ndarray = GREY) -> ScanMetadata:
    Image.fromarray(image).save(folder / "a.tif")
    (folder / name).write_bytes(text.encode(encoding))
    return decode(folder / "a.tif").metadata


@pytest.mark.parametrize(("encoding", "separator"), list(itertools.product(ENCODINGS, SEPARATORS)))
def test_text_files_in_any_encoding_with_either_separator(tmp_path, encoding, separator):
    size = f"2{separator}480469"
    assert beside(tmp_path, "a.txt", hitachi(size), encoding) == ScanMetadata(2.480469, kind=SE)
    for micro in MICRO:
        marker = micro if micro[0].isdigit() else f"1{micro}"
        assert beside(tmp_path, "a.txt", jeol(marker, f"99{separator}5"), encoding).pixel_size_nm == pytest.approx(
            1e3 / 99.5
        )
    (tmp_path / "a.txt").unlink()
    for name in ("a.hdr", "a-tif.hdr"):
        found = beside(tmp_path, name, tescan(f"2{separator}5e-9", f"2{separator}5e-09"), encoding)
        assert found.pixel_size_nm == pytest.approx(2.5) and found.remarks == ()
    assert [file.name for file in sidecars(tmp_path / "a.tif")] == ["a-tif.hdr", "a.hdr"]


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [("a.txt", hitachi("2", "{}x{}"), SE), ("a.txt", jeol("1um", "500", "{} {}"), None)],
    ids=["Hitachi", "JEOL"],
)
def test_text_files_of_another_image_size_are_not_taken(tmp_path, name, text, kind):
    for fits in ((80, 60), (80, 70), (80, 50), (60, 80)):  # a bar added or cropped, a turned image
        assert beside(tmp_path, name, text.format(*fits)) == ScanMetadata(pytest.approx(2.0), kind=kind)
    found = beside(tmp_path, name, text.format(160, 120))
    assert found.pixel_size_nm is None and "160×120 pixels, this one has 80×60" in found.remarks[0]
    with_bar = np.vstack([GREY, np.zeros((10, COLUMNS), np.uint8)])
    found = beside(tmp_path, name, text.format(80, 60), image=with_bar)
    assert found == ScanMetadata(pytest.approx(2.0), kind=kind)


def test_texts_within_a_tiff(tmp_path):
    thumbnail = b"\xff\xd8\xff\xe0 picture \xff\xd9\r\n"
    path = text_tag(tmp_path / "a.tif", 50431, thumbnail + tescan("1,25e-8", "1,25e-8").encode())
    assert decode(path).metadata == ScanMetadata(pytest.approx(12.5))
    tifffile.imwrite(path, GREY, description=jeol("100nm", "50"), metadata=None)
    assert decode(path).metadata == ScanMetadata(pytest.approx(2.0))
    xml = (
        '<?xml version="1.0"?><Metadata><BinaryResult><ImageSize><X>80</X><Y>60</Y></ImageSize>'
        '<PixelSize><X unit="m">4.5e-9</X><Y unit="m">{}</Y></PixelSize></BinaryResult></Metadata>'
    )
    assert decode(text_tag(path, 34683, xml.format("4.5e-9").encode())).metadata == ScanMetadata(pytest.approx(4.5))
    assert decode(text_tag(path, 34683, xml.format("9e-9").encode())).metadata.pixel_size_nm is None


TWO_BY_THREE = {
    "Tescan": (50431, tescan("2e-9", "3e-9").encode()),
    "FEI": (34682, fei("2e-9", "3e-9")),
}


@pytest.mark.parametrize("maker", TWO_BY_THREE)
def test_pixels_that_are_not_square_are_unknown_whatever_other_tags_say(tmp_path, maker):
    path = text_tag(tmp_path / "a.tif", *TWO_BY_THREE[maker], resolution=(5e6, 5e6), resolutionunit="CENTIMETER")
    (tmp_path / "a.txt").write_text(hitachi("2"))
    found = decode(path).metadata
    assert found.pixel_size_nm is None
    assert len(found.remarks) == 1 and "not square (2 nm wide, 3 nm high)" in found.remarks[0]


def test_resolution_and_imagej_that_are_not_square(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, GREY, resolution=(5e6, 2.5e6), resolutionunit="CENTIMETER")
    assert decode(path).metadata.pixel_size_nm is None and "not square" in decode(path).metadata.remarks[0]
    tifffile.imwrite(path, GREY, imagej=True, resolution=(500, 250), metadata={"unit": "um"})
    assert decode(path).metadata.pixel_size_nm is None and "not square" in decode(path).metadata.remarks[0]
    tifffile.imwrite(path, GREY, resolution=(204, 98), resolutionunit="INCH")  # a fax is no microscope
    assert decode(path).metadata == ScanMetadata()


@pytest.mark.parametrize("value", ["2.233 nm", "2,233 nm", "0,002233 µm", "2.233e-3 um"])
@pytest.mark.parametrize("key", ["AP_IMAGE_PIXEL_SIZE", "AP_PIXEL_SIZE"])
def test_zeiss(tmp_path, value, key):
    found = decode(text_tag(tmp_path / "a.tif", 34118, zeiss(key, f"Pixel Size = {value}"))).metadata
    assert found == ScanMetadata(pytest.approx(2.233))


def test_zeiss_store_resolution_and_unknown_units(tmp_path):
    lines = ("AP_IMAGE_PIXEL_SIZE", "Image Pixel Size = 2 nm", "DP_IMAGE_STORE", "Store resolution = {} * {}")

    def of(columns, rows):
        return decode(text_tag(tmp_path / "a.tif", 34118, zeiss(*lines[:3], lines[3].format(columns, rows)))).metadata

    assert of(80, 60) == ScanMetadata(2.0)
    assert of(1024, 768).pixel_size_nm is None and "1024×768" in of(1024, 768).remarks[0]
    strange = decode(text_tag(tmp_path / "b.tif", 34118, zeiss("AP_PIXEL_SIZE", "Pixel Size = 2.5 furlongs"))).metadata
    assert strange.pixel_size_nm is None and "furlongs" in strange.remarks[0]


def test_fei_takes_the_beam_that_made_the_image(tmp_path):
    electrons = "[EScan]\r\nPixelWidth=9e-9\r\nPixelHeight=9e-9\r\n"
    found = decode(text_tag(tmp_path / "a.tif", 34682, fei("2e-9", "2e-9", section="IScan", more=electrons))).metadata
    assert found.pixel_size_nm == pytest.approx(2.0)


def test_fei_of_another_size(tmp_path):
    resolution = {"resolution": (5e6, 5e6), "resolutionunit": "CENTIMETER"}
    found = decode(text_tag(tmp_path / "a.tif", 34682, fei("2e-9", "2e-9", 160, 120), **resolution)).metadata
    assert found.pixel_size_nm is None and found.data_bar_rows is None and "160×120" in found.remarks[0]
    found = decode(text_tag(tmp_path / "a.tif", 34680, fei("2,0e-9", "2,0e-9", 80, 52))).metadata
    assert found == ScanMetadata(pytest.approx(2.0), 8)


def test_sources_that_contradict_each_other_are_told(tmp_path):
    path = text_tag(tmp_path / "a.tif", 34682, fei("2e-9", "2e-9"), resolution=(1e6, 1e6), resolutionunit="CENTIMETER")
    found = decode(path).metadata
    assert found.pixel_size_nm == pytest.approx(2.0)
    assert found.remarks == ("The pixel size of 2 nm is that of the FEI metadata; the resolution tags say 10 nm.",)


@pytest.mark.parametrize(
    ("unit", "nm"), [("um", 20), ("\\u00B5m", 20), ("micron", 20), ("microns", 20), ("nm", 0.02), ("\\u00C5", 0.002)]
)
def test_imagej_units(tmp_path, unit, nm):
    tifffile.imwrite(tmp_path / "a.tif", GREY, imagej=True, resolution=(50, 50), metadata={"unit": unit})
    assert decode(tmp_path / "a.tif").metadata == ScanMetadata(pytest.approx(nm))


@pytest.mark.parametrize("unit", ["pixel", "inch", ""])
def test_imagej_without_a_scale(tmp_path, unit):
    tifffile.imwrite(tmp_path / "a.tif", GREY, imagej=True, resolution=(72, 72), metadata={"unit": unit})
    assert decode(tmp_path / "a.tif").metadata == ScanMetadata()


def write_ome(path: Path, *series: tuple[np.ndarray, dict]) -> Path:
    with tifffile.TiffWriter(path, ome=True) as writer:
        for image, said in series:
            writer.write(image, metadata={"axes": "YX", **said}, photometric="minisblack")
    return path


def sized(x: float, y: float | None = None, unit: str = "nm") -> dict:
    sizes = {"PhysicalSizeX": x, "PhysicalSizeXUnit": unit}
    return sizes if y is None else {**sizes, "PhysicalSizeY": y, "PhysicalSizeYUnit": unit}


def test_ome_takes_the_scale_of_the_series_that_is_read(tmp_path):
    small = GREY[::4, ::4]
    cases = [
        (((small, sized(8, 8)), (GREY, sized(2, 2))), 2.0),
        (((GREY, sized(2, 2)), (small, sized(8, 8))), 2.0),
        (((GREY, {}), (small, sized(500, 500))), None),
        (((GREY, sized(2)),), 2.0),
        (((GREY, sized(0.02, 0.02, "µm")),), 20.0),
        (((GREY, sized(20, 20, "Å")),), 2.0),
        (((GREY, sized(3, 3, "pixel")),), None),
    ]
    for series, nm in cases:
        stored = decode(write_ome(tmp_path / "a.ome.tif", *series))
        assert stored.values.shape == GREY.shape and stored.remarks == ()
        assert stored.metadata.pixel_size_nm == (nm if nm is None else pytest.approx(nm))
    stored = decode(write_ome(tmp_path / "a.ome.tif", (GREY, sized(2, 4))))
    assert stored.metadata.pixel_size_nm is None and "not square (2 nm wide, 4 nm high)" in stored.remarks[0]


def test_ome_description_that_was_kept_when_the_image_was_resized(tmp_path):
    write_ome(tmp_path / "a.ome.tif", (GREY, sized(2, 2)))
    with tifffile.TiffFile(tmp_path / "a.ome.tif") as tif:
        description = tif.ome_metadata
    tifffile.imwrite(tmp_path / "b.tif", GREY[::2, ::2], description=description.encode(), metadata=None)
    found = decode(tmp_path / "b.tif").metadata
    assert found.pixel_size_nm is None and "80×60 pixels, this one has 40×30" in found.remarks[0]


@pytest.mark.parametrize("ending", ["png", "bmp", "jpg"])
def test_other_files_have_text_files_too(tmp_path, ending):
    Image.fromarray(GREY).save(tmp_path / f"a.{ending}")
    (tmp_path / "a.txt").write_text(hitachi("2,5", "40x30"))
    stored = decode(tmp_path / f"a.{ending}")
    assert stored.metadata.pixel_size_nm is None and "40×30 pixels" in stored.remarks[0]
    (tmp_path / "a.txt").unlink()
    (tmp_path / f"a-{ending}.hdr").write_text(tescan("2.5e-9", "2.5e-9"))
    assert decode(tmp_path / f"a.{ending}").metadata == ScanMetadata(pytest.approx(2.5))


@pytest.mark.parametrize("name", ["a.TXT", "a.txt"])
def test_the_ending_of_a_text_beside_may_be_in_capitals(tmp_path, name):
    kind = replace(SE, source=f"Hitachi's lines in {name} (SE)")
    assert beside(tmp_path, name, hitachi("2")) == ScanMetadata(2.0, kind=kind)


def test_zeiss_pixels_of_the_live_image_are_not_those_of_a_larger_one(tmp_path):
    """It is 1024 px wide; the width of the field tells what was stored."""
    live = ("AP_PIXEL_SIZE", "Pixel Size = 10.0 nm", "DP_IMAGE_STORE", "Store resolution = 80 * 60")
    (said,) = decode(text_tag(tmp_path / "a.tif", 34118, zeiss(*live))).metadata.remarks
    assert "live image" in said and "80 px wide" in said
    with_width = decode(text_tag(tmp_path / "b.tif", 34118, zeiss(*live, "AP_WIDTH", "Width = 400.0 nm")))
    assert with_width.metadata.pixel_size_nm == pytest.approx(5.0)


@pytest.mark.parametrize("correction", ["Off", "On"])
@pytest.mark.parametrize("degrees", ["52.0", "-52.0", "4.0"])
def test_tilt_without_correction_is_told(tmp_path, degrees, correction):
    radians = float(np.radians(float(degrees)))
    lines = ("AP_STAGE_AT_T", f"Stage at T = {degrees} °", "DP_TILT_CORRECTION", f"Tilt Corrn. = {correction}")
    on = "yes" if correction == "On" else "no"
    more = f"Beam=EBeam\r\n[Stage]\r\nStageT={radians}\r\n[EBeam]\r\nTiltCorrectionIsOn={on}\r\n"
    for number, (code, data) in enumerate(((34118, zeiss(*lines)), (34682, fei("5e-9", "5e-9", more=more)))):
        said = " ".join(decode(text_tag(tmp_path / f"{number}.tif", code, data)).metadata.remarks)
        assert ("tilted by 52°" in said and "are 0.62 of" in said) == (correction == "Off" and "52" in degrees)
