"""Which renderer a project takes, and which material each of its particles has."""

from __future__ import annotations

from typing import Literal

import numpy as np

from diffrendergan.config.base import Learned
from diffrendergan.config.material import Material
from diffrendergan.config.scene import RenderingConfig
from diffrendergan.errors import ConfigError
from diffrendergan.rendering.emission import emission_of


def particle_materials(config: RenderingConfig, meshes: int) -> tuple[dict[str, Material], np.ndarray]:
    """Return the particles' materials by name, and which of them each mesh has.

    Parameters
    ----------
    config : RenderingConfig
        Its groups, and the material of the meshes that no group names.
    meshes : int
        Meshes in the library.

    Returns
    -------
    dict
        In the order of the columns of θ: `particle` first, if any mesh has it; then the groups.
    numpy.ndarray
        int (meshes,): the number of the material in that order.

    Raises
    ------
    ConfigError
        If a group names a mesh that does not exist.
    """
    number = np.full(meshes, -1)
    materials = {group.name: group.material for group in config.groups}
    for index, group in enumerate(config.groups):
        beyond = [mesh for mesh in group.meshes if mesh >= meshes]
        if beyond:
            raise ConfigError(
                f"`rendering.groups`: the group {group.name} names the mesh {beyond[0]}, "
                f"but the library has {meshes} meshes, counted from 0."
            )
        number[list(group.meshes)] = index
    if (number < 0).any():
        return {"particle": config.particle, **materials}, number + 1
    return materials, number


def reasons_against_transport(config: RenderingConfig) -> list[str]:
    """Return what in a configuration does not separate into transport images, in words; empty if all does."""
    reasons: list[str] = []
    for place, material in _materials(config).items():
        found = emission_of(material.model).against_transport(material, config.slab_normals)
        reasons += [f"`{place}`: {reason}" for reason in found]
    for name in ("ring_radiance", "slab_radiance"):
        if isinstance(getattr(config, name), Learned):
            reasons.append(f"`rendering.{name}` is learned")
    return reasons


def reasons_against_mitsuba(config: RenderingConfig) -> list[str]:
    """Return what in a configuration Mitsuba's own renderer cannot draw, in words; empty if it draws all."""
    found = {place: emission_of(material.model).against_mitsuba for place, material in _materials(config).items()}
    return [f"`{place}`: {reason}" for place, reason in found.items() if reason]


def _materials(config: RenderingConfig) -> dict[str, Material]:
    """Return all materials by the place where they are configured."""
    named = {f"rendering.groups ({group.name})": group.material for group in config.groups}
    return {"rendering.particle": config.particle, **named, "rendering.stage": config.stage}


RendererName = Literal["transport", "mitsuba", "transmission", "topography", "section"]


def chosen_renderer(config: RenderingConfig) -> RendererName:
    """Return the renderer of a configuration, resolving `auto`.

    Raises
    ------
    ConfigError
        If `transport` is asked for but something does not separate, or Mitsuba has to draw what it cannot.
    """
    if config.modality != "light":
        return config.modality
    reasons = reasons_against_transport(config)
    if config.renderer == "transport" and reasons:
        raise ConfigError(
            f"`rendering.renderer` is transport, but {reasons[0]}, which does not separate into transport images; "
            "set the renderer to auto or mitsuba, or change that value."
        )
    chosen: RendererName = "mitsuba" if config.renderer == "mitsuba" or reasons else "transport"
    beyond = reasons_against_mitsuba(config) if chosen == "mitsuba" else []
    if beyond:
        cause = f"{reasons[0]}, which needs the mitsuba renderer" if reasons else "`rendering.renderer` is mitsuba"
        raise ConfigError(f"{cause}, but {beyond[0]}; give the material another model, or change that value.")
    return chosen
