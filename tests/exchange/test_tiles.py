"""Scans larger than memory, cut into tiles: nothing is lost, and a montage of them measures what the whole does."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from diffrendergan.errors import DataError
from diffrendergan.exchange.sets.ome_zarr import write_ome_zarr
from diffrendergan.exchange.tiles import POSITIONS, cut_into_tiles, starts
from diffrendergan.image_files.decoding import decode
from diffrendergan.runs.reporter import SilentReporter

REPORTER = SilentReporter()


@given(st.integers(1, 5000), st.integers(64, 1000), st.data())
def test_tiles_cover_the_whole_and_overlap_by_what_was_asked_for(length: int, edge: int, data: st.DataObject) -> None:
    overlap = data.draw(st.integers(0, edge // 2))
    found = starts(length, edge, overlap)
    assert found[0] == 0 and found[-1] + edge >= length and max(found[-1] + edge - length, 0) <= max(edge - length, 0)
    assert all(0 < after - before <= edge - overlap for before, after in pairwise(found))


zarr = pytest.importorskip("zarr", reason="the extra `zarr` is not installed")


def together(folder: Path, shape: tuple[int, int]) -> NDArray:
    """Put tiles together where the list says that they lie."""
    whole = np.zeros(shape, np.int64)
    with (folder / POSITIONS).open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            tile = tifffile.imread(folder / row["file"])
            top, left = int(row["y_px"]), int(row["x_px"])
            whole[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    return whole


@pytest.mark.parametrize("kind", ["u1", "u2", "i4"])
def test_the_tiles_of_a_tiff_are_the_whole(tmp_path: Path, kind: str) -> None:
    values = np.random.default_rng(0).integers(0, 200, (150, 230)).astype(kind)
    tifffile.imwrite(
        tmp_path / "a.tif",
        values,
        tile=(64, 64),
        compression="zlib",
        resolution=(2e6, 2e6),
        resolutionunit="CENTIMETER",
    )
    made = cut_into_tiles(tmp_path / "a.tif", tmp_path / "tiles", REPORTER, 96, 16)
    assert made.count == 6 and made.pixel_size_nm == pytest.approx(5)
    np.testing.assert_array_equal(together(tmp_path / "tiles", values.shape), values)
    tile = decode(sorted((tmp_path / "tiles").glob("*.tif"))[-1])
    assert tile.values.dtype == values.dtype and tile.values.shape == (96, 96)
    assert tile.metadata.pixel_size_nm == pytest.approx(5)


def test_what_is_shown_white_is_bright_in_the_tiles(tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 200, (70, 80), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="miniswhite")
    cut_into_tiles(tmp_path / "a.tif", tmp_path / "tiles", REPORTER, 64, 0)
    np.testing.assert_array_equal(together(tmp_path / "tiles", values.shape), 255 - values.astype(int))


def test_a_part_of_an_ome_zarr_is_read_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).integers(0, 60000, (300, 200), np.uint16)
    write_ome_zarr(tmp_path / "a.zarr", values, {}, 4.0, "a")
    read: list[int] = []
    whole = zarr.Array.__getitem__

    def counted(array: zarr.Array, place: object) -> NDArray:
        found = whole(array, place)
        read.append(found.size)
        return found

    monkeypatch.setattr(zarr.Array, "__getitem__", counted)
    made = cut_into_tiles(tmp_path / "a.zarr", tmp_path / "tiles", REPORTER, 128, 32)
    assert made.pixel_size_nm == pytest.approx(4) and max(read) == 128 * 128
    np.testing.assert_array_equal(together(tmp_path / "tiles", values.shape), values)


def test_what_cannot_be_cut_is_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((70, 80), np.uint8))
    with pytest.raises(DataError, match="make no montage"):
        cut_into_tiles(tmp_path / "a.tif", tmp_path / "tiles", REPORTER, 64, 40)
    (tmp_path / "tiles").mkdir()
    (tmp_path / "tiles" / "other.tif").touch()
    with pytest.raises(DataError, match=r"something else \(other.tif\)"):
        cut_into_tiles(tmp_path / "a.tif", tmp_path / "tiles", REPORTER)
    rng = np.random.default_rng(0)
    tifffile.imwrite(tmp_path / "b.tif", rng.integers(0, 255, (70, 80, 3), np.uint8), photometric="rgb")
    with pytest.raises(DataError, match="colour image"):
        cut_into_tiles(tmp_path / "b.tif", tmp_path / "new", REPORTER)
    with pytest.raises(DataError, match="no OME-Zarr and no TIFF"):
        cut_into_tiles(tmp_path / "a.png", tmp_path / "new", REPORTER)
    (tmp_path / "broken.tif").write_bytes(b"II*\0nothing")
    with pytest.raises(DataError, match="holds no image; copy it again"):
        cut_into_tiles(tmp_path / "broken.tif", tmp_path / "new", REPORTER)
