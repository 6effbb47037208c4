"""Two sources of chance behind one: what all images of a sample share, and what is drawn anew for each."""

from __future__ import annotations

from typing import Any

import numpy as np


class Shared(np.random.Generator):
    """A generator whose single numbers come from one stream, and whose arrays come from another.

    The prior decides by single numbers (a spread, a blur, a kind of ground) and fills by arrays (diameters, noise). So
    images that are drawn with equal first streams and unequal second ones show the same kind of sample under the same
    microscope, in other places. Where it is otherwise, `law` and `own` are asked for by name.

    Parameters
    ----------
    common : numpy.random.Generator
        Of the decisions.
    own : numpy.random.Generator
        Of all else.
    """

    def __init__(self, common: np.random.Generator, own: np.random.Generator) -> None:
        super().__init__(own.bit_generator)
        self.common = common
        self.own = own

    def random(self, size: Any = None, *args: Any, **options: Any) -> Any:
        """Draw from [0, 1)."""
        return self._source(size).random(size, *args, **options)

    def uniform(self, low: Any = 0.0, high: Any = 1.0, size: Any = None) -> Any:
        """Draw evenly from a range."""
        return self._source(size).uniform(low, high, size)

    def normal(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
        """Draw from a normal distribution."""
        return self._source(size).normal(loc, scale, size)

    def integers(self, low: Any, high: Any = None, size: Any = None, **options: Any) -> Any:  # type: ignore[override]
        """Draw whole numbers."""
        return self._source(size).integers(low, high, size, **options)

    def choice(self, a: Any, size: Any = None, *args: Any, **options: Any) -> Any:
        """Draw from a list."""
        return self._source(size).choice(a, size, *args, **options)

    def _source(self, size: Any) -> np.random.Generator:
        return self.common if size is None else self.own


def law(rng: np.random.Generator) -> np.random.Generator:
    """Return the source of what all images of a sample share; one generator is its own."""
    return rng.common if isinstance(rng, Shared) else rng


def own(rng: np.random.Generator) -> np.random.Generator:
    """Return the source of what is drawn anew for each image."""
    return rng.own if isinstance(rng, Shared) else rng
