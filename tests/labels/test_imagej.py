"""Label images and regions on their way through ImageJ itself: what we write, what it measures, what it saves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import roifile
import tifffile
from tests.fixtures.imagej import run_macro, skip_without_imagej

from diffrendergan.labels.polygons import filled
from diffrendergan.labels.reading import read_numbers
from diffrendergan.labels.rois import AREAS, read_outlines, write_rois
from diffrendergan.labels.tiff import write_imagej_tiff, write_ome_tiff
from diffrendergan.quantification.particles import measure_particles

SHAPE = 60, 80
SIZE_NM = 0.8
MANY = np.arange(260 * 260).reshape(260, 260) % 66_000

OURS = """
open(d + "a.tif");
getPixelSize(unit, width, height);
getMinAndMax(low, high);
print("a," + unit + "," + width + "," + height + "," + high);
roiManager("open", d + "a_rois.zip");
for (i = 0; i < roiManager("count"); i++) { roiManager("select", i); told(getInfo("selection.name")); }
roiManager("Deselect");
roiManager("Save", d + "again.zip");
roiManager("select", 0); roiManager("Delete");
makeOval(30, 44, 9, 7); added("new");
makeOval(40, 44, 3, 3); roiManager("add");
roiManager("Deselect");
roiManager("Save", d + "edited.zip");
close(); roiManager("reset");
"""
IMAGES = """
open(d + "a.tif"); run("3-3-2 RGB"); saveAs("Tiff", d + "palette.tif"); close();
open(d + "a.tif"); setMinAndMax(0, 255); run("8-bit"); run("Invert LUT"); saveAs("Tiff", d + "inverted.tif"); close();
open(d + "a.tif"); run("32-bit"); saveAs("Tiff", d + "float.tif"); close();
open(d + "a.tif"); saveAs("PNG", d + "png.png"); close();
open(d + "a.tif"); roiManager("open", d + "a_rois.zip"); run("From ROI Manager"); saveAs("Tiff", d + "overlay.tif");
close(); roiManager("reset");
open(d + "a.tif"); run("Properties...", "unit=um pixel_width=0.0008 pixel_height=0.0008");
saveAs("Tiff", d + "micrometres.tif"); close();
open(d + "a.ome.tif"); saveAs("Tiff", d + "ome.tif"); close();
open(d + "a.tif"); setColor(12); fillOval(30, 50, 6, 6); makeRectangle(50, 30, 20, 5); setColor(0); fill();
run("Select None"); saveAs("Tiff", d + "painted.tif"); close();
open(d + "many.tif"); getStatistics(area, mean, low, high); print("many," + bitDepth() + "," + high);
saveAs("Tiff", d + "many again.tif"); close();
"""
DRAWN = """
newImage("scan", "8-bit black", 200, 150, 1);
run("Set Scale...", "distance=1 known=0.8 unit=nm");
makeRectangle(10, 12, 20, 15); added("box");
makeRectangle(190, 140, 30, 30); added("box beyond the scan");
makeRectangle(3, 30, 31, 14, 9); added("rounded box");
makeOval(40, 12, 21, 14); added("oval");
makeOval(140, 10, 2, 2); added("smallest oval");
makeOval(150, 10, 50, 31); added("oval at the border");
makePolygon(10, 50, 30, 55, 25, 80, 12, 70); added("polygon through centres of pixels");
makePolygon(10, 120, 30, 120, 10, 140, 30, 140); added("polygon that crosses itself");
makePolygon(20, 2, 28, 2, 28, 8, 20, 8); run("Translate... ", "x=0.5 y=0.5"); added("moved by half a pixel");
makePolygon(130, 120, 150, 125, 150, 140, 131, 139); run("Interpolate", "interval=1.5"); added("interpolated");
makePolygon(60, 120, 80, 120, 80, 140, 60, 140); run("Fit Spline"); added("spline");
makePolygon(100, 120, 120, 120, 120, 140, 100, 140); run("Rotate...", "  angle=30"); added("turned");
makeSelection("freehand", newArray(70, 90, 85, 72), newArray(50, 55, 75, 70)); added("freehand");
makeSelection("traced", newArray(100, 110, 110, 100), newArray(50, 50, 60, 60)); added("traced");
makeEllipse(120, 60, 145, 70, 0.5); added("ellipse");
makeRotatedRectangle(160, 50, 180, 70, 10); added("turned box");
makeRectangle(40, 90, 20, 20); setKeyDown("alt"); makeOval(45, 95, 8, 8); setKeyDown("none"); added("hole");
makeRectangle(70, 90, 20, 20); setKeyDown("shift"); makeRectangle(95, 90, 8, 8); setKeyDown("none"); added("parts");
makeOval(150, 90, 20, 20); run("Enlarge...", "enlarge=3 pixel"); added("enlarged");
n = roiManager("count");
for (i = 0; i < n; i++) { roiManager("select", i); told(getInfo("selection.name")); }
makeLine(1, 1, 20, 20); added("line");
makePoint(5, 5); added("point");
roiManager("Deselect"); roiManager("Save", d + "drawn.zip");
setBatchMode(true);
newImage("filled", "8-bit black", 200, 150, n);
setColor(255);
for (i = 0; i < n; i++) { roiManager("select", i); setSlice(i + 1); fill(); }
run("Select None"); saveAs("Tiff", d + "filled.tif");
"""


def particles() -> np.ndarray:
    """Return particles of all sorts: with a hole, an island in a hole, two parts, corners that touch, at the border."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    labels = np.zeros(SHAPE, np.int32)
    labels[np.hypot(x - 15, y - 14) <= 8] = 1
    labels[30:41, 50:70] = 2
    from_centre = np.hypot(x - 60, y - 14)
    labels[(from_centre <= 12) & ((from_centre > 8) | (from_centre <= 3))] = 4
    labels[14, 60] = 0
    labels[50, 5] = 5
    labels[45:50, 20:25] = labels[50:55, 25:30] = 6
    labels[0:6, 0:3] = 7
    labels[58:60, 78:80] = 8
    labels[30:40, 5:10] = labels[30:40, 14:18] = 9
    return labels


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    skip_without_imagej()
    return tmp_path_factory.mktemp("imagej")


