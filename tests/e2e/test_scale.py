"""A toy run at a `data.scale` of ½: everything that is said of scans is in their own pixels."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
import tifffile

from diffrendergan.api import Segmenter
from diffrendergan.config.load import load_project
from diffrendergan.patches.prepare import load_prepared
from diffrendergan.segmentation.dataset import SegmentationData
from diffrendergan.segmentation.sources import with_unlabelled


@pytest.mark.slow
def test_a_run_at_half_the_scale(toy, scans, cli):
    text = toy.read_text().replace("  patch_size: 64\n", "  patch_size: 64\n  scale: 0.5\n", 1)
    sizes = "size_in: nm, size: {distribution: normal, mean: 160, sigma: 10}"
    text = text.replace("arrangement: {", f"arrangement: {{{sizes}, ")
    # Without a GAN, which is told no scale: it gets patches, as the segmentation does.
    toy.write_text(f"{text}generator: {{draw: uniform}}\n")
    done = cli("run", "project.yaml", cwd=toy.parent)
    assert done.returncode == 0, done.stderr + done.stdout
    run, scan = toy.parent / "run", toy.parent / "data/images/scan_01.tif"
    assert load_prepared(run).pixel_size_nm == pytest.approx(2 * 7.5)
    own = (192, 320)
    # Networks are taught, and adapted, at the scale of the project.
    adapting = load_project(toy, overrides=["segmentation.adapt.steps=1"])
    data = with_unlabelled(SegmentationData((), (), (), None, "synthetic"), adapting, run, load_prepared(run))
    assert {image.pixels.shape for image in data.unlabelled} == {(own[0] // 2, own[1] // 2)}
    # Evaluated and measured in the pixels of the scan.
    kept = list((run / "evaluate/predictions").rglob("scan_01.tif"))
    assert kept and all(tifffile.imread(path).shape == own for path in kept)
    (entry,) = json.loads((run / "evaluate/scores.json").read_text())["scans"]
    assert entry["pixel_size_nm"] == pytest.approx(7.5)
    measured = run / "quantify"
    assert {tifffile.imread(path).shape for path in measured.rglob("labels/scan_01.tif")} == {own}
    with next((measured / "annotations").glob("scans.csv")).open() as file:
        (row,) = csv.DictReader(file)
    assert float(row["pixel_size_nm"]) == pytest.approx(7.5)
    # The network as a tool gives what `evaluate` kept, and the command what the tool gives.
    labels = Segmenter.load(run).segment(scan)
    assert labels.shape == own
    decoding = json.loads((run / "evaluate/scores.json").read_text())["headline"]["decoding"]
    (same,) = (path for path in kept if path.parent.name == decoding)
    assert np.array_equal(labels > 0, tifffile.imread(same) > 0)
    done = cli("quantify", str(scan), "--model", "run", "--out", "out", "--no-figures", "--bootstrap", "0",
               cwd=toy.parent)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert np.array_equal(tifffile.imread(toy.parent / "out/labels/scan_01.tif") > 0, labels > 0)
