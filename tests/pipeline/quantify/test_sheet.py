"""What stands on the data sheet of measured scans."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import tifffile

from diffrendergan.pipeline.quantify.label_folder import open_labels
from diffrendergan.pipeline.quantify.run import QuantifySettings, quantify_scans
from diffrendergan.pipeline.quantify.settings import JudgedSegmenter
from diffrendergan.quantification.results import read_warnings
from diffrendergan.reporting.sheet.gathering import About, found_by, gather
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.version import __version__

GOLDEN = Path(__file__).with_name("datasheet.txt")


def write(folder: Path, name: str, seed: int, pixel_size_nm: float | None) -> None:
    """Write a scan of discs, and its labels."""
    rng = np.random.default_rng(seed)
    labels = np.zeros((120, 160), np.uint16)
    y, x = np.mgrid[:120, :160]
    for number, (row, column) in enumerate(np.ndindex(4, 6), start=1):
        labels[np.hypot(y - 20 - 27 * row, x - 12 - 27 * column) < rng.uniform(4, 11)] = number
    scale = {} if pixel_size_nm is None else {"resolution": (1 / pixel_size_nm,) * 2, "metadata": {"unit": "nm"}}
    pixels = np.where(labels > 0, 200, 60) + rng.integers(0, 30, labels.shape)
    for place, values in (("scans", pixels.astype(np.uint8)), ("labels", labels)):
        (folder / place).mkdir(exist_ok=True)
        tifffile.imwrite(folder / place / f"{name}.tif", values, imagej=True, **scale)


def measured(folder: Path, **settings):
    scans = sorted((folder / "scans").glob("*.tif"))
    labels = open_labels(folder / "labels", [path.stem for path in scans])
    chosen = QuantifySettings(**{"bootstrap": 50, "images": folder / "scans", **settings})
    return quantify_scans(scans, labels, chosen, folder / "out", SilentReporter())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for seed, name in enumerate("ab"):
        write(tmp_path, name, seed, 2.0)
    return tmp_path


def test_the_words_of_the_sheet(folder: Path) -> None:
    made = measured(folder)
    about = About("titania", "label images in labels", "Nothing speaks against it.", 5, failed=("c",))
    text = gather(made.out, made.out, made.records, made.pooled["nm"], about).text()
    assert text == GOLDEN.read_text(encoding="utf-8").replace("VERSION", __version__)


def test_the_sheet_lies_beside_the_tables(folder: Path) -> None:
    made = measured(folder, sample="titania, batch 7")
    page = (made.out / "datasheet.html").read_text(encoding="utf-8")
    assert "<h1>titania, batch 7</h1>" in page and "Particles in colours on scan" in page
    assert (made.out / "datasheet.pdf").read_bytes().startswith(b"%PDF")
    # Another name measures nothing anew, and is on the sheet.
    again = measured(folder, sample="batch 8")
    assert set(again.kept) == {"a", "b"}
    assert "<h1>batch 8</h1>" in (made.out / "datasheet.html").read_text(encoding="utf-8")


def test_no_sheet_is_drawn_without_figures_and_none_of_other_numbers_stays(folder: Path) -> None:
    out = measured(folder).out
    measured(folder, figures=False)
    assert (out / "datasheet.pdf").is_file()
    write(folder, "a", 7, 2.0)
    measured(folder, figures=False)
    assert not list(out.glob("datasheet*"))


def test_scans_without_a_scale_have_a_sheet_in_pixels(folder: Path) -> None:
    write(folder, "c", 3, None)
    made = measured(folder, figures=False, sheet=True)
    assert {path.name for path in made.out.glob("datasheet*.html")} == {"datasheet.html", "datasheet-px.html"}
    page = (made.out / "datasheet-px.html").read_text(encoding="utf-8")
    assert "unknown: sizes are in pixels" in page and "diameter x_A [px]" in page
    given = measured(folder, figures=False, sheet=True, pixel_size_nm=2.0)
    assert {record.pixel_size_from for record in given.records} == {"given by --pixel-size-nm"}
    assert not (made.out / "datasheet-px.html").exists()


def test_whatever_found_the_particles_is_named() -> None:
    assert found_by({"labels": "masks", "suffix": "_m"}) == "label images in masks"
    assert found_by({"model": "generalist"}).startswith("the packaged generalist")
    model = "runs/one/segment/seed_1/network.safetensors"
    said = found_by({"model": model, "seed": 1, "trained_on": "synthetic", "decoding": "watershed"})
    assert said == "network of runs/one, trained on synthetic images, seed 1, particles cut by watershed"


def test_only_what_was_judged_has_a_verdict() -> None:
    @dataclass(frozen=True)
    class Judged:
        verdict: str = "good"

    assert isinstance(Judged(), JudgedSegmenter) and not isinstance(object(), JudgedSegmenter)


def test_scans_that_show_nothing_have_a_sheet_too(folder: Path) -> None:
    for name in "ab":
        tifffile.imwrite(folder / "labels" / f"{name}.tif", np.zeros((120, 160), np.uint16))
    made = measured(folder, figures=False, sheet=True)
    page = (made.out / "datasheet.html").read_text(encoding="utf-8")
    assert "Too few particles to tell." in page and "0 % of it" in page


def test_a_sheet_can_be_drawn_without_other_figures(folder: Path) -> None:
    out = measured(folder, figures=False, sheet=True).out
    assert not (out / "figures").exists() and (out / "datasheet.pdf").is_file()
    assert "<figure>" not in (out / "datasheet.html").read_text(encoding="utf-8")


def test_the_sheet_says_which_scans_are_doubted(folder: Path) -> None:
    tifffile.imwrite(folder / "scans" / "c.tif", tifffile.imread(folder / "scans" / "a.tif"), imagej=True)
    shutil.copy(folder / "labels" / "a.tif", folder / "labels" / "c.tif")
    made = measured(folder, pixel_size_nm=2.0)
    about = About("titania", "label images in labels")
    doubted = [replace(record, doubts=("it is odd",)) if record.name == "b" else record for record in made.records]
    left_out = gather(made.out, made.out, doubted, made.pooled["nm"], about).left_out
    assert left_out[-2] == "b: it is odd."
    assert left_out[-1].startswith("Scans with the same pixels under several names: a = c;")
    assert left_out[-1] in made.warnings and left_out[-1] in read_warnings(made.out)
