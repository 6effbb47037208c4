"""Time and memory of training, prediction, instances, scores and measurements.

Run it with `make bench-segmentation`, or:

    python benchmarks/segmentation.py [--quick] [--device cpu|cuda] [--output FILE]

Scans are virtual: disks of 12 to 40 px that touch, at the density of the TiO₂ scans. The network is of the default
size; its weights do not change what it costs. Each size of scan is predicted in a process of its own, so that peaks of
memory are separate.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from common import arguments
from diffrendergan.config.segmentation import SegmentationConfig
from diffrendergan.labels.classes import class_mask
from diffrendergan.metrics.segmentation import score_scan
from diffrendergan.pipeline.timing import peak_rss_mb
from diffrendergan.quantification.particles import measure_particles, particle_table
from diffrendergan.runs.device import mixed_precision, torch_device
from diffrendergan.runs.memory import keep_large_buffers
from diffrendergan.segmentation.blocks import segment_in_blocks
from diffrendergan.segmentation.dataset import LabelledImage, SegmentationData
from diffrendergan.segmentation.instances import DECODINGS
from diffrendergan.segmentation.networks import TILE_FACTOR
from diffrendergan.segmentation.protocol import Prediction
from diffrendergan.segmentation.unet.batches import draw_batch
from diffrendergan.segmentation.unet.layout import laid_out
from diffrendergan.segmentation.unet.losses import network_loss
from diffrendergan.segmentation.unet.network import build_network, normalise
from diffrendergan.segmentation.unet.prediction import NetworkSegmenter
from diffrendergan.segmentation.unet.targets import crop_distance
from tables import Table, publish

NM_PER_PX = 7.34


def seconds(work: Callable[[], object]) -> float:
    """Return how long something takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def virtual_scan(size: int, seed: int = 0) -> LabelledImage:
    """Return disks that touch, a tenth of the area."""
    rng = np.random.default_rng(seed)
    labels = np.zeros((size, size), np.int32)
    for number in range(1, size * size // 8000 + 2):
        radius = rng.integers(6, 20)
        row, column = rng.integers(0, size, 2)
        rows, columns = np.ogrid[max(row - radius, 0) : row + radius + 1, max(column - radius, 0) : column + radius + 1]
        window = labels[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        rows, columns = rows[: window.shape[0]], columns[:, : window.shape[1]]
        window[np.hypot(rows - row, columns - column) <= radius] = number
    pixels = np.clip(0.2 + 0.5 * (labels > 0) + rng.normal(0, 0.03, labels.shape), 0, 1).astype(np.float32)
    return LabelledImage("virtual", pixels, labels)


def add_training(table: Table, repeats: int, device: torch.device) -> None:
    """Add the cost of a step, and of a training of the default length."""
    config = SegmentationConfig()
    images = tuple(virtual_scan(256, seed) for seed in range(16))
    data = SegmentationData(images, (), (), NM_PER_PX, "synthetic")

    def draw(step: int) -> object:
        return draw_batch(data, config.batch_size, config.patch_size, 0.7, 1, 0, step)

    batch = draw_batch(data, config.batch_size, config.patch_size, 0.7, 1, 0, 0)
    network = laid_out(build_network(config, 0).train(), device)
    parts = [part.to(device) for part in (batch.images, batch.classes, batch.distances)]
    optimizer = torch.optim.AdamW(network.parameters())

    def step() -> None:
        with mixed_precision(device):
            outputs = network(normalise(parts[0]))
        loss = network_loss(outputs.float(), parts[1], parts[2])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()  # a GPU has then done it

    step()
    drawing = float(np.median([seconds(lambda i=i: draw(i)) for i in range(repeats)]))  # type: ignore[misc]
    learning = float(np.median([seconds(step) for _ in range(repeats)]))
    table.add("drawing a batch of 8 crops (in a thread beside)", f"{drawing:.3f} s")
    table.add("a training step", f"{learning:.2f} s")
    table.add(f"training of {config.steps} steps", f"{config.steps * learning / 60:.1f} min", "≤ 30 min")


def add_prediction(table: Table, sizes: list[int], device: str) -> None:
    """Add time and memory of whole scans, each in a process of its own."""
    for size in sizes:
        command = [sys.executable, __file__, "--predict", str(size), "--device", device]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
        goal = "≤ 5 s" if size == 2048 else ""
        table.add(
            f"{size} x {size}",
            f"{found['network_s']:.1f} s",
            f"{found['total_s']:.1f} s",
            goal,
            f"{found['peak_mb'] - found['before_mb']:.0f} MB",
            f"{found['before_mb']:.0f} MB",
        )


def predict(size: int, device: torch.device) -> None:
    """Predict one scan and print what it took."""
    keep_large_buffers()
    pixels = virtual_scan(size).pixels
    config = SegmentationConfig()
    network = laid_out(build_network(config, 0).eval(), device)
    segmenter = NetworkSegmenter(network, TILE_FACTOR * config.patch_size, config.overlap, device=device)
    segmenter.predict(pixels[:512, :512])
    before = peak_rss_mb()
    spent = 0.0

    def segment(part: NDArray[np.float32]) -> dict[str, NDArray[np.int32]]:
        nonlocal spent
        start = time.perf_counter()
        segmenter.predict(part)
        spent += time.perf_counter() - start
        # The weights are random: what the decoding gets is a good prediction of as many particles.
        return {"watershed": DECODINGS["watershed"](good_prediction(len(part)), 20)}

    total = seconds(lambda: segment_in_blocks(pixels, segment))
    print(json.dumps({"network_s": spent, "total_s": total, "before_mb": before, "peak_mb": peak_rss_mb()}))


def good_prediction(size: int) -> Prediction:
    """Return what a good network would say of a virtual scan."""
    labels = virtual_scan(size).instances
    classes = np.eye(3, dtype=np.float32)[class_mask(labels, 1)].transpose(2, 0, 1)
    return Prediction(np.ascontiguousarray(classes), crop_distance(labels))


def add_instances(table: Table, size: int) -> None:
    """Add the cost of everything after the network."""
    prediction, scan = good_prediction(size), virtual_scan(size)
    for name, decode in DECODINGS.items():
        if name == "amodal":  # needs whole shapes, which this prediction has none of
            continue
        table.add(f"particles by {name}", f"{seconds(lambda d=decode: d(prediction, 20)):.2f} s")  # type: ignore[misc]
    table.add("all scores", f"{seconds(lambda: score_scan(scan.instances, scan.instances, NM_PER_PX)):.2f} s")
    spent = seconds(lambda: particle_table(measure_particles(scan.instances, scan.pixels), NM_PER_PX, "scan"))
    table.add("table of particles", f"{spent:.2f} s")


def main() -> None:
    """Measure and publish."""
    parser = arguments(__doc__)
    parser.add_argument("--predict", type=int, metavar="PX", help="predict one scan of this edge and print JSON")
    args = parser.parse_args()
    if args.predict:
        predict(args.predict, torch_device(args.device))
        return
    keep_large_buffers()
    training = Table("Training the U-Net", ("what", "time", "goal"))
    add_training(training, 2 if args.quick else 8, torch_device(args.device))
    scans = Table("Whole scans", ("scan", "network", "with particles", "goal", "memory beside", "of libraries"))
    add_prediction(scans, [512] if args.quick else [1024, 2048, 4096], args.device)
    size = 512 if args.quick else 2048
    instances = Table(f"After the network, {size} x {size} px", ("what", "time"))
    add_instances(instances, size)
    publish([training, scans, instances], args.output)


if __name__ == "__main__":
    main()
