from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from diffrendergan.errors import DataError
from diffrendergan.micrographs.annotations import find_mask, has_mask, read_annotated, read_mask
from diffrendergan.micrographs.types import Micrograph


def save(path: Path, values: np.ndarray) -> Path:
    Image.fromarray(values).save(path)
    return path


def particles() -> np.ndarray:
    mask = np.zeros((20, 30), np.uint8)
    mask[2:6, 2:6] = 255
    mask[6:10, 6:10] = 255  # touches the first by a corner only: another particle
    mask[15:20, 20:25] = 255
    return mask


def test_particles_are_4_connected_regions(tmp_path):
    labels = read_mask(save(tmp_path / "a.png", particles()), "particles")
    assert labels.dtype == np.int32 and labels.max() == 3
    assert labels[3, 3] != labels[7, 7]


@pytest.mark.parametrize(
    "make", [lambda m: m > 0, lambda m: (m > 0).astype(np.uint8), lambda m: np.repeat(m[..., None], 3, 2)]
)
def test_masks_of_any_type(tmp_path, make):
    assert read_mask(save(tmp_path / "a.png", make(particles())), "particles").max() == 3


def test_lossy_masks_are_thresholded(tmp_path):
    Image.fromarray(particles()).save(tmp_path / "a.jpg", quality=80)
    assert read_mask(tmp_path / "a.jpg", "particles").max() <= 3
    with pytest.raises(DataError, match="JPEG"):
        read_mask(tmp_path / "a.jpg", "instances")


def test_instances_keep_their_identity_and_are_renumbered(tmp_path):
    values = np.zeros((20, 30), np.uint16)
    values[:5, :5], values[:5, 5:10], values[10:, :] = 700, 3, 41
    labels = read_mask(save(tmp_path / "a.png", values), "instances")
    assert sorted(np.unique(labels)) == [0, 1, 2, 3]
    assert labels[0, 0] != labels[0, 7]


def test_data_bar_rows_of_a_mask_are_cropped(tmp_path):
    path = save(tmp_path / "a.png", particles())
    labels = read_mask(path, "particles", (18, 30))
    assert labels.shape == (18, 30) and labels.max() == 3
    assert read_mask(path, "particles", (15, 30)).max() == 2  # the particle below is gone, the others renumbered


@pytest.mark.parametrize("shape", [(20, 29), (10, 30), (22, 30), (40, 30)])
def test_a_mask_of_another_scan_is_refused(tmp_path, shape):
    with pytest.raises(DataError, match=r"a\.png has 30×20 pixels"):
        read_mask(save(tmp_path / "a.png", particles()), "particles", shape)


def scan_of(rows: int) -> Micrograph:
    return Micrograph("a", np.zeros((rows, 30), np.float32), None, Path("a.tif"), 8, 2)


def test_scan_and_mask_are_cropped_to_what_they_share(tmp_path):
    path = save(tmp_path / "a.png", particles())
    for rows, shared_rows in ((18, 18), (20, 20), (24, 20)):
        scan, labels = read_annotated(scan_of(rows), path, "particles")
        assert scan.pixels.shape == labels.shape == (shared_rows, 30)
        assert scan.data_bar_rows == 2 + rows - shared_rows
    with pytest.raises(DataError, match="without data bar"):
        read_annotated(scan_of(60), path, "particles")
    with pytest.raises(DataError, match="without data bar"):
        read_annotated(replace(scan_of(20), pixels=np.zeros((20, 31), np.float32)), path, "particles")


def test_negative_or_broken_numbers(tmp_path):
    import tifffile

    tifffile.imwrite(tmp_path / "a.tif", particles().astype(np.float32) / 2)
    with pytest.raises(DataError, match="fractions"):
        read_mask(tmp_path / "a.tif", "particles")
    tifffile.imwrite(tmp_path / "b.tif", particles().astype(np.int16) - 5)
    with pytest.raises(DataError, match="negative"):
        read_mask(tmp_path / "b.tif", "instances")


def test_find_mask(tmp_path):
    with pytest.raises(DataError, match="mask folder"):
        find_mask(tmp_path / "none", "a", "_m")
    assert not has_mask(tmp_path, "a", "_m")
    with pytest.raises(DataError, match="a has no annotation a_m"):
        find_mask(tmp_path, "a", "_m")
    path = save(tmp_path / "a_m.png", particles())
    assert find_mask(tmp_path, "a", "_m") == path and has_mask(tmp_path, "a", "_m")
    save(tmp_path / "a_m.bmp", particles())
    with pytest.raises(DataError, match="several annotations"):
        find_mask(tmp_path, "a", "_m")
    odd = save(tmp_path / "b[1]*_m.png", particles())
    assert find_mask(tmp_path, "b[1]*", "_m") == odd
