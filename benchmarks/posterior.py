"""What `init` says of sizes, coverage and number on virtual sets of four scans of 512², beside the truth.

    python benchmarks/posterior.py [--sets 200] [--folder posterior-bench] [--output FILE]

Half of the sets are drawn by the renderer, from the prior of the generalist's images, half by the virtual microscope,
which shares nothing with it. Neither seed taught the posterior. What was looked at is kept in the folder.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.generalist.bodies import bodies_atlas
from diffrendergan.generalist.search import LEAST_SURE
from diffrendergan.generalist.seen_sets import SeenSet, read_block, see_scans, write_block
from diffrendergan.generalist.segmenter import SURE, Generalist
from diffrendergan.generalist.sets import LEAST_WHOLE, draw_scans
from diffrendergan.inference.coordinates import scaled
from diffrendergan.inference.examples import paired
from diffrendergan.inference.posterior import Posterior, packaged_posterior
from diffrendergan.inference.truth import QUANTITIES, Truth, true_scan, truth_of
from diffrendergan.runs import seeds
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.simulator.microscope import simulate_scan
from diffrendergan.simulator.settings import MicroscopeSettings
from tables import Table, publish

SCANS, EDGE_PX, SEED = 4, 512, 4242
LIMITS = {"median": 0.1, "p10": 0.2, "p90": 0.2, "coverage": 0.1, "density": 0.2}
"""How near is near: relative, of the coverage absolute."""


def rendered(folder: Path, index: int, tool: Generalist) -> SeenSet:
    """Return a set by the renderer; samples that show fewer whole particles than asked are drawn again."""
    atlas, families = bodies_atlas(folder, SilentReporter())
    for attempt in range(100):
        scans = draw_scans(atlas, families, (EDGE_PX, EDGE_PX), SCANS, SEED, index, attempt)
        found = truth_of([true_scan(scan.labels, scan.silhouettes) for scan in scans])
        if found is not None and found.whole >= LEAST_WHOLE:
            break
    return see_scans(
        tool, [scan.image for scan in scans], [scan.labels for scan in scans], [scan.silhouettes for scan in scans],
        scans[0].look,
    )  # fmt: skip


def simulated(folder: Path, index: int, tool: Generalist) -> SeenSet:
    """Return a set by the virtual microscope, of wide ranges."""
    rng = seeds.generator(SEED, "settings", index)
    pixel = MicroscopeSettings.pixel_size_nm
    covered = float(rng.choice([rng.uniform(0.05, 0.3), rng.uniform(0.2, 0.6), rng.uniform(0.5, 0.9)]))
    settings = MicroscopeSettings(
        width=EDGE_PX, height=EDGE_PX, data_bar=0, bare_probability=float(rng.choice([0.0, 0.5])),
        diameter_nm=pixel * float(np.exp(rng.uniform(np.log(12), np.log(70)))),
        diameter_sigma=float(rng.choice([0.05, 0.2, 0.4, 0.6])), elongation=rng.uniform(1.0, 1.6),
        coverage=(covered, covered), agglomerate_size=float(rng.choice([1.0, 4.0, 10.0])),
        particle_yield=rng.uniform(0.2, 0.6), dose=(rng.uniform(60, 300), rng.uniform(300, 900)),
    )  # fmt: skip
    scans = [simulate_scan(settings, seeds.integer(SEED, "scan", index), number) for number in range(SCANS)]
    images = [scan.pixels.astype(np.float32) / np.float32(255) for scan in scans]
    return see_scans(tool, images, [scan.labels for scan in scans], look="secondary")


def kept(folder: Path, kind: str, count: int) -> Iterator[SeenSet]:
    """Yield the sets of a kind; each is looked at once."""
    tool = Generalist(device="cpu")
    for index in range(count):
        path = folder / f"bench-{kind}-{index:03d}.npz"
        if not path.is_file():
            write_block(path, [{"renderer": rendered, "virtual microscope": simulated}[kind](folder, index, tool)])
        yield from read_block(path)


def vector(shown: Truth) -> NDArray[np.float64]:
    """Return the quantities as float64 (5,)."""
    return np.array([getattr(shown, name) for name in QUANTITIES])


def near(values: NDArray[np.float64], true: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which quantities (5,) are near the truth."""
    off = np.abs(values - true)
    relative = np.array([name != "coverage" for name in QUANTITIES])
    return np.where(relative, off / true, off) <= np.array(list(LIMITS.values()))


def rows_of(sets: list[SeenSet], posterior: Posterior) -> dict[str, NDArray[np.float64]]:
    """Return for each set what is near the truth, which intervals hold, their widths, and the rank of the truth."""
    rows: dict[str, list[NDArray[Any]]] = {name: [] for name in ("found", "believed", "held", "width", "rank")}
    for each in sets:
        pair = paired(each.seen, each.true)
        if pair is None:
            continue
        statistics, shown = pair
        true, belief = vector(shown), posterior.given(statistics)
        low, middle, high = (np.array([getattr(belief.intervals[name], end) for name in QUANTITIES])
                             for end in ("low", "value", "high"))  # fmt: skip
        rows["found"].append(near(vector(statistics.found), true))
        rows["believed"].append(near(middle, true))
        rows["held"].append((true >= low) & (true <= high))
        rows["width"].append(scaled(high[None])[0] - scaled(low[None])[0])
        rows["rank"].append((belief.draws < true).mean(axis=0))
    return {name: np.array(values, float) for name, values in rows.items()}


def is_sure(each: SeenSet) -> bool:
    """Tell whether `init` would take the outlines: the generalist is sure of half of the scans with particles."""
    filled = [scan for scan in each.seen if len(scan.table)]
    return bool(filled) and sum(scan.surety >= SURE for scan in filled) >= LEAST_SURE * len(filled)


def main() -> None:
    """Look at the sets, and publish."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=200)
    parser.add_argument("--folder", type=Path, default=Path("posterior-run"), help="with the bodies, if they are made")
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()
    posterior = packaged_posterior()
    assert posterior is not None
    table = Table("Virtual sets of four scans of 512²", ["sets", "", *QUANTITIES], [f"Posterior: {posterior.record}."])
    for kind in ("renderer", "virtual microscope"):
        sets = list(kept(given.folder, kind, given.sets // 2))
        for label, chosen in (("all", sets), ("of which it is sure", [each for each in sets if is_sure(each)])):
            rows = rows_of(chosen, posterior)
            for name, words in (("found", "near, as found"), ("believed", "near, by the posterior"),
                                ("held", "90 % intervals that hold")):  # fmt: skip
                table.add(f"{kind}, {label} ({len(rows[name])})" if name == "found" else "", words,
                          *(f"{value:.0%}" for value in rows[name].mean(axis=0)))  # fmt: skip
            table.add("", "width of intervals (median, as a factor)",
                      *(f"{np.exp(value):.2f}" for value in np.median(rows["width"], axis=0)))  # fmt: skip
    publish([table], given.output)


if __name__ == "__main__":
    main()
