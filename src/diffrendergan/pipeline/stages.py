"""The stages, what each of them depends on, and in which order they come."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from diffrendergan.config.data import AS_FILES_STATE
from diffrendergan.config.fields import without_result
from diffrendergan.config.project import Project
from diffrendergan.config.scene import OTHER_MODALITIES
from diffrendergan.config.segmentation import AdaptConfig
from diffrendergan.config.training import TrainingConfig
from diffrendergan.fitting.recipe import RECIPE as FITTING
from diffrendergan.gan.balanced.number import RECIPE as ADVERSARY
from diffrendergan.judging.recipe import RECIPE as JUDGING
from diffrendergan.pipeline.inputs import generalist_files, mask_files, mesh_files, scan_files, size_files
from diffrendergan.quantification.recipe import FORMAT
from diffrendergan.realism.recipe import RECIPE as COMPARING
from diffrendergan.segmentation.unet.recipe import RECIPE

Adjustable = Literal["grows", "resizes", "extra"]
"""How a stage takes a changed value without starting anew.

`grows`: it continues when the value rises. `resizes`: it continues either way. `extra`: it continues either way
and the stages after it do not care.
"""


@dataclass(frozen=True)
class Stage:
    """A stage of the pipeline.

    Attributes
    ----------
    name : str
        Its command, and its folder in the run folder.
    function : str or callable
        ``module:function``, imported only when the stage runs, or the function itself. It is called with
        the project, the run folder, a reporter and the `flags` as keywords.
    upstream : tuple of str
        The stages whose results it reads.
    fields : tuple of str
        Dotted names of the fields or sections of the configuration it depends on.
    recipe : mapping
        Numbers, by dotted name, that grow when the stage comes to give other results from the same fields.
    without : tuple of str
        Fields among these that leave its results as they are, beside those that change no result of any stage.
    adjustable : mapping
        Fields it can follow without starting anew.
    flags : tuple of str
        Options of its own, false by default; each counts as a field that `grows`.
    unused : callable or None
        Returns prefixes of fields among these that do not matter to a given project.
    inputs : callable or None
        Returns the files it reads, by a name that says nothing of where they lie.
    outputs : tuple of str
        Files outside its folder, by their place in the run folder, without which it is not finished.
    edited : tuple of str
        Files in its folder that users may edit: they have no checksum.
    reached : callable or None
        Returns, for its folder, the values that fields which `grows` have got to so far.
    """

    name: str
    function: str | Callable[..., None]
    upstream: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    recipe: Mapping[str, int] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    adjustable: Mapping[str, Adjustable] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    unused: Callable[[Project], tuple[str, ...]] | None = None
    inputs: Callable[[Project], dict[str, Path]] | None = None
    outputs: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    reached: Callable[[Path], dict[str, int]] | None = None

    def load(self) -> Callable[..., None]:
        """Return the function, importing its module if need be."""
        if not isinstance(self.function, str):
            return self.function
        module, _, name = self.function.partition(":")
        function: Callable[..., None] = getattr(importlib.import_module(module), name)
        return function

    def adjustment(self, name: str) -> Adjustable | None:
        """Return how the stage follows a change of a field, None if it must start anew."""
        return "grows" if name in self.flags else self.adjustable.get(name)


def finished_epochs(place: Path) -> dict[str, int]:
    """Return how many epochs the training in a folder has finished."""
    try:
        lines = (place / "history.jsonl").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    try:
        return {"training.epochs": int(json.loads(lines[-1])["epoch"])}
    except (IndexError, TypeError, ValueError, KeyError):  # a line a finished epoch, whatever it says
        return {"training.epochs": len(lines)} if lines else {}


_UNET = {"segmentation.recipe": RECIPE}

_ADAPTS: dict[str, Adjustable] = {f"segmentation.adapt.{name}": "resizes" for name in AdaptConfig.model_fields}


OF_OWN_NETWORKS = ("network", "own", "patch_size", "validation_fraction")
"""Fields of `segmentation` on which a network of another package depends."""


def other_network(project: Project) -> tuple[str, ...]:
    """Return the fields of the segmentation network that a project does not train, and of what is not done with it."""
    if project.segmentation.network == "unet":
        idle = () if project.segmentation.adapt.acts else ("segmentation.adapt",)
        return ("segmentation.nnunet", *idle)
    kept = ("network", "nnunet", "own") if project.segmentation.network == "nnunet" else OF_OWN_NETWORKS
    fields = (f"segmentation.{name}" for name in type(project.segmentation).model_fields if name not in kept)
    return (*fields, *_UNET)


def _not_learned(project: Project) -> tuple[str, ...]:
    """Return the same, and the decoding, which decides on what is learned only where it is of whole shapes."""
    decoding = () if project.wants_whole_shapes else ("evaluation.decoding",)
    return (*other_network(project), *decoding)


def _no_silhouettes(project: Project) -> tuple[str, ...]:
    """Return the decoding where it asks for no silhouettes that would not be written anyway."""
    asked = project.wants_whole_shapes and not project.synthesis.amodal
    return () if asked else ("evaluation.decoding",)


def _no_twins(project: Project) -> tuple[str, ...]:
    """Return the field that asks for twins where it does not: older runs stay valid."""
    return () if project.evaluation.twins else ("evaluation.twins",)


def left_out(project: Project) -> tuple[str, ...]:
    """Return operators after the render, and kinds of image, that do nothing: results made before them stay valid."""
    idle = (f"rendering.{name}" for name in OTHER_MODALITIES if name != project.rendering.modality)
    return (*idle, *(f"imaging.{name}" for name in project.imaging.left_out()))


def _other_recipe(project: Project) -> tuple[str, ...]:
    """Return the same, and the fields of the recipe that is not followed; older runs stay valid."""
    if project.training.recipe == "paper":
        return (*left_out(project), "training.recipe")
    kept = ("recipe", "epochs", "sample_grid")
    return (*left_out(project), *(f"training.{name}" for name in TrainingConfig.model_fields if name not in kept))


def _left_out_without_training(project: Project) -> tuple[str, ...]:
    """Return the same, and which way the contrast is judged and at which scale, where they are the usual ones."""
    data = project.data
    usual = ("data.foreground",) if data.foreground == "bright" else (), ("data.scale",) if data.scale == 1 else ()
    return (*left_out(project), *usual[0], *usual[1])


def _read_as_ever(project: Project) -> tuple[str, ...]:
    """Return the fields on how scans are looked at that say what was done before there were these fields."""
    data = project.data
    search, scale = ("data.search",) if data.search == "thresholds" else (), ("data.scale",) if data.scale == 1 else ()
    return (*search, *scale, *(("data.heights",) if data.heights == AS_FILES_STATE else ()))


STAGES: tuple[Stage, ...] = (
    Stage(
        "prepare",
        "diffrendergan.pipeline.preparation:run",
        fields=("seed", "data"),
        without=("data.mask_suffix", "data.mask_kind"),  # masks are read by `evaluate` alone
        unused=_read_as_ever,
        inputs=scan_files,
        edited=("selection.txt",),
    ),
    Stage(
        "train",
        "diffrendergan.gan.stage:run_train",
        upstream=("prepare",),
        fields=("seed", "particles", "arrangement", "rendering", "imaging", "training", "fid"),
        adjustable={"training.epochs": "grows"},
        unused=_other_recipe,
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
        unused=_no_silhouettes,
    ),
    Stage(
        "segment",
        "diffrendergan.segmentation.stage:run_segment",
        upstream=("prepare", "synthesize"),
        fields=("seed", "segmentation", "evaluation.seeds", "evaluation.decoding"),
        recipe=_UNET,
        without=("segmentation.overlap", "segmentation.nnunet.tile_step"),  # of the prediction, by `evaluate` alone
        # A trained network is adapted anew without being trained anew.
        adjustable={"evaluation.seeds": "resizes", **_ADAPTS},
        unused=_not_learned,
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
        recipe=_UNET,
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
        unused=_no_twins,
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
                unused=lambda project: (*_left_out_without_training(project), *_no_silhouettes(project)),
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


def config_part(stage: Stage, project: Project, flags: Mapping[str, bool]) -> dict[str, Any]:
    """Return the values that a stage depends on, by dotted name, as plain values for JSON."""
    values = project.model_dump(mode="json")
    part: dict[str, Any] = dict(stage.recipe)
    for name in stage.fields:
        part |= _flat(name, _lookup(values, name))
    # Where files lie is no matter, only what is in them.
    left_out = (*without_result(), *stage.without, *(stage.unused(project) if stage.unused else ()))
    part = {name: value for name, value in part.items() if not _below(name, left_out)}
    return part | {name: bool(flags.get(name, False)) for name in stage.flags}


def _lookup(values: Mapping[str, Any], dotted: str) -> Any:
    for part in dotted.split("."):
        values = values[part]
    return values


def _flat(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        return {name: value}
    flat: dict[str, Any] = {}
    for key, child in value.items():
        flat |= _flat(f"{name}.{key}", child)
    return flat


def _below(name: str, prefixes: tuple[str, ...]) -> bool:
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in prefixes)
