"""The stages, what each of them depends on, and in which order they come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from diffrendergan.config.project import Project
from diffrendergan.config.segmentation import AdaptConfig
from diffrendergan.fitting.recipe import RECIPE as FITTING
from diffrendergan.gan.balanced.number import RECIPE as ADVERSARY
from diffrendergan.judging.recipe import RECIPE as JUDGING
from diffrendergan.pipeline.inputs import generalist_files, mask_files, mesh_files, scan_files, size_files
from diffrendergan.pipeline.stage import Adjustable, Stage, finished_epochs
from diffrendergan.pipeline.unused import (
    UNET,
    left_out,
    left_out_without_training,
    no_silhouettes,
    no_twins,
    not_learned,
    other_network,
    other_recipe,
    read_as_ever,
)
from diffrendergan.quantification.recipe import FORMAT
from diffrendergan.realism.recipe import RECIPE as COMPARING

_ADAPTS: dict[str, Adjustable] = {f"segmentation.adapt.{name}": "resizes" for name in AdaptConfig.model_fields}


STAGES: tuple[Stage, ...] = (
    Stage(
        "prepare",
        "diffrendergan.pipeline.preparation:run",
        fields=("seed", "data"),
        without=("data.mask_suffix", "data.mask_kind"),  # masks are read by `evaluate` alone
        unused=read_as_ever,
        inputs=scan_files,
        edited=("selection.txt",),
    ),
    Stage(
        "train",
        "diffrendergan.gan.stage:run_train",
        upstream=("prepare",),
        fields=("seed", "particles", "arrangement", "rendering", "imaging", "training", "fid"),
        adjustable={"training.epochs": "grows"},
        unused=other_recipe,
        inputs=mesh_files,
        reached=finished_epochs,
    ),
    Stage(
        "select",
        "diffrendergan.gan.select:run_select",
        upstream=("train",),
        fields=("selection",),
    ),
    Stage(
        "synthesize",
        "diffrendergan.synthesis.stage:run_synthesize",
        upstream=("prepare", "select"),
        fields=("seed", "synthesis", "evaluation.decoding"),
        # Silhouettes are written beside images that stay what they are.
        adjustable={"synthesis.images": "resizes", "synthesis.formats": "extra", "evaluation.decoding": "extra"},
        unused=no_silhouettes,
    ),
    Stage(
        "segment",
        "diffrendergan.segmentation.stage:run_segment",
        upstream=("prepare", "synthesize"),
        fields=("seed", "segmentation", "evaluation.seeds", "evaluation.decoding"),
        recipe=UNET,
        without=("segmentation.overlap", "segmentation.nnunet.tile_step"),  # of the prediction, by `evaluate` alone
        # A trained network is adapted anew without being trained anew.
        adjustable={"evaluation.seeds": "resizes", **_ADAPTS},
        unused=not_learned,
    ),
    Stage(
        "evaluate",
        "diffrendergan.evaluation.stage:run_evaluate",
        upstream=("prepare", "segment"),
        fields=(
            "seed",
            "evaluation",
            "segmentation.overlap",
            "segmentation.nnunet.tile_step",
            "data.mask_suffix",
            "data.mask_kind",
        ),
        recipe=UNET,
        without=("evaluation.twins",),  # made where they are measured
        # Predictions are made anew each time; what must be kept is the network trained on the real masks.
        adjustable={
            "evaluation.min_region_px": "resizes",
            "evaluation.decoding": "resizes",
            "evaluation.seeds": "resizes",
            "segmentation.overlap": "resizes",
            "segmentation.nnunet.tile_step": "resizes",
        },
        flags=("with_real",),
        unused=other_network,
        inputs=mask_files,
    ),
    Stage(
        "quantify",
        "diffrendergan.pipeline.quantify.stage:run_quantify",
        upstream=("prepare", "evaluate"),
        fields=("seed", "evaluation.twins"),
        recipe={"quantification.format": FORMAT},
        adjustable={"evaluation.twins": "resizes"},
        unused=no_twins,
    ),
    Stage(
        "compare",
        "diffrendergan.realism.stage:run_compare",
        upstream=("prepare", "synthesize"),
        fields=("seed",),
        recipe={"compare.recipe": COMPARING},
    ),
    Stage(
        "judge",
        "diffrendergan.judging.stage:run_judge",
        upstream=("prepare", "synthesize", "segment"),
        fields=(
            "evaluation.min_region_px",
            "evaluation.decoding",
            "segmentation.overlap",
            "segmentation.nnunet.tile_step",
        ),
        recipe={"judging.recipe": JUDGING},
        unused=other_network,
        inputs=generalist_files,
    ),
    Stage(
        "report",
        "diffrendergan.reporting.page.stage:run_report",
        upstream=("prepare", "train", "select", "synthesize", "segment", "evaluate", "quantify", "compare", "judge"),
        fields=("name",),
        outputs=("report.html",),
    ),
)


_TRAINED = ("train", "select")

FIT = Stage(
    "fit",
    "diffrendergan.pipeline.fitting:run_fit",
    upstream=("prepare",),
    fields=("seed", "particles", "arrangement", "rendering", "imaging", "fit", "data.search", "data.foreground"),
    recipe={"fit.recipe": FITTING},
    without=("fit.spread",),  # of the draws, by `synthesize` alone
    unused=left_out,
    inputs=mesh_files,
)
"""What takes the place of the training where parameters are drawn from what was fitted, or what it starts from."""


def _from_the_fit(stage: Stage) -> Stage:
    """Return the training as one that starts from the fit."""
    return replace(
        stage,
        upstream=(*stage.upstream, "fit"),
        fields=(*stage.fields, "fit.spread"),
        recipe={**stage.recipe, "adversary.recipe": ADVERSARY},
    )


def generator_files(project: Project) -> dict[str, Path]:
    """Return the files of a generator made elsewhere; none if the project trains its own."""
    folder = project.generator.folder
    if folder is None or not folder.is_dir():
        return {}
    return {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}


def _generator_inputs(project: Project) -> dict[str, Path]:
    if project.generator.folder is None:
        return mesh_files(project)
    return generator_files(project) | size_files(project)


def stages_of(project: Project) -> tuple[Stage, ...]:
    """Return the stages of a project: `STAGES`, with the fit where the training starts from it, or without training.

    Such a project needs scans only for what scans are for: empty patches, training and scoring a segmenter.
    """
    if project.starts_from_fit:
        prepare, train, *others = STAGES
        return (prepare, FIT, _from_the_fit(train), *others)
    if project.generator.trains:
        return STAGES
    fitted = project.generator.draw == "fitted"
    kept = [stage for stage in STAGES if stage.name not in _TRAINED]
    if fitted:
        kept.insert(1, FIT)
    has_scans = fitted or project.data.images.is_dir()
    changed = []
    for stage in kept:
        upstream = tuple(name for name in stage.upstream if name not in _TRAINED)
        upstream += ("fit",) if fitted and "select" in stage.upstream else ()
        if stage.name == "synthesize":
            stage = replace(
                stage,
                upstream=upstream if has_scans else (),
                fields=(
                    *stage.fields,
                    "particles",
                    "arrangement",
                    "rendering",
                    "imaging",
                    "data.patch_size",
                    "data.pixel_size_nm",
                    "data.scale",
                    "data.foreground",
                    "generator.draw",
                    *(("fit.spread",) if fitted else ()),
                ),
                unused=lambda project: (*left_out_without_training(project), *no_silhouettes(project)),
                inputs=_generator_inputs,
            )
        else:
            stage = replace(stage, upstream=upstream)
        changed.append(stage)
    return tuple(changed)


def with_upstream(stages: Sequence[Stage], target: str | None) -> list[Stage]:
    """Return the stages that `target` needs, itself last; all of them without a target.

    Raises
    ------
    KeyError
        If there is no such stage.
    """
    if target is None:
        return list(stages)
    by_name = {stage.name: stage for stage in stages}
    needed: set[str] = set()
    waiting = [target]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting.extend(by_name[name].upstream)
    return [stage for stage in stages if stage.name in needed]
