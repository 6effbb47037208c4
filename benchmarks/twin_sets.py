"""Virtual sets for `benchmarks/twins.py`: scans of the virtual microscope, what was found, and twins of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.generalist.segmenter import Generalist
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.runs import seeds
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.simulator import recording
from diffrendergan.simulator.microscope import make_sample, simulate_scan
from diffrendergan.simulator.settings import MicroscopeSettings
from diffrendergan.twins.intervals import FoundScan, found_scan
from diffrendergan.twins.linking import Linked, Sized
from diffrendergan.twins.making import Twin, make_twins
from diffrendergan.twins.sample import SourceScan, sample_of

SEED = 1515
EDGE_PX, REFERENCE_PX = 256, 512
"""Edges of a scan, and of the field of the same sample that says what is true of all of it [px]."""
TWINS = (4, 8)
"""Twins of each round: half as many as `quantify` makes, since the scans are small."""
LEAST_FOUND = 20


def settings_of(index: int) -> tuple[MicroscopeSettings, int]:
    """Return sample and microscope of a set, of wide ranges, and how many scans there are."""
    rng = seeds.generator(SEED, "settings", index)
    pixel = MicroscopeSettings.pixel_size_nm
    covered = float(rng.choice([rng.uniform(0.06, 0.3), rng.uniform(0.2, 0.6), rng.uniform(0.5, 0.85)]))
    dirty = rng.random() < 0.25
    settings = MicroscopeSettings(
        width=EDGE_PX, height=EDGE_PX, data_bar=0, bare_probability=0.0,
        diameter_nm=pixel * float(np.exp(rng.uniform(np.log(10), np.log(36)))),
        diameter_sigma=float(rng.choice([0.05, 0.2, 0.35, 0.5])), elongation=rng.uniform(1.0, 1.6),
        coverage=(covered, covered), agglomerate_size=float(rng.choice([1.0, 4.0, 10.0])),
        particle_yield=rng.uniform(0.2, 0.6), dose=(rng.uniform(60, 300), rng.uniform(300, 900)),
        film_coverage=(0.0, 0.12 if dirty else 0.0), flakes_per_mpx=100.0 if dirty else 0.0,
    )  # fmt: skip
    return settings, int(rng.choice([1, 1, 2]))


def reference_of(settings: MicroscopeSettings, index: int) -> NDArray[np.int32]:
    """Return the labels of a larger field of the same sample, which no scan shows."""
    wide = replace(settings, width=REFERENCE_PX, height=REFERENCE_PX)
    surface = make_sample(wide, seeds.integer(SEED, "reference", index), 0)
    path = recording.draw_path(seeds.generator(SEED, "path", index), wide)
    return recording.scan_labels(surface.labels, path, wide)


def simulated_set(index: int, tool: Generalist, numbers: Sequence[int] = TWINS) -> dict[str, Any]:
    """Return a set as one line: what was found and what is true, and the twins."""
    settings, count = settings_of(index)
    scans = [simulate_scan(settings, seeds.integer(SEED, "scan", index), number) for number in range(count)]
    images = [scan.pixels.astype(np.float32) / np.float32(255) for scan in scans]
    line = twinned(images, [scan.labels for scan in scans], tool, index, numbers)
    reference = reference_of(settings, index)
    return {"index": index, "dirty": settings.flakes_per_mpx > 0, **line, "reference": told(reference)}


def twinned(
    images: Sequence[NDArray[np.float32]], labels: Sequence[NDArray[np.int32]], tool: Generalist, seed: int,
    numbers: Sequence[int] = TWINS,
) -> dict[str, Any]:  # fmt: skip
    """Look at scans (H, W) of known truth, make twins of them, and return all of it as values for JSON."""
    begun = time.process_time()
    found: list[SourceScan] = []
    again: list[Callable[[NDArray[np.float32]], NDArray[np.int32]]] = []
    for number, image in enumerate(images):
        scan = Micrograph(str(number), image, None, Path(), 8)
        seen, repeat = tool.segment_and_repeat(scan)
        found.append(SourceScan(scan.name, image, seen))
        again.append(repeat)
    line = {"found": [told(scan.labels) for scan in found], "true": [told(each) for each in labels]}
    whole = sum(int((scan.sized.weight > 0).sum()) for scan in found)
    looked = time.process_time()
    twins: tuple[Twin, ...] = ()
    if whole >= LEAST_FOUND:
        twins = make_twins(sample_of(found), _by_number(again), seed, SilentReporter(), numbers)
    return {
        **line,
        "twins": [{"round": twin.round, **linked_json(twin.linked)} for twin in twins],
        "seconds": {"scans": looked - begun, "twins": time.process_time() - looked},
    }


def _by_number(
    again: Sequence[Callable[[NDArray[np.float32]], NDArray[np.int32]]],
) -> Callable[[int, NDArray[np.float32]], NDArray[np.int32]]:
    return lambda number, image: again[number](image)


def told(labels: NDArray[np.int32]) -> dict[str, Any]:
    """Return the particles of a label image (H, W) as values for JSON."""
    found = found_scan(labels)
    return {**sized_json(found.particles), "shape": list(found.shape), "covered": found.covered.tolist()}


def read_found(values: dict[str, Any]) -> FoundScan:
    """Return what `told` wrote."""
    return FoundScan(read_sized(values), (values["shape"][0], values["shape"][1]), np.array(values["covered"]))


def sized_json(values: Sized) -> dict[str, list[float]]:
    """Return particles as lists."""
    return {name: np.round(array, 4).tolist() for name, array in vars(values).items()}


def read_sized(values: dict[str, Any]) -> Sized:
    """Return particles from lists."""
    return Sized(*(np.array(values[name], float) for name in ("log_size", "weight", "x", "y")))


def linked_json(linked: Linked) -> dict[str, Any]:
    """Return true and found particles and their links as values for JSON."""
    values = {name: value for name, value in vars(linked).items() if name not in ("true", "found")}
    plain = {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in values.items()}
    return {**plain, "true": sized_json(linked.true), "found": sized_json(linked.found)}


def read_linked(values: dict[str, Any]) -> Linked:
    """Return what `linked_json` wrote."""
    kinds = {"fate": np.int64, "of_true": np.int64, "of_found": np.int64, "share": float, "part": float, "false": bool}
    arrays: dict[str, Any] = {name: np.array(values[name], kind) for name, kind in kinds.items()}
    numbers = {name: values[name] for name in ("pixels", "true_px", "found_px", "both_px")}
    return Linked(true=read_sized(values["true"]), found=read_sized(values["found"]), **arrays, **numbers)
