"""The trained generator of a run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from diffrendergan.api.progress import Progress, reporter_of
from diffrendergan.errors import ConfigError

if TYPE_CHECKING:
    from diffrendergan.synthesis.engine import SynthesisEngine


class Samples(NamedTuple):
    """Annotated synthetic micrographs."""

    images: NDArray[np.float32]
    """Grey values in [0, 1], shape (n, S, S)."""
    labels: NDArray[np.int32]
    """Particles, shape (n, S, S)."""
    theta: NDArray[np.float32]
    """Learned parameters of each image, shape (n, P), columns as in `Generator.theta_names`."""


@dataclass(frozen=True)
class Generator:
    """The trained generator of a run: annotated synthetic micrographs without end.

    Attributes
    ----------
    engine : diffrendergan.synthesis.engine.SynthesisEngine
        Draws, renders and judges.
    theta_names : tuple of str
        The learned parameters, for example ``particle.roughness``.
    """

    engine: SynthesisEngine
    theta_names: tuple[str, ...]

    @classmethod
    def load(cls, run: str | Path, progress: Progress = False) -> Generator:
        """Open the chosen generator of a run folder.

        Parameters
        ----------
        run : path
            A run folder in which `select` is finished, or `fit` where parameters are drawn from that.
        progress : bool or Reporter
            See `Progress`.

        Raises
        ------
        RunFolderError
            If it is no run folder, or no generator was chosen yet.
        """
        from diffrendergan.segmentation.trained import run_project_of
        from diffrendergan.synthesis.stage import make_engine

        engine = make_engine(run_project_of(Path(run)), Path(run), reporter_of(progress))
        return cls(engine, tuple(spec.name for spec in engine.model.columns))

    def sample(self, n: int, seed: int | None = None, progress: Progress = False) -> Samples:
        """Return accepted images with their labels and parameters.

        Parameters
        ----------
        n : int
            How many, at least 1.
        seed : int, optional
            Images of a seed are always the same, and the first n of more; by default the project's, which gives
            the images of `synthesize`.
        progress : bool or Reporter
            See `Progress`.

        Raises
        ------
        ConfigError
            If `n` is less than 1.
        DataError
            If draws are rejected too often.
        """
        if n < 1:
            raise ConfigError(f"{n} images were asked for; give a number of at least 1.")
        engine = self.engine
        if seed is not None:
            engine = replace(engine, project=engine.project.model_copy(update={"seed": seed}))
        made = [engine.make(i) for i in reporter_of(progress).track(range(n), "Synthesizing images", total=n)]
        return Samples(
            np.stack([one.image for one in made]),
            np.stack([one.instances for one in made]),
            np.stack([one.theta for one in made]),
        )
