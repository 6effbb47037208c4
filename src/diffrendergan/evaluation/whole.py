"""Whole particles scored where the truth is known: on synthetic images that no network was trained on.

Annotations of scans are flat: nobody sees what is hidden. Silhouettes of the renderer are the truth of its own images.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from diffrendergan.labels.layers import Layers
from diffrendergan.metrics.layers import LayerScores, score_layers
from diffrendergan.metrics.segmentation import ScanScores, score_scan
from diffrendergan.segmentation.dataset import LabelledImage
from diffrendergan.segmentation.instances import amodal
from diffrendergan.segmentation.protocol import Segmenter
from diffrendergan.segmentation.whole_shapes import whole_particles
from diffrendergan.sizes.units import equivalent_diameters

MOST_IMAGES = 24
"""So many images of a synthetic set are scored."""
MEASURES = ("ap50", "ap", "pq", "sq", "rq")
"""Means of these are told of what is seen, and of the whole."""


class Known(NamedTuple):
    """What was found in an image, and what is true of it."""

    flat: ScanScores
    """Of what is seen."""
    whole: LayerScores
    diameters: dict[str, np.ndarray]
    """Equivalent circular diameters [px] of particles that the border does not cut: `true`, the whole ones that are
    there; `true_visible`, what can be seen of them; `visible` and `whole` as found."""


def score_known(segmenter: Segmenter, image: LabelledImage, min_region_px: int) -> Known:
    """Score the particles that a network finds in an image of known silhouettes.

    Raises
    ------
    ConfigError
        If the network predicts no whole shapes.
    """
    prediction = segmenter.predict(image.pixels)
    labels = amodal(prediction, min_region_px)
    return score_found(labels, whole_particles(prediction, labels), image)


def score_found(labels: NDArray[np.int32], found: Layers, image: LabelledImage) -> Known:
    """Score visible particles (H, W) and whole ones, of the same numbers, found in an image of known silhouettes."""
    assert image.whole is not None
    diameters = {
        "true": _inner_diameters(image.whole, image.whole),
        "true_visible": _inner_diameters(Layers.of_labels(image.instances), image.whole),
        "visible": _inner_diameters(Layers.of_labels(labels), found),
        "whole": _inner_diameters(found, found),
    }
    return Known(score_scan(image.instances, labels), score_layers(image.whole, found), diameters)


def summary_of(known: Sequence[Known]) -> dict[str, Any]:
    """Return means over images, and by how much medians of diameters are off, as fractions of the true whole one."""
    pooled = {name: np.concatenate([one.diameters[name] for one in known]) for name in known[0].diameters}
    medians = {name: float(np.median(values)) if len(values) else None for name, values in pooled.items()}
    true = medians["true"]
    return {
        "images": len(known),
        "particles": int(sum(len(one.diameters["true"]) for one in known)),
        "visible": {name: float(np.mean([getattr(one.flat, name) for one in known])) for name in MEASURES},
        "whole": {name: float(np.mean([getattr(one.whole, name) for one in known])) for name in MEASURES},
        "median_bias": {
            name: None if value is None or not true else value / true - 1
            for name, value in medians.items()
            if name != "true"
        },
    }


def _inner_diameters(layers: Layers, whole: Layers) -> np.ndarray:
    """Return the diameters of those particles whose whole shapes the border of the image does not cut."""
    return equivalent_diameters(layers.only(whole.inner().numbers.tolist()).areas)
