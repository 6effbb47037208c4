"""What a dry run says of a benchmark."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diffrendergan.pipeline.benchmark import published
from diffrendergan.pipeline.benchmark.bench import Bench, digest
from diffrendergan.pipeline.benchmark.network import Network
from diffrendergan.pipeline.benchmark.outlook import outlook
from diffrendergan.pipeline.benchmark.rows import choose_sources
from diffrendergan.pipeline.benchmark.settings import splits_of
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.segmentation.dataset import SegmentationData
from diffrendergan.segmentation.nnunet import cost

NO_IMAGES = SegmentationData((), (), (), None, "real")


def test_newcomers_are_told_what_is_trained_and_scored(bench):
    lines = outlook(bench)
    assert lines[0] == "8 networks to train and score: for 1 row, on 4 splits, with seeds 0, 1; 0 finished."
    assert "  real: real masks" in lines
    assert lines[lines.index("Split fold_0: trained on 2 scans, scored on 1 other") + 1] == (
        "  real: seeds 0, 1 to be trained"
    )
    assert "Split test: trained on 3 scans, scored on 1 scan kept back from all development" in lines
    assert lines[-1].startswith(f"Results go to {bench.out}: table.md")
    assert not bench.out.exists()


def test_rows_that_are_as_far_stand_together(bench):
    lines = outlook(replace(bench, sources=choose_sources(None, []), only=("fold_1",)))
    assert lines[-4:-1] == [
        "Split fold_1: trained on 2 scans, scored on 1 other",
        "  first, its GAN and our synthetic images are made, from the unlabelled training scans",
        "  learned, fitted, adversary, no-background, randomised, real: seeds 0, 1 to be trained",
    ]
    assert outlook(replace(bench, sources=choose_sources(["classical"], [])))[0].startswith("No network is trained")


def test_it_is_told_what_is_finished(bench, monkeypatch):
    bench = replace(bench, only=("fold_0",), seeds=(0, 1, 2, 3, 4))
    monkeypatch.setattr(Bench, "data", lambda self, source: NO_IMAGES)
    monkeypatch.setattr(Bench, "truth", {})
    one = Bench(bench, splits_of(bench)[0], SilentReporter())
    networks = [Network(one, bench.sources[0], seed) for seed in range(5)]
    for network in networks[:4]:
        network.claim(network.keys(NO_IMAGES, digest(NO_IMAGES)))
    keys = networks[0].keys(NO_IMAGES, digest(NO_IMAGES))
    networks[0].keep(keys, [])
    networks[1].job(NO_IMAGES).network_path.touch()
    networks[3].claim(networks[3].keys(NO_IMAGES, "other images"))
    assert "seeds 0, 1, 2, 3 begun; kept if its images" in "\n".join(outlook(bench))

    monkeypatch.setattr(Bench, "has_images", lambda self, source: True)
    lines = outlook(bench)
    assert "1 finished" in lines[0]
    assert (
        "  real: seed 0 finished; seed 1 trained, to be scored; seed 2 begun, to be continued; seed 3 to be "
        "trained anew, since images or configuration have changed; seed 4 to be trained"
    ) in lines


def _told(bench, beginning):
    (line,) = (line for line in outlook(bench) if line.startswith(beginning))
    return line


def test_scans_kept_back_that_are_missing(bench, monkeypatch):
    registry = published.read_registry("demo")
    gone = replace(registry[-1], name="gone.tif")
    monkeypatch.setattr(published, "read_registry", lambda name: [*registry, gone])
    assert "lacks 1 of the 2 scans of demo" in _told(bench, "Split test is not whole")
    monkeypatch.setattr(published, "read_registry", lambda name: [*registry[:-1], gone])
    assert "lacks 1 of the 1 scans of demo" in _told(bench, "There is no split test")


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_months_of_training_are_warned_of(bench, device, monkeypatch):
    monkeypatch.setattr(cost, "torch_device", lambda name: type("Device", (), {"type": device}))
    overrides = (*bench.overrides, "segmentation.network=nnunet", "synthesis.images=1000", "data.patch_size=256")
    last = outlook(replace(bench, overrides=overrides))[-1]
    assert last.startswith("Warning: without a GPU, nnU-Net takes about 7 months") == (device == "cpu")
    if device == "cpu":
        assert "for each of the 8 networks" in last
        assert "segmentation.nnunet.epochs" in last
