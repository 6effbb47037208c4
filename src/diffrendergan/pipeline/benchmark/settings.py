"""What a benchmark is asked for, and where its files lie."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from diffrendergan.config.load import LOOK_OF_RENDERING
from diffrendergan.config.project import Project
from diffrendergan.config.words import one_of
from diffrendergan.errors import ConfigError
from diffrendergan.image_files.listing import list_scans
from diffrendergan.labels.kinds import Kind
from diffrendergan.micrographs.splitting import require_together
from diffrendergan.micrographs.twins import Twins, say_twins, twins_among
from diffrendergan.pipeline.benchmark.rows import Source
from diffrendergan.pipeline.benchmark.splits import FINAL, WHOLE, Split, cross_validation
from diffrendergan.pipeline.benchmark.subject import Subject
from diffrendergan.runs.reporter import Reporter, SilentReporter


@dataclass(frozen=True)
class BenchmarkSettings:
    """What a benchmark is asked for."""

    subject: Subject
    """What it is about."""
    out: Path
    """Gets everything."""
    sources: tuple[Source, ...]
    folds: int = 4
    only: tuple[str, ...] | None = None
    """Names of the splits to do; None for all that can be done."""
    seeds: tuple[int, ...] | None = None
    """A network is trained for each; None for those of the configuration."""
    overrides: tuple[str, ...] = ()
    """Changes of the configuration, as ``key=value``."""
    against: str | None = None
    """The row that the others are compared with; None for the first of `table.REFERENCES` that is there."""
    pred_suffix: str | None = None
    """NAME<pred_suffix>.tif is what another program found in the scan NAME; None tries `names.LABEL_FORMS`."""
    pred_kind: Kind | Literal["auto"] = "auto"
    """What the numbers of these files mean: see `labels.kinds.Meaning`."""

    @property
    def learned(self) -> tuple[Source, ...]:
        """The rows for which networks are trained."""
        return tuple(source for source in self.sources if source.trained)

    @property
    def given(self) -> tuple[Source, ...]:
        """The rows that need no training here."""
        return tuple(source for source in self.sources if not source.trained)

    def base(self) -> Project:
        """Return the configuration that all splits start from."""
        return self.subject.project(self.overrides)


def splits_of(settings: BenchmarkSettings, reporter: Reporter | None = None) -> tuple[Split, ...]:
    """Return the splits to do: the cross-validation, and the final one if there are scans kept back.

    Scans that are stored twice stay on one side of every split. Where nothing is trained, all scans that may be learned
    from are one split.

    Raises
    ------
    ConfigError
        If the data set, a split or an override is unknown, the scans are too few for the folds, or a scan that was
        kept back is learned from under another name.
    DataError
        If scans or annotations are not there.
    """
    reporter = reporter or SilentReporter()
    scans, project = settings.subject.scans(settings.overrides, reporter), settings.base()
    annotated = (*scans.open, *scans.kept_back)
    twins = _twins(project, {*annotated, *scans.unlabelled}, reporter)
    require_together(_among(twins, annotated), scans.kept_back, settings.subject.keeper)
    # A copy of a scan that is scored is no scan to learn from, annotated or not.
    copies = {name for group in twins if set(group) & set(annotated) for name in group} - set(annotated)
    unlabelled = tuple(name for name in scans.unlabelled if name not in copies)
    known: list[Split] = []
    if scans.open and settings.learned:
        folds = cross_validation(scans.open, settings.folds, seed=0, twins=_among(twins, scans.open))
        known += [replace(split, train=tuple(sorted((*split.train, *unlabelled)))) for split in folds]
    elif scans.open:
        known.append(Split(WHOLE, (), scans.open))
    if scans.kept_back:
        known.append(Split(FINAL, tuple(sorted((*scans.open, *unlabelled))), scans.kept_back))
    names = [split.name for split in known]
    for name in settings.only or ():
        if name == FINAL and name not in names and scans.missing:
            raise ConfigError(f"--splits {FINAL}: {missing_scans(settings)}.")
        if name not in names:
            raise ConfigError(f"there is no split {name!r}; --splits takes {one_of(name, names)}.")
    chosen = tuple(split for split in known if settings.only is None or split.name in settings.only)
    needed = [name for split in chosen for name in split.test]
    if any(source.kind == "real" for source in settings.sources):
        needed += [name for split in chosen for name in split.train]
    settings.subject.require_masks(sorted(set(needed)), project)
    return chosen


def _twins(project: Project, names: Collection[str], reporter: Reporter) -> Twins:
    data = project.data
    paths = [path for name, path in list_scans(data.images).files.items() if name in names]
    twins = twins_among(paths, reporter, data.series, data.channel)
    say_twins(twins, reporter)
    return twins


def _among(twins: Twins, names: Collection[str]) -> Twins:
    """Return the groups of scans that are stored twice, without those of other names."""
    groups = (tuple(name for name in group if name in names) for group in twins)
    return tuple(group for group in groups if len(group) > 1)


def missing_scans(settings: BenchmarkSettings) -> str:
    """Say which of the scans kept back are missing, as a sentence without its end; empty if all are there."""
    scans = settings.subject.scans(settings.overrides)
    if not scans.missing:
        return ""
    total = len(scans.kept_back) + len(scans.missing)
    return (
        f"{settings.base().data.images} lacks {len(scans.missing)} of the {total} scans of {settings.subject.name} "
        f"that were kept back from all development; {settings.subject.remedy}"
    )


def project_of(settings: BenchmarkSettings, split: Split) -> Project:
    """Return the configuration of a split; only its training scans are learned from.

    Raises
    ------
    ConfigError
        If an override is wrong, or networks were to be adapted to the scans that score them.
    """
    project = settings.base()
    if project.segmentation.adapt.acts and project.segmentation.adapt.scans == "all":
        raise ConfigError(
            "--set segmentation.adapt.scans=all would adapt networks to the scans that score them; leave it out."
        )
    held_back = tuple(name for name in list_scans(project.data.images).files if name not in split.train)
    data = project.data.model_copy(update={"test_scans": held_back})
    generator = project.generator.model_copy(update={"draw": "learned"})
    training = project.training.model_copy(update={"recipe": "paper"})
    run = settings.out / split.name / "run"
    evaluation = project.evaluation.model_copy(update={"seeds": seeds_of(settings, project)})
    changed = {"data": data, "evaluation": evaluation, "generator": generator, "training": training, "run": run}
    return project.model_copy(update=changed)


def seeds_of(settings: BenchmarkSettings, project: Project) -> tuple[int, ...]:
    """Return the seeds for which networks are trained."""
    return project.evaluation.seeds if settings.seeds is None else settings.seeds


def published(settings: BenchmarkSettings, project: Project) -> Project:
    """Return the configuration of the images of the published method, with the network and scans of all other rows.

    Where the benchmark has another look (that of the preset, unless `look` is among the overrides), materials, ground
    and image model are those of the look `paper`, in a run folder of their own.
    """
    if settings.base().generator.draw == "learned":
        return project
    paper = settings.subject.project(["look=paper"])
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
    test = settings.subject.scans(settings.overrides).kept_back
    return project.model_copy(
        update={
            "data": project.data.model_copy(update={"test_scans": test}),
            "generator": project.generator.model_copy(update={"draw": "uniform"}),
            "run": settings.out / "randomised",
        }
    )
