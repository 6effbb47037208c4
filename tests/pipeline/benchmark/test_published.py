"""What is wrong with a folder of scans is said before anything is trained."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from diffrendergan.errors import ConfigError, DataError
from diffrendergan.pipeline.benchmark import published
from diffrendergan.pipeline.benchmark.published import PublishedSet
from diffrendergan.pipeline.benchmark.rows import choose_sources
from diffrendergan.pipeline.benchmark.settings import splits_of


def test_scans_are_found(bench):
    scans = bench.subject.scans()
    assert (scans.open, scans.kept_back) == (("scan_00", "scan_01", "scan_02"), ("scan_03",))
    assert scans.missing == ()


@pytest.mark.parametrize("part", ["images", "masks"])
def test_the_folder_above_is_meant(bench, part):
    with pytest.raises(DataError, match=rf"--data is .*{part}, but .*; give {bench.subject.data}\.$"):
        splits_of(replace(bench, subject=PublishedSet("demo", bench.subject.data / part)))


def test_folders_that_are_not_there(bench, tmp_path):
    with pytest.raises(DataError, match=r"--data is .*nowhere, which is no folder; `diffrendergan fetch demo"):
        splits_of(replace(bench, subject=PublishedSet("demo", tmp_path / "nowhere")))
    (tmp_path / "images").mkdir()
    with pytest.raises(DataError, match="which holds no folder `masks`; `diffrendergan fetch demo"):
        splits_of(replace(bench, subject=PublishedSet("demo", tmp_path)))


def test_no_scan_of_the_dataset(bench, monkeypatch):
    monkeypatch.setattr(published, "read_registry", lambda name: [])
    with pytest.raises(DataError, match="diffrendergan fetch demo"):
        splits_of(bench)


def test_scans_kept_back_that_are_not_there(bench, monkeypatch):
    registry = published.read_registry("demo")
    gone = replace(registry[-1], name="gone.tif")
    monkeypatch.setattr(published, "read_registry", lambda name: [*registry[:-1], gone])
    with pytest.raises(ConfigError, match=r"--splits test: .*images lacks 1 of the 1 scans of demo .*fetch demo"):
        splits_of(replace(bench, only=("test",)))
    with pytest.raises(ConfigError, match="did you mean fold_0"):
        splits_of(replace(bench, only=("fold0",)))


def test_scans_without_annotation_are_found_before_training(bench, tmp_path):
    copied = tmp_path / "data"
    shutil.copytree(bench.subject.data, copied)
    tested = splits_of(bench)[0].test[0]
    for path in (copied / "masks").glob(f"{tested}*"):
        path.unlink()
    with pytest.raises(DataError, match=rf"holds no annotation of {tested};"):
        splits_of(replace(bench, subject=PublishedSet("demo", copied), only=("fold_0",)))
    other = replace(bench, subject=PublishedSet("demo", copied), only=("fold_1",))
    assert splits_of(replace(other, sources=choose_sources(["learned"], ())))
    # There the scan is among those that the row `real` learns from.
    with pytest.raises(DataError, match=rf"holds no annotation of {tested};"):
        splits_of(replace(other, sources=choose_sources(["real"], ())))
