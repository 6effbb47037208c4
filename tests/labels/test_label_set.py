"""Label images of a folder, opened as every command opens them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from diffrendergan.config.project import Project
from diffrendergan.errors import DataError
from diffrendergan.labels.annotations import check_annotations, load_annotation, masks_beside, open_annotations
from diffrendergan.labels.files import NoLabelsError
from diffrendergan.labels.label_set import LabelSet, look_through, open_label_set
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.runs.reporter import SilentReporter


class Notes(SilentReporter):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, message: str) -> None:
        self.said.append(message)


def save(path: Path, values: np.ndarray, **options: object) -> Path:
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(values).save(path, **options)
    return path


def particles() -> np.ndarray:
    mask = np.zeros((20, 30), np.uint8)
    mask[2:6, 2:6] = 255
    mask[6:10, 6:10] = 255  # touches the first by a corner only: another particle
    mask[15:20, 20:25] = 255
    return mask


def one(path: Path, kind: str = "auto") -> LabelSet:
    return look_through(path.parent, {"a": path}, kind)  # type: ignore[arg-type]


def project(folder: Path, **data: object) -> Project:
    return Project.model_validate({"data": {"images": str(folder / "images"), "masks": str(folder / "masks"), **data}})


def scan_of(rows: int = 20, name: str = "a", size_nm: float | None = None) -> Micrograph:
    return Micrograph(name, np.zeros((rows, 30), np.float32), size_nm, Path(f"{name}.tif"), 8, 2)


def test_particles_are_4_connected_regions(tmp_path):
    labels = one(save(tmp_path / "a.png", particles())).read("a", (20, 30)).labels
    assert labels.dtype == np.int32 and labels.max() == 3
    assert labels[3, 3] != labels[7, 7]


@pytest.mark.parametrize(
    "make", [lambda m: m > 0, lambda m: (m > 0).astype(np.uint8), lambda m: np.repeat(m[..., None], 3, 2)]
)
def test_masks_of_any_type(tmp_path, make):
    assert one(save(tmp_path / "a.png", make(particles()))).read("a", (20, 30)).labels.max() == 3


def test_lossy_masks_are_thresholded(tmp_path):
    mask = np.zeros((64, 64), np.uint8)
    mask[8:24, 8:24], mask[32:56, 20:48] = 255, 255
    found = one(save(tmp_path / "a.jpg", mask, quality=80))
    assert found.kind == "particles" and found.doubts == () and "cut at half" in found.remarks[0]
    labels = found.read("a", (64, 64)).labels
    assert labels.max() == 2 and ((labels > 0) == (mask > 0)).mean() > 0.99
    numbers = np.zeros((64, 64), np.uint8)
    numbers[8:24, 8:24], numbers[32:56, 20:48] = 90, 170
    refused = one(save(tmp_path / "b.jpg", numbers, quality=80), "instances")
    assert "JPEG, which blurs numbers" in refused.failures["a"]


def test_instances_keep_their_identity_and_are_renumbered(tmp_path):
    values = np.zeros((20, 30), np.uint16)
    values[:5, :5], values[:5, 5:10], values[10:, :] = 700, 3, 41
    labels = one(save(tmp_path / "a.png", values), "instances").read("a", (20, 30)).labels
    assert sorted(np.unique(labels)) == [0, 1, 2, 3]
    assert labels[0, 0] != labels[0, 7]


def test_data_bar_rows_of_a_mask_are_cropped(tmp_path):
    found = one(save(tmp_path / "a.png", particles()))
    labels = found.read("a", (18, 30)).labels
    assert labels.shape == (18, 30) and labels.max() == 3
    assert found.read("a", (15, 30)).labels.max() == 2  # the particle below is gone, the others renumbered
    assert found.read("a", (24, 30)).labels.shape == (20, 30)  # drawn on a scan cropped a little higher


@pytest.mark.parametrize("shape", [(20, 29), (20, 31), (10, 30), (40, 30)])
def test_a_mask_of_another_scan_is_refused(tmp_path, shape):
    with pytest.raises(DataError, match=r"a\.png has 30×20 pixels"):
        one(save(tmp_path / "a.png", particles())).read("a", shape)


def test_negative_or_broken_numbers(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", particles().astype(np.float32) / 2)
    with pytest.raises(DataError, match="fractions"):
        one(tmp_path / "a.tif").read("a", (20, 30))
    tifffile.imwrite(tmp_path / "b.tif", particles().astype(np.int16) - 5)
    with pytest.raises(DataError, match="negative"):
        one(tmp_path / "b.tif", "instances").read("a", (20, 30))


def test_label_images_of_names_alike_are_found_and_told(tmp_path):
    for name in ("mask_a.tif", "mask_B.png"):
        save(tmp_path / f"{name}.png", particles())
    found = open_label_set(tmp_path, ["A", "b"])
    assert found.suffix == "mask_NAME" and found.path("A").name == "mask_a.tif.png"
    assert [line for line in found.remarks if "is taken to be" in line] == [
        "the label image of A is taken to be mask_a.tif.png, by a name alike (so with 1 more)."
    ]
    assert open_label_set(tmp_path, ["a"], "mask_NAME").path("a").name == "mask_a.tif.png"
    with pytest.raises(DataError, match=r"has no label image mask_c\."):
        found.read("c", (20, 30))


def test_names_and_suffixes(tmp_path):
    masks = tmp_path / "masks"
    masks.mkdir()
    with pytest.raises(NoLabelsError, match="holds no label image"):
        open_label_set(masks, ["a"])
    path = save(masks / "a_m.png", particles())
    assert open_label_set(masks, ["a"]).path("a") == path
    with pytest.raises(NoLabelsError, match=r"a_m\.png and c\); say what stands"):
        open_label_set(masks, ["c"])
    with pytest.raises(DataError, match=r"the scan c has no label image c_m\."):
        open_label_set(masks, ["a"]).read("c", (20, 30))
    odd = save(masks / "b[1]*_m.png", particles())
    assert open_label_set(masks, ["b[1]*"], "_m").path("b[1]*") == odd
    save(masks / "a_m.bmp", particles())
    with pytest.raises(DataError, match="same name but for the ending"):
        open_label_set(masks, ["a"])
    (masks / "a_m.bmp").unlink()
    Image.fromarray(particles()).save(masks / "a_m.jpg")  # a preview of the label image
    assert open_label_set(masks, ["a"]).path("a") == path


def test_names_compare_in_one_form(tmp_path):
    """macOS writes o + U+0308 where other systems write ö."""
    save(tmp_path / "K\u00f6ln.png", particles())
    found = open_label_set(tmp_path, ["Ko\u0308ln"])
    assert found.read("Ko\u0308ln", (20, 30)).labels.max() == 3 and found.holds("K\u00f6ln")


def test_the_kind_is_decided_from_all(tmp_path):
    """The first shows no particle, the second one of two numbers."""
    touching = np.zeros((20, 30), np.uint8)
    touching[4:12, 4:10], touching[4:12, 10:16] = 1, 2
    save(tmp_path / "masks" / "a.png", np.zeros((20, 30), np.uint8))
    save(tmp_path / "masks" / "b.png", touching)
    found = masks_beside(tmp_path / "images", ["a", "b"], Notes())
    assert found is not None and found.kind == "instances" and found.doubts == ()
    assert found.read("b", (20, 30)).labels.max() == 2


def test_masks_beside_that_cannot_be_read_are_passed_over(tmp_path):
    """Rods that cross: few numbers, each in many parts."""
    parts = np.zeros((90, 90), np.uint16)
    for number, (row, column) in enumerate(np.ndindex(9, 9)):
        parts[10 * row + 2 : 10 * row + 8, 10 * column + 2 : 10 * column + 8] = 1 + number % 20
    save(tmp_path / "masks" / "a.tif", parts)
    notes = Notes()
    assert masks_beside(tmp_path / "images", ["a"], notes) is None
    assert "is not taken for annotations" in notes.said[0] and "20 numbers in 81 separate regions" in notes.said[0]


@pytest.mark.parametrize("kind", ["auto", "particles"])
def test_a_project_reads_stored_numbers(tmp_path, kind):
    """ImageJ's inverted display, and a palette that shows 255 as black, turn nothing over."""
    (tmp_path / "masks").mkdir()
    tifffile.imwrite(tmp_path / "masks" / "a_mask.tif", particles(), photometric="miniswhite")
    inverted = Image.fromarray(particles(), mode="P")
    inverted.putpalette([255 - k // 3 for k in range(768)])
    inverted.save(tmp_path / "masks" / "b_mask.png")
    for name in "ab":
        labels = load_annotation(project(tmp_path, mask_kind=kind, mask_suffix="_mask"), scan_of(name=name))
        assert labels is not None and np.array_equal(labels > 0, particles() > 0) and labels.max() == 3


def test_classes_of_a_project(tmp_path):
    classes = np.zeros((20, 30), np.uint8)
    classes[2:10, 2:12], classes[4:8, 4:10] = 2, 1
    classes[12:19, 15:25], classes[14:17, 17:23] = 2, 1
    save(tmp_path / "masks" / "a.png", classes)
    labels = load_annotation(project(tmp_path), scan_of())
    assert labels is not None and labels.max() == 2 and np.array_equal(labels > 0, classes == 1)


def test_annotations_are_checked_before_training(tmp_path):
    save(tmp_path / "masks" / "a.png", 255 - particles())
    notes = Notes()
    check_annotations(project(tmp_path), [scan_of(), scan_of(name="b")], notes)
    assert any("1 of 2 test scans have no annotation" in line and line.endswith("b.") for line in notes.said)
    assert any("number 255 covers 90% of the image and reaches all four borders" in line for line in notes.said)
    with pytest.raises(DataError, match=r"30×20 pixels.*data\.data_bar"):
        check_annotations(project(tmp_path), [scan_of(60)], notes)
    with pytest.raises(DataError, match="mask folder"):
        open_annotations(project(tmp_path / "nowhere"))


def test_a_contradiction_of_scales_is_said(tmp_path):
    (tmp_path / "masks").mkdir()
    resolution = {"resolution": (1e6, 1e6), "resolutionunit": "CENTIMETER"}
    tifffile.imwrite(tmp_path / "masks" / "a.tif", particles(), **resolution)
    for size_nm, said in ((10.05, False), (2.0, True), (None, False)):
        notes = Notes()
        check_annotations(project(tmp_path), [replace(scan_of(), pixel_size_nm=size_nm)], notes)
        assert any("10 nm per pixel, but its scan 2" in line for line in notes.said) == said


def test_changed_masks_are_looked_at_again(tmp_path):
    path = save(tmp_path / "masks" / "a.png", particles())
    first = open_annotations(project(tmp_path), ["a"])
    assert first is not None and open_annotations(project(tmp_path), ["a"]) is first
    values = np.where(particles() > 0, np.arange(30) // 10 + 1, 0).astype(np.uint8)
    save(path, values)
    import os

    os.utime(path, ns=(1, 1))
    again = open_annotations(project(tmp_path), ["a"])
    assert (first.kind, again is not None and again.kind) == ("particles", "instances")
