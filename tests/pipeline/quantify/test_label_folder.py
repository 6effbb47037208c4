from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from diffrendergan.errors import DataError
from diffrendergan.pipeline.quantify.label_folder import LabelFolder, open_labels
from diffrendergan.pipeline.quantify.run import QuantifySettings, QuantifySummary, quantify_scans
from diffrendergan.runs.reporter import SilentReporter

SETTINGS = QuantifySettings(bootstrap=0, figures=False, data_bar=0)
SHAPE = (80, 100)


class Notes(SilentReporter):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, message: str) -> None:
        self.said.append(message)


def numbered(number: int = 4) -> np.ndarray:
    labels = np.zeros(SHAPE, np.uint16)
    for index in range(number):
        row, column = divmod(index, 4)
        labels[10 + 30 * row : 25 + 30 * row, 5 + 24 * column : 20 + 24 * column] = index + 1
    return labels


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for part in ("scans", "labels"):
        (tmp_path / part).mkdir()
    for name in "ab":
        tifffile.imwrite(tmp_path / "scans" / f"{name}.tif", rng.integers(0, 255, SHAPE, np.uint8))
        tifffile.imwrite(tmp_path / "labels" / f"{name}.tif", numbered())
    return tmp_path


def measure(folder: Path, segmenter: LabelFolder | None = None, **options: Any) -> QuantifySummary:
    segmenter = segmenter or open_labels(folder / "labels", "ab", **options)
    paths = sorted((folder / "scans").iterdir())
    return quantify_scans(paths, segmenter, SETTINGS, folder / "out", SilentReporter())


def counts(made: QuantifySummary) -> list[int]:
    return [record.row["number"] for record in made.records]


def write(folder: Path, values: np.ndarray, name: str = "", **options: Any) -> None:
    for each in name or "ab":
        tifffile.imwrite(folder / "labels" / f"{each}.tif", values, **options)


def test_a_map_of_classes(folder: Path) -> None:
    particles = numbered() > 0
    inner = particles & np.roll(particles, 2, 1) & np.roll(particles, -2, 1)
    write(folder, np.where(inner, 1, 2 * particles).astype(np.uint8))
    notes = Notes()
    assert open_labels(folder / "labels", "ab", reporter=notes).kind == "classes"
    assert "read as classes" in notes.said[0]
    assert counts(measure(folder)) == [4, 4]


def test_the_kind_is_that_of_the_folder(folder: Path) -> None:
    """One particle in two parts is one particle where the other label images number theirs."""
    write(folder, np.where(numbered() == 2, 1, np.where(numbered() == 4, 1, 0)).astype(np.uint8), "b")
    assert counts(measure(folder)) == [4, 1]
    assert counts(measure(folder, kind="particles")) == [4, 2]


def test_stored_numbers_count_and_not_brightness(folder: Path) -> None:
    write(folder, (numbered() > 0).astype(np.uint8) * 255, photometric="miniswhite")
    made = measure(folder)
    assert counts(made) == [4, 4]
    assert made.records[0].row["coverage"] == pytest.approx(4 * 15 * 15 / 8000)


def test_a_picture_is_refused(folder: Path) -> None:
    write(folder, np.random.default_rng(1).integers(0, 255, SHAPE, np.uint8))
    with pytest.raises(DataError, match="--labels-kind"):
        open_labels(folder / "labels", "ab")


def test_a_scan_is_cropped_to_a_shorter_label_image(folder: Path) -> None:
    write(folder, numbered(8)[:50])
    made = measure(folder)
    assert [record.row["height_px"] for record in made.records] == []
    assert "bring it to the pixels" in made.failed["a"]
    write(folder, np.pad(numbered(), ((0, 10), (0, 0)))[: 80 - 10])
    write(folder, np.pad(numbered(8), ((10, 0), (0, 0)))[:65], "b")
    made = measure(folder)
    assert [record.row["height_px"] for record in made.records] == [70, 65]
    assert [record.row["number_whole"] for record in made.records] == [4, 4]  # the border cuts the lower four of b
    assert tifffile.imread(folder / "out" / "labels" / "b.tif").shape == (65, 100)


def test_a_taller_label_image_is_cropped(folder: Path) -> None:
    write(folder, np.pad(numbered(), ((0, 12), (0, 0)), constant_values=9))
    assert counts(measure(folder)) == [4, 4]


def test_a_corrected_label_image_costs_its_own_scan_only(folder: Path) -> None:
    measure(folder)
    assert measure(folder).kept == ("a", "b")
    write(folder, numbered(3), "b")
    made = measure(folder)
    assert made.kept == ("a",) and counts(made) == [4, 3]
    assert measure(folder, kind="particles").kept == ()


