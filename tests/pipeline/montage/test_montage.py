from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import tifffile
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import label
from tests.fixtures.scans import Notes
from tests.fixtures.tiles import discs, grid

from diffrendergan.errors import DataError
from diffrendergan.image_files.listing import list_scans
from diffrendergan.micrographs.rules import ReadingRules
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.pipeline.montage.positions import read_positions
from diffrendergan.pipeline.montage.run import MontageSettings, quantify_montage
from diffrendergan.pipeline.quantify.run import quantify_scans
from diffrendergan.pipeline.quantify.settings import QuantifySettings
from diffrendergan.quantification.montage.layout import Layout
from diffrendergan.runs.reporter import SilentReporter

FAST = QuantifySettings(bootstrap=0, figures=False)


class Threshold:
    """Stands for a network."""

    structure, grey, rules = "particles", None, ReadingRules(data_bar=0, pixel_size_nm=2.0)
    doubts = ()

    def segment(self, scan: Micrograph) -> NDArray[np.int32]:
        return label(scan.pixels > 0.5, connectivity=1).astype(np.int32)

    def describe(self) -> dict[str, Any]:
        return {"model": "run/model.pt"}

    def files(self, name: str) -> tuple[Path, ...]:
        return ()


def scan_of(labels: NDArray[np.int32], seed: int = 0) -> NDArray[np.uint8]:
    """Return a scan with grain that hangs on the sample, as that of a film below particles."""
    rng = np.random.default_rng(seed)
    grain = ndimage.gaussian_filter(rng.normal(0, 60, labels.shape), 1.5)
    return np.clip(60 + grain + 140 * (labels > 0), 1, 254).astype(np.uint8)


@pytest.fixture(scope="module")
def whole() -> NDArray[np.int32]:
    return discs((300, 380), 90, (3, 7))


def write_tiles(folder: Path, scan: NDArray[np.uint8], layout: Layout, **more: Any) -> list[str]:
    folder.mkdir()
    names = []
    for tile, ((left, top), (right, bottom)) in enumerate(zip(layout.corners, layout.ends, strict=True)):
        names.append(f"tile_{tile:02d}.ome.tif" if more else f"tile_{tile:02d}.tif")
        place = {name: function(tile) for name, function in more.items()}
        metadata: Any = {"axes": "YX", "Plane": place} if more else None
        tifffile.imwrite(folder / names[-1], scan[top:bottom, left:right], ome=bool(more), metadata=metadata)
    return names


def write_list(path: Path, names: list[str], places: NDArray[np.float64], head: str = "file,x_px,y_px") -> Path:
    path.write_text("\n".join([head, *(f"{name},{x},{y}" for name, (x, y) in zip(names, places, strict=True))]))
    return path


def test_a_montage_measures_as_its_whole_scan_does(whole: NDArray[np.int32], tmp_path: Path) -> None:
    scan = scan_of(whole)
    (tmp_path / "one").mkdir()
    tifffile.imwrite(tmp_path / "one" / "whole.tif", scan)
    layout = grid(whole.shape, 140, 36, 4)
    names = write_tiles(tmp_path / "tiles", scan, layout)
    off = layout.corners + np.random.default_rng(1).integers(-5, 6, layout.corners.shape)
    source = write_list(tmp_path / "places.csv", names, off)
    quantify_scans([tmp_path / "one" / "whole.tif"], Threshold(), FAST, tmp_path / "a", SilentReporter())
    found = quantify_montage(
        list_scans(tmp_path / "tiles"), Threshold(), FAST, MontageSettings(source), tmp_path / "b", SilentReporter()
    )
    (one,), (two,) = (pq.read_table(tmp_path / part / "scans.parquet").to_pylist() for part in "ab")
    shared = [name for name in one if name not in ("scan", "fit")]
    assert {name: two[name] for name in shared} == pytest.approx({name: one[name] for name in shared}, nan_ok=True)
    particles = [pq.read_table(tmp_path / part / "particles.parquet").to_pandas() for part in "ab"]
    keys = ["x_nm", "y_nm", "box_left_nm", "area_nm2", "border_weight"]
    expected, got = (np.array(sorted(map(tuple, table[~table.touches_border][keys].to_numpy()))) for table in particles)
    np.testing.assert_allclose(got, expected, rtol=1e-9)
    record = json.loads((tmp_path / "b" / "montage.json").read_text())
    corners = np.array([tile["corner_px"] for tile in sorted(record["tiles"], key=lambda tile: tile["tile"])])
    np.testing.assert_array_equal(corners, layout.corners)
    assert "were corrected" in record["said"][0] and found.failed == {}


