"""The automatic choice of patches: no near-duplicates, spread evenly over the scans.

The choice goes round the scans; each gives, in its turn, the candidate that overlaps least with
what it gave before. Patches of one scan may share at most a quarter of their area; if that yields
too few, the limit is relaxed stepwise to a half, three quarters and finally `data.max_similarity`.
Within a limit, candidates that just have the least number of particles come after all others of
the scan, since one of their few particles may be miscounted. A patch that looks like one already
chosen (normalised cross-correlation, at any shift) is passed over.

Source: METHOD §1; the authors chose by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffrendergan.micrographs.types import FloatImage
from diffrendergan.patches.candidates import Candidate, Place, cut
from diffrendergan.patches.rules import RULES

FLIPS = ("none", "horizontal", "vertical", "both")


@dataclass(frozen=True)
class Choice:
    """Chosen candidates, and the overlap limit that was needed to find them."""

    candidates: tuple[Candidate, ...]
    overlap_limit: float


@dataclass(frozen=True)
class Flipped:
    """A background place, and how its crop is mirrored."""

    place: Place
    flip: str = "none"


def choose(
    candidates: Sequence[Candidate],
    count: int,
    size: int,
    max_similarity: float,
    rng: np.random.Generator,
    images: Mapping[str, FloatImage] | None = None,
) -> Choice:
    """Choose up to `count` candidates.

    Parameters
    ----------
    candidates : sequence of Candidate
        What may be chosen.
    count : int
        How many are wanted.
    size : int
        Edge of a patch [px].
    max_similarity : float
        Largest normalised cross-correlation of two chosen patches, and the last overlap limit.
    rng : numpy.random.Generator
        Decides between candidates that overlap equally.
    images : mapping of str to ndarray, optional
        Scans by name; without them patches are not compared by what they show.

    Returns
    -------
    Choice
        In order of scan, row and column; fewer than `count` if there are no more.
    """
    least = min((candidate.full_particles for candidate in candidates), default=0)
    by_scan: dict[str, list[Candidate]] = {}
    for index in rng.permutation(len(candidates)):
        by_scan.setdefault(candidates[index].place.scan, []).append(candidates[index])
    looks = _Looks(images, size) if images is not None else None
    chosen: list[Candidate] = []
    limit = RULES.overlap_steps[0]
    for limit in overlap_limits(max_similarity):
        progress = True
        while progress and len(chosen) < count:
            progress = False
            for scan in sorted(by_scan):
                if len(chosen) == count:
                    break
                picked = _pick(by_scan[scan], chosen, limit, max_similarity, size, looks, least)
                if picked is not None:
                    chosen.append(picked)
                    progress = True
        if len(chosen) >= count:
            break
    ordered = sorted(chosen, key=lambda candidate: _reading_order(candidate.place))
    return Choice(tuple(ordered), limit)


def overlap_limits(max_similarity: float) -> tuple[float, ...]:
    """Return the overlap limits in the order in which they are tried."""
    return (*(step for step in RULES.overlap_steps if step < max_similarity), max_similarity)


def overlap(first: Place, second: Place, size: int) -> float:
    """Return the fraction of the area of a patch that two places share."""
    if first.scan != second.scan:
        return 0.0
    return max(0, size - abs(first.x - second.x)) * max(0, size - abs(first.y - second.y)) / size**2


def choose_background(
    candidates: Sequence[Candidate], count: int, size: int, max_similarity: float, rng: np.random.Generator
) -> tuple[list[Flipped], float]:
    """Choose background places; where there are too few, mirrored ones are added.

    Returns
    -------
    list of Flipped
        At most `count`, and at most four times the distinct places.
    float
        The overlap limit that was needed.
    """
    choice = choose(candidates, count, size, max_similarity, rng)
    places = [candidate.place for candidate in choice.candidates]
    flipped = [Flipped(place, flip) for flip in FLIPS for place in places]
    return flipped[:count], choice.overlap_limit


def apply_flip(patch: FloatImage, flip: str) -> FloatImage:
    """Mirror a patch."""
    if flip in ("horizontal", "both"):
        patch = patch[:, ::-1]
    if flip in ("vertical", "both"):
        patch = patch[::-1]
    return patch


class _Looks:
    """What patches look like: spectra of standardised, reduced patches, computed when first asked for."""

    def __init__(self, images: Mapping[str, FloatImage], size: int) -> None:
        self._images = images
        self._size = size
        self._spectra: dict[Place, NDArray[np.complex64]] = {}

    def spectrum(self, place: Place) -> NDArray[np.complex64]:
        if place not in self._spectra:
            self._spectra[place] = _spectrum(cut(self._images[place.scan], place, self._size))
        return self._spectra[place]

    def alike(self, place: Place, others: Sequence[Place], limit: float) -> bool:
        """Tell whether a patch looks like any of the others."""
        if not others:
            return False
        spectra = np.stack([self.spectrum(other) for other in others])
        shape = _look_shape(cut(self._images[place.scan], place, self._size))
        return bool((_peak_correlations(self.spectrum(place), spectra, shape) > limit).any())


def _pick(
    candidates: list[Candidate],
    chosen: Sequence[Candidate],
    limit: float,
    max_similarity: float,
    size: int,
    looks: _Looks | None,
    least: int,
) -> Candidate | None:
    """Take the candidate of a scan that overlaps least with what was chosen, and remove it from the list."""
    same_scan = [other.place for other in chosen if candidates and other.place.scan == candidates[0].place.scan]
    shared = [max((overlap(one.place, other, size) for other in same_scan), default=0.0) for one in candidates]
    allowed = [index for index in range(len(candidates)) if shared[index] <= limit]
    for index in sorted(allowed, key=lambda index: (candidates[index].full_particles == least, shared[index])):
        candidate = candidates[index]
        if looks is not None and looks.alike(candidate.place, [other.place for other in chosen], max_similarity):
            continue
        del candidates[index]
        return candidate
    return None


def _look_shape(patch: FloatImage) -> tuple[int, int]:
    factor = max(1, patch.shape[0] // RULES.look_px)
    return patch.shape[0] // factor, patch.shape[1] // factor


def _spectrum(patch: FloatImage) -> NDArray[np.complex64]:
    rows, columns = _look_shape(patch)
    factor = max(1, patch.shape[0] // RULES.look_px)
    small = patch[: rows * factor, : columns * factor].reshape(rows, factor, columns, factor).mean(axis=(1, 3))
    small = small - small.mean()
    norm = float(np.sqrt((small**2).sum()))
    return np.asarray(np.fft.rfft2(small / norm if norm > 1e-6 else np.zeros_like(small)), dtype=np.complex64)


def _peak_correlations(
    one: NDArray[np.complex64], others: NDArray[np.complex64], shape: tuple[int, int]
) -> NDArray[np.float64]:
    products = np.fft.irfft2(one.conj()[None] * others, s=shape)
    return np.asarray(products.max(axis=(1, 2)), dtype=np.float64)


def _reading_order(place: Place) -> tuple[str, int, int]:
    return place.scan, place.y, place.x
