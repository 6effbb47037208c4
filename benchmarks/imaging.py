"""What each link of the image model costs.

Run it with `make bench-imaging`, or:

    python benchmarks/imaging.py [--output FILE]

An image of 256 px in one thread, with every parameter of a link learned: processor time of a new θ, forward and with
the derivative, medians. Processor time, since other work on the machine makes wall time say little.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch

from diffrendergan.config.base import Learned
from diffrendergan.config.imaging import ImagingConfig
from diffrendergan.imaging.image_model import ImageModel, image_model
from diffrendergan.rendering.buffers import group_area
from tables import Table, publish

SIZE = 256
RANGES: dict[str, object] = {
    "variation": {"sigma": (0.0, 0.5)},
    "levels": {"share": (0.0, 0.5), "gain": (0.3, 0.7)},
    "rims": {"sigma": (0.0, 0.5)},
    "seams": {"depth": (0.0, 0.5), "width_px": (0.5, 2.0)},
    "glow": {"strength": (0.0, 0.5), "area_px": (500.0, 5000.0)},
    "defocus": {"blur_per_unit": (0.1, 0.5), "focus_depth": (-0.5, 0.5)},
    "astigmatism": {"along_px": (0.3, 3.0), "across_px": (0.3, 3.0), "angle_deg": (0.0, 180.0)},
    "blur_sigma_px": (0.3, 2.0),
    "tail": {"weight": (0.0, 0.5), "sigma_px": (4.0, 12.0)},
    "charging": {"strength": (-0.5, 0.5), "length_px": (5.0, 40.0)},
    "vignetting": {"strength": (-0.5, 0.5)},
    "scan": {
        "jitter_px": (0.0, 0.5),
        "vibration_px": (0.0, 0.5),
        "vibration_lines": (4.0, 12.0),
        "drift_right_px": (0.0, 2.0),
        "drift_down_px": (0.0, 2.0),
    },
    "response": {"offset": (0.0, 0.1), "gain": (0.8, 1.2), "gamma": (0.5, 2.0)},
    "saturation": {"share": (0.1, 0.5)},
    "shot_noise": {"variance_per_signal": (0.0, 0.1)},
    "line_noise": {"sigma": (0.0, 0.1), "length_px": (1.0, 40.0)},
    "noise_sigma": (0.001, 0.1),
    "quantisation": {"bits": 8},
}
"""Ranges of each link."""


class Nothing:
    """A renderer without parameters."""

    parameters = ()


def learned(value: object) -> object:
    """Return ranges as the configuration has them."""
    if isinstance(value, dict):
        return {name: learned(part) for name, part in value.items()}
    return Learned(learn=value) if isinstance(value, tuple) else value


def model_of(names: list[str]) -> ImageModel:
    """Return an image model of these links alone."""
    given = {"noise_sigma": 0.0, **{name: learned(RANGES[name]) for name in names}}
    return image_model(Nothing(), ImagingConfig.model_validate(given))


def scene() -> tuple[torch.Tensor, dict]:
    """Return radiance and buffers of a grid of discs."""
    generator = torch.Generator().manual_seed(0)
    rows, columns = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    away = torch.hypot(rows % 32 - 15.5, columns % 32 - 15.5)
    labels = torch.where(away < 16, 1 + rows // 32 * (SIZE // 32) + columns // 32, 0).int()
    tilt = torch.where(away < 16, 1 - (1 - (away / 16) ** 2).clamp_min(0).sqrt(), 0)
    depth = torch.where(away < 16, tilt - 0.5, 3.0)
    buffers = {"labels": labels, "tilt": tilt, "depth": depth}
    buffers["group_area"] = torch.from_numpy(group_area(labels.numpy()))
    image = 0.2 + 0.5 * torch.rand((1, SIZE, SIZE), generator=generator)
    return image, {name: values[None] for name, values in buffers.items()}


def milliseconds(work: Callable[[], object], repeats: int) -> float:
    """Return the median processor time of a call [ms]."""
    for _ in range(3):
        work()
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return 1000 * statistics.median(taken)


def measured(names: list[str], repeats: int) -> tuple[str, str]:
    """Return the times of a new θ through links, forward and with the derivative."""
    model, (image, buffers) = model_of(names), scene()
    values = [[(spec.low + spec.high) / 2 for spec in model.columns]]
    theta = torch.tensor(values, requires_grad=True)
    with torch.no_grad():
        forward = milliseconds(lambda: model.develop(image, theta, buffers), repeats)
    if not model.columns:
        return f"{forward:.1f} ms", ""
    both = milliseconds(lambda: model.develop(image, theta, buffers).sum().backward(), repeats)
    return f"{forward:.1f} ms", f"{both:.1f} ms"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--repeats", type=int, default=60)
    given = parser.parse_args()
    torch.set_num_threads(1)
    table = Table("Links of the image model, 256 px, one thread", ("link", "forward", "with derivative", "goal"))
    for name in RANGES:
        table.add(f"`{name}`", *measured([name], given.repeats))
    point_spreads = ["astigmatism", "blur_sigma_px", "tail"]
    table.add("the three point spreads together", *measured(point_spreads, given.repeats))
    usual = ["variation", "rims", "blur_sigma_px", "tail", "charging", "response", "shot_noise", "line_noise"]
    table.add("a usual chain (" + ", ".join([*usual, "noise"]) + ")", *measured([*usual, "noise_sigma"], given.repeats))
    table.add("all of them", *measured(list(RANGES), given.repeats), "≤ 5 ms")
    publish([table], given.output)


if __name__ == "__main__":
    main()