def test_where_the_folder_lies_does_not_matter(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measure(folder)
    monkeypatch.chdir(folder)
    made = measure(folder, open_labels(Path("labels"), "ab"))
    assert made.kept == ("a", "b")
    (folder / "labels").rename("moved")
    assert measure(folder, open_labels(Path("moved"), "ab")).kept == ("a", "b")
    told = json.loads((folder / "out" / "summary.json").read_text())
    assert told["made_with"]["segmenter"]["labels"] == "moved"


def test_missing_and_broken_label_images_fail_with_their_scans(folder: Path) -> None:
    (folder / "labels" / "a.tif").unlink()
    (folder / "labels" / "c.tif").write_bytes(b"II*")  # of no scan
    made = measure(folder)
    assert counts(made) == [4] and "--labels-suffix" in made.failed["a"]
    (folder / "labels" / "b.tif").write_bytes(b"II*")
    write(folder, numbered(), "a")
    made = measure(folder)
    assert counts(made) == [4] and "cannot be read as an image" in made.failed["b"]
    with pytest.raises(DataError, match="--labels-suffix"):
        open_labels(folder / "labels", "ab", "_m")


def rename(folder: Path, suffix: str, names: str = "ab") -> None:
    for name in names:
        (folder / "labels" / f"{name}.tif").rename(folder / "labels" / f"{name}{suffix}.tif")


@pytest.mark.parametrize(
    "suffix", ["", "_m", "_mask", "_masks", "_label", "_labels", "_cp_masks", "_Simple Segmentation", "-labels"]
)
def test_usual_suffixes_are_tried(folder: Path, suffix: str) -> None:
    rename(folder, suffix)
    notes = Notes()
    labels = open_labels(folder / "labels", ["a", "b"], reporter=notes)
    assert labels.suffix == suffix and f"NAME{suffix}.* in" in notes.said[0]
    assert counts(measure(folder, labels)) == [4, 4]


def test_a_suffix_that_is_given_is_the_only_one(folder: Path) -> None:
    rename(folder, "_corrected")
    with pytest.raises(DataError, match=r"a_corrected\.tif and a\); say .* with --labels-suffix"):
        open_labels(folder / "labels", ["a", "b"])
    assert counts(measure(folder, suffix="_corrected")) == [4, 4]
    with pytest.raises(DataError, match="--labels-suffix"):
        open_labels(folder / "labels", ["a", "b"], "")


def test_two_suffixes_are_not_chosen_from(folder: Path) -> None:
    rename(folder, "_mask", "b")
    with pytest.raises(DataError, match=r'several ways \(for example a\.tif, b_mask\.tif\); give --labels-suffix, ""'):
        open_labels(folder / "labels", ["a", "b"])
    assert open_labels(folder / "labels", ["a", "b"], "_mask").images.keys() == {"b"}
    assert open_labels(folder / "labels", ["b"]).suffix == "_mask"  # only names of scans count


def test_specks_are_dropped(folder: Path) -> None:
    made = measure(folder, replace(open_labels(folder / "labels", "ab"), min_region_px=9999))
    assert counts(made) == [0, 0] and made.records[0].row["d50_px"] is None


def test_nnunet_leaves_the_channel_out_of_the_names_of_label_images(folder: Path) -> None:
    for name in "ab":
        (folder / "scans" / f"{name}.tif").rename(folder / "scans" / f"{name}_0000.tif")
    labels = open_labels(folder / "labels", ["a_0000", "b_0000"])
    assert labels.files("a_0000") == (folder / "labels" / "a.tif",)
    assert counts(measure(folder, labels)) == [4, 4]


def test_label_images_that_lie_upside_down_are_warned_of(folder):
    """In the summary, once for all scans."""
    rng, labels = np.random.default_rng(1), np.zeros(SHAPE, np.uint16)
    corners = [(4, 5), (8, 40), (5, 70), (22, 20), (24, 55), (30, 82), (40, 8), (42, 38), (50, 62), (58, 84), (66, 20)]
    for number, (y, x) in enumerate(corners, 1):
        labels[y : y + 10, x : x + 12] = number
    for name in "ab":
        grey = 60 + 90 * (labels > 0) + rng.normal(0, 9, SHAPE)
        tifffile.imwrite(folder / "scans" / f"{name}.tif", grey.astype(np.uint8))
        tifffile.imwrite(folder / "labels" / f"{name}.tif", labels[::-1])
    found = open_labels(folder / "labels", ["a", "b"])
    made = quantify_scans(sorted((folder / "scans").iterdir()), found, SETTINGS, folder / "out", SilentReporter())
    said = json.loads((folder / "out" / "summary.json").read_text())["warnings"]
    assert sum("would if it were not upside down" in sentence for sentence in said) == 1
    assert [record.row["number"] for record in made.records] == [11, 11]


def test_particles_keep_the_numbers_of_their_file(folder: Path) -> None:
    # 2 was deleted in Fiji, 3 has become a new one.
    names = np.array([0, 1, 0, 700, 4], np.uint16)
    write(folder, names[numbered()])
    measure(folder)
    with (folder / "out" / "particles" / "a.csv").open(encoding="utf-8-sig") as table:
        rows = csv.DictReader(line for line in table if not line.startswith("#"))
        assert [row["label"] for row in rows] == ["1", "4", "700"]
    assert np.array_equal(tifffile.imread(folder / "out" / "labels" / "a.tif"), names[numbered()])


def test_numbers_beyond_all_use_are_given_anew(folder: Path) -> None:
    names = np.array([0, 1, 2, 3, 2**31], np.uint32)
    write(folder, names[numbered()])
    measure(folder)
    assert np.array_equal(tifffile.imread(folder / "out" / "labels" / "a.tif"), numbered())
