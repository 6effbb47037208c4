"""From a network's output, whoever computed it, to particles: what `segment` does with it."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from diffrendergan.errors import ConfigError, DataError
from diffrendergan.exchange.models.parts import GENERALIST
from diffrendergan.exchange.models.portable import CHANNELS
from diffrendergan.generalist.scales import Looked, particles_at
from diffrendergan.labels.regions import drop_small
from diffrendergan.micrographs.resampling import nearest
from diffrendergan.segmentation.instances import DECODINGS, Decoding
from diffrendergan.segmentation.protocol import Prediction
from diffrendergan.segmentation.unet.losses import CLASS_WEIGHTS, CLASSES


def labels_from_maps(
    maps: ArrayLike,
    decoding: Decoding | Literal["generalist"] = "watershed",
    min_region_px: int = 0,
    shape: tuple[int, int] | None = None,
) -> NDArray[np.int32]:
    """Return the particles (H, W) that a network's output shows; see `api.decoding.labels_from_maps`."""
    prediction = _prediction(maps)
    own = prediction.classes.shape[1:]
    whole = own if shape is None else tuple(int(length) for length in shape)
    if decoding == GENERALIST:
        looked = Looked(own[0] / whole[0], False, prediction)
        return drop_small(particles_at(looked, whole), min_region_px)
    of_pixels = [name for name in DECODINGS if name != "amodal"]  # maps hold no whole shapes
    if decoding not in of_pixels:
        raise ConfigError(f"there is no decoding {decoding!r}; take one of {', '.join((*of_pixels, GENERALIST))}.")
    labels = DECODINGS[decoding](prediction, min_region_px)
    return labels if whole == own else nearest(labels, whole)


def _prediction(maps: ArrayLike) -> Prediction:
    values = np.asarray(maps, np.float32)
    if values.ndim == 4 and len(values) == 1:
        values = values[0]
    if values.ndim != 3 or len(values) not in (CLASSES, len(CHANNELS)) or not values.size:
        raise DataError(
            f"maps of the shape {np.shape(maps)} are no output of such a network; give those of one image, of shape "
            f"({len(CHANNELS)}, H, W): {', '.join(CHANNELS)}, or the first {CLASSES}."
        )
    if not np.isfinite(values).all():
        raise DataError("the maps hold NaN or infinite numbers; show the network grey values in [0, 1].")
    if len(values) == CLASSES:  # of a network of another package, which says nothing of distances and weights
        return Prediction(values)
    return Prediction(values[:CLASSES], values[CLASSES], CLASS_WEIGHTS)
