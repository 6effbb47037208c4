"""The particles of a whole scan, by each way of telling them apart: block by block, and in the scan's own pixels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from diffrendergan.labels.layers import Layers
from diffrendergan.micrographs.field import within
from diffrendergan.micrographs.resampling import nearest, resampled, scaled_area
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.segmentation.blocks import joined_layers, segment_in_blocks
from diffrendergan.segmentation.instances import DECODINGS, Decoding, decode_all
from diffrendergan.segmentation.protocol import Prediction, Segmenter
from diffrendergan.segmentation.whole_shapes import whole_particles


class Particles(NamedTuple):
    """What was found in a scan."""

    labels: Mapping[Decoding, NDArray[np.int32]]
    """(H, W) each, 0 background."""
    whole: Layers | None = None
    """The whole particles, by the numbers of the decoding `amodal`; None where that was not asked for."""


def segment_all(segmenter: Segmenter, scan: Micrograph, min_region_px: int, scale: float = 1) -> Particles:
    """Return the particles within the field of a scan by each decoding that the network allows.

    The network sees the scan resampled by `scale` (`data.scale`); what it finds is given in the scan's own pixels, and
    so is `min_region_px`.
    """
    least = scaled_area(min_region_px, scale)
    return segment_scan(segmenter, scan, lambda prediction: decode_all(prediction, least), scale)


def segment_by(
    segmenter: Segmenter, scan: Micrograph, decoding: Decoding, min_region_px: int, scale: float = 1, *, whole: bool
) -> Particles:
    """Return the particles by one decoding, as `segment_all` does; with `whole` the whole ones, if it is `amodal`."""
    least = scaled_area(min_region_px, scale)
    return segment_scan(
        segmenter, scan, lambda prediction: {decoding: DECODINGS[decoding](prediction, least)}, scale, whole=whole
    )


def segment_scan(
    segmenter: Segmenter,
    scan: Micrograph,
    decode: Callable[[Prediction], Mapping[Decoding, NDArray[np.int32]]],
    scale: float,
    *,
    whole: bool = True,
) -> Particles:
    """Segment a scan at a scale, block by block, and return the particles of its field in its own pixels."""
    shape = scan.pixels.shape
    of_blocks: list[tuple[NDArray[np.int32], Layers]] = []

    def block(pixels: NDArray[np.float32]) -> Mapping[Decoding, NDArray[np.int32]]:
        prediction = segmenter.predict(pixels)
        labels = decode(prediction)
        if whole and "amodal" in labels:
            of_blocks.append((labels["amodal"], whole_particles(prediction, labels["amodal"])))
        return labels

    found = segment_in_blocks(resampled(scan, scale).pixels, block)
    labels = {
        decoding: within(one if scale == 1 else nearest(one, shape), scan.field) for decoding, one in found.items()
    }
    if not of_blocks:
        return Particles(labels)
    layers = joined_layers(found["amodal"], of_blocks).resized(shape)
    return Particles(labels, layers.only(np.unique(labels["amodal"]).tolist()))
