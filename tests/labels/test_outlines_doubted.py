"""Outlines that other programs get wrong: of another size, drawn twice, of several images, without outlines."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import roifile
from PIL import Image

from diffrendergan.errors import DataError
from diffrendergan.labels.files import label_files
from diffrendergan.labels.label_set import open_label_set
from diffrendergan.labels.reading import LabelNumbers, read_numbers

SHAPE = (60, 80)
BOXES = [(x, y) for y in (5, 25, 45) for x in (5, 25, 45, 65)]
"""Left upper corners of particles of 10 by 10 px."""


def square(x: float, y: float, edge: float = 10) -> list[float]:
    return [x, y, x + edge, y, x + edge, y + edge, x, y + edge]


def coco(folder: Path, segmentations: list[object], **more: object) -> LabelNumbers:
    image = {"id": 1, "file_name": "a.tif", "height": SHAPE[0], "width": SHAPE[1]}
    kinds = [{"id": 1, "name": "particle"}, {"id": 2, "name": "scale bar"}]
    annotations = [{"image_id": 1, "category_id": 1, "segmentation": one} | more for one in segmentations[:-1]]
    annotations.append({"image_id": more.get("image_id", 1), "category_id": 2, "segmentation": segmentations[-1]})
    content = {"images": [image], "annotations": annotations, "categories": kinds}
    (folder / "all.json").write_text(json.dumps(content))
    return read_numbers(folder / "all.json" / "a.tif")


def test_identifiers_as_text(tmp_path):
    assert coco(tmp_path, [[square(*box)] for box in BOXES], image_id="1").numbers.max() == 12
    with pytest.raises(DataError, match=r"has no annotation of a\.tif, but some of .* \(image_id 7\)"):
        coco(tmp_path, [[square(*box)] for box in BOXES], image_id=7)


def test_outlines_of_another_size(tmp_path):
    with pytest.raises(DataError, match=r"8 of 12 outlines lie outside the image of 80×60"):
        coco(tmp_path, [[square(2 * x, 2 * y, 20)] for x, y in BOXES])
    assert coco(tmp_path, [[square(*box)] for box in BOXES] + [[square(75, 52)]]).numbers.max() == 13
    with pytest.raises(DataError, match="12 of 12 regions hold no pixel of their own"):
        coco(tmp_path, [[square(x / 80, y / 80, 0.1)] for x, y in BOXES])


def test_boxes_are_no_outlines(tmp_path):
    with pytest.raises(DataError, match="boxes without outlines"):
        coco(tmp_path, [[] for _ in BOXES])


def test_particles_outlined_twice(tmp_path):
    twice = [[square(x + off, y)] for off in (0, 1) for x, y in BOXES]
    (doubt,) = coco(tmp_path, twice).doubts
    assert doubt.startswith("12 regions lie on another that is nearly the same")
    assert coco(tmp_path, [[square(*box)] for box in BOXES] * 2).doubts == ()  # hidden wholly: none counts twice
    heap = [[square(x + 6 * off, y)] for off in (0, 1) for x, y in BOXES[:4]]
    assert coco(tmp_path, heap).doubts == ()


def test_crowds_and_categories_are_told(tmp_path):
    read = coco(tmp_path, [[square(*box)] for box in BOXES], iscrowd=1)
    assert read.doubts[0].startswith("11 regions are marked as crowds")
    assert "regions of the categories particle, scale bar all count as particles; take out" in read.remarks[0]


def test_a_frame_is_doubted(tmp_path):
    (doubt,) = coco(tmp_path, [[square(1, 1, 58)], *[[square(*box)] for box in BOXES]]).doubts
    assert doubt.startswith("1 region covers more than half of the image")
    found = open_label_set(tmp_path, ["a"])
    assert "all.json" in found.doubts[0] and found.doubts[0].endswith("take out what is no particle.")


def test_a_list_of_results_is_named(tmp_path):
    (tmp_path / "results.json").write_text("[]")
    with pytest.raises(DataError, match=r"results\.json: JSON counts as COCO's with both images and annotations"):
        label_files(tmp_path)


def labelme(folder: Path, shapes: list[dict[str, object]]) -> LabelNumbers:
    content = {"imageHeight": SHAPE[0], "imageWidth": SHAPE[1], "shapes": shapes}
    (folder / "a.json").write_text(json.dumps(content))
    return read_numbers(folder / "a.json")


def test_painted_masks_and_turned_boxes_of_labelme(tmp_path):
    mask, packed = np.random.default_rng(0).random((6, 9)) > 0.5, io.BytesIO()
    mask[0, 0] = mask[-1, -1] = True
    Image.fromarray(mask).save(packed, "PNG")
    painted = {
        "shape_type": "mask", "label": "p", "points": [[20, 30], [28, 35]],
        "mask": base64.b64encode(packed.getvalue()).decode(),
    }  # fmt: skip
    turned = {"shape_type": "rotation", "label": "p", "points": [[50, 10], [60, 20], [50, 30], [40, 20]]}
    corners = {"shape_type": "rectangle", "label": "p", "points": [[2, 3], [12, 3], [12, 9], [2, 9]]}
    read = labelme(tmp_path, [painted, turned, corners])
    assert np.array_equal(read.numbers[30:36, 20:29] == 1, mask) and (read.numbers == 1).sum() == mask.sum()
    assert (read.numbers == 2).sum() == 200 and (read.numbers == 3).sum() == 60 and read.remarks == ()
    with pytest.raises(DataError, match="does not hold shapes as Labelme"):
        labelme(tmp_path, [painted | {"mask": "no base64!"}])


def test_labels_of_labelme_are_told(tmp_path):
    boxes = [
        {"label": name, "points": np.reshape(square(*box), (-1, 2)).tolist()}
        for name, box in zip("ppb", BOXES[:3], strict=True)
    ]
    assert labelme(tmp_path, boxes).remarks[0].startswith("regions of the labels p, b all count")
    names = [box | {"label": f"p{number}"} for number, box in enumerate(boxes)]
    assert labelme(tmp_path, names).remarks == ()


def rois(folder: Path, corners: list[tuple[float, float]], slices: list[int]) -> Path:
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        for place, (corner, number) in enumerate(zip(corners, slices, strict=True)):
            region = roifile.ImagejRoi.frompoints(np.reshape(square(*corner), (-1, 2)), name=f"r{place}")
            region.position = number
            archive.writestr(f"{place}.roi", region.tobytes())
    return folder / "a.zip"


def test_regions_of_several_slices_and_of_another_scan(tmp_path):
    assert read_numbers(rois(tmp_path, BOXES, [3] * 12), SHAPE).numbers.max() == 12
    with pytest.raises(DataError, match="regions of 2 slices of a stack"):
        read_numbers(rois(tmp_path, BOXES, [1, 2] * 6), SHAPE)
    below = [*BOXES, (5, 62)]  # drawn in the data bar, which the scan has lost
    assert read_numbers(rois(tmp_path, below, [0] * 13), SHAPE).numbers.max() == 12
    with pytest.raises(DataError, match="outlines lie outside the image"):
        read_numbers(rois(tmp_path, [(2 * x, 2 * y) for x, y in BOXES], [0] * 12), SHAPE)
