"""Label images as outlines: regions of ImageJ, Labelme, GeoJSON, COCO."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import roifile
from hypothesis import given, settings
from hypothesis.extra.numpy import array_shapes, arrays

from diffrendergan.errors import DataError
from diffrendergan.labels.coco import run_lengths
from diffrendergan.labels.files import file_of, label_files
from diffrendergan.labels.label_set import open_label_set
from diffrendergan.labels.layer_files import write_layers
from diffrendergan.labels.layers import Layers
from diffrendergan.labels.outlines import rings
from diffrendergan.labels.polygons import ellipse, filled
from diffrendergan.labels.reading import read_layers_of, read_numbers
from diffrendergan.labels.rois import write_layer_rois, write_rois


def shapes() -> np.ndarray:
    """Return particles of ragged outline, some at the border, one with a hole, one in parts; numbers have gaps."""
    y, x = np.mgrid[:40, :60]
    labels = np.zeros((40, 60), np.int32)
    labels[np.hypot(y - 12, x - 14) <= 8.3] = 2
    labels[(np.abs(y - 28) + np.abs(x - 40)) <= 7] = 7
    labels[33:40, 50:60] = 300
    labels[35:37, 53:55] = 0
    labels[0, 40] = 9  # a single pixel
    labels[20:30, 2:4], labels[28:30, 2:12], labels[33:36, 4:9] = 11, 11, 11
    labels[5, 30], labels[6, 31], labels[7, 30] = 5, 5, 5  # joined by corners only
    return labels


def test_polygons_hold_the_pixels_whose_centres_lie_inside():
    square = np.array([(2, 1), (6, 1), (6, 4), (2, 4)])
    expected = np.zeros((6, 8), bool)
    expected[1:4, 2:6] = True
    assert np.array_equal(filled([square], (6, 8)), expected)
    assert np.array_equal(filled([square[::-1] + 0.4], (6, 8)), expected)
    hole = np.array([(3, 2), (5, 2), (5, 3), (3, 3)])
    expected[2, 3:5] = False
    assert np.array_equal(filled([square, hole], (6, 8)), expected)
    assert filled([np.array([(-5, -5), (20, -5), (20, 20), (-5, 20)])], (6, 8)).all()
    assert not filled([np.array([(3.0, 3.0)])], (6, 8)).any()
    y, x = np.mgrid[:40, :40] + 0.5
    disk = np.hypot((x - 20) / 15, (y - 18) / 10) <= 1
    assert (filled([ellipse(5, 8, 35, 28)], (40, 40)) == disk).mean() > 0.99


@settings(max_examples=60)
@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=9)))
def test_rings_hold_exactly_the_pixels_of_a_mask(mask):
    assert np.array_equal(filled(rings(mask), mask.shape), mask)


def test_an_edge_through_centres_of_pixels():
    """As in ImageJ, what lies left of such an edge or above holds these pixels."""
    assert np.argwhere(filled([np.array([(0.5, 0.5), (3.5, 0.5), (3.5, 2.5), (0.5, 2.5)])], (5, 5))).tolist() == [
        [1, 1], [1, 2], [1, 3], [2, 1], [2, 2], [2, 3],
    ]  # fmt: skip


def test_regions_of_imagej_come_back_as_they_were_written(tmp_path):
    write_rois(tmp_path / "a_rois.zip", shapes())
    assert np.array_equal(read_numbers(tmp_path / "a_rois.zip", (40, 60)).numbers, shapes())
    assert np.array_equal(read_numbers(tmp_path / "a_rois.zip").numbers, shapes())  # they reach the far corner
    found = open_label_set(tmp_path, ["a"], "_rois")
    assert found.kind == "instances" and found.doubts == ()
    assert found.read("a", (40, 60)).labels.max() == 6


def test_regions_drawn_in_fiji(tmp_path):
    """A box, an oval, a composite region with a hole, and a line, which has no area; one lies on another."""
    regions = [
        roifile.ImagejRoi(roitype=roifile.ROI_TYPE.RECT, top=2, left=3, bottom=12, right=23, name="box"),
        roifile.ImagejRoi(roitype=roifile.ROI_TYPE.OVAL, top=5, left=15, bottom=25, right=35, name="oval"),
        roifile.ImagejRoi(roitype=roifile.ROI_TYPE.LINE, x1=1, y1=1, x2=9, y2=9, name="line"),
    ]
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for region in regions:
            archive.writestr(f"{region.name}.roi", region.tobytes())
    labels, _, remarks, _ = read_numbers(tmp_path / "a.zip", (30, 40))
    assert (labels == 2).sum() == pytest.approx(np.pi * 100, rel=0.02)
    assert (labels == 1).sum() == 200 - (labels[2:12, 3:23] == 2).sum()
    assert any("1 regions overlap" in remark for remark in remarks)
    assert any("line" in remark and "no area" in remark for remark in remarks)
    (tmp_path / "b.zip").write_bytes(b"PK broken")
    with pytest.raises(DataError, match="cannot be read as regions"):
        read_numbers(tmp_path / "b.zip")


def test_new_regions_get_the_numbers_that_follow(tmp_path):
    """As the ROI manager names them, by their places; also a second one of a number that is taken."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for place, name in enumerate(("0007", "0012-0034", "0002", "7")):
            box = roifile.ImagejRoi(
                roitype=roifile.ROI_TYPE.RECT, top=0, left=5 * place, bottom=4, right=5 * place + 4, name=name
            )
            archive.writestr(f"{place}.roi", box.tobytes())
    assert read_numbers(tmp_path / "a.zip", (4, 20)).numbers[0, ::5].tolist() == [7, 8, 2, 9]