def test_a_damaged_tile_is_a_gap(whole: NDArray[np.int32], tmp_path: Path) -> None:
    layout = grid(whole.shape, 140, 36)
    names = write_tiles(tmp_path / "tiles", scan_of(whole), layout)
    (tmp_path / "tiles" / names[4]).write_bytes(b"II*\0 torn")
    shutil.copy(tmp_path / "tiles" / names[0], tmp_path / "tiles" / "other.tif")
    notes = Notes()
    source = write_list(tmp_path / "places.csv", names, layout.corners)
    found = quantify_montage(
        list_scans(tmp_path / "tiles"), Threshold(), FAST, MontageSettings(source), tmp_path / "out", notes
    )
    assert list(found.failed) == ["tile_04"]
    assert "1 scan is left out, for which no place is stated: other." in notes.lines
    shown = np.zeros(whole.shape, bool)
    for tile, ((left, top), (right, bottom)) in enumerate(zip(layout.corners, layout.ends, strict=True)):
        shown[top:bottom, left:right] |= tile != 4
    row = found.records[0].row
    assert row["field_px"] == shown.sum() < whole.size
    assert row["coverage"] == pytest.approx((whole > 0)[shown].mean())


def test_ome_tiles_whose_stage_counts_upwards(whole: NDArray[np.int32], tmp_path: Path) -> None:
    layout = grid(whole.shape, 140, 36)
    write_tiles(
        tmp_path / "tiles", scan_of(whole), layout,
        PositionX=lambda tile: float(5000 + layout.corners[tile, 0] * 0.002), PositionXUnit=lambda tile: "µm",
        PositionY=lambda tile: float(-layout.corners[tile, 1] * 0.002), PositionYUnit=lambda tile: "µm",
    )  # fmt: skip
    listing = list_scans(tmp_path / "tiles")
    quantify_montage(listing, Threshold(), FAST, MontageSettings(Path("ome")), tmp_path / "out", SilentReporter())
    record = json.loads((tmp_path / "out" / "montage.json").read_text())
    assert "y runs the other way" in record["said"][0] and "right to a pixel" in record["said"][1]
    (row,) = pq.read_table(tmp_path / "out" / "scans.parquet").to_pylist()
    assert (row["field_px"], row["width_px"]) == (whole.size, whole.shape[1])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("a,b,c\n1,2,3", "must name the columns"),
        ("file,x_px,y_nm\na.tif,0,0", "different units"),
        ("file,x,y\na.tif,0,0\nc.tif,0,0", "line 3 of .* not among"),
        ("file,x,y\na.tif,0,0\na.tif,0,0", "second time"),
        ("file,x,y\na.tif,0,nan\nb.tif,0,0", "line 2 of .* no number"),
        ("file,x,y\na.tif,0,0", "at least two"),
        ("file,x,y\na.tif,0", "columns"),
    ],
)
def test_lists_that_cannot_be_used(tmp_path: Path, text: str, said: str) -> None:
    source = tmp_path / "places.csv"
    source.write_text(text)
    with pytest.raises(DataError, match=said):
        read_positions(source, {"a": Path("a.tif"), "b": Path("b.tif")})


def test_lists_as_programs_write_them(tmp_path: Path) -> None:
    source = tmp_path / "places.csv"
    source.write_text("Name;X [µm];Y [µm]\r\nold\\a.tif;1,5;0\r\nb.tif;2,5;-1\r\n", encoding="utf-8-sig")
    found = read_positions(source, {"a": Path("a.tif"), "b": Path("b.tif")})
    np.testing.assert_allclose(found.in_px(["a", "b"], 10.0), [[0, 100], [100, 0]])
    with pytest.raises(DataError, match="--pixel-size-nm"):
        found.in_px(["a", "b"], None)


def test_tiles_far_apart_are_refused(tmp_path: Path) -> None:
    layout = Layout(np.array([[0, 0], [200, 0]]), np.full((2, 2), 100))
    names = write_tiles(tmp_path / "tiles", scan_of(discs((100, 300), 20, (3, 5))), layout)
    source = write_list(tmp_path / "places.csv", names, layout.corners)
    with pytest.raises(DataError, match="no two tiles overlap"):
        quantify_montage(
            list_scans(tmp_path / "tiles"), Threshold(), FAST, MontageSettings(source), tmp_path / "o", SilentReporter()
        )
