"""Configuration of the particle meshes: families of shapes, and deformations that compose."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from diffrendergan.config.base import Count, CountOrNone, Fraction, NonNegative, Positive, Section, rising

AtLeastOne = Annotated[float, Field(ge=1)]
RatioRange = Annotated[tuple[AtLeastOne, AtLeastOne], AfterValidator(rising)]
"""Lowest and highest ratio, from which each mesh draws its own."""
CountRange = Annotated[tuple[Count, Count], AfterValidator(rising)]
UnitRange = Annotated[tuple[Fraction, Fraction], AfterValidator(rising)]
PositiveRange = Annotated[tuple[Positive, Positive], AfterValidator(rising)]
AtLeastHalf = Annotated[float, Field(ge=0.5, le=50)]
ExponentRange = Annotated[tuple[AtLeastHalf, AtLeastHalf], AfterValidator(rising)]
AtLeastFour = Annotated[int, Field(ge=4, le=200)]
PlanesRange = Annotated[tuple[AtLeastFour, AtLeastFour], AfterValidator(rising)]


class SphereShape(Section):
    """Spheres."""

    family: Literal["sphere"] = "sphere"


class EllipsoidShape(Section):
    """Ellipsoids of three axes."""

    family: Literal["ellipsoid"] = "ellipsoid"
    elongation: RatioRange = (1.0, 1.6)
    """Longest over middle axis."""
    flatness: RatioRange = (1.0, 1.3)
    """Middle over shortest axis."""


class SuperquadricShape(Section):
    """Superellipsoids: from octahedra (exponent 1) over spheres (2) to rounded boxes (6 and more)."""

    family: Literal["superquadric"] = "superquadric"
    exponent: ExponentRange = (2.0, 6.0)
    """Exponent of the horizontal section."""
    vertical_exponent: ExponentRange = (2.0, 6.0)
    """Exponent of the vertical sections."""
    elongation: RatioRange = (1.0, 1.3)
    """Largest ratio of two axes."""


class CuboidShape(Section):
    """Cubes and cuboids with rounded edges."""

    family: Literal["cuboid"] = "cuboid"
    rounding: UnitRange = (0.35, 0.35)
    """Edge rounding: 0 is sharp, 1 a sphere."""
    elongation: RatioRange = (1.0, 1.3)
    """Largest ratio of two edges."""


class OctahedronShape(Section):
    """Octahedra with cut corners, up to cuboctahedra and cubes."""

    family: Literal["octahedron"] = "octahedron"
    truncation: UnitRange = (0.0, 0.3)
    """How far corners are cut: 0 is an octahedron, 1/3 a truncated one (regular hexagons), 1/2 a cuboctahedron,
    towards 1 a cube."""
    rounding: UnitRange = (0.1, 0.1)
    """Edge rounding: 0 is sharp, 1 a sphere."""


class RodShape(Section):
    """Straight rods."""

    family: Literal["rod"] = "rod"
    aspect: RatioRange = (2.0, 5.0)
    """Length over diameter."""
    ends: Literal["round", "flat"] = "round"
    """`round`: half spheres. `flat`: cylinders with slightly rounded rims."""


class WireShape(Section):
    """Bent cones lying flat (silver nanowires); lengths are kept, not scaled to unit volume."""

    family: Literal["wire"] = "wire"
    length: Positive = 19.0
    """Length, in units of `arrangement.unit`."""
    radius: Positive = 0.19
    """Radius at the thick end, in the same units."""
    tip: Annotated[float, Field(gt=0, le=1)] = 0.6
    """Radius at the thin end, as a fraction of that at the thick one."""
    bend: NonNegative = 0.3
    """Largest angle between the directions of both ends [rad]."""


class PlateletShape(Section):
    """Discs and polygonal plates."""

    family: Literal["platelet"] = "platelet"
    aspect: RatioRange = (3.0, 8.0)
    """Diameter over thickness."""
    corners: CountOrNone = 0
    """Corners of the plate: 0 is a disc, 3 a triangle, 6 a hexagon."""
    rounding: UnitRange = (0.3, 0.3)
    """Rounding of corners and rims: 0 is sharp."""

    @model_validator(mode="after")
    def _is_a_polygon(self) -> PlateletShape:
        if self.corners in (1, 2):
            raise ValueError(f"a plate has 3 corners or more, or 0 for a disc, got {self.corners}")
        return self


class CrystalShape(Section):
    """Convex faceted crystals: the space within planes whose distances follow Wulff's construction."""

    family: Literal["crystal"] = "crystal"
    symmetry: Literal["cubic", "hexagonal", "tetragonal", "random"] = "cubic"
    """Which planes there are; `random`: planes in any direction."""
    planes: PlanesRange = (10, 18)
    """Number of planes of a `random` crystal."""
    irregularity: Annotated[float, Field(ge=0, le=0.5)] = 0.12
    """Spread of the planes' distances, as a fraction: 0 grows all equivalent facets alike."""
    rounding: UnitRange = (0.1, 0.1)
    """Edge rounding: 0 is sharp, 1 a sphere."""


class IrregularShape(Section):
    """Spheres whose surface is moved by smooth noise over several octaves."""

    family: Literal["irregular"] = "irregular"
    roughness: Annotated[float, Field(ge=0, le=0.5)] = 0.15
    """Root mean square of the surface's displacement, as a fraction of the radius."""
    wavelength: Annotated[float, Field(ge=0.2, le=6)] = 1.5
    """Longest wave of the noise, in radii: small is rough, large is lumpy."""
    elongation: RatioRange = (1.0, 1.5)
    """Longest over shortest axis."""


