"""A tiny project, and folders in which each command can begin."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from tests.faults.children import command, forked
from tests.faults.doubles import Double
from tests.fixtures.toy_project import toy_project

PROJECT = toy_project(patches=3, particles=6, faces=160, images=4, steps=8)
FITTED = "generator: {draw: fitted}\nfit: {steps: 4, constellations: 8, patches: 8}\n"
STAGES = ("prepare", "train", "select", "synthesize", "segment", "evaluate", "quantify", "compare", "judge", "report")


WATCH = ("watch", "data/images", "--model", "run", "-o", "watched", "--once", "--settle", "0", "-q")
MONTAGE = (
    "quantify",
    "tiles",
    "--montage",
    "positions.csv",
    "--labels",
    "tile-masks",
    "-o",
    "out",
    "--no-figures",
    "-q",
)
BENCHMARK_PROJECT = ("benchmark", "project.yaml", "-o", "bench", "--rows", "run,classical", "-q")


class CampaignError(Exception):
    """The campaign itself cannot go on."""


@dataclass(frozen=True)
class Places:
    """Folders of the campaign.

    Attributes
    ----------
    root : Path
        Of what is tried.
    kept : Path, optional
        Of beginnings and corpora, which the next campaign finds there; by default the root.
    """

    root: Path
    kept: Path | None = None

    @property
    def lasting(self) -> Path:
        """Where beginnings and corpora lie."""
        return self.kept or self.root

    @property
    def case(self) -> Path:
        """Where every try takes place: at the same path, so that what is written can be compared as it is."""
        return self.root / "case"

    def start(self, name: str) -> Path:
        """Return the folder of a beginning."""
        return self.lasting / "starts" / name

    def begin(self, name: str) -> Path:
        """Make the place of a try a copy of a beginning, which is made first if it is not there."""
        source = self.start(name)
        if not source.is_dir():
            self._make(name)
        shutil.rmtree(self.case, ignore_errors=True)
        shutil.copytree(source, self.case, symlinks=True)
        return self.case

    def _make(self, name: str) -> None:
        beginning = STARTS[name]
        if beginning.after is None:
            shutil.rmtree(self.case, ignore_errors=True)
            self.case.mkdir(parents=True)
        else:
            self.begin(beginning.after)
        if beginning.call is not None:
            forked(partial(beginning.call, self.case), self.case, before=beginning.before)
        if beginning.arguments:
            ended = forked(command(*beginning.arguments), self.case, before=beginning.before)
            if ended.status != 0:
                raise CampaignError(f"{name} cannot be made: {ended.said}")
        made = self.start(name).with_name(f"{name}.new")
        shutil.rmtree(made, ignore_errors=True)
        shutil.copytree(self.case, made, symlinks=True)
        made.rename(self.start(name))


@dataclass(frozen=True)
class Beginning:
    """How a folder comes about: from another one, by a function, a command, or both."""

    after: str | None = None
    call: Callable[[Path], None] | None = None
    arguments: tuple[str, ...] = ()
    before: tuple[Double, ...] = ()


def _scans(folder: Path) -> None:
    from diffrendergan.runs.reporter import SilentReporter
    from diffrendergan.simulator.settings import MicroscopeSettings
    from diffrendergan.simulator.write import write_demo_data

    settings = MicroscopeSettings(width=256, height=200, data_bar=40, bare_strip_px=90, bare_probability=1.0)
    write_demo_data(folder / "data", 3, settings, 0, SilentReporter())
    (folder / "project.yaml").write_text(PROJECT)


def _fitted(folder: Path) -> None:
    (folder / "project.yaml").write_text(PROJECT + FITTED)


def _inferred(folder: Path) -> None:
    (folder / "project.yaml").write_text(PROJECT.replace("thresholds", "generalist"))


def _published(folder: Path) -> None:
    import torch
    import trimesh
    from tests.authors import test_settings as authors

    place = folder / "published"
    for name in ("settings", "weights", "meshes/balls"):
        (place / name).mkdir(parents=True)
    (place / "settings" / "Few_paper.json").write_text(json.dumps(authors.settings_values()))
    torch.save(authors.weights(), place / "weights" / "Few_paper.G_3.pth")
    for name, radius in (("small", 0.4), ("large", 0.5)):
        trimesh.creation.icosphere(subdivisions=2, radius=radius).export(place / "meshes" / "balls" / f"{name}.ply")
    names = {"1.ply": "balls/small.ply", "2.ply": "balls/large.ply", "1 (copy).ply": "balls/small.ply"}
    (place / "meshes" / "Few.json").write_text(json.dumps(names))


def _tiles(folder: Path) -> None:
    """Cut a scan and its mask into two by two tiles that overlap by 40 px."""
    import tifffile
    from PIL import Image

    scan = tifffile.imread(folder / "data" / "images" / "scan_00.tif")
    with Image.open(folder / "data" / "masks" / "scan_00.png") as image:
        mask = np.asarray(image)
    height, width = mask.shape[0] // 2 + 20, mask.shape[1] // 2 + 20
    for name in ("tiles", "tile-masks"):
        (folder / name).mkdir()
    rows = []
    for number, (y, x) in enumerate((y, x) for y in (0, mask.shape[0] - height) for x in (0, mask.shape[1] - width)):
        rows.append(f"tile_{number},{x},{y}\n")
        part = slice(y, y + height), slice(x, x + width)
        tifffile.imwrite(folder / "tiles" / f"tile_{number}.tif", scan[: mask.shape[0]][part])
        Image.fromarray(mask[part]).save(folder / "tile-masks" / f"tile_{number}.png")
    (folder / "positions.csv").write_text("file,x_px,y_px\n" + "".join(rows))


def _stages() -> dict[str, Beginning]:
    before = ("scans", *(f"{stage}d" for stage in STAGES))
    return {
        f"{stage}d": Beginning(last, arguments=(stage, "project.yaml", "-q"))
        for last, stage in zip(before, STAGES, strict=False)
    }


STARTS: Mapping[str, Beginning] = {
    "empty": Beginning(),
    "scans": Beginning(call=_scans),
    **_stages(),
    "for fit": Beginning("prepared", _fitted),
    "for inference": Beginning("prepared", _inferred),
    "published": Beginning(call=_published),
    "measured": Beginning(
        "segmentd", arguments=("quantify", "data/images", "--labels", "data/masks", "-o", "out", "-q", "--no-figures")
    ),
    "corrected": Beginning("segmentd", arguments=("correct", "run", "data/masks", "--steps", "6", "-q")),
    "library": Beginning("scans", arguments=("particles", "make", "project.yaml", "-o", "library")),
    "authors": Beginning("published", arguments=("import-authors", "published", "-o", "authors", "-q")),
    "imported": Beginning("package", arguments=("import", "model.zip", "imported")),
    "watched": Beginning("segmentd", arguments=WATCH),
    "tiles": Beginning("scans", _tiles),
    "montage": Beginning("tiles", arguments=MONTAGE),
    "benched": Beginning("segmentd", arguments=BENCHMARK_PROJECT),
    "zoo": Beginning("package", arguments=("zoo", "add", "zoo", "model.zip")),
    "package": Beginning("segmentd", arguments=("export", "run", "model.zip", "-q")),
}
"""By name; those of stages are named after the last one that is finished."""
