"""What the generalist sees in virtual sets of scans, beside the truth: kept in a folder, and so resumed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.detection.particle_table import ParticleTable, tabulate
from diffrendergan.generalist.bodies import Bodies, bodies_atlas
from diffrendergan.generalist.segmenter import Generalist
from diffrendergan.generalist.sets import draw_set
from diffrendergan.generalist.training import PRIOR
from diffrendergan.inference.seen import SeenScan, see
from diffrendergan.inference.truth import TrueScan, true_scan
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.runs.atomic import atomic_path
from diffrendergan.runs.executor import PerProcess, map_indices
from diffrendergan.runs.reporter import Reporter, SilentReporter

FORMAT = 1
"""Grows when what is kept of a set changes, or what is drawn for the same seed."""
BLOCK = 20
"""Sets in one file."""
COLUMNS = tuple(field.name for field in fields(ParticleTable))
PARTS = ("depth", "peaks", "spread")
NUMBERS = (
    "pixels", "coverage", "surety", "magnification", "ground", "ground_spread", "noise", "edge",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class SeenSet:
    """A virtual set: each scan as it was seen, and as it truly is.

    Attributes
    ----------
    seen : tuple of SeenScan
    true : tuple of TrueScan
        In the same order.
    look : str
        What kind of image the scans are (`generalist.looks.LOOKS`).
    """

    seen: tuple[SeenScan, ...]
    true: tuple[TrueScan, ...]
    look: str


def see_scans(
    tool: Generalist, images: Sequence[NDArray[np.float32]], labels: Sequence[NDArray[np.int32]],
    silhouettes: Sequence[NDArray[np.int64]] | None = None, look: str = "",
) -> SeenSet:  # fmt: skip
    """Look at labelled scans (H, W) by the generalist."""
    seen = []
    for number, image in enumerate(images):
        found, best = tool.segment_at(Micrograph(str(number), image, None, Path(), 8))
        table = tabulate(found, image, number, None, True)
        seen.append(see(table, found, image, best.surety, best.scale))
    whole = [None] * len(labels) if silhouettes is None else silhouettes
    return SeenSet(tuple(seen), tuple(true_scan(*pair) for pair in zip(labels, whole, strict=True)), look)


def seen_sets(folder: Path, seed: int, count: int, reporter: Reporter, workers: int = 1) -> list[SeenSet]:
    """Return virtual sets as the generalist sees them; those that are kept in the folder are not made again.

    Parameters
    ----------
    folder : pathlib.Path
        Gets the bodies, and a file for each `BLOCK` sets.
    seed, count : int
        Sets 0 to count − 1 of this seed.
    reporter : Reporter
    workers : int
        Processes; their number changes nothing but the speed.
    """
    paths = {number: _path(folder, seed, number) for number in range(-(-count // BLOCK))}
    missing = [number for number, path in paths.items() if not path.is_file()]
    if missing:
        bodies_atlas(folder, reporter, workers)
        make = PerProcess(partial(_tools, folder), partial(_make_block, folder, seed))
        for _ in map_indices(make, missing, reporter, "Looking at virtual scans", workers):
            pass
    return [one for path in paths.values() for one in read_block(path)][:count]


def kept_sets(folder: Path, seed: int, prior: int = PRIOR) -> list[SeenSet]:
    """Return all sets of a seed that are in a folder, as the recipe `prior` of images drew them."""
    return [one for path in sorted(folder.glob(f"sets-{FORMAT}-{prior}-{seed}-*.npz")) for one in read_block(path)]


def _path(folder: Path, seed: int, number: int) -> Path:
    return folder / f"sets-{FORMAT}-{PRIOR}-{seed}-{number:04d}.npz"


def _tools(folder: Path) -> tuple[Bodies, Generalist]:
    return bodies_atlas(folder, SilentReporter()), Generalist(device="cpu")


def _make_block(folder: Path, seed: int, tools: tuple[Bodies, Generalist], number: int) -> int:
    bodies, tool = tools
    found = []
    for index in range(number * BLOCK, (number + 1) * BLOCK):
        scans, _ = draw_set(*bodies, seed, index)
        found.append(
            see_scans(
                tool, [scan.image for scan in scans], [scan.labels for scan in scans],
                [scan.silhouettes for scan in scans], scans[0].look,
            )
        )  # fmt: skip
    write_block(_path(folder, seed, number), found)
    return number


def write_block(path: Path, sets: Sequence[SeenSet]) -> None:
    """Write sets to a file, atomically."""
    arrays: dict[str, NDArray[Any]] = {"scans": np.array([len(each.seen) for each in sets])}
    arrays["looks"] = np.array([each.look for each in sets])
    seen = [scan for each in sets for scan in each.seen]
    true = [scan for each in sets for scan in each.true]
    for name in COLUMNS:
        arrays[f"table {name}"] = np.concatenate([getattr(scan.table, name) for scan in seen])
    for name in PARTS:
        arrays[f"seen {name}"] = np.concatenate([getattr(scan, name) for scan in seen])
    arrays["found"] = np.array([len(scan.table) for scan in seen])
    arrays["shape"] = np.array([scan.shape for scan in seen])
    for name in NUMBERS:
        arrays[f"number {name}"] = np.array([getattr(scan, name) for scan in seen])
    for name in ("diameters", "weights"):
        arrays[f"true {name}"] = np.concatenate([getattr(scan, name) for scan in true])
    arrays["whole"] = np.array([len(scan.diameters) for scan in true])
    for name in ("number", "coverage", "pixels"):
        arrays[f"true {name}"] = np.array([getattr(scan, name) for scan in true])
    small = {key: value.astype(np.float32) if value.dtype == np.float64 else value for key, value in arrays.items()}
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **small)  # type: ignore[arg-type]


def read_block(path: Path) -> list[SeenSet]:
    """Read the sets of a file."""
    with np.load(path, allow_pickle=False) as stored:
        arrays = {key: stored[key] for key in stored.files}
    wide = {key: value.astype(float) if value.dtype == np.float32 else value for key, value in arrays.items()}
    parts = _split(wide, ["table " + name for name in COLUMNS] + ["seen " + name for name in PARTS], wide["found"])
    seen = []
    for number, each in enumerate(parts):
        told: dict[str, Any] = {name: each["seen " + name] for name in PARTS}
        told |= {name: wide["number " + name][number].item() for name in NUMBERS}
        table = ParticleTable(**{name: each["table " + name] for name in COLUMNS})
        rows, columns = map(int, wide["shape"][number])
        seen.append(SeenScan(table=table, shape=(rows, columns), field=None, **told))
    true = [
        TrueScan(each["true diameters"], each["true weights"],
                 *(wide["true " + name][number].item() for name in ("number", "coverage", "pixels")))
        for number, each in enumerate(_split(wide, ["true diameters", "true weights"], wide["whole"]))
    ]  # fmt: skip
    ends = np.cumsum(wide["scans"])
    return [
        SeenSet(tuple(seen[end - count : end]), tuple(true[end - count : end]), str(look))
        for end, count, look in zip(ends, wide["scans"], wide["looks"], strict=True)
    ]


def _split(
    arrays: dict[str, NDArray[Any]], names: Sequence[str], lengths: NDArray[np.int64]
) -> list[dict[str, NDArray[Any]]]:
    """Return the named arrays of each scan."""
    cuts = np.cumsum(lengths)[:-1]
    columns = {name: np.split(arrays[name], cuts) for name in names}
    return [{name: columns[name][number] for name in names} for number in range(len(lengths))]
