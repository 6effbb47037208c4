"""What a benchmark is asked for, and where its files lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from diffrendergan.config.load import LOOK_OF_RENDERING, load_project
from diffrendergan.config.project import Project
from diffrendergan.config.words import one_of
from diffrendergan.errors import ConfigError
from diffrendergan.image_files.listing import list_scans
from diffrendergan.image_files.names import scan_name
from diffrendergan.micrographs.splitting import require_together
from diffrendergan.micrographs.twins import say_twins, twins_among
from diffrendergan.pipeline.benchmark.data import bring, find_scans, require_masks
from diffrendergan.pipeline.benchmark.rows import Source
from diffrendergan.pipeline.benchmark.splits import FINAL, Split, cross_validation
from diffrendergan.runs.reporter import Reporter, SilentReporter


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
    seeds: tuple[int, ...] | None = None
    """A network is trained for each; None for those of the configuration."""
    overrides: tuple[str, ...] = ()
    """Changes of the preset, as ``key=value``."""

    @property
    def learned(self) -> tuple[Source, ...]:
        """The rows for which networks are trained."""
        return tuple(source for source in self.sources if source.kind != "classical")


def splits_of(settings: BenchmarkSettings, reporter: Reporter | None = None) -> tuple[Split, ...]:
    """Return the splits to do: the cross-validation, and the final one if the scans kept back are there.

    Scans that are stored twice stay on one side of every split.

    Raises
    ------
    ConfigError
        If the data set, a split or an override is unknown, the scans are too few for the folds, or a scan that was
        kept back is learned from under another name.
    DataError
        If scans or annotations are not there.
    """
    scans = find_scans(settings.dataset, settings.data)
    reporter = reporter or SilentReporter()
    listing = list_scans(settings.data / "images")
    named = {*scans.open, *scans.kept_back}
    twins = twins_among([path for path in listing.all(reporter) if scan_name(path) in named], reporter)
    say_twins(twins, reporter)
    splits = cross_validation(scans.open, settings.folds, seed=0, twins=twins)
    if scans.kept_back:
        require_together(twins, scans.kept_back, f"the data set {settings.dataset}")
        splits = (*splits, Split(FINAL, scans.open, scans.kept_back))
    known = [split.name for split in splits]
    for name in settings.only or ():
        if name == FINAL and name not in known:
            raise ConfigError(f"--splits {FINAL}: {missing_scans(settings)}.")
        if name not in known:
            raise ConfigError(f"there is no split {name!r}; --splits takes {one_of(name, known)}.")
    chosen = tuple(split for split in splits if settings.only is None or split.name in settings.only)
    suffix = load_project(None, settings.dataset, settings.overrides).data.mask_suffix
    annotated = [name for split in chosen for name in split.test]
    if any(source.kind == "real" for source in settings.sources):
        annotated += [name for split in chosen for name in split.train]
    require_masks(settings.dataset, settings.data, sorted(set(annotated)), suffix)
    return chosen


def missing_scans(settings: BenchmarkSettings) -> str:
    """Say which of the scans kept back are missing, as a sentence without its end; empty if all are there."""
    scans = find_scans(settings.dataset, settings.data)
    if not scans.missing:
        return ""
    total = len(scans.kept_back) + len(scans.missing)
    return (
        f"{settings.data / 'images'} lacks {len(scans.missing)} of the {total} scans of {settings.dataset} that were "
        f"kept back from all development; {bring(settings.dataset, settings.data)}"
    )


def project_of(settings: BenchmarkSettings, split: Split) -> Project:
    """Return the configuration of a split; only its training scans are learned from.

    Raises
    ------
    ConfigError
        If an override is wrong, or networks were to be adapted to the scans that score them.
    """
    project = load_project(None, settings.dataset, settings.overrides)
    if project.segmentation.adapt.acts and project.segmentation.adapt.scans == "all":
        raise ConfigError(
            "--set segmentation.adapt.scans=all would adapt networks to the scans that score them; leave it out."
        )
    every = list(list_scans(settings.data / "images").files)
    held_back = tuple(name for name in every if name not in split.train)
    data = project.data.model_copy(
        update={"images": settings.data / "images", "masks": settings.data / "masks", "test_scans": held_back}
    )
    seeds = project.evaluation.seeds if settings.seeds is None else settings.seeds
    evaluation = project.evaluation.model_copy(update={"seeds": seeds})
    generator = project.generator.model_copy(update={"draw": "learned"})
    training = project.training.model_copy(update={"recipe": "paper"})
    run = settings.out / split.name / "run"
    changed = {"data": data, "evaluation": evaluation, "generator": generator, "training": training, "run": run}
    return project.model_copy(update=changed)


def published(settings: BenchmarkSettings, project: Project) -> Project:
    """Return the configuration of the images of the published method, with the network and scans of all other rows.

    Where the benchmark has another look (that of the preset, unless `look` is among the overrides), materials, ground
    and image model are those of the look `paper`, in a run folder of their own.
    """
    if load_project(None, settings.dataset, settings.overrides).generator.draw == "learned":
        return project
    paper = load_project(None, settings.dataset, ["look=paper"])
    materials = {name: getattr(paper.rendering, name) for name in LOOK_OF_RENDERING}
    return project.model_copy(
        update={
            "rendering": project.rendering.model_copy(update=materials),
            "imaging": paper.imaging,
            "run": project.run.with_name("learned-run"),
        }
    )


def fitted(project: Project) -> Project:
    """Return the configuration of the images whose look is fitted, beside those of the GAN of the same split."""
    generator = project.generator.model_copy(update={"draw": "fitted"})
    return project.model_copy(update={"generator": generator, "run": project.run.with_name("fitted-run")})


def adversary(project: Project) -> Project:
    """Return the configuration of the images of an adversary that starts from the fit."""
    training = project.training.model_copy(update={"recipe": "balanced"})
    return project.model_copy(update={"training": training, "run": project.run.with_name("adversary-run")})


def randomised(settings: BenchmarkSettings, project: Project) -> Project:
    """Return the configuration of the images with random materials.

    The set is the same for all splits, since it learns nothing from any scan; but where its ground is that of scans,
    each split has one of its own, on the ground of its training scans.
    """
    ground = project.imaging.ground
    if ground.model == "real" or (ground.model == "texture" and ground.source != "noise"):
        generator = project.generator.model_copy(update={"draw": "uniform"})
        return project.model_copy(update={"generator": generator, "run": project.run.with_name("randomised-run")})
    test = find_scans(settings.dataset, settings.data).kept_back
    return project.model_copy(
        update={
            "data": project.data.model_copy(update={"test_scans": test}),
            "generator": project.generator.model_copy(update={"draw": "uniform"}),
            "run": settings.out / "randomised",
        }
    )
