"""All scans of a folder are measured, and what one of them lacks stops no other."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import tifffile
from tests.pipeline.quantify.conftest import FAST, NO_BAR, Threshold, run, summary, write_scan

from diffrendergan.errors import DataError, RunFolderError
from diffrendergan.micrographs.rules import ReadingRules
from diffrendergan.micrographs.stretch import Stretch
from diffrendergan.pipeline.quantify.run import QuantifySettings


def test_all_results_are_there(paths: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    settings = QuantifySettings(bootstrap=20)
    made = run(paths, out, Threshold("wires"), settings)
    for name in "abc":
        for file in (
            f"particles/{name}.csv", f"particles/{name}.parquet", f"wires/{name}.csv", f"thickness/{name}.tif",
            f"labels/{name}.tif", f"labels-ome/{name}.ome.tif", f"rois/{name}_rois.zip", f"scans/{name}.json",
            *(f"figures/{name}_{kind}.{end}" for kind in ("sizes", "instances", "thickness") for end in ("png", "svg")),
        ):  # fmt: skip
            assert (out / file).stat().st_size > 0, file
    for file in ("particles.csv", "wires.parquet", "scans.csv", "figures/sizes.png", "figures/thickness.svg"):
        assert (out / file).is_file(), file
    together = pq.read_table(out / "particles.parquet")
    assert together.num_rows == sum(record.row["number"] for record in made.records) == 72
    assert set(together["scan"].to_pylist()) == {"a", "b", "c"}
    scans = pq.read_table(out / "scans.parquet").to_pylist()
    assert [row["scan"] for row in scans] == ["a", "b", "c"]
    assert all(row["d50_low_nm"] <= row["d50_nm"] <= row["d50_high_nm"] for row in scans)
    assert scans[0]["density_per_um2"] == pytest.approx(24 / (0.24 * 0.32))
    told = summary(out)
    assert told["failed"] == {} and told["together"]["nm"]["number"] == 72
    assert told["per_scan"]["a"]["fits"]["normal"]["bic"] != 0
    assert "bimodal only if" in told["preferred_fit_rule"] and told["warnings"] == []
    assert made.pooled["nm"].number.d50 == pytest.approx(28, abs=3)


def test_of_sections_balls_are_told_where_that_is_asked_for(paths: list[Path], tmp_path: Path) -> None:
    run(paths, tmp_path / "out", settings=replace(FAST, sections=True))
    assert (tmp_path / "out" / "balls.csv").stat().st_size > 100
    run(paths, tmp_path / "out")
    assert not (tmp_path / "out" / "balls.csv").exists()


def test_numbers_that_are_said_to_be_heights_are_measured(paths: list[Path], tmp_path: Path) -> None:
    chosen = replace(FAST, nm_per_number=0.5, tip_radius_nm=3.0)
    run(paths[:1], tmp_path / "out", Threshold(rules=replace(NO_BAR, stretch=Stretch(0, 128))), chosen)
    table = pq.read_table(tmp_path / "out" / "particles.parquet")
    assert table["height_nm"].null_count == table["tip_free_diameter_nm"].null_count == 0
    assert (tmp_path / "out" / "surfaces" / f"{paths[0].stem}.tif").exists()


def test_a_scan_that_cannot_be_used_is_passed_over(paths: list[Path], tmp_path: Path) -> None:
    paths[1].write_bytes(b"II*\0 broken")
    out = tmp_path / "out"
    made = run(paths, out, Threshold(refuses="c"))
    assert [record.name for record in made.records] == ["a"]
    assert set(summary(out)["failed"]) == {"b", "c"} == set(made.failed)
    assert "holds no image" in made.failed["b"] and "magnification" in made.failed["c"]
    assert pq.read_table(out / "scans.parquet").num_rows == 1


def test_nothing_usable_leaves_a_summary(paths: list[Path], tmp_path: Path) -> None:
    made = run(paths[2:], tmp_path / "out", Threshold(refuses="c"))
    assert not made.records and not made.pooled and set(summary(tmp_path / "out")["failed"]) == {"c"}


@pytest.mark.parametrize("asked, why", [({"data_bar": 5000}, "data bar of 5000 rows"), ({"series": 7}, "no series 7")])
def test_results_are_not_lost_to_an_option_that_fits_no_scan(
    paths: list[Path], tmp_path: Path, asked: dict[str, int], why: str
) -> None:
    out = tmp_path / "out"
    run(paths[:2], out)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with pytest.raises(DataError, match=f"{why}.*results in .* are left as they were"):
        run(paths[:2], out, settings=replace(FAST, **asked))
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_pixels_are_not_held(paths: list[Path], tmp_path: Path) -> None:
    segmenter = Threshold(refuses="b")
    run(paths, tmp_path / "out", segmenter)
    assert segmenter.seen == ["a", "b", "c"]
    assert all(reference() is None for reference in segmenter.pixels)


def test_the_summary_says_nothing_twice(paths: list[Path], tmp_path: Path) -> None:
    """Numbers of sizes are those of `scans.csv`, each of them once."""
    out = tmp_path / "out"
    write_scan(paths[1], 1, None)
    run(paths, out)
    (row, *_), told = pq.read_table(out / "scans.parquet").to_pylist(), summary(out)
    assert "scans" not in told and "scan" not in told["per_scan"]["a"]
    values = told["per_scan"]["a"]
    groups = {
        "": "number_weighted",
        "area_": "area_weighted",
        "volume_": "volume_weighted",
        "uncorrected_": "uncorrected_number_weighted",
    }
    for prefix, group in groups.items():
        assert all(row[prefix + name] == value for name, value in values[group].items())
        assert not any(prefix + name in values for name in values[group])
    assert (
        values["area_weighted"]["mean_nm"] == pytest.approx(row["d32_nm"]) and "d32_nm" not in values["area_weighted"]
    )
    assert values["number_weighted_intervals"]["d50_nm"] == [row["d50_low_nm"], row["d50_high_nm"]]
    assert values["preferred_fit"] == row["fit"] and set(values["fits"]["normal"]) == {"parameters", "aic", "bic", "ks"}
    assert all(values[name] == row[name] for name in ("number", "number_whole", "coverage", "density_per_um2"))
    assert told["per_scan"]["b"]["number_weighted"].keys() == told["together"]["px"]["number_weighted"].keys()


def test_many_specks_are_warned_of(paths: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    before = run(paths, out)
    assert before.warnings == () and summary(out)["together"]["nm"]["number_specks"] == 0
    scan = tifffile.imread(paths[0])
    scan[8:112:4, 2] = 220  # 26 single pixels
    scan[8:112:4, 0] = 220  # as many that the border may have cut
    tifffile.imwrite(paths[0], scan, imagej=True, resolution=(0.5, 0.5), metadata={"unit": "nm"})
    made = run(paths, out)
    assert [record.row["number_specks"] for record in made.records] == [26, 0, 0]
    whole = 26 + sum(record.row["number_whole"] for record in before.records)
    (said,) = made.warnings
    assert said.startswith(f"26 of {whole} whole particles (") and "--min-region-px 10" in said
    assert summary(out)["warnings"] == [said]
    assert run(paths[1:], out).warnings == ()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError(13, "Permission denied"), "Permission denied"),
        (MemoryError(), "does not fit in memory"),
        (RuntimeError("CUDA out of memory. Tried to allocate 9 GiB"), "does not fit in memory"),
        (RuntimeError("no kernel"), "cannot be measured (no kernel)"),
    ],
)
def test_no_scan_stops_the_others(paths: list[Path], tmp_path: Path, error: Exception, said: str) -> None:
    made = run(paths, tmp_path / "out", Threshold(refuses="b", error=error))
    assert [record.name for record in made.records] == ["a", "c"] and said in made.failed["b"]


def test_a_scan_that_cannot_be_opened_stops_no_other(
    paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path.open

    def refused(path: Path, *arguments: Any, **options: Any) -> Any:
        if path == paths[0]:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", refused)
    made = run(paths, tmp_path / "out")
    assert made.failed == {"a": f"{paths[0]} cannot be read (Permission denied); copy it again or remove it."}
    assert len(made.records) == 2


def test_a_scan_that_fails_half_written_leaves_nothing(
    paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("diffrendergan.pipeline.quantify.scan.write_rois", fail)
    made = run(paths, tmp_path / "out", Threshold("wires"))
    assert set(made.failed) == {"a", "b", "c"}
    assert not [path for path in (tmp_path / "out").glob("*/*") if path.is_file()]


def test_a_full_disk_ends_the_command(paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(RunFolderError, match="is full"):
        patch.setattr("diffrendergan.labels.tiff.tifffile.imwrite", full)
        run(paths, tmp_path / "out")
    with pytest.raises(RunFolderError, match="is full"):
        run(paths, tmp_path / "two", Threshold(refuses="a", error=OSError(28, "No space left on device")))


def test_scans_without_scale_stay_apart(paths: list[Path], tmp_path: Path) -> None:
    write_scan(paths[1], 1, None)
    made = run(paths, tmp_path / "out")
    assert set(made.pooled) == {"nm", "px"}
    assert "diameter_nm" in pq.read_schema(tmp_path / "out" / "particles.parquet").names
    assert "diameter_px" in pq.read_schema(tmp_path / "out" / "particles-px.parquet").names
    assert pq.read_table(tmp_path / "out" / "scans-px.parquet")["scan"].to_pylist() == ["b"]


def test_the_models_project_may_know_the_scale(paths: list[Path], tmp_path: Path) -> None:
    write_scan(paths[1], 1, None)
    made = run(paths, tmp_path / "one", Threshold(rules=ReadingRules(0, 2.0)))
    assert [record.row["pixel_size_nm"] for record in made.records] == [2, 2, 2]
    made = run(paths, tmp_path / "two", Threshold(rules=ReadingRules(0, 4.0)))
    assert set(made.failed) == {"a", "c"} and "--pixel-size-nm" in made.failed["a"]
    made = run(
        paths,
        tmp_path / "three",
        Threshold(rules=ReadingRules(0, 4.0)),
        QuantifySettings(pixel_size_nm=3.0, bootstrap=0, figures=False),
    )
    assert [record.row["pixel_size_nm"] for record in made.records] == [3, 3, 3]


def test_names_must_differ(paths: list[Path], tmp_path: Path) -> None:
    with pytest.raises(DataError, match="rename"):
        run([paths[0], tmp_path / "other" / "a.png"], tmp_path / "out")
    with pytest.raises(DataError, match="no scan"):
        run([], tmp_path / "out")


def test_what_is_said_of_a_scan_reaches_the_summary(tmp_path: Path) -> None:
    """A frame is a remark, flat regions without noise are a doubt, the range found for a folder is of the folder."""
    folder = tmp_path / "scans"
    folder.mkdir()
    write_scan(folder / "a.tif", 0)
    framed = tifffile.imread(folder / "a.tif")
    framed[:, :30] = 0
    tifffile.imwrite(folder / "framed.tif", framed)
    flat = np.zeros((120, 160), np.uint8)
    rows, columns = np.mgrid[:120, :160]
    for number in range(1, 8):
        flat[np.hypot(rows - 10 * number - 10, columns - 20 * number) < 7] = 30 * number
    tifffile.imwrite(folder / "flat.tif", flat)
    out = tmp_path / "out"
    made = run(sorted(folder.iterdir()), out)
    told = summary(out)
    assert told["per_scan"]["a"]["remarks"] == told["per_scan"]["a"]["doubts"] == []
    (remark,) = told["per_scan"]["framed"]["remarks"]
    assert "solid parts of one value" in remark
    (doubt,) = told["per_scan"]["flat"]["doubts"]
    assert doubt.startswith("it looks like a label image")
    assert [line for line in made.warnings if line.startswith("flat: it looks like a label image")]
    assert told["grey_range"] == []
    tifffile.imwrite(folder / "a.tif", tifffile.imread(folder / "a.tif").astype(np.int32) - 5)
    run(sorted(folder.iterdir()), out)
    assert "have no known full scale" in summary(out)["grey_range"][0]


def test_names_of_scans_are_no_formulas_in_tables(paths: list[Path], tmp_path: Path) -> None:
    scan, out = tmp_path / "=1+1.tif", tmp_path / "out"
    shutil.copy(paths[0], scan)
    run([scan], out)
    assert (out / "scans.csv").read_text().splitlines()[1].startswith('"\'=1+1",')
    assert pq.read_table(out / "scans.parquet")["scan"].to_pylist() == ["=1+1"]
