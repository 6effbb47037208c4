"""Verdicts on quick runs, good ones and ones that are spoilt on purpose, beside the true scores of the same runs.

    python benchmarks/verdict.py WORK [--data ../shared/data] [--only TEXT] [--output FILE]

Each run lies in WORK/CASE and is kept: the same command goes on where it was stopped. Whether a run is good or bad is
said by its scores on held-out scans, not by what was meant. A verdict follows from the evidence that lies in the run,
so that rules can be changed without another run: remove the folders `judge` to gather it anew.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from diffrendergan.config.load import load_project
from diffrendergan.config.segmentation import GENERALIST_CHANNELS
from diffrendergan.errors import UserError
from diffrendergan.image_files.listing import list_scans
from diffrendergan.image_files.writing import write_png
from diffrendergan.judging.evidence import Generalist
from diffrendergan.judging.eyes import network_of, packaged_generalist, shown_of
from diffrendergan.judging.stage import judge_shown, network_digest
from diffrendergan.judging.verdict import Verdict, judged, read_verdict, write_verdict
from diffrendergan.labels.label_set import open_label_set
from diffrendergan.micrographs.scans import read_scan
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.patches.prepare import load_prepared
from diffrendergan.pipeline.runner import Asked, run_project
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.simulator.settings import MicroscopeSettings
from diffrendergan.simulator.write import write_demo_data
from tables import Table, publish

EDGE = 480
"""Scans are cropped to this [px]."""
SCANS = 5
GOOD = (0.75, 0.35)
"""DSC and AP50 that a good run reaches, both, on the held-out scans."""
BAD = (0.55, 0.2)
"""A bad run stays below one of these; what lies between is neither."""

TOLD: dict[str, Callable[[str], str]] = {"strong": str.upper, "weak": str, "remark": "({})".format}
"""How findings are written."""

Values = dict[str, Any]


def merged(*parts: Mapping[str, Any]) -> Values:
    """Merge nested values, later ones over earlier ones."""
    result: Values = {}
    for part in parts:
        for name, value in part.items():
            both = isinstance(value, Mapping) and isinstance(result.get(name), Mapping)
            result[name] = merged(result[name], value) if both else value
    return result


QUICK: Values = {
    "preset": "tio2-sem",
    "run": "run",
    "data": {
        "patch_size": 128, "stride": 32, "patches": 12, "background_patches": 12, "min_full_particles": 2,
        "test_fraction": 0.4, "mask_kind": "instances",
    },
    "generator": {"draw": "uniform"},
    "particles": {"count": 16, "faces": 300},
    "arrangement": {"limit": 2.3, "agglomerates": 3, "number": [4, 14], "size_in": "px"},
    "rendering": {"renderer": "mitsuba", "spp": 8},
    "synthesis": {"images": 24},
    "segmentation": {"channels": [8, 16, 32, 64], "steps": 200, "batch_size": 4, "patch_size": 128},
}  # fmt: skip
DARK: Values = {
    "data": {"foreground": "dark"},
    "rendering": {
        "particle": {"base_color": {"learn": [0.01, 0.3]}, "sheen": 0.0},
        "stage": {"base_color": {"learn": [1.0, 3.0]}},
    },
}
BALLS: Values = {"particles": {"shape": {"family": "sphere"}, "deform": []}}


def sizes(median: float, sigma: float) -> Values:
    """Return lognormal diameters [px]."""
    return {"arrangement": {"size": {"distribution": "lognormal", "mu": float(np.log(median)), "sigma": sigma}}}


def flat(low: int, high: int) -> Values:
    """Return particles thrown onto a plane."""
    return {
        "arrangement": {"placement": "random", "three_dimensional": False, "number": [low, high]},
        "particles": {"count": high},
    }


SETS: dict[str, Values] = {
    "tio2": sizes(27, 0.3),
    "dots": merged(DARK, BALLS, flat(4, 16), sizes(16, 0.3)),
    "spheres": merged(
        BALLS,
        flat(5, 12),
        sizes(52, 0.15),
        {"data": {"background_patches": 0, "min_full_particles": 1}},
    ),
    "virtual": sizes(29, 0.2),
    "powder": merged(BALLS, flat(25, 40), sizes(30, 0.45), {"data": {"background_patches": 0}}),
    "film": merged(DARK, BALLS, flat(15, 25), sizes(30, 0.35), {"data": {"background_patches": 0}}),
}
"""What a good project says of each set."""


def balls(seed: int, cover: float, median: float, sigma: float) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Throw balls until they cover a share of a field; return the uppermost heights and their numbers."""
    rng = np.random.default_rng(seed)
    height, labels = np.zeros((EDGE, EDGE)), np.zeros((EDGE, EDGE), np.int32)
    rows, columns = np.mgrid[:EDGE, :EDGE]
    while (labels > 0).mean() < cover:
        radius = float(np.clip(median * np.exp(rng.normal(0, sigma)), 8, 140)) / 2
        row, column = rng.uniform(0, EDGE, 2)
        depth = radius**2 - (rows - row) ** 2 - (columns - column) ** 2
        inside = depth > 0
        if not inside.any() or (labels[inside] > 0).mean() > 0.2:
            continue
        cap = np.sqrt(np.where(inside, depth, 0))
        above = inside & (cap > height)
        labels[above], height[above] = labels.max() + 1, cap[above]
    return height, labels


