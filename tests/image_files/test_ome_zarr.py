"""OME-Zarr as scans: both versions, axes of any number, several images in one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from diffrendergan.errors import DataError
from diffrendergan.exchange.sets.ome_zarr import write_ome_zarr
from diffrendergan.image_files import listing
from diffrendergan.image_files.decoding import decode
from diffrendergan.image_files.listing import list_scans, scans_in
from diffrendergan.labels.label_set import open_label_set
from diffrendergan.labels.reading import read_numbers
from diffrendergan.runs.digest import sha256_of_file
from diffrendergan.runs.provenance import fingerprints, size_and_time

zarr = pytest.importorskip("zarr", reason="the extra `zarr` is not installed")
RNG = np.random.default_rng(0)


def described(axes: str, scale: list[float], unit: str = "micrometer", name: str = "") -> dict:
    kinds = {"t": "time", "c": "channel"}
    listed = [
        {"name": axis, "type": kinds.get(axis, "space"), **({} if axis in kinds else {"unit": unit})} for axis in axes
    ]
    steps = [{"type": "scale", "scale": scale}]
    return {"name": name, "axes": listed, "datasets": [{"path": "0", "coordinateTransformations": steps}]}


def write(path: Path, values: np.ndarray, axes: str, scale: list[float], version: int = 3, **more: str) -> Path:
    group = zarr.create_group(str(path), zarr_format=version)
    group.create_array("0", shape=values.shape, dtype=values.dtype, chunks=values.shape)[...] = values
    levels = [described(axes, scale, **more)]
    group.attrs.update({"ome": {"version": "0.5", "multiscales": levels}} if version == 3 else {"multiscales": levels})
    return path


@pytest.mark.parametrize("version", [2, 3])
def test_a_plane_with_its_scale(tmp_path: Path, version: int) -> None:
    values = RNG.integers(0, 255, (1, 1, 1, 20, 30), dtype=np.uint8)
    stored = decode(write(tmp_path / "a.zarr", values, "tczyx", [1, 1, 1, 0.002, 0.002], version))
    np.testing.assert_array_equal(stored.values, values[0, 0, 0])
    assert stored.metadata.pixel_size_nm == pytest.approx(2)


def test_detectors_are_channels_and_stacks_are_refused(tmp_path: Path) -> None:
    values = RNG.integers(0, 255, (2, 20, 30), dtype=np.uint16)
    path = write(tmp_path / "a.zarr", values, "cyx", [1, 5, 5], unit="nanometer")
    assert decode(path).one_detector().remarks[0].startswith("It holds the images of 2 detectors")
    np.testing.assert_array_equal(decode(path, channel=2).values, values[1])
    with pytest.raises(DataError, match="is a stack: 2 images along z"):
        decode(write(tmp_path / "b.zarr", values, "zyx", [1, 5, 5]))
    with pytest.raises(DataError, match="rows and columns"):
        decode(write(tmp_path / "c.zarr", values[0], "zx", [5, 5]))
    (tmp_path / "d.zarr").mkdir()
    zarr.create_group(str(tmp_path / "d.zarr"), overwrite=True)
    with pytest.raises(DataError, match="no image of OME-Zarr"):
        decode(tmp_path / "d.zarr")
    (tmp_path / "a.zarr" / "zarr.json").write_text("{")
    with pytest.raises(DataError, match="cannot be read as an image"):
        decode(path)


def test_headers_that_claim_too_much_are_refused_before_anything_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.zarr", np.eye(9), "yx", [1, 1])
    header = path / "0" / "zarr.json"
    header.write_text(header.read_text().replace("9", "99999"))
    with pytest.raises(DataError, match="cut it into smaller images"):
        decode(path)


def test_several_images_in_one_folder(tmp_path: Path) -> None:
    root = zarr.create_group(str(tmp_path / "a.zarr"))
    for number, size in enumerate((10, 20)):
        write(tmp_path / "a.zarr" / str(number), np.full((size, size), number), "yx", [1, 1], name=f"field {number}")
    assert dict(root.attrs) == {}
    stored = decode(tmp_path / "a.zarr")
    assert stored.values.shape == (20, 20) and "2 series" in stored.remarks[0]
    assert decode(tmp_path / "a.zarr", series="field 0").values.shape == (10, 10)


def test_unknown_units_are_no_scale(tmp_path: Path) -> None:
    path = write(tmp_path / "a.zarr", np.eye(9), "yx", [3, 3], unit="pixel")
    assert decode(path).metadata.pixel_size_nm is None
    oblong = decode(write(tmp_path / "b.zarr", np.eye(9), "yx", [3, 4], unit="nanometer"))
    assert oblong.metadata.pixel_size_nm is None and "square" in " ".join(oblong.remarks)


def test_folders_of_zarr_are_scans_among_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "a.ome.zarr", np.eye(9), "yx", [3, 3])
    (tmp_path / "b.zarr").mkdir()  # empty
    assert list(list_scans(tmp_path).files) == ["a.ome"]
    monkeypatch.setattr(listing, "zarr_installed", lambda: False)
    monkeypatch.setattr(listing, "is_ome_zarr", lambda path: False)
    assert "pip install 'diffrendergan[zarr]'" in " ".join(scans_in(tmp_path).remarks)


def test_what_changes_within_is_a_change_of_the_scan(tmp_path: Path) -> None:
    path = write(tmp_path / "a.zarr", np.eye(9), "yx", [3, 3])
    before, known = sha256_of_file(path), fingerprints({"a": path})
    assert fingerprints({"a": path}) == known and known["a"].sha256 == before
    zarr.open_group(str(path))["0"][0, 0] = 5
    assert sha256_of_file(path) != before and fingerprints({"a": path})["a"].sha256 != before
    assert size_and_time(path)[0] == sum(part.stat().st_size for part in path.rglob("*") if part.is_file())


def write_labels(path: Path, name: str, labels: np.ndarray, version: int = 3) -> None:
    """Put a label image beside the image of an OME-Zarr."""
    root = zarr.open_group(str(path), mode="a")
    held = root["labels"] if "labels" in root else root.create_group("labels")
    group = held.create_group(name)
    group.create_array("0", shape=labels.shape, dtype=labels.dtype, chunks=labels.shape)[...] = labels
    levels = [described("yx", [2, 2], "nanometer")]
    group.attrs.update({"ome": {"version": "0.5", "multiscales": levels}} if version == 3 else {"multiscales": levels})


@pytest.mark.parametrize("version", [2, 3])
def test_label_images_are_read_as_labels_and_images_as_images(tmp_path: Path, version: int) -> None:
    pixels = RNG.integers(0, 255, (20, 30), dtype=np.uint8)
    labels = np.zeros((20, 30), np.uint32)
    labels[2:9, 3:9], labels[12:18, 20:28] = 7, 70_000
    path = write(tmp_path / "a.ome.zarr", pixels, "yx", [2, 2], version, unit="nanometer")
    write_labels(path, "particles", labels, version)
    read = read_numbers(path)
    np.testing.assert_array_equal(read.numbers, labels)
    assert read.pixel_size_nm == 2
    np.testing.assert_array_equal(decode(path).values, pixels)
    # The folder of the scans holds the annotations.
    found = open_label_set(tmp_path, list(list_scans(tmp_path).files))
    assert found.kind == "instances" and found.read("a.ome", pixels.shape).labels.max() == 2
    write_labels(path, "nuclei", labels, version)
    with pytest.raises(DataError, match=r"holds 2 label images \(nuclei, particles\)"):
        read_numbers(path)


def test_an_ome_zarr_that_is_a_label_image(tmp_path: Path) -> None:
    labels = np.zeros((20, 30), np.uint16)
    labels[2:9, 3:9] = 3
    np.testing.assert_array_equal(read_numbers(write(tmp_path / "a.zarr", labels, "yx", [2, 2])).numbers, labels)


def test_what_export_data_writes_is_read_again(tmp_path: Path) -> None:
    labels = np.zeros((300, 280), np.int32)
    labels[10:50, 20:70], labels[100:200, 150:260] = 1, 2
    write_ome_zarr(tmp_path / "a.ome.zarr", labels.astype(np.uint8), {"particles": labels}, 1.5, "a")
    read = read_numbers(tmp_path / "a.ome.zarr")
    np.testing.assert_array_equal(read.numbers, labels)
    assert read.pixel_size_nm == pytest.approx(1.5)
