"""What a constellation shows, traced once and kept in a folder: what a tip feels of it, or where a plane cuts it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from diffrendergan.rendering.geometry import ParticleSet, Soup
from diffrendergan.rendering.kept import claim_folder, file_of, load_arrays, save_arrays, traced_files
from diffrendergan.rendering.labels import Silhouettes
from diffrendergan.rendering.stored_buffers import constellation_key
from diffrendergan.rendering.tracing import SceneTracer
from diffrendergan.runs.executor import PerProcess
from diffrendergan.runs.reporter import Reporter

_FORMAT = 1
"""Raised when what an older program stored must not be used."""


class Shown(Protocol):
    """What was traced of an arrangement."""

    @property
    def labels(self) -> NDArray[np.int32]:
        """Which particle a pixel counts as, int32 (S, S); 0 is ground."""
        ...

    @property
    def silhouettes(self) -> Silhouettes:
        """The pixels of each particle as if it were alone."""
        ...

    @property
    def neutral(self) -> NDArray[np.float32]:
        """How particles stand out before anything is known of their greys, float32 (S, S); 0 where there is none."""
        ...

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return it as arrays by name."""
        ...

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Return it from `arrays`."""
        ...


T = TypeVar("T", bound=Shown)
T_co = TypeVar("T_co", bound=Shown, covariant=True)


class Look(Protocol[T_co]):
    """Traces what a tracer holds, which is a soup."""

    def __call__(self, tracer: SceneTracer, soup: Soup) -> T_co:
        """Return what is shown."""
        ...


@dataclass(frozen=True, eq=False)
class ShownTracer(Generic[T]):
    """Traces constellations of one mesh library.

    Attributes
    ----------
    tracer : SceneTracer
    particles : ParticleSet
    look : Look
    """

    tracer: SceneTracer
    particles: ParticleSet
    look: Look[T]

    def place(self, phi: NDArray[np.float32]) -> Soup:
        """Put a constellation Φ (n, 4 or 8) into the scene."""
        soup = self.particles.place(phi)
        self.tracer.place(soup)
        return soup

    def shown(self, phi: NDArray[np.float32]) -> T:
        """Return what a constellation shows."""
        return self.look(self.tracer, self.place(phi))


def kept_shown(
    folder: Path,
    source: ShownTracer[T],
    kind: type[T],
    phis: NDArray[np.float32],
    depends_on: Mapping[str, Any],
    reporter: Reporter,
    remake: Callable[[], ShownTracer[T]],
    workers: int = 1,
) -> list[T]:
    """Return what all constellations show, tracing those that are not in `folder` yet.

    Parameters
    ----------
    folder : pathlib.Path
        Carries a key of all that it depends on; another key empties it.
    source : ShownTracer
        Traces what is missing.
    kind : type
        Of what is shown.
    phis : float32 (m, n, 4 or 8)
        The constellations.
    depends_on : mapping
        What it depends on beside camera and constellations, as values for JSON.
    reporter : Reporter
        Shows progress.
    remake : callable
        Makes the same source in another process; it can be pickled.
    workers : int
        Processes; results are the same for any number.
    """
    geometry = asdict(source.tracer.geometry)
    key = {
        "format": _FORMAT,
        "camera": {name: geometry[name] for name in ("size", "camera_height", "field_of_view_deg")},
        "constellations": constellation_key(source.particles, phis),
        "variant": source.tracer.mi.variant(),
        **depends_on,
    }
    claim_folder(folder, key)
    trace = PerProcess(remake, partial(_trace, folder, phis), source)
    files = traced_files(folder, len(phis), trace, reporter, workers)
    return [load_arrays(path, kind.of_arrays) for path in files]


def _trace(folder: Path, phis: NDArray[np.float32], source: ShownTracer[Any], index: int) -> None:
    save_arrays(file_of(folder, index), source.shown(phis[index]).arrays())