def test_labelme(tmp_path):
    box = {"shape_type": "rectangle", "points": [[2, 3], [12, 9]], "label": "p"}
    polygon = {"shape_type": "polygon", "points": [[20, 2], [30, 2], [30, 12], [20, 12]], "label": "p", "group_id": 1}
    part = {"shape_type": "polygon", "points": [[20, 15], [24, 15], [24, 18], [20, 18]], "label": "p", "group_id": 1}
    circle = {"shape_type": "circle", "points": [[10, 20], [10, 25]], "label": "p"}
    point = {"shape_type": "point", "points": [[1, 1]], "label": "p"}
    content = {"imageHeight": 30, "imageWidth": 40, "shapes": [box, polygon, part, circle, point]}
    (tmp_path / "a.json").write_text(json.dumps(content))
    labels, _, remarks, _ = read_numbers(tmp_path / "a.json")
    assert labels.shape == (30, 40) and labels.max() == 3
    assert (labels == 1).sum() == 60 and labels[3:9, 2:12].min() == 1
    assert (labels == 2).sum() == 100 + 12
    assert (labels == 3).sum() == pytest.approx(np.pi * 25, rel=0.05)
    assert remarks == ("1 shapes of the kind point are no regions",)
    content["shapes"] = [{"shape_type": "polygon"}]
    (tmp_path / "a.json").write_text(json.dumps(content))
    with pytest.raises(DataError, match=r"a\.json does not hold shapes"):
        read_numbers(tmp_path / "a.json")


def feature(kind: str, coordinates: object, name: str = "") -> dict[str, object]:
    properties = {"objectType": "annotation", "classification": {"name": name}} if name else {}
    return {
        "type": "Feature",
        "id": "x",
        "geometry": {"type": kind, "coordinates": coordinates},
        "properties": properties,
    }


def ring(left: float, top: float, right: float, bottom: float) -> list[list[float]]:
    return [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]


@pytest.mark.parametrize("name", ["a.geojson", "a.json"])
@pytest.mark.parametrize("as_list", [False, True])
def test_geojson_of_qupath(tmp_path, name, as_list):
    holed = feature("Polygon", [ring(2, 3, 12, 9), ring(4, 5, 6, 7)])
    parts = feature("MultiPolygon", [[ring(20, 2, 30, 12)], [ring(20, 15, 24, 18)]])
    features = [holed, parts, feature("Point", [1, 1])]
    content = features if as_list else {"type": "FeatureCollection", "features": features}
    (tmp_path / name).write_text(json.dumps(content))
    assert list(label_files(tmp_path)) == ["a"]
    labels, _, remarks, _ = read_numbers(tmp_path / name, (30, 40))
    assert labels.shape == (30, 40) and labels.max() == 2
    assert (labels == 1).sum() == 60 - 4 and not labels[5:7, 4:6].any()
    assert (labels == 2).sum() == 100 + 12
    assert remarks == ("1 features of the kind Point are no areas",)
    assert read_layers_of(tmp_path / name, (30, 40)).areas.tolist() == [56, 112]
    assert read_numbers(tmp_path / name).numbers.shape == (18, 30)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"type": "FeatureCollection", "features": []}, "holds no features"),
        ({"type": "FeatureCollection", "features": [feature("Point", [1, 1])]}, "holds no polygon"),
        ([feature("Polygon", [[["a", 1]]])], "does not hold features as QuPath writes them"),
        ([feature("Polygon", [[[float("nan"), 1], [2, 3], [4, 5]]])], "a corner is no number"),
        ([{"type": "Feature", "geometry": None}], "does not hold features as QuPath writes them"),
        ([feature("Polygon", [ring(500, 500, 510, 510)])], "lie outside the image of 40×30"),
        ([feature("Polygon", [ring(0, 0, 1e9, 1e9)])], "lie outside the image of 40×30"),
    ],
)
def test_broken_geojson_is_told(tmp_path, content, said):
    (tmp_path / "a.geojson").write_text(json.dumps(content))
    with pytest.raises(DataError, match=said):
        read_numbers(tmp_path / "a.geojson", (30, 40))


def test_geojson_of_any_size_is_refused_before_there_is_room_for_it(tmp_path):
    (tmp_path / "a.geojson").write_text(json.dumps([feature("Polygon", [ring(0, 0, 1e9, 1e9)])]))
    with pytest.raises(DataError, match="of which none may have more"):
        read_numbers(tmp_path / "a.geojson")