@pytest.fixture(scope="module")
def said(folder: Path) -> dict[str, list[float]]:
    """What ImageJ says of each region and image, by its name."""
    write_imagej_tiff(folder / "a.tif", particles(), SIZE_NM)
    write_ome_tiff(folder / "a.ome.tif", particles(), SIZE_NM, "a")
    write_rois(folder / "a_rois.zip", particles())
    write_imagej_tiff(folder / "many.tif", MANY, SIZE_NM)
    lines = run_macro(folder, OURS + IMAGES + DRAWN)
    return {name: [value if value == "nm" else float(value) for value in values] for name, *values in lines if values}


def test_it_measures_our_regions_as_our_table_does(said: dict[str, list[float]]) -> None:
    table = measure_particles(particles(), np.zeros(SHAPE, np.float32))
    for label, area, x, y in zip(table.label, table.area, table.x, table.y, strict=True):
        assert said[f"{label:04d}"] == pytest.approx([area, area * SIZE_NM**2, x * SIZE_NM, y * SIZE_NM]), label


def test_it_reads_the_scale_of_our_label_images(said: dict[str, list[float]]) -> None:
    assert said["a"] == ["nm", SIZE_NM, SIZE_NM, 9]


def test_our_regions_come_back_from_it(folder: Path, said: dict[str, list[float]]) -> None:
    labels = read_numbers(folder / "again.zip", SHAPE).numbers
    assert np.array_equal(labels, particles())
    write_rois(folder / "second.zip", labels)  # outlines that shrink would do so on each way
    assert np.array_equal(read_numbers(folder / "second.zip", SHAPE).numbers, particles())


def test_edited_regions_keep_their_numbers(folder: Path, said: dict[str, list[float]]) -> None:
    labels, old = read_numbers(folder / "edited.zip", SHAPE).numbers, particles()
    known = old > 1
    assert np.array_equal(labels[known], old[known])
    assert (labels[old == 1] == 0).all()
    assert sorted(np.unique(labels[~known])) == [0, 10, 11] and (labels == 11).sum() == 9


@pytest.mark.parametrize(
    "name", ["palette.tif", "inverted.tif", "float.tif", "png.png", "overlay.tif", "micrometres.tif", "ome.tif"]
)
def test_label_images_come_back_from_it(folder: Path, said: dict[str, list[float]], name: str) -> None:
    found = read_numbers(folder / name)
    assert np.array_equal(found.numbers, particles())
    if name not in ("png.png", "ome.tif"):  # without Bio-Formats, ImageJ passes the scale of OME-TIFF over
        assert found.pixel_size_nm == pytest.approx(SIZE_NM, rel=1e-6)


def test_painted_label_images(folder: Path, said: dict[str, list[float]]) -> None:
    found, expected = read_numbers(folder / "painted.tif").numbers, particles()
    expected[30:35, 50:70] = 0
    assert (found == 12).sum() in range(24, 37)
    found[found == 12] = 0
    assert np.array_equal(found, expected)


def test_more_labels_than_16_bits_hold(folder: Path, said: dict[str, list[float]]) -> None:
    assert said["many"] == [32, MANY.max()]
    found = read_numbers(folder / "many again.tif")
    assert np.array_equal(found.numbers, MANY) and found.pixel_size_nm == pytest.approx(SIZE_NM, rel=1e-6)


def test_drawn_regions_hold_the_pixels_that_it_fills(folder: Path, said: dict[str, list[float]]) -> None:
    pages = tifffile.imread(folder / "filled.tif") > 0
    regions = [region for region in roifile.roiread(folder / "drawn.zip") if region.roitype in AREAS]
    assert len(regions) == len(pages) == 19
    for region, page in zip(regions, pages, strict=True):
        ours = filled(read_outlines(region), page.shape)
        assert (ours != page).sum() == 0, region.name
        rows, columns = np.nonzero(ours)
        centroid = (columns.mean() + 0.5) * SIZE_NM, (rows.mean() + 0.5) * SIZE_NM
        if region.name != "box beyond the scan":  # it measures that before the scan's edge cuts it
            assert said[region.name] == pytest.approx([ours.sum(), ours.sum() * SIZE_NM**2, *centroid]), region.name
    _, _, remarks, _ = read_numbers(folder / "drawn.zip", (150, 200))
    assert {"1 regions of the kind line have no area", "1 regions of the kind point have no area"} <= set(remarks)
