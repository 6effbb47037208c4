"""What a folder holds beside scans that are measured."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import numpy as np
import tifffile
from tests.fixtures.scans import Notes

from diffrendergan.image_files.listing import list_scans
from diffrendergan.pipeline.quantify.label_folder import open_labels
from diffrendergan.pipeline.quantify.run import QuantifySettings, quantify_scans


def test_what_is_passed_over_is_said_and_recorded(tmp_path: Path) -> None:
    scans, labels, out = tmp_path / "scans", tmp_path / "labels", tmp_path / "out"
    scans.mkdir(), labels.mkdir()
    found = np.zeros((80, 100), np.uint8)
    found[10:25, 10:25], found[40:60, 40:60] = 1, 2
    grey = np.random.default_rng(0).integers(0, 255, found.shape, np.uint8)
    tifffile.imwrite(scans / unicodedata.normalize("NFD", "Köln.tif"), grey)
    tifffile.imwrite(labels / "Köln.tif", found)
    tifffile.imwrite(scans / unicodedata.normalize("NFD", "Köln_cp_masks.tif"), found)
    (scans / "other.dm4").write_bytes(b"x")
    (scans / "lost.tif").symlink_to("nowhere")

    listing, notes = list_scans(scans), Notes()
    segmenter = open_labels(labels, list(listing.files))
    settings = QuantifySettings(bootstrap=0, figures=False, data_bar=0)
    made = quantify_scans(listing.paths, segmenter, settings, out, notes, listing)

    assert [(record.name, record.row["number"]) for record in made.records] == [("Köln", 2)]
    assert list(made.failed) == ["lost"]
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert summary["failed"]["lost"].endswith("fetch its content (`datalad get`, `git annex get`), or remove it.")
    assert [sentence.split(" in ")[0] for sentence in summary["passed_over"]] == [
        "1 file is passed over", "1 file of another kind (.dm4)"
    ]  # fmt: skip
    assert [sentence for sentence in notes.lines if sentence in summary["passed_over"]] == summary["passed_over"]
    assert (out / "labels" / "Köln.tif").is_file()
