from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
import roifile
import tifffile
from matplotlib.path import Path as Outline
from scipy import ndimage
from skimage.measure import label

from diffrendergan.errors import DataError
from diffrendergan.image_files.decoding import decode
from diffrendergan.labels.outlines import outline
from diffrendergan.labels.rois import write_rois
from diffrendergan.labels.tiff import write_imagej_tiff, write_ome_tiff
from diffrendergan.quantification.particles import measure_particles, particle_table
from diffrendergan.quantification.tables import read_table, write_table, write_tables


@pytest.fixture(scope="module")
def labels() -> np.ndarray:
    noise = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(150, 180)), 4)
    return label(noise > noise.std() / 2, connectivity=1).astype(np.int32)


def test_tables_survive_the_round_trip(tmp_path: Path, labels: np.ndarray) -> None:
    table = particle_table(measure_particles(labels, labels / 100), 2.5, "scän 1")
    csv, parquet = write_table(tmp_path, "a", table)
    assert pq.read_table(parquet).equals(table)
    field = pq.read_schema(parquet).field("area_nm2")
    assert field.metadata[b"unit"].decode() == "nm²" and field.metadata[b"definition"] == b"pixels of the particle"
    again = pa_csv.read_csv(csv)
    assert again.column_names == table.column_names
    assert again["diameter_nm"].to_numpy() == pytest.approx(table["diameter_nm"].to_numpy())
    assert again["touches_border"].to_pylist() == table["touches_border"].to_pylist()
    assert read_table(parquet, ["label"]).column_names == ["label"]


def test_tables_are_joined_one_by_one(tmp_path: Path, labels: np.ndarray) -> None:
    one, two, px = (particle_table(measure_particles(labels, labels / 100), size, "a") for size in (2.5, 3.0, None))
    write_tables(tmp_path, "both", iter([one, two]))
    assert read_table(tmp_path / "both.parquet").num_rows == 2 * one.num_rows
    with pytest.raises(DataError, match="different columns"):
        write_tables(tmp_path, "mixed", [one, px])
    with pytest.raises(DataError, match="nothing to write"):
        write_tables(tmp_path, "none", [])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["both.csv", "both.parquet"]
    (tmp_path / "both.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match="cannot be read"):
        read_table(tmp_path / "both.parquet")


@pytest.mark.parametrize(("factor", "short", "ome"), [(1, np.uint16, np.uint16), (70_000, np.float32, np.uint32)])
def test_label_images_say_their_scale(tmp_path: Path, labels: np.ndarray, factor: int, short: type, ome: type) -> None:
    many = np.where(labels == 3, factor + 3, labels)
    write_imagej_tiff(tmp_path / "a.tif", many, 2.5)
    write_ome_tiff(tmp_path / "a.ome.tif", many, 2.5, "a")
    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        assert tif.imagej_metadata["unit"] == "nm" and tif.imagej_metadata["max"] == many.max()
        x = tif.pages[0].tags["XResolution"].value
        assert x[1] / x[0] == pytest.approx(2.5)
        assert tif.pages[0].dtype == short and (tif.asarray() == many).all()
    with tifffile.TiffFile(tmp_path / "a.ome.tif") as tif:
        assert 'PhysicalSizeX="2.5" PhysicalSizeXUnit="nm"' in tif.ome_metadata
        assert tif.pages[0].dtype == ome and (tif.asarray() == many).all()
    for name in ("a.tif", "a.ome.tif"):
        assert decode(tmp_path / name).metadata.pixel_size_nm == pytest.approx(2.5)


def test_an_unknown_scale_is_not_written(tmp_path: Path, labels: np.ndarray) -> None:
    write_imagej_tiff(tmp_path / "a.tif", labels, None)
    write_ome_tiff(tmp_path / "a.ome.tif", labels, None, "a")
    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        assert "unit" not in tif.imagej_metadata
    with tifffile.TiffFile(tmp_path / "a.ome.tif") as tif:
        assert "PhysicalSize" not in tif.ome_metadata
    for name in ("a.tif", "a.ome.tif"):
        assert decode(tmp_path / name).metadata.pixel_size_nm is None
    with pytest.raises(DataError, match="ImageJ tells labels apart"):
        write_imagej_tiff(tmp_path / "b.tif", np.full((4, 4), 2**25), None)


def inside(corners: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    y, x = np.mgrid[: shape[0], : shape[1]]
    centres = np.column_stack([x.ravel() + 0.5, y.ravel() + 0.5])
    return Outline(np.vstack([corners, corners[:1]]), closed=True).contains_points(centres).reshape(shape)


def test_rois_hold_exactly_their_particles(tmp_path: Path, labels: np.ndarray) -> None:
    path = tmp_path / "a_rois.zip"
    write_rois(path, labels)
    regions = roifile.ImagejRoi.fromfile(path)
    assert [region.name for region in regions] == [f"{number:04d}" for number in range(1, labels.max() + 1)]
    for region in regions:
        outlines = region.coordinates(multi=True)
        within = np.logical_xor.reduce([inside(corners, labels.shape) for corners in outlines])
        assert (within == (labels == int(region.name))).all()
        corners = np.concatenate(outlines)
        assert (region.left, region.top) == tuple(corners.min(axis=0))
        assert (region.right, region.bottom) == tuple(corners.max(axis=0))
    before = path.read_bytes()
    write_rois(path, labels)
    assert path.read_bytes() == before


def test_outlines_of_odd_shapes() -> None:
    assert outline(np.ones((1, 1), bool)).tolist() == [[0, 0], [1, 0], [1, 1], [0, 1]]
    diagonal = np.eye(3, dtype=bool)
    corners = outline(diagonal)
    area = np.dot(corners[:, 0], np.roll(corners[:, 1], -1)) - np.dot(corners[:, 1], np.roll(corners[:, 0], -1))
    assert area == 6  # clockwise in an image, twice the area


def test_a_label_in_parts_is_one_region(tmp_path: Path) -> None:
    parts = np.zeros((20, 20), np.int32)
    parts[2:4, 2:4] = parts[10:15, 8:16] = 1
    parts[11:13, 10:12] = 0
    write_rois(tmp_path / "a.zip", parts)
    (region,) = roifile.roiread(tmp_path / "a.zip")
    assert (region.left, region.top, region.right, region.bottom) == (2, 2, 16, 15)
    first, second, hole = (outline.tolist() for outline in region.coordinates(multi=True))
    assert first == [[2, 2], [4, 2], [4, 4], [2, 4], [2, 2]]
    assert second == [[8, 10], [16, 10], [16, 15], [8, 15], [8, 10]]
    assert sorted(hole[:4]) == [[10, 11], [10, 13], [12, 11], [12, 13]]
