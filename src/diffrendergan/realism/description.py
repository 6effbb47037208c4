"""Everything by which a patch is described, but for what a network makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffrendergan.micrographs.types import FloatImage
from diffrendergan.realism.described import ROUNDING, Numbers, Table, evened, table_of
from diffrendergan.realism.grain import grain_numbers, noise_numbers
from diffrendergan.realism.scales import line_numbers, scale_numbers
from diffrendergan.realism.spectra import spectrum_numbers
from diffrendergan.runs.reporter import Reporter

EXPOSURE = "brightness and contrast"
EVERYTHING = "all measures"
SHARES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)


@dataclass(frozen=True, eq=False)
class Description:
    """What patches look like, in numbers."""

    told: Table
    """In units of grey, for words and figures; brightness and contrast among them."""
    even: NDArray[np.float64]
    """What is left of them after brightness and contrast of each patch are evened out, shape (n, D)."""
    exposure: NDArray[np.float64]
    """Brightness and contrast, shape (n, E)."""

    def views(self) -> dict[str, NDArray[np.float64]]:
        """Return what the classifier sees of patches as they are: everything, and each kind of measures."""
        kinds = {group: self.told.of_group(group) for group in dict.fromkeys(self.told.groups)}
        return {EVERYTHING: np.hstack([self.even, self.exposure])} | kinds

    def even_views(self) -> dict[str, NDArray[np.float64]]:
        """Return the same of evened patches, without brightness and contrast."""
        groups = self.told.groups[: self.even.shape[1]]
        kinds = {name: self.even[:, [group == name for group in groups]] for name in dict.fromkeys(groups)}
        return {EVERYTHING: self.even} | kinds


def describe(patches: Sequence[FloatImage], reporter: Reporter, what: str) -> Description:
    """Describe patches (S, S) of grey values in [0, 1]."""
    shape, exposure = [], []
    for patch in reporter.track(patches, what, total=len(patches)):
        shape.append(
            [*spectrum_numbers(patch), *noise_numbers(patch), *grain_numbers(patch), *scale_numbers(patch),
             *line_numbers(patch), _histogram(patch)]
        )  # fmt: skip
        exposure.append([_exposure(patch)])
    table, grey = table_of(shape), table_of(exposure)
    told = Table(
        table.names + grey.names,
        table.groups + grey.groups,
        table.units + grey.units,
        np.hstack([table.values, grey.values]),
    )
    return Description(told, evened(table, grey.values[:, 1]), grey.values)


def flattened(patches: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return patches (n, S, S) all with the mean .5 and the standard deviation .2, clipped to [0, 1]."""
    middle = patches.mean(axis=(1, 2), keepdims=True)
    spread = np.sqrt(patches.var(axis=(1, 2), keepdims=True) + ROUNDING)
    return np.clip(0.5 + 0.2 * (patches - middle) / spread, 0, 1).astype(np.float32)


def _exposure(patch: FloatImage) -> Numbers:
    names = ("brightness", "contrast", *(f"grey level below which {share:.0%} of the pixels lie" for share in SHARES))
    spread = 0.5 * np.log(float(patch.var(dtype=np.float64)) + ROUNDING)
    values = [float(patch.mean(dtype=np.float64)), spread, *np.quantile(patch, SHARES)]
    return Numbers(EXPOSURE, names, np.array(values), "none")


def _histogram(patch: FloatImage) -> Numbers:
    """Return the quantiles of the grey values less their mean, in standard deviations."""
    spread = np.sqrt(float(patch.var(dtype=np.float64)) + ROUNDING)
    values = (np.quantile(patch, SHARES) - float(patch.mean(dtype=np.float64))) / spread
    names = tuple(f"distance from the mean of the grey level below which {share:.0%} lie" for share in SHARES)
    return Numbers("shape of the histogram", names, np.asarray(values, dtype=np.float64), "none")