class AggregateShape(Section):
    """Aggregates of spherical primaries that touch or are sintered together."""

    family: Literal["aggregate"] = "aggregate"
    primaries: CountRange = (8, 20)
    """Primary particles in an aggregate."""
    fractal_dimension: Annotated[float, Field(ge=1.2, le=2.8)] = 1.8
    """1.8 is diffusion-limited (chains and branches), 2.5 compact."""
    spread: Annotated[float, Field(ge=0, le=0.6)] = 0.15
    """Relative spread of the primaries' diameters (lognormal sigma)."""
    neck: Annotated[float, Field(ge=0.1, le=1)] = 0.3
    """Radius of the necks between primaries, as a fraction of a primary's radius."""


class FilesShape(Section):
    """Meshes from files of other programs (PLY, OBJ or STL)."""

    family: Literal["files"] = "files"
    folder: Path
    """Folder of the files."""
    files: tuple[str, ...] = ()
    """Their names, in the order of Φ; a file may stand there several times. Left out: all of the folder, sorted, again
    and again up to `count`."""
    normalise: bool = True
    """Repair, centre, scale to unit volume; false takes the files as they are."""
    scale: Positive = 1.0
    """Factor on the coordinates in the files, which brings them to units of `arrangement.unit` (not normalised)."""
    most_faces: CountOrNone = 0
    """Meshes with more triangles are simplified to about this many; 0: normalised meshes to `particles.faces`, others
    not at all."""


class LibraryShape(Section):
    """A mesh library that `diffrendergan particles make` wrote."""

    family: Literal["library"] = "library"
    folder: Path
    """Its folder, with `library.json`; meshes are taken in order, again and again up to `count`."""


Shape = Annotated[
    SphereShape
    | EllipsoidShape
    | SuperquadricShape
    | CuboidShape
    | OctahedronShape
    | RodShape
    | WireShape
    | PlateletShape
    | CrystalShape
    | IrregularShape
    | AggregateShape
    | FilesShape
    | LibraryShape,
    Field(discriminator="family"),
]


class Bend(Section):
    """Bend along x towards y, into a circular arc of the same length."""

    kind: Literal["bend"] = "bend"
    angle: NonNegative = 0.3
    """Largest angle between the directions of both ends; each mesh draws its own up to it, either way [rad]."""


class Taper(Section):
    """Make one end along x thinner than the other."""

    kind: Literal["taper"] = "taper"
    ratio: Annotated[float, Field(gt=0, le=1)] = 0.7
    """Smallest ratio of the thin to the thick end; each mesh draws its own from it to 1."""


class Twist(Section):
    """Twist about x."""

    kind: Literal["twist"] = "twist"
    angle: NonNegative = 0.5
    """Largest angle between both ends; each mesh draws its own up to it, either way [rad]."""


class Displace(Section):
    """Translate the vertices by a smooth random field."""

    kind: Literal["displace"] = "displace"
    amplitude: NonNegative = 0.12
    """Root mean square of the translations, as a fraction of the largest radius."""
    wavelength: PositiveRange = (2.5, 5.0)
    """Shortest and longest wave, in largest radii: shorter ones look like dents, longer ones only move the particle."""


class Rotate(Section):
    """Rotate about the origin."""

    kind: Literal["rotate"] = "rotate"
    about: Literal["any", "vertical"] = "any"
    """`any`: uniformly over all orientations. `vertical`: about the direction to the detector."""


class Remesh(Section):
    """Replace the triangles by ones of even size, on the same surface."""

    kind: Literal["remesh"] = "remesh"


class Smooth(Section):
    """Smooth the surface without shrinking it (Taubin)."""

    kind: Literal["smooth"] = "smooth"
    iterations: Annotated[int, Field(ge=1, le=500)] = 10
    """Passes; more of them smooth larger features."""


Deformation = Annotated[
    Bend | Taper | Twist | Displace | Rotate | Remesh | Smooth,
    Field(discriminator="kind"),
]


class ParticleConfig(Section):
    """The mesh library: one family of shapes, each mesh varied by its own seed."""

    count: Count = 40
    """Meshes in the library, which is the largest number of particles in a constellation."""
    faces: Annotated[int, Field(ge=100, le=10**7)] = 5000
    """Approximate triangles per mesh."""
    shape: Shape = CuboidShape()
    """The family of shapes and its parameters; in a file, a bare name takes the family as it is by default."""
    deform: tuple[Deformation, ...] = ()
    """Deformations, one after the other, before the mesh is centred and scaled to the volume of the unit sphere."""
    orientation: Literal["auto", "any", "vertical", "none"] = "auto"
    """How each finished mesh is rotated: over all orientations, about the vertical, or not at all. `auto`: about the
    vertical for wires, not at all for files and libraries, over all orientations for everything else."""

    @model_validator(mode="after")
    def _names_each_file(self) -> ParticleConfig:
        if isinstance(self.shape, FilesShape) and self.shape.files and len(self.shape.files) != self.count:
            raise ValueError(f"`count` is {self.count}, but `shape.files` names {len(self.shape.files)} meshes")
        return self
