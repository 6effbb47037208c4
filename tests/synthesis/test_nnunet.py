"""nnU-Net's raw layout."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from diffrendergan.labels.classes import class_mask
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.synthesis.nnunet import Case, case_paths, dataset_folder, nnunet_grey, write_dataset, write_nnunet
from diffrendergan.synthesis.writers import write_pair


def test_names(tmp_path: Path) -> None:
    dataset = dataset_folder(tmp_path, "TiO2 SEM (1)")
    assert dataset == tmp_path / "Dataset001_TiO2_SEM_1"
    paths = case_paths(dataset, 7)
    assert paths.image == dataset / "imagesTr/TiO2_SEM_1_00007_0000.png"
    assert paths.labels == dataset / "labelsTr/TiO2_SEM_1_00007.png"


def test_black_becomes_1_and_all_else_stays() -> None:
    values = np.arange(256, dtype=np.float32)[None] / 255
    np.testing.assert_array_equal(nnunet_grey(values)[0], [1, *range(1, 256)])


def test_an_interrupted_dataset_has_no_description(tmp_path: Path) -> None:
    case = Case(np.full((4, 5), 9, np.uint8), np.zeros((4, 5), np.uint8))
    write_dataset(tmp_path, [case] * 3, 2.5)
    described = json.loads((tmp_path / "dataset.json").read_text())
    assert described["pixel_size_nm"] == 2.5 and described["numTraining"] == 3

    def cases():
        yield case
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_dataset(tmp_path, cases(), None)
    assert not (tmp_path / "dataset.json").exists()
    assert len(list((tmp_path / "imagesTr").iterdir())) == 1


def test_the_pixel_size_of_a_set_is_kept(tmp_path: Path) -> None:
    labels = np.zeros((20, 20), np.int32)
    labels[5:15, 5:15] = 1
    write_pair(tmp_path, 0, np.zeros((20, 20), np.float32), class_mask(labels, 1), labels)
    background = np.zeros((0, 20, 20), np.float32)
    dataset = write_nnunet(tmp_path, [0], "set", background, SilentReporter(), pixel_size_nm=7.3)
    assert json.loads((dataset / "dataset.json").read_text())["pixel_size_nm"] == 7.3
    assert np.asarray(Image.open(case_paths(dataset, 0).image)).min() == 1
    dataset = write_nnunet(tmp_path, [0], "set", background, SilentReporter())
    assert "pixel_size_nm" not in json.loads((dataset / "dataset.json").read_text())