def powder(seed: int) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return bright balls with bright rims on black."""
    height, labels = balls(seed, 0.68, 30, 0.5)
    slope = np.hypot(*np.gradient(height))
    return np.where(labels > 0, 0.35 + 0.15 * np.clip(slope, 0, 2), 0.06), labels


def film(seed: int) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return balls that are seen through, dark on a bright film."""
    height, labels = balls(seed, 0.45, 30, 0.35)
    return 0.75 * np.exp(-1.2 * height / 15), labels


def drawn(make: Callable[[int], tuple[NDArray[np.float64], NDArray[np.int32]]]) -> Iterator[tuple[Any, Any]]:
    """Yield pictures with blur and noise, and their labels."""
    for seed in range(SCANS):
        picture, labels = make(seed)
        noise = np.random.default_rng(100 + seed).normal(0, 0.02, picture.shape)
        grey = np.clip(ndimage.gaussian_filter(picture, 0.8) + noise, 0, 1)
        yield np.rint(255 * grey).astype(np.uint8), labels


def real(folder: Path, skip: int = 0, scale: float = 1) -> Iterator[tuple[Any, Any]]:
    """Yield the middles of annotated scans, and their labels, made smaller if a scale says so."""
    paths = list_scans(folder / "images").paths[skip : skip + SCANS]
    truth = open_label_set(folder / "masks", [path.stem for path in list_scans(folder / "images").paths])
    for path in paths:
        scan = read_scan(path)
        labels = truth.read(scan.name, scan.pixels.shape)[0]
        pixels = scan.pixels[: len(labels)]
        if scale != 1:
            smooth = ndimage.gaussian_filter(pixels, 0.4 / scale)
            pixels, labels = ndimage.zoom(smooth, scale, order=1), ndimage.zoom(labels, scale, order=0)
        rows, columns = (max(0, (length - EDGE) // 2) for length in labels.shape)
        window = np.s_[rows : rows + EDGE, columns : columns + EDGE]
        yield np.rint(255 * np.clip(pixels[window], 0, 1)).astype(np.uint8), labels[window]


def virtual(work: Path) -> Iterator[tuple[Any, Any]]:
    """Yield scans of the virtual microscope, and their labels."""
    folder = work / "virtual-scans"
    settings = MicroscopeSettings(width=EDGE, height=EDGE + 40, bare_strip_px=160)
    write_demo_data(folder, SCANS, settings, 0, SilentReporter())
    yield from real(folder)


def make_sets(work: Path, data: Path) -> None:
    """Write the scans and labels of all sets, once."""
    sources: dict[str, Callable[[], Iterator[tuple[Any, Any]]]] = {
        "tio2": lambda: real(data / "tio2-sem", 8),
        "dots": lambda: real(data / "emps-dots-tem", 3),
        "spheres": lambda: real(data / "emps-spheres-sem", 0, 0.4),
        "virtual": lambda: virtual(work),
        "powder": lambda: drawn(powder),
        "film": lambda: drawn(film),
    }
    for name, source in sources.items():
        if (work / "sets" / name / "whole").exists():
            continue
        for number, (grey, labels) in enumerate(source()):
            write_png(work / "sets" / name / "images" / f"scan{number}.png", grey)
            (work / "sets" / name / "masks").mkdir(exist_ok=True)
            Image.fromarray(labels.astype(np.uint16)).save(work / "sets" / name / "masks" / f"scan{number}.png")
        (work / "sets" / name / "whole").touch()


@dataclass(frozen=True)
class Case:
    """A run and how it is spoilt."""

    name: str
    of: str
    """The set."""
    meant: str
    changes: Values = field(default_factory=dict)
    full: bool = False
    """Background patches are taken where particles are."""
    shares: bool = False
    """Its synthetic images are those of the set's plain run, and are copied."""


def good(of: str, name: str, changes: Values | None = None) -> Case:
    """Return a run that is meant to be good."""
    return Case(f"{of}-{name}", of, "good", changes or {}, shares=changes is not None)


def bad(of: str, name: str, changes: Values, full: bool = False) -> Case:
    """Return a run that is spoilt."""
    return Case(f"{of}-{name}", of, "bad", changes, full, shares=list(changes) == ["segmentation"])


LIGHT_ON: Values = {
    "data": {"foreground": "bright"},
    "rendering": {
        "particle": {"base_color": {"learn": [0.5, 5.0]}},
        "stage": {"base_color": {"learn": [0.01, 0.3]}},
    },
}
ANY_PATCH: Values = {"data": {"min_full_particles": 0}}
MORE_EMPTY: Values = {"data": {"background_patches": 12}}
UNTRAINED: Values = {"segmentation": {"steps": 8}}
OTHER: Values = {"evaluation": {"seeds": [1]}}
HASTY: Values = {"segmentation": {"steps": 40}}
TUNED: Values = {"segmentation": {"start": "generalist", "channels": list(GENERALIST_CHANNELS), "steps": 60}}
IN_NM = merged(sizes(198, 0.3), {"arrangement": {"size_in": "nm"}})
WIRES: Values = {
    "particles": {"shape": {"family": "wire", "length": 19.0, "radius": 0.1, "bend": 0.5}, "deform": [], "count": 6},
    "arrangement": {
        "placement": "random", "three_dimensional": False, "separation": "none", "number": [3, 6], "unit": 1.0,
        "size_in": "unit", "size": {"distribution": "lognormal", "mu": 0.0, "sigma": 0.1},
    },
}  # fmt: skip
CASES = (
    good("tio2", "plain"),
    bad("tio2", "untrained", UNTRAINED),
    good("virtual", "plain"),
    bad("virtual", "large", sizes(75, 0.2)),
    good("powder", "plain"),
    bad("powder", "full-patches", MORE_EMPTY, full=True),
    good("dots", "plain"),
    bad("dots", "turned", merged(LIGHT_ON, ANY_PATCH)),
    good("film", "plain"),
    bad("film", "turned", LIGHT_ON),
    bad("tio2", "turned", merged(DARK, ANY_PATCH)),
    bad("tio2", "full-patches", MORE_EMPTY, full=True),
    good("tio2", "seed", OTHER),
    bad("tio2", "pixel-size", merged(IN_NM, {"data": {"pixel_size_nm": 2.4}})),
    good("virtual", "seed", OTHER),
    bad("virtual", "noise", {"imaging": {"noise_sigma": 0.6}}),
    bad("powder", "sparse", merged(flat(2, 4), sizes(60, 0.2), {"data": {"background_patches": 12}}), full=True),
    good("powder", "seed", OTHER),
    good("dots", "seed", OTHER),
    bad("dots", "untrained", UNTRAINED),
    good("film", "seed", OTHER),
    bad("film", "untrained", UNTRAINED),
    good("virtual", "tuned", TUNED),
    good("tio2", "tuned", TUNED),
    bad("virtual", "wires", merged(WIRES, ANY_PATCH)),
    bad("virtual", "turned", merged(DARK, ANY_PATCH)),
    bad("film", "full-patches", MORE_EMPTY, full=True),
    bad("powder", "small", sizes(9, 0.2)),
    good("dots", "tuned", TUNED),
    good("spheres", "plain"),
    good("spheres", "seed", OTHER),
    bad("spheres", "hasty", HASTY),
    bad("spheres", "small", sizes(12, 0.15)),
    bad("tio2", "hasty", HASTY),
    bad("virtual", "hasty", HASTY),
    bad("powder", "hasty", HASTY),
)  # fmt: skip


def write_project(case: Case, work: Path) -> Path:
    """Write the project of a case, and where its background patches are if it says."""
    folder = work / "runs" / case.name
    folder.mkdir(parents=True, exist_ok=True)
    scans = (work / "sets" / case.of).resolve()
    values = merged(QUICK, SETS[case.of], case.changes)
    values = merged(
        values, {"name": case.name, "data": {"images": str(scans / "images"), "masks": str(scans / "masks")}}
    )
    if case.full:
        split = json.loads((work / "runs" / f"{case.of}-plain" / "run" / "prepare" / "split.json").read_text())
        (folder / "selection.txt").write_text(_full_patches(split["train"]))
        values = merged(values, {"data": {"overrides": "selection.txt"}})
    path = folder / "project.yaml"
    path.write_text(json.dumps(values, indent=1))  # which is YAML, too
    return path


def _full_patches(names: Sequence[str]) -> str:
    """Return places of training scans that hold particles, as background patches."""
    places = ((20, 20), (160, 200), (300, 100), (330, 330))
    return "\n".join(["[background]", *(f"{name} {x} {y}" for name in names for x, y in places), ""])


def scores_of(run: Path) -> tuple[float, float]:
    """Return DSC and AP50 of a run on its held-out scans."""
    scores = json.loads((run / "evaluate" / "scores.json").read_text())
    for entry in scores["summary"]:
        if entry["method"] == "synthetic" and entry["decoding"] == scores["headline"]["decoding"]:
            return float(entry["dsc"]["mean"]), float(entry["ap50"]["mean"])
    raise ValueError(f"{run} has no scores")


def truly(dsc: float, ap50: float) -> str:
    """Return what a run is by its scores."""
    if dsc >= GOOD[0] and ap50 >= GOOD[1]:
        return "good"
    return "bad" if dsc < BAD[0] or ap50 < BAD[1] else "between"


def run_case(case: Case, work: Path) -> tuple[float, float, Verdict]:
    """Make a run, or finish it, and return its scores and its verdict."""
    project = load_project(write_project(case, work))
    plain = work / "runs" / f"{case.of}-plain" / "run"
    if case.shares and not project.run.exists():
        shutil.copytree(plain, project.run, ignore=shutil.ignore_patterns("segment", "evaluate", "judge"))
    run_project(project, SilentReporter(), Asked("evaluate", force=True))
    dsc, ap50 = scores_of(project.run)
    kept, digest = read_verdict(project.run), network_digest(project, project.run)
    if kept is None or kept.network != digest:
        prepared = load_prepared(project.run)
        shown = shown_of(project, project.run, prepared)
        network, quiet = network_of(project, project.run), SilentReporter()
        kept = judge_shown(shown, network, seen_once(packaged_generalist(project)), project.run, quiet, digest, None)
        write_verdict(project.run, kept)
    return dsc, ap50, judged(kept.evidence, kept.network, kept.pixel_size_nm)


_SEEN: dict[bytes, Any] = {}


def seen_once(generalist: Generalist) -> Generalist:
    """Return the generalist, which looks only once at what several runs share."""

    def find(scan: Micrograph) -> Any:
        key = scan.pixels.tobytes()
        if key not in _SEEN:
            _SEEN[key] = generalist(scan)
        return _SEEN[key]

    return find


def main() -> None:
    """Run, judge and publish."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--only", default="", help="runs whose name holds this text")
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()
    make_sets(given.work, given.data)
    table = Table("Verdicts", ["run", "meant", "DSC", "AP50", "truly", "verdict", "findings (STRONG, weak, (remarks))"])
    counts: dict[tuple[str, str], int] = {}
    for case in CASES:
        if given.only not in case.name:
            continue
        start = time.perf_counter()
        try:
            dsc, ap50, verdict = run_case(case, given.work)
        except UserError as error:
            table.add(case.name, case.meant, "–", "–", "refused", "–", str(error)[:120])
            continue
        told = [TOLD[one.weight](one.name) for one in verdict.findings]
        truth = truly(dsc, ap50)
        counts[truth, verdict.judgement] = counts.get((truth, verdict.judgement), 0) + 1
        table.add(case.name, case.meant, f"{dsc:.3f}", f"{ap50:.3f}", truth, verdict.judgement, ", ".join(told))
        print(f"  {time.perf_counter() - start:.0f} s", flush=True)
    total = Table("By the scores, and by the verdict", ["truly", "good", "doubtful", "bad"])
    for truth in ("good", "between", "bad"):
        total.add(truth, *(str(counts.get((truth, said), 0)) for said in ("good", "doubtful", "bad")))
    publish([table, total], given.output)


if __name__ == "__main__":
    main()
