"""What an NVIDIA GPU computes is what the CPU computes; run by `make gpu-check`, and skipped without one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from diffrendergan.arrangement.phi import draw_phis, make_placer
from diffrendergan.config.load import load_project
from diffrendergan.config.segmentation import SegmentationConfig
from diffrendergan.particles.library import make_library
from diffrendergan.rendering.factory import make_tracer
from diffrendergan.rendering.images import TransportImages
from diffrendergan.rendering.transport_renderer import TransportRenderer
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.segmentation.dataset import LabelledImage, SegmentationData
from diffrendergan.segmentation.instances import DECODINGS
from diffrendergan.segmentation.packaged import packaged_network
from diffrendergan.segmentation.unet.layout import laid_out
from diffrendergan.segmentation.unet.prediction import NetworkSegmenter
from diffrendergan.segmentation.unet.training import TrainingJob, train_network

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch finds no NVIDIA GPU here"),
]


class KilledError(Exception):
    pass


class KillingReporter(SilentReporter):
    """Ends the loop after five steps, as Ctrl-C would."""

    def track(self, items, description, total=None):
        for number, item in enumerate(items):
            if number == 5:
                raise KilledError
            yield item


def disks(seed: int, size: int = 256) -> LabelledImage:
    rng = np.random.default_rng(seed)
    labels = np.zeros((size, size), np.int32)
    rows, columns = np.ogrid[:size, :size]
    for number, (row, column) in enumerate(rng.integers(20, size - 20, (14, 2)), 1):
        labels[np.hypot(rows - row, columns - column) < rng.integers(8, 16)] = number
    pixels = 0.2 + 0.5 * (labels > 0) + rng.normal(0, 0.03, labels.shape)
    return LabelledImage(f"disks {seed}", pixels.clip(0, 1).astype(np.float32), labels)


def test_labels_are_those_of_the_cpu():
    """Mixed precision may move a pixel of an outline, and no particle."""
    pixels = disks(0, 512).pixels
    found = []
    for name in ("cpu", "cuda"):
        device = torch.device(name)
        segmenter = NetworkSegmenter(laid_out(packaged_network()[0], device), 256, device=device)
        found.append(DECODINGS["watershed"](segmenter.predict(pixels), 20))
    assert found[0].max() == found[1].max() > 0
    assert ((found[0] > 0) != (found[1] > 0)).mean() < 0.001


@pytest.mark.parametrize("look", ["sem", "paper"])
def test_renders_are_those_of_the_cpu_within_noise(look):
    """Both draw the same rays of a seed, so that only rounding and rays at edges differ."""
    images = []
    for variant in ("llvm", "cuda"):
        project = load_project(None, "tio2-sem", [f"look={look}", f"rendering.variant={variant}", "data.patch_size=64"])
        meshes = make_library(project.particles, project.seed)
        phi = draw_phis(make_placer(project, meshes), 1, project.seed, SilentReporter())[0]
        tracer = make_tracer(project, meshes)
        basis: TransportImages = tracer.images(phi, 1).to("cpu")
        theta = torch.tensor([[(spec.low + spec.high) / 2 for spec in tracer.separation.parameters]])
        images.append(TransportRenderer(tracer.separation, [basis]).render([0], theta)[0].clamp(0, 1))
    assert (images[0].mean() / images[1].mean() - 1).abs() < 0.002
    assert (images[0] - images[1]).square().mean().sqrt() < 0.02


def test_a_training_in_mixed_precision_learns_and_resumes(tmp_path):
    images = tuple(disks(seed) for seed in range(6))
    data = SegmentationData(images, images[:1], (), None, "synthetic")
    config = SegmentationConfig(channels=(16, 32, 64), steps=12, batch_size=4, patch_size=128)
    whole = TrainingJob(config, data, 1, 0, 0, tmp_path / "whole", device="cuda")
    train_network(whole, SilentReporter())
    parts = replace(whole, folder=tmp_path / "parts")
    with pytest.raises(KilledError):
        train_network(parts, KillingReporter())
    train_network(parts, SilentReporter())
    for job in (whole, parts):
        assert job.network_path.exists()
        assert not job.checkpoint_path.exists()
