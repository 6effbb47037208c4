"""The packaged generalist with the whole shapes of particles that others cover."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import ConfigError
from diffrendergan.generalist.scales import Looked, look, particles_at
from diffrendergan.generalist.segmenter import Generalist
from diffrendergan.generalist.standard import standardised
from diffrendergan.labels.layers import Layers
from diffrendergan.labels.overlap import region_overlaps
from diffrendergan.micrographs.resampling import nearest
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.runs.device import torch_device
from diffrendergan.runs.digest import sha256_of
from diffrendergan.segmentation.agreement import Found
from diffrendergan.segmentation.blocks import joined_layers, segment_in_blocks
from diffrendergan.segmentation.packaged import packaged_bytes, packaged_whole_network
from diffrendergan.segmentation.unet.layout import laid_out
from diffrendergan.segmentation.unet.prediction import NetworkSegmenter
from diffrendergan.segmentation.weights import WHOLE_FILE
from diffrendergan.segmentation.whole_shapes import covered_parts, whole_particles


def packaged_generalist(min_region_px: int, decoding: str | None) -> Generalist:
    """Return the packaged generalist, with whole shapes if the decoding is `amodal`.

    Raises
    ------
    ConfigError
        If it is another decoding.
    """
    if decoding is None:
        return Generalist(min_region_px)
    if decoding != "amodal":
        raise ConfigError(
            f"the packaged generalist cannot take the decoding {decoding!r}: it tells particles apart in a way of its "
            "own, beside which it knows `amodal` (whole shapes, too); leave it out, or name a network with --model."
        )
    return WholeGeneralist(min_region_px)


@dataclass(frozen=True)
class WholeGeneralist(Generalist):
    """Finds what is seen of particles as the generalist does, and tells how they go on under others.

    The scan is looked at once more, in the magnification in which its particles were told apart, by a head that learned
    beside the packaged weights. Lengths of rays are those of that look.
    """

    def segment_whole(self, scan: Micrograph) -> tuple[NDArray[np.int32], Layers]:
        """Return the particles of a scan (H, W), and the whole ones of the same numbers."""
        labels, best = self.segment_at(scan)
        return labels, self._whole_of(scan, labels, best)

    def segment_surely(self, scan: Micrograph) -> Found:
        """Return the particles of a scan, also the whole ones, what is doubtful of them, and how sure each is."""
        labels, best = self.segment_at(scan)
        return self._sure_of(scan, labels, best)._replace(whole=self._whole_of(scan, labels, best))

    def describe(self) -> dict[str, Any]:
        """Return what decides the results, as plain values for JSON."""
        return {**super().describe(), "decoding": "amodal", "whole": sha256_of(packaged_bytes(WHOLE_FILE))}

    def _whole_of(self, scan: Micrograph, labels: NDArray[np.int32], best: Looked) -> Layers:
        of_blocks: list[tuple[NDArray[np.int32], Layers]] = []
        network = replace(self._with_head, flips=self._network_at(best.scale).flips)

        def block(pixels: NDArray[np.float32]) -> dict[str, NDArray[np.int32]]:
            looked = look(network, pixels, best.scale, best.turned)
            seen = particles_at(looked, pixels.shape)
            shapes = whole_particles(looked.prediction, looked.labels).resized(pixels.shape)
            of_blocks.append((seen, _named(shapes, nearest(looked.labels, pixels.shape), seen)))
            return {"particles": seen}

        seen = segment_in_blocks(standardised(scan.pixels, scan.field), block)["particles"]
        return covered_parts(labels, _named(joined_layers(seen, of_blocks), seen, labels))

    @cached_property
    def _with_head(self) -> NetworkSegmenter:
        """What predicts whole shapes as well."""
        module, info = packaged_whole_network()
        assert info.reach is not None
        return replace(self.network, network=laid_out(module, torch_device(self.device)), reach=info.reach)


def _named(shapes: Layers, known: NDArray[np.int32], labels: NDArray[np.int32]) -> Layers:
    """Return shapes by the numbers of a label image, in place of those of another that shows the same particles."""
    overlaps = region_overlaps(labels, known)
    ours, theirs = (np.unique(image[image > 0]) for image in (labels, known))
    best: dict[int, tuple[int, int]] = {}
    for row, column, shared in zip(overlaps.rows, overlaps.columns, overlaps.shared, strict=True):
        number = int(ours[row])
        if shared > best.get(number, (0, 0))[0]:
            best[number] = int(shared), int(theirs[column])
    by_number = {layer.number: layer for layer in shapes}
    return Layers.of(
        labels.shape,
        (
            (number, layer.top, layer.left, layer.mask)
            for number, (_, other) in best.items()
            if (layer := by_number.get(other)) is not None
        ),
    )
