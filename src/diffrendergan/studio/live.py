"""Arrangements and looks drawn while a person moves sliders; all of it runs in a worker's process.

What is slow (meshes, tracing an arrangement) is kept from call to call; what follows a slider takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import PlacementError, UserError
from diffrendergan.studio.live_scans import level_of_scans, pixel_size_of, project_of
from diffrendergan.studio.pictures import as_address, histogram_of, spectrum_of

if TYPE_CHECKING:
    from diffrendergan.config.project import Project
    from diffrendergan.imaging.image_model import ImageModel
    from diffrendergan.rendering.protocol import Renderer

ATTEMPTS = 20
"""Draws of one arrangement, some of which do not fit into the field."""

TRIED = 5
"""Arrangements of which the one to begin with is chosen: the first may be almost empty."""


@dataclass(frozen=True)
class Slider:
    """A learned parameter of the look."""

    name: str
    low: float
    high: float
    value: float
    """As fitted where there is a fit; else the middle of the range."""


@dataclass(frozen=True)
class Drawn:
    """An arrangement."""

    picture: str
    """A plain picture of it, as a data address."""
    number: int
    covered: float
    """Fraction of the area."""
    diameters: tuple[float, ...]
    """Of what is seen, in `unit`; none that the border cuts."""
    unit: str


@dataclass(frozen=True)
class Shown:
    """A synthetic micrograph beside a real patch, and what their pixels say."""

    picture: str
    histogram: tuple[float, ...]
    """Shares of grey levels, 64 from black to white."""
    spectrum: tuple[float, ...]
    """log10 of the power in rings."""


def sliders(file: Path, stamp: int, run: Path | None) -> list[Slider]:
    """Return the learned parameters of a project's look.

    Parameters
    ----------
    file : Path
        The project file.
    stamp : int
        When it was changed.
    run : Path or None
        A run folder, for the ground of the scans and fitted values.

    Raises
    ------
    UserError
        If the project cannot be used.
    """
    columns = _look(file, stamp, run, 0).model.columns
    fitted = _fitted(run)
    return [
        Slider(spec.name, spec.low, spec.high, fitted.get(spec.name, (spec.low + spec.high) / 2)) for spec in columns
    ]


def show(file: Path, stamp: int, run: Path | None, number: int, theta: Mapping[str, float]) -> Shown:
    """Return a micrograph of an arrangement for values of the sliders."""
    import torch

    look = _look(file, stamp, run, number)
    values = [theta.get(spec.name, (spec.low + spec.high) / 2) for spec in look.model.columns]
    row = torch.tensor([values], dtype=torch.float32)
    with torch.no_grad():
        noise = torch.Generator().manual_seed(number)
        image = look.model.images(look.renderer, [0], row, noise)[0].numpy()
    return Shown(as_address(image), histogram_of(image), spectrum_of(image))


def draw(file: Path, stamp: int, number: int) -> Drawn:
    """Return an arrangement of a project by its number.

    Raises
    ------
    PlacementError
        If it cannot be placed.
    UserError
        If the project cannot be used.
    """
    from diffrendergan.api import measure_particles

    project, placer, snapshots = _stand(file, stamp)
    snapshots.place(_phi(placer, project.seed, number))
    labels = snapshots.labels()
    buffers = snapshots.buffers(("tilt",))
    tilt = buffers["tilt"][0].numpy()
    picture = np.where(labels > 0, 0.95 - 0.55 * np.sqrt(np.clip(tilt, 0, 1)), 0.22)
    if project.data.foreground == "dark":
        picture = 1 - picture
    size = pixel_size_of(project)
    table = measure_particles(labels, size).to_pydict()
    unit = "px" if size is None else "nm"
    whole = [value for value, cut in zip(table[f"diameter_{unit}"], table["touches_border"], strict=True) if not cut]
    return Drawn(
        as_address(picture.astype(np.float32)), len(table["label"]), float((labels > 0).mean()), tuple(whole), unit
    )


def usual_number(file: Path, stamp: int) -> int:
    """Return the number of the arrangement to begin with: of `TRIED`, the one whose covered area is the middle one.

    Raises
    ------
    PlacementError
        If one cannot be placed.
    UserError
        If the project cannot be used.
    """
    covered = [draw(file, stamp, number).covered for number in range(TRIED)]
    return int(np.argsort(covered)[TRIED // 2])


@dataclass(frozen=True, eq=False)
class _Look:
    """An arrangement that was traced, and what makes a micrograph of it."""

    renderer: Renderer
    model: ImageModel


@lru_cache(maxsize=3)
def _look(file: Path, stamp: int, run: Path | None, number: int) -> _Look:
    from diffrendergan.calibration.trial import coarse_library
    from diffrendergan.imaging.image_model import image_model
    from diffrendergan.imaging.run_ground import ground_of
    from diffrendergan.rendering.factory import make_renderer
    from diffrendergan.runs.reporter import SilentReporter

    project, placer, _ = _stand(file, stamp)
    project = project if run is not None else _without_scans_ground(project)
    meshes = coarse_library(project, project.particles.count)
    phi = _phi(placer, project.seed, number)
    cache = file.parent / "cache" / "look"
    renderer = make_renderer(project, meshes, phi[None], cache, SilentReporter())
    ground = ground_of(project, file.parent if run is None else run, SilentReporter())
    return _Look(renderer, image_model(renderer, project.imaging, ground))


@lru_cache(maxsize=2)
def _stand(file: Path, stamp: int) -> Any:
    """Return project, placer and snapshots, with coarse meshes: what is drawn is a preview."""
    from diffrendergan.arrangement.phi import make_placer
    from diffrendergan.calibration.trial import coarse_library
    from diffrendergan.rendering.factory import make_snapshots
    from diffrendergan.runs.reporter import SilentReporter

    project = project_of(file, stamp)
    meshes = coarse_library(project, project.particles.count)
    placer = make_placer(project, meshes, pixel_size_of(project))
    return project, placer, make_snapshots(project, meshes, SilentReporter())


def _without_scans_ground(project: Project) -> Project:
    """Return a project whose ground is noise of its kind, where none was cut from scans yet."""
    from diffrendergan.config.ground import FlatGround, TextureGround

    if isinstance(project.imaging.ground, FlatGround):
        return project
    noise = TextureGround(model="texture", source="noise", level=level_of_scans(project.data.images))
    return project.model_copy(update={"imaging": project.imaging.model_copy(update={"ground": noise})})


def _phi(placer: Any, seed: int, number: int) -> NDArray[np.float32]:
    from diffrendergan.runs import seeds

    for attempt in range(ATTEMPTS):
        try:
            return np.asarray(placer.draw(seeds.generator(seed, "studio", number, attempt)))
        except PlacementError:
            if attempt + 1 == ATTEMPTS:
                raise
    raise AssertionError


def _fitted(run: Path | None) -> dict[str, float]:
    from diffrendergan.fitting.law import FILE, STAGE, load_law

    if run is None:
        return {}
    try:
        return {name: values[1] for name, values in load_law(run / STAGE / FILE).usual().items()}
    except UserError:
        return {}
