"""What nnU-Net gets to see, and what is refused before it does."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from diffrendergan.errors import DataError
from diffrendergan.image_files.writing import write_png
from diffrendergan.labels.classes import class_mask
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.segmentation.nnunet.export import export_data
from diffrendergan.segmentation.nnunet.verification import verify_dataset
from diffrendergan.synthesis.nnunet import case_paths, dataset_folder

REPORTER = SilentReporter()


@pytest.fixture
def dataset(tmp_path, data):
    folder = dataset_folder(tmp_path, "synthetic")
    export_data(folder, data, 2, REPORTER)
    return folder


def read(path):
    with Image.open(path) as opened:
        return np.asarray(opened)


def test_every_image_is_there_with_its_classes(dataset, data):
    assert verify_dataset(dataset, REPORTER) == 10
    everything = (*data.annotated, *data.backgrounds, *data.validation)
    for number, image in enumerate(everything):
        paths = case_paths(dataset, number)
        np.testing.assert_array_equal(read(paths.labels), class_mask(image.instances, 2))
        assert np.abs(read(paths.image) / 255 - np.clip(image.pixels, 0, 1)).max() < 1 / 255
    assert paths.image.name == "synthetic_00009_0000.png"
    description = json.loads((dataset / "dataset.json").read_text())
    assert description["pixel_size_nm"] == 5.0 and description["numTraining"] == 10


def test_an_unknown_pixel_size_is_not_invented(tmp_path, data):
    folder = dataset_folder(tmp_path, "real")
    export_data(folder, replace(data, pixel_size_nm=None), 1, REPORTER)
    assert "pixel_size_nm" not in json.loads((folder / "dataset.json").read_text())


def test_black_pixels_stay_part_of_the_image(tmp_path, data, disks):
    """nnU-Net cuts off borders that are exactly 0."""
    dark = replace(disks(0), pixels=np.zeros((64, 64), np.float32))
    folder = dataset_folder(tmp_path, "dark")
    export_data(folder, replace(data, annotated=(dark,)), 1, REPORTER)
    assert (read(case_paths(folder, 0).image) == 1).all()


def test_an_image_that_is_not_finite_is_named(tmp_path, data, disks):
    broken = replace(disks(0), pixels=np.full((64, 64), np.nan, np.float32))
    with pytest.raises(DataError, match="disks 0 has values that are not finite"):
        export_data(dataset_folder(tmp_path, "x"), replace(data, annotated=(broken,)), 1, REPORTER)
    assert not (tmp_path / "Dataset001_x" / "dataset.json").exists()


def edit(dataset, **changes):
    path = dataset / "dataset.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def no_description(dataset):
    (dataset / "dataset.json").unlink()


def gap(dataset):
    edit(dataset, labels={"background": 0, "particle": 1, "contour": 3})


def no_background(dataset):
    edit(dataset, labels={"nothing": 0, "particle": 1, "contour": 2})


def wrong_count(dataset):
    edit(dataset, numTraining=11)


def no_label_file(dataset):
    case_paths(dataset, 3).labels.unlink()


def no_image(dataset):
    case_paths(dataset, 4).image.unlink()


def truncated(dataset):
    path = case_paths(dataset, 5).image
    path.write_bytes(path.read_bytes()[:60])


def colour(dataset):
    Image.new("RGB", (64, 64)).save(case_paths(dataset, 5).image)


def mask_of_0_and_255(dataset):
    path = case_paths(dataset, 2).labels
    write_png(path, np.where(read(path) > 0, 255, 0).astype(np.uint8))


def other_size(dataset):
    write_png(case_paths(dataset, 1).labels, np.zeros((10, 12), np.uint8))


def no_contour(dataset):
    for number in range(10):
        path = case_paths(dataset, number).labels
        write_png(path, (read(path) == 1).astype(np.uint8))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (no_description, r"dataset\.json is missing or broken"),
        (gap, r"dataset\.json has the labels \[0, 1, 3\]"),
        (no_background, r"dataset\.json has the labels"),
        (wrong_count, r"holds 10 cases, but its dataset\.json says 11"),
        (no_label_file, r"labelsTr/synthetic_00003\.png is missing"),
        (no_image, r"imagesTr/synthetic_00004_0000\.png is missing"),
        (truncated, r"synthetic_00005_0000\.png is missing or broken"),
        (colour, r"synthetic_00005_0000\.png is not a grey image"),
        (mask_of_0_and_255, r"synthetic_00002\.png holds the value 255"),
        (other_size, r"synthetic_00001\.png is 12 x 10 px, but its image is 64 x 64"),
        (no_contour, r"labelsTr shows the class 2 \(contour\)"),
    ],
)
def test_verify_names_file_and_reason(dataset, damage, message):
    damage(dataset)
    with pytest.raises(DataError, match=message):
        verify_dataset(dataset, REPORTER)
