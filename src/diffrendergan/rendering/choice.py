"""Which renderer a project takes, and which material each of its particles has."""

from __future__ import annotations

from typing import Literal

import numpy as np

from diffrendergan.config.base import Learned, fixed_at
from diffrendergan.config.material import MaterialConfig
from diffrendergan.config.scene import RenderingConfig
from diffrendergan.errors import ConfigError


def particle_materials(config: RenderingConfig, meshes: int) -> tuple[dict[str, MaterialConfig], np.ndarray]:
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
    named = {f"rendering.groups ({group.name})": group.material for group in config.groups}
    reasons: list[str] = []
    for place, material in {"rendering.particle": config.particle, **named, "rendering.stage": config.stage}.items():
        reasons += [f"`{place}`: {reason}" for reason in _of_material(material)]
        if config.slab_normals == "authors" and not (
            fixed_at(material.metallic, 0) and fixed_at(material.clearcoat, 0)
        ):
            reasons.append(f"`{place}`: metallic or clearcoat together with `slab_normals: authors`")
    for name in ("ring_radiance", "slab_radiance"):
        if isinstance(getattr(config, name), Learned):
            reasons.append(f"`rendering.{name}` is learned")
    return reasons


def _of_material(material: MaterialConfig) -> list[str]:
    reasons = [f"{name} is not 0" for name in ("anisotropic", "spec_trans") if not fixed_at(getattr(material, name), 0)]
    if isinstance(material.specular, Learned):
        reasons.append("specular is learned")
    return reasons


def chosen_renderer(config: RenderingConfig) -> Literal["transport", "mitsuba"]:
    """Return the renderer of a configuration, resolving `auto`.

    Raises
    ------
    ConfigError
        If `transport` is asked for but something does not separate.
    """
    reasons = reasons_against_transport(config)
    if config.renderer == "transport" and reasons:
        raise ConfigError(
            f"`rendering.renderer` is transport, but {reasons[0]}, which does not separate into transport images; "
            "set the renderer to auto or mitsuba, or change that value."
        )
    if config.renderer == "auto":
        return "mitsuba" if reasons else "transport"
    return config.renderer
