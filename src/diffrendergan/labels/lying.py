"""Whether label images lie on what their scans show, or are turned, mirrored, moved, or those of another scan."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, stats
from skimage.transform import downscale_local_mean

from diffrendergan.labels.rules import RULES

Values = NDArray[np.floating]
Shown = NDArray[np.floating] | NDArray[np.bool_]
WAYS: Mapping[str, Callable[[NDArray], NDArray]] = {
    "upside down": lambda image: image[::-1],
    "mirrored from left to right": lambda image: image[:, ::-1],
    "turned by half a turn": lambda image: image[::-1, ::-1],
    "with rows and columns exchanged": lambda image: image.T,
    "turned by a quarter to the left": lambda image: np.rot90(image, -1),
    "turned by a quarter to the right": lambda image: np.rot90(image),
    "with rows and columns exchanged, from the other corner": lambda image: image[::-1, ::-1].T,
}
"""How a label image may lie, and what puts it right."""


def lies_elsewhere(
    labels: NDArray[np.integer],
    grey: Shown,
    field: NDArray[np.bool_] | None = None,
    shown: str = "what the scan shows",
    may_fail: bool = False,
) -> str:
    """Say in what way a label image does not lie on what its scan shows; nothing if it does, or if none can tell.

    Particles differ from the ground in their grey values, or at their outlines. If neither is more so where the labels
    are than where they would be once moved anywhere else, they are not where the particles are.

    Parameters
    ----------
    labels : ndarray of int, shape (H, W)
        0 background, particles above.
    grey : ndarray, shape (H, W)
    field : ndarray of bool, shape (H, W), optional
        What the microscope recorded.
    shown : str
        What `grey` shows, for the sentence.
    may_fail : bool
        Particles of a prediction may be nowhere: only labels that fit in another way, or elsewhere, are told.

    Returns
    -------
    str
        A clause: `its particles do not lie on what the scan shows, …`.
    """
    if len(np.unique(labels[labels > 0])) < RULES.fewest:
        return ""
    inner, outlines, seen, edges = _looked_at(labels, grey, field)
    if min(inner.std(), outlines.std(), seen.std(), edges.std()) == 0:
        return ""
    by_grey, by_edges = np.abs(_likeness(inner, seen)), _likeness(outlines, edges)
    here = _near(by_grey), _near(by_edges)
    start = f"its particles do not lie on {shown}"
    turned = {way: (turn(inner), turn(outlines)) for way, turn in WAYS.items() if turn(inner).shape == inner.shape}
    there = {
        way: (_near(np.abs(_likeness(grains, seen))), _near(_likeness(lines, edges)))
        for way, (grains, lines) in turned.items()
    }
    way = max(there, key=lambda name: sum(there[name]))
    if _tells(there[way], here):
        return f"{start}, but would if it were not {way}; save it the way the other is shown"
    down, right = _moved(by_grey, by_edges, here)
    if down or right:
        step = max(1, round(labels.shape[0] / inner.shape[0]))
        told = [f"{abs(down) * step} px too {'high' if down > 0 else 'low'}"] if down else []
        told += [f"{abs(right) * step} px too far {'left' if right > 0 else 'right'}"] if right else []
        return f"{start}, but about {' and '.join(told)}; cut both to the same part"
    if may_fail or _fits(by_grey) or _fits(by_edges):
        return ""
    return f"{start}, or lie there no better than anywhere else; check that both are of one field"


def _looked_at(
    labels: NDArray[np.integer], grey: Shown, field: NDArray[np.bool_] | None
) -> tuple[Values, Values, Values, Values]:
    """Return shares of particles and of their outlines, grey values without shading, and how steep they are."""
    step = max(1, min(labels.shape) // RULES.looked_px)
    outlines = np.zeros(labels.shape, np.float32)
    outlines[:-1] += labels[:-1] != labels[1:]
    outlines[:, :-1] += labels[:, :-1] != labels[:, 1:]
    known = np.nan_to_num(np.asarray(grey, np.float32))
    if field is not None:
        known = np.where(field, known, known[field].mean() if field.any() else 0)
    inner, outlines, seen = (
        downscale_local_mean(image, (step, step)) for image in ((labels > 0).astype(np.float32), outlines, known)
    )
    seen = seen - ndimage.gaussian_filter(seen, RULES.shading_share * min(seen.shape), mode="reflect")
    edges = ndimage.gaussian_gradient_magnitude(seen, 1.0)
    return inner, ndimage.gaussian_filter(outlines, 1.0), seen, edges


def _likeness(first: Values, second: Values) -> Values:
    """Return the correlation of two images for each cyclic shift of the first, down and to the right."""
    one, other = first - first.mean(), second - second.mean()
    product = np.fft.irfft2(np.conj(np.fft.rfft2(one)) * np.fft.rfft2(other), s=one.shape)
    return np.asarray(product / (one.size * one.std() * other.std()))


def _near(likeness: Values) -> float:
    """Return the largest likeness within `RULES.near_px` of no shift."""
    steps = range(-RULES.near_px, RULES.near_px + 1)
    return float(max(likeness[down, right] for down in steps for right in steps))


def _fits(likeness: Values) -> bool:
    """Tell whether images are more alike where they lie than at nearly all other places."""
    return float(stats.percentileofscore(likeness.ravel(), _near(likeness))) >= 100 * RULES.by_chance


def _tells(there: tuple[float, float], here: tuple[float, float]) -> bool:
    """Tell whether labels fit plainly better in another way, by grey values and by edges."""
    gains = [new - RULES.times * max(old, 0) for new, old in zip(there, here, strict=True)]
    return there[0] >= RULES.telling and min(gains) >= 0


def _moved(by_grey: Values, by_edges: Values, here: tuple[float, float]) -> tuple[int, int]:
    """Return the shift down and to the right [px] that makes images alike; none where no single one does."""
    down, right = (int(place) for place in np.unravel_index(int(by_grey.argmax()), by_grey.shape))
    best = float(by_grey[down, right]), float(by_edges[down, right])
    width = max(3, min(by_grey.shape) // 16)
    others = np.roll(by_grey, (width - down, width - right), (0, 1)).copy()
    others[: 2 * width + 1, : 2 * width + 1] = 0
    if not _tells(best, here) or best[0] < RULES.alone * float(others.max()):
        return 0, 0
    height, length = by_grey.shape
    return down - height * (2 * down > height), right - length * (2 * right > length)
