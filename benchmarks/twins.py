"""How often the intervals of `quantify --twin` hold the truth: on virtual scans, and on annotated ones.

    python benchmarks/twins.py [--sets 200] [--folder twins-run] [--data ../shared/data] [--output FILE]

A set is one or two scans of 256² of the virtual microscope (`simulator/`, which shares nothing with what makes twins),
of one sample; a quarter of the sets are dirty. What is found in it and in its twins by the packaged generalist is kept
in the folder, one line a set, so that a run that was ended goes on. Truth is what the scans show, and what a field of
512² of the same sample shows, which no scan does. `--calibrate` finds by how much twins are off from scans: for the
intervals of each half of the sets on the other half, and, to be written into `twins.rules`, on all of them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.generalist.segmenter import Generalist
from diffrendergan.image_files.listing import list_scans
from diffrendergan.labels.label_set import open_label_set
from diffrendergan.labels.regions import drop_small
from diffrendergan.micrographs.scans import read_scan
from diffrendergan.runs.json_lines import append_line, read_lines
from diffrendergan.sizes.bootstrap import wilson_band
from diffrendergan.twins.intervals import Estimate, blocks_of, estimate, reported_bins
from diffrendergan.twins.linking import joined, together
from diffrendergan.twins.resemblance import Likeness, likeness, told_apart
from diffrendergan.twins.response import log_odds
from diffrendergan.twins.rules import RULES, TwinRules
from diffrendergan.twins.sample import fullest_part
from diffrendergan.twins.unfolding import FIGURES, Described, described, grid
from tables import Table, publish
from twin_sets import read_found, read_linked, simulated_set, twinned

REAL = ("tio2-sem", "emps-dots-tem", "emps-spheres-sem")
CROPS, CROP_PX = 6, 512
"""Of an annotated set so many scans are taken, evenly spaced, and of each the fullest part of at most so many px."""
LEAST_PX = 50
"""Specks of hand-drawn masks, and what is found of this area, are left out: under 8 px of diameter [px]."""
OFF = ("off_size", "off_number", "off_small", "off_coverage")
"""Rules that are calibrated."""
SHARES = (0.02, 0.04, 0.06, 0.08, 0.1, 0.12, 0.15)
"""Shares of small ones that are tried."""


@dataclass(frozen=True, eq=False)
class Judged:
    """A set: what was estimated, and what is true."""

    line: dict[str, Any]
    estimate: Estimate
    here: Described
    sample: Described | None
    likeness: tuple[Likeness, ...]

    @property
    def alike(self) -> bool:
        """Whether its twins are like its scans."""
        return all(each.alike for each in self.likeness)


def kept(path: Path, count: int, make: Callable[[int], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the lines of sets 0 to count − 1; those that are in the file are not made again."""
    lines = {line["index"]: line for line in read_lines(path, growing=True)} if path.is_file() else {}
    path.parent.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        if index not in lines:
            lines[index] = make(index)
            append_line(path, lines[index])
        yield lines[index]


def judged(line: dict[str, Any], rules: TwinRules = RULES) -> Judged:
    """Estimate the figures of a set anew from what was found."""
    found, true = ([read_found(each) for each in line[part]] for part in ("found", "true"))
    reference = [read_found(line["reference"])] if "reference" in line else []
    twins = [read_linked(each) for each in line["twins"]]
    particles = together([scan.particles for scan in found])
    edges = grid(*(scan.particles.log_size for scan in (*found, *true, *reference)), joined(twins).true.log_size)
    bins = reported_bins(particles.log_size, particles.weight)
    result = estimate(blocks_of(found, edges), twins, edges, bins, 0, rules)

    def shown(scans: Sequence[Any]) -> Described:
        density, coverage = blocks_of(scans, edges).of()
        return described(density, edges, coverage, bins)

    last = joined([twin for twin, each in zip(twins, line["twins"], strict=True) if each["round"]])
    pixels = sum(scan.shape[0] * scan.shape[1] for scan in found)
    coverage = float(np.mean([scan.covered.mean() for scan in found])), last.found_px / last.pixels
    return Judged(line, result, shown(true), shown(reference) if reference else None,
                  (*likeness(particles, pixels, last.found, last.pixels, coverage), told_apart(last)))  # fmt: skip


