"""The transformation tensor Φ: where each particle is, how large, and how it is turned."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from diffrendergan.arrangement.bodies import UPRIGHT, Bodies
from diffrendergan.arrangement.groups import arrange
from diffrendergan.arrangement.sizes import draw_sizes, read_sizes
from diffrendergan.config.arrangement import ArrangementConfig, EmpiricalSize
from diffrendergan.config.project import Project
from diffrendergan.config.shapes import FilesShape, LibraryShape
from diffrendergan.errors import ConfigError, PlacementError
from diffrendergan.particles.mesh import UNIT_SPHERE_VOLUME, Mesh
from diffrendergan.runs import seeds
from diffrendergan.runs.reporter import Reporter
from diffrendergan.scene.geometry import SceneScale, scene_scale

ATTEMPTS = 10
"""Draws of a constellation: as in synthesis, an unlucky one is drawn again; what always fails ends in seconds."""
NETWORK_COLUMNS = 4
"""Columns of Φ that the regression network reads: x, y, z and size."""


@dataclass(frozen=True)
class Placer:
    """Draws constellations of a mesh library.

    Attributes
    ----------
    config : ArrangementConfig
    bodies : Bodies
        The meshes, n.
    scale : SceneScale
    """

    config: ArrangementConfig
    bodies: Bodies
    scale: SceneScale

    @cached_property
    def measured(self) -> NDArray[np.float64] | None:
        """Measured sizes of an empirical distribution, read once."""
        size = self.config.size
        return read_sizes(size) if isinstance(size, EmpiricalSize) else None

    def draw(self, rng: np.random.Generator) -> NDArray[np.float32]:
        """Draw one constellation.

        Parameters
        ----------
        rng
            The only source of randomness.

        Returns
        -------
        float32 (n, 4) or (n, 8)
            x, y, z and size s of each particle, in units of `config.unit`; s is also its radius. Scene
            coordinates are (x, z, y)·unit, and the mesh is scaled by s·unit. Four further columns, if any mesh
            is rotated, hold a unit quaternion (x, y, z, w) in the axes of the scene. A particle that is absent
            (`config.number`) has zeros in the first four. Particles may lie outside the camera's field.

        Raises
        ------
        PlacementError
            If sizes or places cannot be drawn as asked.
        ConfigError
            If sizes are in nm and the pixel size is not known.
        DataError
            If measured sizes cannot be read.

        Notes
        -----
        Source: METHOD §3.
        """
        config, count = self.config, len(self.bodies)
        present = np.arange(count)
        if config.number is not None:
            low, high = config.number
            present = np.sort(rng.choice(count, int(rng.integers(low, min(high, count) + 1)), replace=False))
        sizes = self.scale.to_sizes(draw_sizes(config.size, len(present), rng, self.measured), config.size_in)
        bodies = self.bodies if len(present) == count else self.bodies.subset(present)
        arranged = arrange(config, bodies, sizes, rng)
        turned = arranged.rotations is not None
        phi = np.zeros((count, 8 if turned else NETWORK_COLUMNS), np.float32)
        phi[present, :4] = np.concatenate([arranged.points, sizes[:, None]], axis=1)
        if arranged.rotations is not None:
            phi[:, 4:] = UPRIGHT
            phi[present, 4:] = arranged.rotations
        return phi


def make_placer(project: Project, meshes: Sequence[Mesh], pixel_size_nm: float | None = None) -> Placer:
    """Return what draws constellations of a project's meshes; `pixel_size_nm` is what the scans say.

    Raises
    ------
    ConfigError
        If `arrangement.number` asks for more particles than there are meshes.
    """
    number = project.arrangement.number
    if number is not None and number[1] > len(meshes):
        raise ConfigError(
            f"`arrangement.number` is {list(number)}, but there are {len(meshes)} meshes (`particles.count`); raise "
            "the one or lower the other."
        )
    _check_thickness(project, meshes)
    return Placer(project.arrangement, Bodies.of(meshes), scene_scale(project, pixel_size_nm))


def _check_thickness(project: Project, meshes: Sequence[Mesh]) -> None:
    """Refuse diameters for meshes of which it is not known what their diameter is."""
    made_here = not isinstance(project.particles.shape, FilesShape | LibraryShape)
    if project.arrangement.size_in == "unit" or made_here:
        return
    if any(abs(mesh.volume / UNIT_SPHERE_VOLUME - 1) > 0.01 for mesh in meshes):
        raise ConfigError(
            f"`arrangement.size_in` is {project.arrangement.size_in}, but the meshes of `particles.shape.folder` are "
            "not of unit volume, so that their diameter is not known; set `particles.shape.normalise: true` for mesh "
            "files, or give sizes in unit."
        )


def draw_phis(placer: Placer, constellations: int, seed: int, reporter: Reporter) -> NDArray[np.float32]:
    """Draw the constellations of a training; constellation i depends on the placer, the seed and i alone.

    Parameters
    ----------
    placer : Placer
    constellations
        How many, m.
    seed
        Root seed of the project.
    reporter
        Shows progress.

    Returns
    -------
    float32 (m, n, 4) or (m, n, 8)
        See `Placer.draw`.

    Raises
    ------
    PlacementError
        If a constellation cannot be drawn in `ATTEMPTS` draws of sizes, number and places; it says which.
    """
    phis: list[NDArray[np.float32]] = []
    again = 0
    for i in reporter.track(range(constellations), "Placing particles", constellations):
        try:
            phi, attempts = _lucky(placer, seed, i)
        except PlacementError as error:
            raise PlacementError(f"Constellation {i + 1} of {constellations}: {error}") from error
        phis.append(phi)
        again += attempts > 1
    if again:
        reporter.note(f"{again} of {constellations} constellations found no room at first, and were drawn anew")
    return np.stack(phis)


def _lucky(placer: Placer, seed: int, i: int) -> tuple[NDArray[np.float32], int]:
    """Return constellation i, and in which of `ATTEMPTS` draws it found room."""
    for attempt in range(ATTEMPTS - 1):
        # The first draw has the name that it had before there were others.
        name = ("arrangement", i, attempt) if attempt else ("arrangement", i)
        with suppress(PlacementError):
            return placer.draw(seeds.generator(seed, *name)), attempt + 1
    return placer.draw(seeds.generator(seed, "arrangement", i, ATTEMPTS - 1)), ATTEMPTS


def present(phi: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tell which particles of a constellation (n, 4 or 8) are there, bool (n,)."""
    return np.asarray(phi[:, 3] > 0)
