"""Frames that show no particle, and how many the generalist finds in them.

    python benchmarks/empty_frames.py [--frames 200] [--seed 0] [--output FILE] [--images FOLDER]

A quarter each: noise; films and ground of the virtual microscope (`simulator/`, which shares nothing with the training
of the generalist); textures as the generalist's grounds are made of, without pores; letters, numbers and scale bars on
such grounds. The first two had no part in the training. `--images` writes each frame with what was found in it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from diffrendergan.generalist.segmenter import SURE, Generalist
from diffrendergan.imaging.fields import WITHOUT_PORES, texture
from diffrendergan.micrographs.scans import read_scan
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.runs import seeds
from diffrendergan.segmentation.packaged import packaged_record
from diffrendergan.simulator.microscope import simulate_scan
from diffrendergan.simulator.settings import MicroscopeSettings
from generalist import picture
from tables import Table, publish

EDGE_PX = 512
LEAST_PX = 20
Frame = NDArray[np.float32]


def noise(rng: np.random.Generator, index: int) -> Frame:
    """Return white noise, counts, or noise that was smoothed or drawn out along the lines."""
    field = rng.normal(size=(EDGE_PX, EDGE_PX))
    kind = index % 4
    if kind == 1:
        field = rng.poisson(rng.uniform(0.5, 20), field.shape).astype(np.float64)
    elif kind == 2:
        field = ndimage.gaussian_filter(field, rng.uniform(0.5, 2))
    elif kind == 3:
        field = field + rng.normal(0, rng.uniform(0.2, 1.5), (EDGE_PX, 1))
    return scaled(field, rng)


def virtual(rng: np.random.Generator, index: int) -> Frame:
    """Return ground, films and scratches under the virtual microscope, without particles and flakes."""
    settings = replace(
        MicroscopeSettings(), width=EDGE_PX, height=EDGE_PX, data_bar=0, coverage=(0.0, 0.0),
        film_coverage=(0.05, 0.5), film_yield=(0.5, 2.5), flakes_per_mpx=0,
    )  # fmt: skip
    pixels = simulate_scan(settings, int(rng.integers(2**31)), index).pixels
    return pixels.astype(np.float32) / np.float32(255)


def textured(rng: np.random.Generator, index: int) -> Frame:
    """Return a texture over the whole range of greys, with some noise."""
    field = texture((EDGE_PX, EDGE_PX), rng, WITHOUT_PORES)
    return scaled(ndimage.gaussian_filter(field, rng.uniform(0, 1.5)) + rng.normal(0, 0.1, field.shape), rng)


def lettered(rng: np.random.Generator, index: int) -> Frame:
    """Return words, numbers and a scale bar, bright or dark, on noise or a faint texture."""
    field = noise(rng, index) if index % 2 else textured(rng, index)
    field = rng.uniform(0.2, 0.8) + rng.uniform(0.05, 0.4) * (field - field.mean())
    ink = Image.new("L", (EDGE_PX, EDGE_PX), 0)
    draw = ImageDraw.Draw(ink)
    for _ in range(int(rng.integers(1, 6))):
        words = "".join(rng.choice(list("0123456789abcdefghijkmnopqrstuvwxyzABCDEHKMNOQRS.,:/ "), rng.integers(2, 16)))
        font = ImageFont.load_default(int(rng.integers(9, 48)))
        draw.text(tuple(rng.uniform(0, 0.8 * EDGE_PX, 2)), words, fill=255, font=font)
    left, top = rng.uniform(0, 0.7 * EDGE_PX, 2)
    draw.rectangle([left, top, left + rng.uniform(40, 150), top + rng.uniform(2, 8)], fill=255)
    share = np.asarray(ink, np.float32) / 255
    return ((1 - share) * field + share * float(index % 2)).clip(0, 1).astype(np.float32)


def scaled(field: NDArray, rng: np.random.Generator) -> Frame:
    """Bring a field into a part of the range, as a detector would."""
    low, high = np.percentile(field, [1, 99])
    dark, bright = rng.uniform(0, 0.4), rng.uniform(0.55, 1)
    return (dark + (bright - dark) * (field - low) / max(high - low, 1e-9)).clip(0, 1).astype(np.float32)


KINDS: Mapping[str, Callable[[np.random.Generator, int], Frame]] = {
    "noise": noise,
    "films of the virtual microscope": virtual,
    "textures": textured,
    "letters": lettered,
}


def main() -> None:
    """Look at all frames and publish."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--images", type=Path, help="folder for the frames with what was found")
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()
    table = Table(
        "Frames without particles",
        ["kind (frames)", "false particles a frame", "frames with any", "of these said to be unsure"],
        [f"Weights: {packaged_record()}.", f"Frames of {EDGE_PX} px; regions from {LEAST_PX} px on count."],
    )
    tool = Generalist(min_region_px=LEAST_PX)
    each = given.frames // len(KINDS)
    counts = {name: np.zeros((each, 2)) for name in KINDS}
    for name, make in KINDS.items():
        for index in range(each):
            pixels = make(seeds.generator(given.seed, "empty frame", name, index), index)
            labels, best = tool.segment_at(as_read(pixels))
            counts[name][index] = labels.max(), best.surety < SURE
            if given.images is not None:
                picture(pixels, labels, given.images / f"{name.split()[0]}-{index:03d}.png")
        table.add(*row(f"{name} ({each})", counts[name]))
    table.add(*row(f"all ({each * len(KINDS)})", np.concatenate(list(counts.values()))))
    publish([table], given.output)


def as_read(pixels: Frame) -> Micrograph:
    """Return a frame as it is read from a file of 8 bits."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "frame.png"
        Image.fromarray(np.round(pixels * 255).astype(np.uint8)).save(file)
        return read_scan(file)


def row(name: str, counts: NDArray[np.float64]) -> tuple[str, ...]:
    """Return a row of the table: of counts of particles, and of doubts (n, 2)."""
    found = counts[:, 0] > 0
    return name, f"{counts[:, 0].mean():.2f}", f"{found.sum()}", f"{int(counts[found, 1].sum())}"


if __name__ == "__main__":
    main()
