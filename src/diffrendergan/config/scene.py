"""Configuration of the virtual scene."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from diffrendergan.config.base import (
    NO_RESULT,
    CountOrNone,
    Learned,
    NonNegativeParameter,
    Positive,
    Samples,
    Section,
    fixed_at,
)
from diffrendergan.config.material import (
    AbsorptionConfig,
    Material,
    MaterialConfig,
    MaterialSection,
    PhaseConfig,
    ReliefConfig,
    SecondaryElectronsConfig,
)
from diffrendergan.config.sectioning import SectionConfig
from diffrendergan.config.topography import TopographyConfig
from diffrendergan.config.transmission import TransmissionConfig

Modality = Literal["light", "transmission", "topography", "section"]
"""How images come about: by light or electrons from surfaces, by a beam that passes, by a tip, by a cut."""
MATERIALS: dict[Modality, type[MaterialSection]] = {
    "transmission": AbsorptionConfig,
    "topography": ReliefConfig,
    "section": PhaseConfig,
}
"""The material that all particles have in a modality; by light there are several."""
OTHER_MODALITIES = tuple(MATERIALS)
"""Those that have a section of their own among those of the scene, of the same name."""
_DOES: dict[Modality, str] = {"transmission": "absorb a beam", "topography": "are felt by a tip", "section": "are cut"}
_NEEDS: dict[Modality, str] = {"transmission": "absorbs", "topography": "has a relief", "section": "is a phase"}

RESERVED_NAMES = ("particle", "stage", "light", *OTHER_MODALITIES, "imaging")
"""First words of learned parameters, which no group of particles may take."""


class MaterialGroup(Section):
    """Particles with a material of their own."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    """Names the learned parameters: `NAME.roughness`."""
    meshes: Annotated[tuple[CountOrNone, ...], Field(min_length=1)]
    """Numbers of the meshes in the library that have this material, counted from 0."""
    material: Material
    """The material."""


class TransportConfig(Section):
    """How transport images are sampled and stored (`docs/rendering.md`)."""

    pixel_samples: Samples = 32
    """Camera rays per pixel, rounded up to a multiple of 16."""
    directions: Samples | Literal["auto"] = "auto"
    """Light directions per camera ray. `auto`: 6, or 4 for secondary electrons, whose light has no highlights."""
    knots: Annotated[int, Field(ge=4, le=1024)] = 16
    """Roughness values at which the specular lobe is tabulated."""
    gloss_knots: Annotated[int, Field(ge=4, le=1024)] = 8
    """Values of `clearcoat_gloss` at which the clearcoat is tabulated, if it is learned."""


class RenderingConfig(Section):
    """The virtual scene (METHOD §4) and the renderer that draws it."""

    renderer: Literal["auto", "transport", "mitsuba", "transmission", "topography", "section"] = "auto"
    """`transport`: rays once per constellation, then a weighted sum. `mitsuba`: Mitsuba's own derivatives.
    `transmission`: a beam that particles absorb. `topography`: heights that a tip feels. `section`: a plane that cuts
    them. `auto`: what the materials are for; by light transport, or Mitsuba where something does not separate."""
    variant: Annotated[Literal["auto", "llvm", "cuda"], NO_RESULT] = "auto"
    """Where rays are traced: on the CPU, on an NVIDIA GPU, or there if it works."""
    field_of_view_deg: Annotated[float, Field(gt=1, lt=170)] = 40.0
    """Field of view along x [degrees]."""
    camera_height: Positive = 6.0
    """Height of the camera above the particles' plane [scene units]."""
    filter_sigma: Positive = 0.5
    """Standard deviation of the Gaussian reconstruction filter [px]."""
    spp: Samples = 121
    """Samples per pixel of the `mitsuba` renderer."""
    ring_radiance: NonNegativeParameter = 1.0
    """Radiance of the ring wall around the scene."""
    slab_radiance: NonNegativeParameter = 0.1
    """Radiance of the slab above the camera."""
    slab_normals: Literal["flat", "authors"] = "flat"
    """`authors`: the normals of the slab are tilted as in the authors' mesh, which darkens their images by 2 %."""
    particle: Material = MaterialConfig(
        base_color=Learned(learn=(0.01, 5.0)),
        roughness=Learned(learn=(0.01, 5.0)),
        spec_tint=Learned(learn=(0.01, 5.0)),
        sheen=Learned(learn=(0.01, 5.0)),
    )
    """The material of all particles that no group names."""
    groups: tuple[MaterialGroup, ...] = ()
    """Groups of particles with materials of their own."""
    stage: Material = MaterialConfig(base_color=Learned(learn=(0.01, 0.4)))
    """The material of the substrate."""
    transport: TransportConfig = TransportConfig()
    transmission: TransmissionConfig = TransmissionConfig()
    topography: TopographyConfig = TopographyConfig()
    section: SectionConfig = SectionConfig()

    @property
    def modality(self) -> Modality:
        """How images come about: as the renderer says, or the materials."""
        for modality, material in MATERIALS.items():
            if self.renderer == modality or any(isinstance(one, material) for _, one in self._of_particles):
                return modality
        return "light"

    @property
    def transmits(self) -> bool:
        """Whether images are made by a beam that passes the particles."""
        return self.modality == "transmission"

    @property
    def _of_particles(self) -> list[tuple[str, MaterialSection]]:
        return [("particle", self.particle), *((f"groups ({group.name})", group.material) for group in self.groups)]

    @model_validator(mode="after")
    def _groups_are_distinct(self) -> RenderingConfig:
        names = [group.name for group in self.groups]
        taken = [name for name in names if names.count(name) > 1 or name in RESERVED_NAMES]
        if taken:
            raise ValueError(
                f"each of the groups needs a name of its own, other than {', '.join(RESERVED_NAMES)}; got {taken[0]!r}"
            )
        meshes = [mesh for group in self.groups for mesh in group.meshes]
        twice = [mesh for mesh in meshes if meshes.count(mesh) > 1]
        if twice:
            raise ValueError(f"mesh {twice[0]} stands in more than one place of the groups; it has one material")
        return self

    @model_validator(mode="after")
    def _materials_are_of_one_modality(self) -> RenderingConfig:
        if isinstance(self.stage, AbsorptionConfig):
            raise ValueError("the stage cannot absorb, since a beam does not pass it; a film is `imaging.ground`")
        if isinstance(self.stage, tuple(MATERIALS.values())):
            raise ValueError(f"the stage takes no material of the model {self.stage.model}; see `imaging.ground`")
        modality = self.modality
        if modality == "light":
            return self
        wanted = MATERIALS[modality]
        model = wanted.model_fields["model"].default
        others = [place for place, material in self._of_particles if not isinstance(material, wanted)]
        if others:
            raise ValueError(
                f"in {modality} every material {_NEEDS[modality]}, but `rendering.{others[0]}` does not; give it "
                f"{{model: {model}}}"
            )
        if self.renderer not in ("auto", modality):
            raise ValueError(
                f"`renderer` is {self.renderer}, but the particles {_DOES[modality]} (model {model}); set it to auto "
                f"or {modality}, or give them another model"
            )
        return self

    @model_validator(mode="after")
    def _stage_has_no_edges(self) -> RenderingConfig:
        if isinstance(self.stage, SecondaryElectronsConfig) and not fixed_at(self.stage.edge_yield, 0):
            raise ValueError("edge_yield of the stage does nothing, since the stage is thick everywhere; leave it out")
        return self
