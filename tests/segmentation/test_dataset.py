"""The synthetic set is verified before hours of training."""

from __future__ import annotations

import imageio.v3 as iio
import numpy as np
import pytest

from diffrendergan.errors import DataError
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.segmentation.dataset import load_synthetic, split

REPORTER = SilentReporter()


def test_set_is_read_as_written(tmp_path, write_set, disks):
    write_set(tmp_path, 3)
    images = load_synthetic(tmp_path, REPORTER)
    assert [image.name for image in images] == ["00000", "00001", "00002"]
    assert np.array_equal(images[2].instances, disks(2).instances)
    assert np.abs(images[2].pixels - disks(2).pixels).max() <= 0.5 / 255 + 1e-6


def change(path, function):
    iio.imwrite(path, function(iio.imread(path)))


@pytest.mark.parametrize(
    ("file", "damage", "message"),
    [
        ("labels/00001.png", lambda mask: mask * 127, "holds the value"),
        ("labels/00001.png", lambda mask: mask[:40], "48 x 40 px but its image is 48 x 48"),
        ("instances/00001.png", lambda mask: mask[:, :30], "30 x 48 px"),
        ("instances/00001.png", lambda mask: mask * 0, "disagree"),
        ("images/00001.png", lambda image: np.stack([image] * 3, -1), "grey"),
    ],
)
def test_damage_names_the_file(tmp_path, write_set, file, damage, message):
    write_set(tmp_path, 3)
    change(tmp_path / file, damage)
    with pytest.raises(DataError, match=message) as raised:
        load_synthetic(tmp_path, REPORTER)
    assert "00001.png" in str(raised.value)


def test_missing_and_broken_files(tmp_path, write_set):
    with pytest.raises(DataError, match="holds no PNG"):
        load_synthetic(tmp_path, REPORTER)
    write_set(tmp_path, 2)
    path = tmp_path / "labels" / "00001.png"
    path.write_bytes(b"\x89PNG broken")
    with pytest.raises(DataError, match=r"labels/00001\.png is missing or broken"):
        load_synthetic(tmp_path, REPORTER)
    path.unlink()
    with pytest.raises(DataError, match=r"labels/00001\.png is missing or broken"):
        load_synthetic(tmp_path, REPORTER)


def test_all_masks_empty(tmp_path, write_set):
    write_set(tmp_path, 2)
    for path in [*(tmp_path / "labels").iterdir(), *(tmp_path / "instances").iterdir()]:
        change(path, lambda mask: mask * 0)
    with pytest.raises(DataError, match="empty"):
        load_synthetic(tmp_path, REPORTER)


@pytest.mark.parametrize(
    ("count", "fraction", "held"), [(10, 0.2, 2), (3, 0.1, 1), (1, 0.5, 0), (4, 1.0, 3), (5, 0, 0)]
)
def test_split_keeps_all_and_divides_none(disks, count, fraction, held):
    images = [disks(seed) for seed in range(count)]
    kept, back = split(images, fraction, 0, "synthetic")
    assert len(back) == held
    assert sorted(image.name for image in kept + back) == sorted(image.name for image in images)
    assert split(images, fraction, 0, "synthetic")[1] == back
