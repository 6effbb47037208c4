"""What a benchmark is asked for, and where its files lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from diffrendergan.config.load import load_project
from diffrendergan.config.project import Project
from diffrendergan.errors import ConfigError, DataError
from diffrendergan.micrographs.datasets import find_dataset, read_registry
from diffrendergan.micrographs.reading import list_images
from diffrendergan.pipeline.benchmark.rows import Source
from diffrendergan.pipeline.benchmark.splits import FINAL, Split, cross_validation


@dataclass(frozen=True)
class BenchmarkSettings:
    """What a benchmark is asked for."""

    dataset: str
    """A published data set; the preset of the same name describes it."""
    data: Path
    """Folder with `images` and `masks`, as `diffrendergan fetch` makes it."""
    out: Path
    """Gets everything."""
    sources: tuple[Source, ...]
    folds: int = 4
    only: tuple[str, ...] | None = None
    """Names of the splits to do; None for all that can be done."""
    overrides: tuple[str, ...] = ()
    """Changes of the preset, as ``key=value``."""


def splits_of(settings: BenchmarkSettings) -> tuple[Split, ...]:
    """Return the splits to do: the cross-validation, and the final one if the scans kept back are there.

    Raises
    ------
    ConfigError
        If the data set or a split is unknown, or the scans are too few for the folds.
    DataError
        If no scan of the data set is there.
    """
    find_dataset(settings.dataset)
    there = {path.name for path in list_images(settings.data / "images")}
    names: dict[str, list[str]] = {"train": [], "test": []}
    for entry in read_registry(settings.dataset):
        if entry.kind == "images" and entry.name in there:
            names[entry.split].append(Path(entry.name).stem)
    if not names["train"]:
        raise DataError(
            f"{settings.data / 'images'} holds no scan of {settings.dataset}; "
            f"`diffrendergan fetch {settings.dataset} {settings.data}` brings them."
        )
    splits = cross_validation(names["train"], settings.folds, seed=0)
    if names["test"]:
        splits = (*splits, Split(FINAL, tuple(sorted(names["train"])), tuple(sorted(names["test"]))))
    if settings.only is None:
        return splits
    known = ", ".join(split.name for split in splits)
    for name in settings.only:
        if name not in {split.name for split in splits}:
            raise ConfigError(f"there is no split {name!r}; --splits takes {known}.")
    return tuple(split for split in splits if split.name in settings.only)


def project_of(settings: BenchmarkSettings, split: Split) -> Project:
    """Return the configuration of a split; only its training scans are learned from.

    Raises
    ------
    ConfigError
        If an override is wrong.
    """
    project = load_project(None, settings.dataset, settings.overrides)
    every = [path.stem for path in list_images(settings.data / "images")]
    held_back = tuple(name for name in every if name not in split.train)
    data = project.data.model_copy(
        update={"images": settings.data / "images", "masks": settings.data / "masks", "test_scans": held_back}
    )
    return project.model_copy(update={"data": data, "run": settings.out / split.name / "run"})


def randomised(settings: BenchmarkSettings, project: Project) -> Project:
    """Return the configuration of the images with random materials.

    The set is the same for all splits, since it learns nothing from any scan.
    """
    kept_back = {Path(e.name).stem for e in read_registry(settings.dataset) if e.split == "test"}
    test = tuple(path.stem for path in list_images(settings.data / "images") if path.stem in kept_back)
    return project.model_copy(
        update={
            "data": project.data.model_copy(update={"test_scans": test}),
            "generator": project.generator.model_copy(update={"draw": "uniform"}),
            "run": settings.out / "randomised",
        }
    )
