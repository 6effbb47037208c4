"""The commands that write something, each in a folder where it can begin."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

from tests.faults.doubles import Double, little_effort, small_data_set
from tests.faults.projects import BENCHMARK_PROJECT, MONTAGE, STAGES, WATCH

BENCHMARK = (
    "look=paper", "fit.steps=2", "fit.constellations=8", "data.patch_size=64", "data.stride=32", "data.patches=3",
    "data.background_patches=3", "data.min_full_particles=1", "data.search=thresholds", "particles.count=6",
    "particles.faces=160", "arrangement.unit=0.5", "arrangement.limit=1.2", "arrangement.agglomerates=2",
    "rendering.transport={pixel_samples: 4, directions: 4, knots: 6}",
    "training={epochs: 1, discriminator_filters: 8, sample_grid: 4}", "synthesis={images: 3, min_background: 0.05}",
    "segmentation={channels: [4, 8, 16], steps: 4, batch_size: 2, patch_size: 64}",
)  # fmt: skip


@dataclass(frozen=True)
class Tried:
    """A command.

    Attributes
    ----------
    name : str
    arguments : tuple of str
        As given on the command line.
    start : str
        Where it begins: see `projects.STARTS`.
    kills : int
        How often it is killed, at points spread over all its changes of files.
    before : tuple of callable
        Stand-ins.
    needs : str
        A package without which the command is left out.
    """

    name: str
    arguments: tuple[str, ...]
    start: str
    kills: int = 10
    before: tuple[Double, ...] = ()
    needs: str = ""

    @property
    def can_be_tried(self) -> bool:
        """Whether what it needs is installed."""
        return not self.needs or find_spec(self.needs) is not None


def _stages() -> list[Tried]:
    starts = ("scans", *(f"{stage}d" for stage in STAGES))
    often = {"prepare": 24, "train": 16, "select": 4, "synthesize": 12, "segment": 16, "evaluate": 14, "quantify": 14}
    often |= {"compare": 8, "judge": 3, "report": 3}
    return [
        Tried(stage, (stage, "project.yaml", "-q"), start, often[stage])
        for stage, start in zip(STAGES, starts, strict=False)
    ]


COMMANDS: tuple[Tried, ...] = (
    Tried("quantify --labels", ("quantify", "data/images", "--labels", "data/masks", "-o", "out", "--no-figures", "-q"),
          "scans", 12),
    Tried("fetch", ("fetch", "tio2-sem", "fetched", "--from", "data", "-q"), "scans", 12, (small_data_set,)),
    Tried("particles make", ("particles", "make", "project.yaml", "-o", "library"), "scans", 10),
    Tried("particles show", ("particles", "show", "project.yaml", "-o", "shown.png"), "scans", 3),
    Tried("import-authors", ("import-authors", "published", "-o", "authors", "-q"), "published", 10),
    Tried("import", ("import", "model.zip", "imported"), "package", 10),
    Tried("zoo add", ("zoo", "add", "zoo", "model.zip"), "package", 8),
    Tried("score", ("score", "data/masks", "data/masks", "--out", "scored", "-q"), "scans", 4),
    Tried("quantify a folder", ("quantify", "data/images", "--model", "run", "-o", "out", "--no-figures", "-q"),
          "segmentd", 10),
    Tried("correct", ("correct", "run", "data/masks", "--steps", "6", "-q"), "segmentd", 10),
    Tried("export", ("export", "run", "model.zip", "-q"), "segmentd", 6),
    *(Tried(f"export-data {each}", ("export-data", "run", "exported", "--format", each, "-q"), "synthesized", 5)
      for each in ("coco", "yolo", "nnunet", "webdataset", "ome-zarr")),
    *_stages(),
    Tried("calibrate", ("calibrate", "project.yaml", "--arrangements", "60", "--patches", "4", "-q"), "prepared", 6),
    Tried("init", ("init", "data/images", "-o", "new.yaml", "--found", "found.json", "-q"), "scans", 4),
    Tried("fit", ("fit", "project.yaml", "-q"), "for fit", 4),
    Tried("fit -o", ("fit", "project.yaml", "-o", "around.yaml", "-q"), "for fit", 2),
    Tried("run", ("run", "project.yaml", "-q"), "scans", 2),
    Tried("quantify --twin", ("quantify", "data/images", "--model", "run", "--twin", "-o", "out", "--no-figures", "-q"),
          "segmentd", 2),
    Tried("calibrate by inference", ("calibrate", "project.yaml", "--arrangements", "60", "--patches", "4", "-q"),
          "for inference", 2),
    Tried("measure", ("measure", "data/images", "-o", "measured", "--quick", "-q"), "scans", 2, (little_effort,)),
    Tried("benchmark", ("benchmark", "tio2-sem", "--data", "data", "-o", "bench", "--rows", "real,classical",
          "--folds", "2", "--seeds", "0", "-q", *(word for one in BENCHMARK for word in ("--set", one))), "scans", 6,
          (small_data_set,)),
    Tried("watch", WATCH, "segmentd", 8),
    Tried("quantify --montage", MONTAGE, "tiles", 6),
    Tried("benchmark of a project", BENCHMARK_PROJECT, "segmentd", 4),
    Tried("zoo get", ("zoo", "get", "model", "got", "--index", "zoo"), "zoo", 4),
    Tried("synthesize on a cluster", ("synthesize", "project.yaml", "--cluster", "local:2,threads=1", "-q"), "selectd",
          3, needs="distributed"),
    Tried("preview", ("preview", "project.yaml", "-o", "preview.png", "--arrangements", "3", "-q"), "prepared", 2),
    Tried("contact-sheet", ("contact-sheet", "project.yaml", "--images", "1", "-q"), "selectd", 2),
)  # fmt: skip
