"""Fields that do not matter to a given project, though a stage depends on their section: older runs stay valid."""

from __future__ import annotations

from diffrendergan.config.data import AS_FILES_STATE
from diffrendergan.config.project import Project
from diffrendergan.config.scene import OTHER_MODALITIES
from diffrendergan.config.training import TrainingConfig
from diffrendergan.segmentation.unet.recipe import RECIPE

UNET = {"segmentation.recipe": RECIPE}
OF_OWN_NETWORKS = ("network", "own", "patch_size", "validation_fraction")
"""Fields of `segmentation` on which a network of another package depends."""


def other_network(project: Project) -> tuple[str, ...]:
    """Return the fields of the segmentation network that a project does not train, and of what is not done with it."""
    if project.segmentation.network == "unet":
        idle = () if project.segmentation.adapt.acts else ("segmentation.adapt",)
        return ("segmentation.nnunet", *idle)
    kept = ("network", "nnunet", "own") if project.segmentation.network == "nnunet" else OF_OWN_NETWORKS
    fields = (f"segmentation.{name}" for name in type(project.segmentation).model_fields if name not in kept)
    return (*fields, *UNET)


def not_learned(project: Project) -> tuple[str, ...]:
    """Return the same, and the decoding, which decides on what is learned only where it is of whole shapes."""
    decoding = () if project.wants_whole_shapes else ("evaluation.decoding",)
    return (*other_network(project), *decoding)


def no_silhouettes(project: Project) -> tuple[str, ...]:
    """Return the decoding where it asks for no silhouettes that would not be written anyway."""
    asked = project.wants_whole_shapes and not project.synthesis.amodal
    return () if asked else ("evaluation.decoding",)


def no_twins(project: Project) -> tuple[str, ...]:
    """Return the field that asks for twins where it does not: older runs stay valid."""
    return () if project.evaluation.twins else ("evaluation.twins",)


def left_out(project: Project) -> tuple[str, ...]:
    """Return operators after the render, and kinds of image, that do nothing: results made before them stay valid."""
    idle = (f"rendering.{name}" for name in OTHER_MODALITIES if name != project.rendering.modality)
    return (*idle, *(f"imaging.{name}" for name in project.imaging.left_out()))


def other_recipe(project: Project) -> tuple[str, ...]:
    """Return the same, and the fields of the recipe that is not followed; older runs stay valid."""
    if project.training.recipe == "paper":
        return (*left_out(project), "training.recipe")
    kept = ("recipe", "epochs", "sample_grid")
    return (*left_out(project), *(f"training.{name}" for name in TrainingConfig.model_fields if name not in kept))


def left_out_without_training(project: Project) -> tuple[str, ...]:
    """Return the same, and which way the contrast is judged and at which scale, where they are the usual ones."""
    data = project.data
    usual = ("data.foreground",) if data.foreground == "bright" else (), ("data.scale",) if data.scale == 1 else ()
    return (*left_out(project), *usual[0], *usual[1])


def read_as_ever(project: Project) -> tuple[str, ...]:
    """Return the fields on how scans are looked at that say what was done before there were these fields."""
    data = project.data
    search, scale = ("data.search",) if data.search == "thresholds" else (), ("data.scale",) if data.scale == 1 else ()
    return (*search, *scale, *(("data.heights",) if data.heights == AS_FILES_STATE else ()))
