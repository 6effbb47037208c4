"""Chords of a training's constellations: traced once, kept on disk, and good for any material."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.rendering.geometry import ParticleSet
from diffrendergan.rendering.kept import claim_folder, file_of, load_arrays, save_arrays, traced_files
from diffrendergan.rendering.stored_buffers import constellation_key
from diffrendergan.rendering.tracing import SceneTracer
from diffrendergan.rendering.transmission.chords import Chords, trace_chords
from diffrendergan.runs.executor import PerProcess
from diffrendergan.runs.reporter import Reporter

_FORMAT = 1
"""Raised when stored chords of an older program must not be used."""


@dataclass(frozen=True, eq=False)
class ChordTracer:
    """Traces the chords of constellations of one mesh library.

    Attributes
    ----------
    tracer : SceneTracer
    particles : ParticleSet
    pixel_rays : int
    """

    tracer: SceneTracer
    particles: ParticleSet
    pixel_rays: int

    def place(self, phi: NDArray[np.float32]) -> None:
        """Put a constellation into the scene."""
        self.tracer.place(self.particles.place(phi))

    def chords(self) -> Chords:
        """Return the chords of what was placed."""
        return trace_chords(self.tracer, self.pixel_rays)


def kept_chords(
    folder: Path,
    tracer: ChordTracer,
    phis: NDArray[np.float32],
    reporter: Reporter,
    remake: Callable[[], ChordTracer],
    workers: int = 1,
) -> list[Chords]:
    """Return the chords of all constellations, tracing those that are not in `folder` yet.

    Parameters
    ----------
    folder : pathlib.Path
        Carries a key of all that chords depend on, which materials and beam are not; another key empties it.
    tracer : ChordTracer
        Traces what is missing.
    phis : float32 (m, n, 4 or 8)
        The constellations.
    reporter : Reporter
        Shows progress.
    remake : callable
        Makes the same tracer in another process; it can be pickled.
    workers : int
        Processes; the chords are the same for any number.
    """
    geometry = tracer.tracer.geometry
    key = {
        "format": _FORMAT,
        "camera": {name: asdict(geometry)[name] for name in ("size", "camera_height", "field_of_view_deg")},
        "pixel_rays": tracer.pixel_rays,
        "constellations": constellation_key(tracer.particles, phis),
        "variant": tracer.tracer.mi.variant(),
    }
    claim_folder(folder, key)
    trace = PerProcess(remake, partial(_trace, folder, phis), tracer)
    return [load_chords(path, geometry.size) for path in traced_files(folder, len(phis), trace, reporter, workers)]


def _trace(folder: Path, phis: NDArray[np.float32], tracer: ChordTracer, index: int) -> None:
    tracer.place(phis[index])
    save_chords(file_of(folder, index), tracer.chords())


def save_chords(path: Path, chords: Chords) -> None:
    """Write chords atomically.

    Raises
    ------
    RunFolderError
        If the disk is full or the folder cannot be written.
    """
    save_arrays(path, {name: value for name, value in vars(chords).items() if isinstance(value, np.ndarray)})


def load_chords(path: Path, size: int) -> Chords:
    """Read what `save_chords` wrote of images of `size` × `size` pixels.

    Raises
    ------
    RunFolderError
        If the file is broken or holds something else.
    """
    return load_arrays(path, partial(_chords, size))


def _chords(size: int, arrays: dict[str, NDArray[Any]]) -> Chords:
    if len({len(values) for values in arrays.values()}) != 1:
        raise ValueError("numbers are missing")
    return Chords(**arrays, size=size)
