"""Images and masks on disk."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from diffrendergan.errors import DataError, RunFolderError
from diffrendergan.labels.classes import class_mask
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.synthesis.coco import annotate, write_coco
from diffrendergan.synthesis.nnunet import dataset_name, write_nnunet
from diffrendergan.synthesis.writers import (
    pair_paths,
    read_pair,
    to_eight_bits,
    verify_pair,
    write_pair,
    write_png,
)

REPORTER = SilentReporter()


def make_labels() -> NDArray[np.int32]:
    """A disk with a hole, cut in two by a bar, and identifiers beyond 8 bits."""
    y, x = np.mgrid[:40, :50]
    labels = np.zeros((40, 50), np.int32)
    radius = np.hypot(y - 20, x - 20)
    labels[(radius <= 15) & (radius > 3)] = 300
    labels[:, 34:40] = 2
    labels[25:30, 2:48] = 7
    return labels


@pytest.fixture
def labels() -> NDArray[np.int32]:
    return make_labels()


@pytest.fixture
def filled(tmp_path: Path, labels: NDArray[np.int32]) -> Path:
    """A set of two images."""
    image = np.linspace(0, 1, labels.size, dtype=np.float32).reshape(labels.shape)
    write_pair(tmp_path, 0, image, class_mask(labels, 1), labels)
    write_pair(tmp_path, 1, image, class_mask(labels[::-1].copy(), 2), labels[::-1])
    return tmp_path


def test_round_trip(filled: Path, labels: NDArray[np.int32]) -> None:
    pair = verify_pair(filled, 0)
    np.testing.assert_array_equal(pair.instances, labels)
    np.testing.assert_array_equal(pair.classes, class_mask(labels, 1))
    assert pair.image.dtype == np.uint8 and pair.image[0, 0] == 0 and pair.image[-1, -1] == 255
    with Image.open(filled / "instances/00000.png") as opened:
        assert opened.mode == "I;16"
    assert not list(filled.rglob(".partial-*"))


def test_eight_bits_round_and_clamp() -> None:
    values = np.array([[-0.2, 0.0, 0.5 / 255 + 1e-4, 0.5, 1.0, 1.7]], np.float32)
    np.testing.assert_array_equal(to_eight_bits(values), [[0, 0, 1, 128, 255, 255]])
    with pytest.raises(ValueError, match="not finite"):
        to_eight_bits(np.array([[np.nan]], np.float32))


def test_same_image_gives_the_same_bytes(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("again")
    pair = read_pair(filled, 0)
    write_pair(other, 0, pair.image.astype(np.float32) / 255, pair.classes, pair.instances)
    for first, second in zip(pair_paths(filled, 0), pair_paths(other, 0), strict=True):
        assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    ("classes", "instances", "message"),
    [
        (np.zeros((3, 4), np.uint8), np.zeros((4, 4), np.int32), "shapes differ"),
        (np.full((4, 4), 3, np.uint8), np.zeros((4, 4), np.int32), "classes must be"),
        (np.zeros((4, 4), np.uint8), np.full((4, 4), 65536, np.int32), "identifiers must be"),
        (np.zeros((4, 4), np.uint8), np.full((4, 4), -1, np.int32), "identifiers must be"),
    ],
)
def test_what_cannot_be_written(
    tmp_path: Path, classes: NDArray[np.uint8], instances: NDArray[np.int32], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        write_pair(tmp_path, 0, np.zeros((4, 4), np.float32), classes, instances)
    assert not list(tmp_path.rglob("*.png"))


def test_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "images").write_text("in the way")
    with pytest.raises(RunFolderError, match="cannot be written"):
        write_pair(tmp_path, 0, *(np.zeros((4, 4), dtype) for dtype in (np.float32, np.uint8, np.int32)))


def break_nothing_left(folder: Path) -> None:
    (folder / "labels/00000.png").unlink()


def break_truncated(folder: Path) -> None:
    path = folder / "images/00000.png"
    path.write_bytes(path.read_bytes()[:60])


def break_depth(folder: Path) -> None:
    write_png(folder / "labels/00000.png", np.zeros((40, 50), np.uint16))


def break_size(folder: Path) -> None:
    write_png(folder / "labels/00000.png", np.zeros((10, 10), np.uint8))


def break_class(folder: Path) -> None:
    write_png(folder / "labels/00000.png", np.full((40, 50), 255, np.uint8))


def break_agreement(folder: Path) -> None:
    write_png(folder / "labels/00000.png", np.ones((40, 50), np.uint8))


def break_erased(folder: Path) -> None:
    classes = class_mask(make_labels(), 1)
    classes[make_labels() == 300] = 2
    write_png(folder / "labels/00000.png", classes)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (break_nothing_left, "missing or broken"),
        (break_truncated, "missing or broken"),
        (break_depth, "grey uint8 PNG is needed"),
        (break_size, "differ in size"),
        (break_class, "the class 255"),
        (break_agreement, "disagree"),
        (break_erased, "instance 300"),
    ],
)
def test_verify_names_file_and_reason(filled: Path, damage, message: str) -> None:
    damage(filled)
    with pytest.raises(DataError, match=message) as caught:
        verify_pair(filled, 0)
    assert "00000.png" in str(caught.value)
    verify_pair(filled, 1)


def test_nnunet_layout(filled: Path, labels: NDArray[np.int32]) -> None:
    background = np.full((2, 40, 50), 0.5, np.float32)
    dataset = write_nnunet(filled, [0, 1], "TiO₂ SEM", background, REPORTER)
    assert dataset == filled / "nnunet/Dataset001_TiO_SEM"
    description = json.loads((dataset / "dataset.json").read_text())
    assert description["channel_names"] == {"0": "SEM"}
    assert description["labels"] == {"background": 0, "particle": 1, "contour": 2}
    assert description["numTraining"] == 4 and description["file_ending"] == ".png"
    names = sorted(path.name for path in (dataset / "imagesTr").iterdir())
    assert names == [f"TiO_SEM_{case:05d}_0000.png" for case in range(4)]
    assert sorted(path.name for path in (dataset / "labelsTr").iterdir()) == [
        name.replace("_0000.png", ".png") for name in names
    ]
    first = np.asarray(Image.open(dataset / "labelsTr/TiO_SEM_00000.png"))
    np.testing.assert_array_equal(first, class_mask(labels, 1))
    last = np.asarray(Image.open(dataset / "labelsTr/TiO_SEM_00003.png"))
    assert last.dtype == np.uint8 and last.shape == (40, 50) and not last.any()


def test_nnunet_written_again_smaller_keeps_no_old_cases(filled: Path) -> None:
    write_nnunet(filled, [0, 1], "demo", np.zeros((2, 40, 50), np.float32), REPORTER)
    dataset = write_nnunet(filled, [1], "demo", np.zeros((1, 40, 50), np.float32), REPORTER)
    assert json.loads((dataset / "dataset.json").read_text())["numTraining"] == 2
    assert [len(list((dataset / cases).iterdir())) for cases in ("imagesTr", "labelsTr")] == [2, 2]


def test_nnunet_refuses_a_broken_set_and_leaves_no_dataset_json(filled: Path) -> None:
    write_nnunet(filled, [0, 1], "demo", np.zeros((0, 40, 50), np.float32), REPORTER)
    break_class(filled)
    with pytest.raises(DataError):
        write_nnunet(filled, [0, 1], "demo", np.zeros((0, 40, 50), np.float32), REPORTER)
    assert not (filled / "nnunet/Dataset001_demo/dataset.json").exists()


@pytest.mark.parametrize(("name", "word"), [("demo", "demo"), ("a b__c/é", "a_b_c"), ("₂", "synthetic")])
def test_dataset_name(name: str, word: str) -> None:
    assert dataset_name(name) == word


def test_coco_loads_and_gives_the_masks_back(filled: Path, labels: NDArray[np.int32]) -> None:
    coco_api = pytest.importorskip("pycocotools.coco")
    path = write_coco(filled, [0, 1], REPORTER)
    coco = coco_api.COCO(str(path))
    assert coco.getImgIds() == [1, 2]
    assert [category["name"] for category in coco.loadCats(coco.getCatIds())] == ["particle"]
    loaded = coco.loadImgs([2])[0]
    assert (filled / loaded["file_name"]).is_file() and (loaded["width"], loaded["height"]) == (50, 40)
    annotations = coco.loadAnns(coco.getAnnIds(imgIds=[1]))
    assert [annotation["instance"] for annotation in annotations] == [2, 7, 300]
    for annotation in annotations:
        own = labels == annotation["instance"]
        np.testing.assert_array_equal(coco.annToMask(annotation), own)
        assert annotation["area"] == own.sum()
        rows, columns = np.nonzero(own)
        box = [columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1]
        assert annotation["bbox"] == pytest.approx(box)


def test_an_empty_image_has_no_annotations() -> None:
    assert annotate(np.zeros((8, 8), np.int32)) == []
