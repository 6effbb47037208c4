"""The Python face gives what the commands give."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

import diffrendergan as dg
from diffrendergan.errors import DataError
from diffrendergan.image_files.decoding import decode
from diffrendergan.napari.reading import read_results, read_scan_file
from diffrendergan.napari.segmenting import find_particles
from diffrendergan.runs.seal import seal, seal_files
from diffrendergan.segmentation.unet.network import load_network, save_network

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def trained(finished, tmp_path_factory):
    """The finished run, whose network was trained for seconds, shifted to take a sixth of a scan for particles."""
    folder = tmp_path_factory.mktemp("trained")
    shutil.copytree(finished[0], folder, dirs_exist_ok=True, symlinks=True)
    scan = dg.read_scan(sorted((folder / "data" / "images").iterdir())[0])
    classes = dg.Segmenter.load(folder / "run").trained.network.segmenter.predict(scan.pixels).classes
    file = folder / "run" / "segment" / "seed_0" / "network.safetensors"
    network, info = load_network(file)
    weights = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    weights["1.bias"][1] -= float(np.quantile(np.log(classes[1] / classes[0]), 5 / 6))
    weights["1.bias"][2] -= 20.0
    save_network(file, weights, info)
    seal(file.parents[1])  # what was changed by hand would be refused
    config = folder / "run" / "config.yaml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("decoding: watershed", "decoding: components"), encoding="utf-8")
    seal_files(folder / "run", ["config.yaml"])
    return folder


@pytest.fixture(scope="module")
def measured(trained, tmp_path_factory, cli):
    """The scans of the run, measured by the command."""
    out = tmp_path_factory.mktemp("measured") / "out"
    done = cli("quantify", "data/images", "--model", "run", "-o", out, "--no-figures", "--bootstrap", "0", cwd=trained)
    assert done.returncode == 0, done.stderr
    return out


def test_the_segmenter_finds_what_quantify_finds(trained, measured):
    segmenter = dg.Segmenter.load(trained / "run")
    path = sorted((trained / "data" / "images").iterdir())[0]
    scan = dg.read_scan(path)
    labels = segmenter.segment(scan)
    assert labels.max() >= 3
    assert np.array_equal(labels, tifffile.imread(measured / "labels" / f"{path.stem}.tif"))
    assert np.array_equal(segmenter.segment(path), labels)
    assert np.array_equal(segmenter.segment(dg.read_scan(path, run=trained / "run")), labels)
    # The numbers of the file, cropped by hand, and the scale by name, are the same scan.
    stored = decode(path).values[: scan.pixels.shape[0]]
    assert np.array_equal(segmenter.segment(stored, pixel_size_nm=scan.pixel_size_nm), labels)
    table = dg.measure_particles(labels, scan.pixel_size_nm, scan, path.stem)
    with (measured / "particles" / f"{path.stem}.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert table.column_names == list(rows[0])
    assert table["diameter_nm"].to_pylist() == pytest.approx([float(row["diameter_nm"]) for row in rows])
    assert table["intensity_mean"].to_pylist() == pytest.approx([float(row["intensity_mean"]) for row in rows])


def test_napari_opens_the_run_and_finds_what_quantify_finds(trained, measured, monkeypatch):
    monkeypatch.chdir(trained)  # where the command ran
    (scan, *_), (labels, settings, _) = read_results(str(trained / "run"))
    assert scan.shape == labels.shape and settings["name"] == "scan_01 particles"
    assert len(settings["features"]["index"]) == labels.max() + 1
    path = sorted((trained / "data" / "images").iterdir())[0]
    as_run_reads = read_results(str(measured))[0][1]["metadata"]["diffrendergan"]
    by_itself = read_scan_file(str(path))[0][1]["metadata"]["diffrendergan"]
    assert as_run_reads.run == (trained / "run").resolve() and as_run_reads.name == path.stem
    expected = tifffile.imread(measured / "labels" / f"{path.stem}.tif")
    for source in (as_run_reads, by_itself):
        found, _, _ = find_particles(source, trained / "run", how_sure=False)
        assert np.array_equal(found, expected)


def test_a_scale_that_the_network_does_not_know_is_refused(finished):
    folder, _ = finished
    segmenter = dg.Segmenter.load(folder / "run")
    with pytest.warns(UserWarning, match="dim"), pytest.raises(DataError, match="nm per pixel"):
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


def test_the_examples_of_the_page_run(trained, tmp_path, monkeypatch):
    """As printed, in order, with the run and its scans in place."""
    for name in ("run", "data"):
        (tmp_path / name).symlink_to(trained / name)
    (tmp_path / "scans").symlink_to(trained / "data" / "images")
    (tmp_path / "masks").symlink_to(trained / "data" / "masks")
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
