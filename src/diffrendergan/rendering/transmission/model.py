"""From θ to images in transmission: the materials, the beam, and what of it is collected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from diffrendergan.config.base import fixed_at
from diffrendergan.config.material import AbsorptionConfig
from diffrendergan.config.project import Project
from diffrendergan.config.transmission import LEARNABLE, TransmissionConfig
from diffrendergan.rendering.choice import particle_materials
from diffrendergan.rendering.layers import Layers
from diffrendergan.rendering.protocol import ParameterSpec, specs_of, value_of
from diffrendergan.rendering.transmission.beam import Absorption, InTheBeam, fringed, softened, transmitted
from diffrendergan.rendering.transmission.chords import Chords
from diffrendergan.rendering.transmission.crystals import draw_crystals
from diffrendergan.scene.geometry import SceneGeometry, project_geometry, scene_scale

_OF_MATERIAL = ("mu", "spread", "bend")


@dataclass(frozen=True)
class TransmissionModel:
    """Makes images of what lies in the beam, for any θ.

    Attributes
    ----------
    config : TransmissionConfig
        The beam.
    materials : dict
        The particles' materials by name.
    material_of : numpy.ndarray
        int (n,): which of them each mesh has.
    geometry : SceneGeometry
    diameter : float
        Of a particle of size 1 [scene units].
    """

    config: TransmissionConfig
    materials: dict[str, AbsorptionConfig]
    material_of: np.ndarray
    geometry: SceneGeometry
    diameter: float

    @cached_property
    def parameters(self) -> tuple[ParameterSpec, ...]:
        """The columns of θ: of each material, then of the beam."""
        named = [spec for name, material in self.materials.items() for spec in specs_of(name, material.learned())]
        return (*named, *specs_of("transmission", self.config.learned))

    def in_the_beam(self, chords: Chords, spheres: np.ndarray, seed: int) -> InTheBeam:
        """Return what a constellation puts into the beam.

        Parameters
        ----------
        chords : Chords
        spheres : float64 (n, 4)
            Centre and radius of a sphere around each particle [scene units].
        seed : int
            Of the crystals.
        """
        magnification = self.geometry.pixels_per_unit_at()
        crystals = draw_crystals(chords, spheres[:, 3] * magnification, seed)
        return InTheBeam.of(chords, crystals, self.diameter, magnification)

    def layers(self, beam: InTheBeam, theta: torch.Tensor) -> Layers:
        """Return the image (S, S) of what lies in a beam for θ (P,), taken apart: what lights up, and what passes."""
        columns = {spec.name: value for spec, value in zip(self.parameters, theta.unbind(), strict=True)}
        passing = transmitted(beam, self._absorption(columns, theta), self._material_of(theta.device))
        strength, defocus, fringe, film = (
            value_of(columns, f"transmission.{name}", getattr(self.config, name), theta) for name in LEARNABLE
        )
        if self.config.field == "dark":
            # What is scattered of a beam by a film and by particles over it: 1 − (1 − film) · passing, in two parts.
            empty = (strength * film).expand_as(passing)
            return Layers(strength * (1 - passing), empty * passing, empty)
        if not fixed_at(self.config.defocus_px, 0):
            passing = fringed(passing, self._edges(beam.thickness.to(theta), fringe), defocus)
        empty = strength.expand_as(passing)
        return Layers(torch.zeros_like(passing), empty * passing, empty)

    def _edges(self, thickness: torch.Tensor, width: torch.Tensor) -> torch.Tensor:
        """Return the thickness (S, S) as fringes see it."""
        widest = self.config.widest_fringe_px
        return softened(thickness, width, widest) if widest > 0 else thickness

    def _absorption(self, columns: Mapping[str, torch.Tensor], like: torch.Tensor) -> Absorption:
        rows = [
            torch.stack([value_of(columns, f"{name}.{field}", getattr(material, field), like)
                         for name, material in self.materials.items()])
            for field in _OF_MATERIAL
        ]  # fmt: skip
        return Absorption(*rows)

    def _material_of(self, device: torch.device) -> torch.Tensor:
        return torch.from_numpy(self.material_of).to(device)


def transmission_model(project: Project, meshes: int) -> TransmissionModel:
    """Return the model of a project, for a library of `meshes` meshes.

    Raises
    ------
    ConfigError
        If a group names a mesh that does not exist.
    """
    materials, number = particle_materials(project.rendering, meshes)
    scale = scene_scale(project)
    absorbing = {name: material for name, material in materials.items() if isinstance(material, AbsorptionConfig)}
    return TransmissionModel(
        project.rendering.transmission, absorbing, number, project_geometry(project), scale.thickness * scale.unit
    )
