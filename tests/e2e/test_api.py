"""The Python face gives what the commands give."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

import diffrendergan as dg
from diffrendergan.errors import DataError
from diffrendergan.image_files.decoding import decode

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def measured(finished, tmp_path_factory, cli):
    """The scans of the finished run, measured by the command."""
    folder, _ = finished
    out = tmp_path_factory.mktemp("measured") / "out"
    done = cli("quantify", "data/images", "--model", "run", "-o", out, "--no-figures", "--bootstrap", "0", cwd=folder)
    assert done.returncode == 0, done.stderr
    return out


def test_the_segmenter_finds_what_quantify_finds(finished, measured):
    folder, _ = finished
    segmenter = dg.Segmenter.load(folder / "run")
    path = sorted((folder / "data" / "images").iterdir())[0]
    scan = dg.read_scan(path)
    labels = segmenter.segment(scan)
    assert np.array_equal(labels, tifffile.imread(measured / "labels" / f"{path.stem}.tif"))
    # The numbers of the file, cropped by hand, and the scale by name, are the same scan.
    stored = decode(path).values[: scan.pixels.shape[0]]
    assert np.array_equal(segmenter.segment(stored, pixel_size_nm=scan.pixel_size_nm), labels)
    table = dg.measure_particles(labels, scan.pixel_size_nm, scan.pixels, path.stem)
    with (measured / "particles" / f"{path.stem}.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert table.column_names == list(rows[0])
    assert table["diameter_nm"].to_pylist() == pytest.approx([float(row["diameter_nm"]) for row in rows])
    assert table["intensity_mean"].to_pylist() == pytest.approx([float(row["intensity_mean"]) for row in rows])


def test_a_scale_that_the_network_does_not_know_is_refused(finished):
    folder, _ = finished
    segmenter = dg.Segmenter.load(folder / "run")
    with pytest.raises(DataError, match="nm per pixel"):
        segmenter.segment(np.zeros((64, 64), np.uint8), pixel_size_nm=1000.0)


def test_the_generator_makes_what_synthesize_made(finished):
    folder, _ = finished
    generator = dg.Generator.load(folder / "run")
    samples = generator.sample(2)
    assert samples.images.shape == samples.labels.shape == (2, 64, 64)
    assert samples.theta.shape == (2, len(generator.theta_names))
    for number in range(2):
        written = np.asarray(Image.open(folder / "run" / "synthesize" / "images" / f"{number:05d}.png"))
        assert np.array_equal(np.round(samples.images[number] * 255).astype(np.uint8), written)
        instances = np.asarray(Image.open(folder / "run" / "synthesize" / "instances" / f"{number:05d}.png"))
        assert np.array_equal(samples.labels[number], instances)
    assert not np.array_equal(generator.sample(1, seed=99).images[0], samples.images[0])


def test_the_examples_of_the_page_run(finished, tmp_path, monkeypatch):
    """As printed, in order, with the finished run and its scans in place."""
    folder, _ = finished
    for name in ("run", "data"):
        (tmp_path / name).symlink_to(folder / name)
    (tmp_path / "scans").symlink_to(folder / "data" / "images")
    (tmp_path / "masks").symlink_to(folder / "data" / "masks")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "python.md").read_text(encoding="utf-8"), flags=re.S)
    assert len(blocks) >= 4
    names: dict[str, object] = {}
    for block in blocks:
        if ".run(" not in block:  # the run is there already; the start is tried below
            exec(compile(block, "docs/python.md", "exec"), names)
    assert names["table"].num_rows == names["labels"].max()


def test_from_a_folder_to_a_run(toy, scans):
    """`init` and the first stage; the stages after it are those of the command."""
    project = dg.Project.from_scans(scans / "images", toy.with_name("mine.yaml"))
    assert "images" in project.file.read_text(encoding="utf-8")
    small = dg.Project.open(toy, {"data.patches": 3})
    run = small.run(until="prepare")
    assert len(list((run / "prepare" / "patches").iterdir())) == 3
