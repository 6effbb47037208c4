"""How far two label images cover each other: by foreground, and by pairs of regions.

Label images are integer arrays with 0 for background and one number per instance; a region is all pixels of one
number, connected or not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class Overlaps:
    """The pairs of a true and a predicted region that share pixels, by rising numbers of both."""

    true_areas: NDArray[np.intp]
    """Areas of the true regions, shape (n_true,) [px], by rising label number."""
    pred_areas: NDArray[np.intp]
    """Areas of the predicted regions, shape (n_pred,) [px]."""
    pred_starts: NDArray[np.intp]
    """Flat index of the first pixel of each predicted region, shape (n_pred,): an order free of the numbering."""
    rows: NDArray[np.intp]
    """Index of the true region of each pair, shape (n_pairs,)."""
    columns: NDArray[np.intp]
    """Index of its predicted region."""
    shared: NDArray[np.intp]
    """Pixels that both have in common, at least 1."""

    @property
    def unions(self) -> NDArray[np.intp]:
        """Pixels in either region of each pair, shape (n_pairs,)."""
        return self.true_areas[self.rows] + self.pred_areas[self.columns] - self.shared

    @property
    def ious(self) -> NDArray[np.float64]:
        """Intersection over union of each pair, shape (n_pairs,); all other pairs have 0."""
        return self.shared / self.unions


def region_overlaps(labels_true: Labels, labels_pred: Labels) -> Overlaps:
    """Return the areas of all regions and what each pair shares.

    Kept as pairs and not as a table: of thousands of particles, each meets few.

    Parameters
    ----------
    labels_true, labels_pred
        Label images of equal shape.

    Raises
    ------
    ValueError
        If the shapes differ or a number is negative.
    """
    check_shapes(labels_pred, labels_true)
    true_index, true_starts = _consecutive(labels_true)
    pred_index, pred_starts = _consecutive(labels_pred)
    n_true, n_pred = len(true_starts), len(pred_starts)
    both = (true_index > 0) & (pred_index > 0)
    pairs, shared = np.unique((true_index[both] - 1) * n_pred + pred_index[both] - 1, return_counts=True)
    return Overlaps(
        true_areas=np.bincount(true_index, minlength=n_true + 1)[1:],
        pred_areas=np.bincount(pred_index, minlength=n_pred + 1)[1:],
        pred_starts=pred_starts,
        rows=pairs // max(n_pred, 1),
        columns=pairs % max(n_pred, 1),
        shared=shared,
    )


def iou_table(labels_true: Labels, labels_pred: Labels) -> NDArray[np.float64]:
    """Return the intersection over union of every true with every predicted instance.

    Returns
    -------
    NDArray[np.float64]
        (n_true, n_pred), in rising order of the label numbers.

    Raises
    ------
    ValueError
        As `region_overlaps`.
    """
    overlaps = region_overlaps(labels_true, labels_pred)
    table = np.zeros((len(overlaps.true_areas), len(overlaps.pred_areas)))
    table[overlaps.rows, overlaps.columns] = overlaps.ious
    return table


def dice(pred_fg: NDArray, true_fg: NDArray) -> float:
    """Return the Dice similarity coefficient of two foregrounds, 2·|P ∩ T| / (|P| + |T|); 1 if both are empty.

    Parameters
    ----------
    pred_fg, true_fg
        Arrays of equal shape; what is not 0 is foreground.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    intersection, pred_area, true_area = _areas(pred_fg, true_fg)
    total = pred_area + true_area
    return 2 * intersection / total if total else 1.0


def foreground_iou(pred_fg: NDArray, true_fg: NDArray) -> float:
    """Return the intersection over union of two foregrounds; 1 if both are empty.

    It equals DSC / (2 - DSC), and the "PQ" in Table 1 of the paper (METHOD §8).

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    intersection, pred_area, true_area = _areas(pred_fg, true_fg)
    union = pred_area + true_area - intersection
    return intersection / union if union else 1.0


def aggregated_jaccard(overlaps: Overlaps) -> float:
    """Return the aggregated Jaccard index: all shared pixels over all pixels of either side, particle by particle.

    Each true region takes the predicted one of the largest intersection over union; it may be one that another has
    taken. Their intersections add up above, their unions below; true regions that meet none and predicted ones that
    none takes add their areas below. Among equal partners the one that shares more counts, then the one whose first
    pixel comes first, so that the numbering decides nothing. Two empty images score 1.

    Source: Kumar et al. 2017, Algorithm 1.
    """
    order = np.lexsort((overlaps.pred_starts[overlaps.columns], -overlaps.shared, -overlaps.ious, overlaps.rows))
    found, first = np.unique(overlaps.rows[order], return_index=True)
    taken = order[first]
    unused = np.ones(len(overlaps.pred_areas), bool)
    unused[overlaps.columns[taken]] = False
    missed = np.ones(len(overlaps.true_areas), bool)
    missed[found] = False
    union = overlaps.unions[taken].sum() + overlaps.pred_areas[unused].sum() + overlaps.true_areas[missed].sum()
    return float(overlaps.shared[taken].sum() / union) if union else 1.0


def check_shapes(pred: NDArray, true: NDArray) -> None:
    """Raise ValueError if the shapes differ."""
    if np.shape(pred) != np.shape(true):
        raise ValueError(f"prediction and annotation differ in shape: {np.shape(pred)} and {np.shape(true)}")


def _consecutive(labels: Labels) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Renumber flattened labels as 0 (background), 1..n; return them with the first pixel of each of the n."""
    numbers, starts, inverse = np.unique(np.asarray(labels).ravel(), return_index=True, return_inverse=True)
    if numbers.size and numbers[0] < 0:
        raise ValueError("labels must not be negative")
    if numbers.size and numbers[0] == 0:
        return inverse, starts[1:]
    return inverse + 1, starts


def _areas(pred_fg: NDArray, true_fg: NDArray) -> tuple[int, int, int]:
    check_shapes(pred_fg, true_fg)
    pred, true = np.asarray(pred_fg) != 0, np.asarray(true_fg) != 0
    return int(np.count_nonzero(pred & true)), int(np.count_nonzero(pred)), int(np.count_nonzero(true))