def coco(folder: Path, segmentations: list[object]) -> Path:
    content = {
        "images": [
            {"id": 4, "file_name": "scans/a.tif", "height": 12, "width": 20},
            {"id": 9, "file_name": "scans\\b.tif", "height": 12, "width": 20},
        ],
        "annotations": [{"image_id": 4, "segmentation": each} for each in segmentations],
    }
    path = folder / "annotations.json"
    path.write_text(json.dumps(content))
    return path


def test_coco(tmp_path):
    """A polygon, and run lengths, column by column."""
    runs = np.zeros((12, 20), bool)
    runs[4:9, 12:15] = True
    flat = runs.ravel(order="F")
    edges = np.flatnonzero(np.diff(flat.astype(int))) + 1
    counts = np.diff([0, *edges, flat.size]).tolist()
    path = coco(tmp_path, [[[2, 1, 8, 1, 8, 5, 2, 5]], {"size": [12, 20], "counts": counts}])
    (tmp_path / "dataset.json").write_text('{"labels": {}}')  # nnU-Net's, passed over
    assert list(label_files(tmp_path)) == ["a", "b"] and file_of(label_files(tmp_path)["a"]) == path
    labels = read_numbers(label_files(tmp_path)["a"]).numbers
    expected = runs * 2
    expected[1:5, 2:8] = 1
    assert np.array_equal(labels, expected)
    found = open_label_set(tmp_path, ["a", "b"])
    assert found.kind == "instances" and found.read("a", (12, 20)).labels.max() == 2
    assert not found.read("b", (12, 20)).labels.any()
    coco(tmp_path, [{"size": [12, 20], "counts": [5]}])
    with pytest.raises(DataError, match="run lengths that do not fill"):
        read_numbers(path / "a.tif")


def test_images_that_are_said_to_be_huge_are_refused_before_there_is_room_for_them(tmp_path):
    path = coco(tmp_path, [[[2, 1, 8, 1, 8, 5]]])
    path.write_text(path.read_text().replace('"height": 12', '"height": 777777777777764'))
    with pytest.raises(DataError, match="none may have more than"):
        read_numbers(path / "a.tif")
    (tmp_path / "b.json").write_text('{"shapes": [], "imageHeight": 777777777777764, "imageWidth": 64}')
    with pytest.raises(DataError, match="none may have more than"):
        read_numbers(tmp_path / "b.json")
    (tmp_path / "b.json").write_text('{"shapes": [], "imageHeight": Infinity, "imageWidth": 64}')
    with pytest.raises(DataError, match="Labelme"):
        read_numbers(tmp_path / "b.json")


def test_an_array_with_a_broken_header_is_refused(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.zeros((4, 4), np.int32))
    path.write_bytes(path.read_bytes().replace(b"'fortran_order': False", b"'fortran_order':[False"))
    with pytest.raises(DataError, match=r"a\.npy cannot be read"):
        read_numbers(path)


def test_packed_run_lengths_are_those_of_pycocotools():
    mask_of = pytest.importorskip("pycocotools.mask")
    rng = np.random.default_rng(0)
    for _ in range(20):
        mask = (rng.random((37, 53)) < rng.random()).astype(np.uint8)
        packed = mask_of.encode(np.asfortranarray(mask))["counts"].decode()
        flat = np.repeat(np.arange(len(run_lengths(packed))) % 2, run_lengths(packed))
        assert np.array_equal(flat.reshape(mask.shape, order="F"), mask)


def overlapping() -> Layers:
    """Return two squares that lie over each other, and one apart."""
    masks = np.zeros((3, 40, 60), bool)
    masks[0, 5:15, 5:15], masks[1, 10:20, 10:20], masks[2, 25:30, 40:50] = 1, 1, 1
    return Layers.of_stack(masks)


def test_outlines_that_overlap_are_read_whole(tmp_path):
    write_layers(tmp_path / "a.json", overlapping(), "a.png")
    write_layer_rois(tmp_path / "a.zip", overlapping())
    corners = ([[5, 5], [15, 15]], [[10, 10], [20, 20]], [[40, 25], [45, 30]], [[45, 25], [50, 30]])
    regions = [
        {"points": points, "shape_type": "rectangle", "group_id": 1 if place > 1 else None}
        for place, points in enumerate(corners)
    ]
    labelme = {"shapes": regions, "imageHeight": 40, "imageWidth": 60, "imagePath": "b.png"}
    (tmp_path / "b.json").write_text(json.dumps(labelme))
    for path in (tmp_path / "a.json" / "a.png", tmp_path / "a.zip", tmp_path / "b.json"):
        layers = read_layers_of(path, (40, 60))
        np.testing.assert_array_equal(layers.stack(), overlapping().stack(), str(path))
        assert np.bincount(read_numbers(path, (40, 60)).numbers.ravel())[1:].tolist() == [75, 100, 50]
    np.save(tmp_path / "c.npy", shapes())
    assert read_layers_of(tmp_path / "c.npy") is None