def held(sets: Sequence[Judged], here: bool) -> tuple[NDArray[np.float64], float]:
    """Return how often the interval of each figure holds the truth, shape (6,), and how often that of a bin does."""
    figures, bins = [], []
    for each in sets:
        true = each.here if here else each.sample
        assert true is not None
        low, high = ((each.estimate.here_low, each.estimate.here_high) if here else
                     (each.estimate.low, each.estimate.high))  # fmt: skip
        figures.append((low.figures <= true.figures) & (true.figures <= high.figures))
        bins.append(((low.shares <= true.shares + 1e-9) & (true.shares <= high.shares + 1e-9)).mean())
    return np.mean(figures, axis=0), float(np.mean(bins))


def errors(sets: Sequence[Judged]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean error, without sign, of raw and corrected figures against what the scans show, shape (6,)."""
    rows = []
    for each in sets:
        true = each.here.figures
        for values in (each.estimate.raw.figures, each.estimate.corrected.figures):
            off = np.abs(np.log(np.maximum(values, 1e-12) / np.maximum(true, 1e-12)))
            off[-1] = abs(values[-1] - true[-1])
            rows.append(off)
    both = np.array(rows).reshape(len(sets), 2, -1)
    return both[:, 0].mean(axis=0), both[:, 1].mean(axis=0)


def told(share: float, number: int) -> str:
    """Return a share with its 95 % interval."""
    low, high = wilson_band(np.array([share]), number)
    return f"{share:.0%} ({low[0]:.0%} to {high[0]:.0%})"


def calibrated(lines: Sequence[dict[str, Any]], wanted: float = 0.95) -> TwinRules:
    """Return the rules under which the intervals of what the scans show hold the truth as often as wanted.

    Errors beyond what twins say are taken to be normal; those of the share of small ones are told by the 10th
    percentile, once all others are known.
    """
    rules = replace(RULES, draws=60, off_size=0.0, off_number=0.0, off_small=0.0, off_coverage=0.0)
    sets = [one for one in (judged(line, rules) for line in lines) if one.alike]
    small = np.array([max(1.0, RULES.sure_px / one.estimate.raw.figures[FIGURES.index("d50")]) for one in sets])
    size, number = (needed(sets, figure, small, wanted) for figure in ("d50", "density"))
    coverage = needed(sets, "coverage", np.ones(len(sets)), wanted)
    rules = replace(rules, off_size=size, off_number=number, off_coverage=coverage)
    for share in SHARES:
        tried = replace(rules, off_small=share)
        if held([judged(one.line, tried) for one in sets], here=True)[0][FIGURES.index("d10")] >= wanted:
            break
    return tried


def needed(sets: Sequence[Judged], figure: str, per_unit: NDArray[np.float64], wanted: float) -> float:
    """Return the least standard deviation with which the intervals of a figure hold the truth as often as wanted.

    Parameters
    ----------
    sets : sequence of Judged
        Estimated without any.
    figure : str
        One of `FIGURES`; its error is that of the logarithm, or of the log odds.
    per_unit : float64 (n,)
        By how much one unit of the deviation moves the figure of each set.
    wanted : float
    """
    place = FIGURES.index(figure)
    ends = [[side.figures[place] for side in (each.estimate.corrected, each.here, each.estimate.here_low,
                                               each.estimate.here_high)] for each in sets]  # fmt: skip
    values = np.clip(np.array(ends), 1e-9, None)
    scaled = np.log(values) if figure != "coverage" else np.vectorize(log_odds)(values)
    error = np.abs(scaled[:, 0] - scaled[:, 1])
    drawn = (scaled[:, 3] - scaled[:, 2]) / 2 / 1.96
    for deviation in np.arange(0, 2, 0.005):
        if (error <= 1.96 * np.hypot(drawn, deviation * per_unit)).mean() >= wanted:
            return float(deviation)
    return 2.0


def real_line(folder: Path, index: int) -> dict[str, Any]:
    """Return one annotated scan as a set; what is smaller than `LEAST_PX` is no particle on either side."""
    paths = list_scans(folder / "images").paths
    truth = open_label_set(folder / "masks", [path.stem for path in paths])
    chosen = [path for number, path in enumerate(paths) if number % max(1, len(paths) // CROPS) == 0][:CROPS]
    scan = read_scan(chosen[index])
    true = truth.read(scan.name, scan.pixels.shape)[0]
    rows, columns = fullest_part(true, (CROP_PX, CROP_PX))
    image = np.ascontiguousarray(scan.pixels[: true.shape[0]][rows, columns])
    tool = Generalist(min_region_px=LEAST_PX, device="cpu", says_more=False)
    line = twinned([image], [drop_small(true[rows, columns], LEAST_PX)], tool, index)
    return {"index": index, "name": f"{folder.name}/{scan.name}", **line}


def add_rows(table: Table, sets: Sequence[Judged], words: str, sample: bool) -> None:
    """Add errors and shares of intervals of some sets."""
    if not sets:
        table.add(f"{words} (0)")
        return
    raw, corrected = errors(sets)
    count = len(sets)
    table.add(f"{words} ({count})", "error as found", *(f"{value:.1%}" for value in raw))
    table.add("", "error corrected", *(f"{value:.1%}" for value in corrected))
    for here, said in ((True, "held, of these scans"), *(((False, "held, of the sample"),) if sample else ())):
        shares, bins = held(sets, here)
        table.add("", said, *(told(share, count) for share in shares), f"{bins:.0%}")


def main() -> None:
    """Make the sets, and publish."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=200)
    parser.add_argument("--folder", type=Path, default=Path("twins-run"))
    parser.add_argument("--data", type=Path, help="folder of annotated sets; none are looked at without it")
    parser.add_argument("--calibrate", action="store_true", help="find by how much twins are off from scans")
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()
    tool = Generalist(device="cpu", says_more=False)
    lines = list(kept(given.folder / "virtual.jsonl", given.sets, lambda index: simulated_set(index, tool)))
    usable = [line for line in lines if line["twins"]]
    if given.calibrate:
        print("of all sets:", {name: getattr(calibrated(usable), name) for name in OFF}, flush=True)
    sets = []
    for half in (0, 1):
        mine, others = ([line for line in usable if (line["index"] % 2 == half) is own] for own in (True, False))
        rules = replace(calibrated(others), draws=RULES.draws) if given.calibrate else RULES
        sets += [judged(line, rules) for line in mine]
    alike = [each for each in sets if each.alike]
    by = "Intervals of each half are calibrated on the other." if given.calibrate else f"By {RULES}."
    few = f"{len(lines) - len(usable)} of {len(lines)} sets show too few particles."
    table = Table("Virtual scans", ["sets", "", *FIGURES, "bins"], [few, by])
    add_rows(table, alike, "all", True)
    add_rows(table, [each for each in alike if not each.line["dirty"]], "clean ones", True)
    add_rows(table, [each for each in alike if each.line["dirty"]], "dirty ones", True)
    add_rows(table, [each for each in sets if not each.alike], "twins unlike their scans", True)
    seconds = np.array([line["seconds"]["twins"] for line in usable])
    table.notes.append(f"Twins of a set take {np.median(seconds):.1f} s of CPU (at most {seconds.max():.1f} s).")
    tables = [table]
    if given.data is not None:
        real = Table("Annotated scans", ["sets", "", *FIGURES, "bins"])
        tables.append(real)
        for name in REAL:
            path = given.folder / f"{name}.jsonl"
            found = list(kept(path, CROPS, partial(real_line, given.data / name)))
            each = [judged(line) for line in found if line["twins"]]
            add_rows(real, [one for one in each if one.alike], name, False)
            add_rows(real, [one for one in each if not one.alike], f"{name}, twins unlike", False)
    publish(tables, given.output)


if __name__ == "__main__":
    main()
