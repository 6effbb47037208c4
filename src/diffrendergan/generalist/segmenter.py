"""The packaged network as a tool: from any scan to its particles, with no project and no training."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from diffrendergan.config.compute import DeviceName
from diffrendergan.generalist.decoding import DECODED
from diffrendergan.generalist.kinds.strange import is_strange
from diffrendergan.generalist.magnification.choosing import best_look
from diffrendergan.generalist.scales import Looked, look, particles_at
from diffrendergan.generalist.standard import standardised
from diffrendergan.labels.regions import drop_small
from diffrendergan.micrographs.field import within
from diffrendergan.micrographs.grey_range import TrainedGrey
from diffrendergan.micrographs.rules import AS_FILES_SAY, ReadingRules
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.runs.device import torch_device
from diffrendergan.runs.digest import sha256_of
from diffrendergan.segmentation.agreement import ONE_VIEW, Found, agreement
from diffrendergan.segmentation.blocks import segment_in_blocks
from diffrendergan.segmentation.hulls import ragged_share
from diffrendergan.segmentation.packaged import packaged_bytes, packaged_network
from diffrendergan.segmentation.unet.layout import laid_out
from diffrendergan.segmentation.unet.network import load_network
from diffrendergan.segmentation.unet.prediction import NetworkSegmenter

WHOLE_PX = 1024
"""Scans no longer than this along an axis are not cut into tiles along it [px]."""
TILE_PX = 1088
"""Edge of the tiles else: two of them cover what `MOST_COMPARED_PX` allows [px]."""
OVERLAP = 0.1
"""Overlap of neighbouring tiles, as a fraction of the tile."""
SURE = 0.9
"""Mean probability of foreground below which a scan is doubted: of the 26 scans on which it was set, the 18 above had a
mean AP50 of .69, the 8 below of .40."""
RAGGED = 0.2
"""Share of the particles' area in outlines that are cut in from which a scan is doubted. Of 52 scans, real ones and
ones that a program of its own drew, the 38 below had a mean AP50 of .71, the 14 above (heaps, soot, crossing rods,
powder) of .30; the correlation of the share with AP50 is -.7."""
MIRRORED_FROM = 0.5
"""Looks at so small a magnification are the mean over four mirror images, which costs no more than one look at the scan
as it is: AP50 of eleven scans of spheres .565 to .594, of six of latex .847 to .890. Larger ones cost too much."""
MOST_COMPARED_PX = 2048
"""Magnifications are compared on no more than this much of a scan, along each edge [px]."""


@dataclass(frozen=True)
class Generalist:
    """Finds particles in scans of any kind (a `ScanSegmenter`).

    Attributes
    ----------
    min_region_px : int
        Smaller particles are dropped [px].
    device : str
        Where the network runs.
    """

    min_region_px: int = 0
    device: DeviceName = "auto"
    rules: ReadingRules = AS_FILES_SAY
    structure: Literal["particles", "wires"] = "particles"
    grey: TrainedGrey | None = None
    says_more: bool = True
    """Whether scans are doubted, too, in which much is not convex, or that are like nothing in its training; the latter
    is known of the packaged weights alone."""
    weights: Path | None = None
    """A file of other weights; the packaged ones by default."""

    def segment(self, scan: Micrograph) -> NDArray[np.int32]:
        """Return the particles of a scan (H, W): 0 background, 1..k particles."""
        return self.segment_at(scan)[0]

    def segment_and_doubt(self, scan: Micrograph) -> tuple[NDArray[np.int32], tuple[str, ...]]:
        """Return the particles of a scan (H, W), and what is doubtful of them, a sentence each."""
        labels, best = self.segment_at(scan)
        return labels, self._doubts_of(scan, labels, best)

    def segment_surely(self, scan: Micrograph) -> Found:
        """Return the particles of a scan, what is doubtful of them, and how sure each is (`agreement`)."""
        return self._sure_of(scan, *self.segment_at(scan))

    def _sure_of(self, scan: Micrograph, labels: NDArray[np.int32], best: Looked) -> Found:
        shown = standardised(scan.pixels, scan.field)
        seen = self._told_apart(self.network, ONE_VIEW.shown(shown), best.scale * ONE_VIEW.scale, best.turned)
        return Found(labels, self._doubts_of(scan, labels, best), agreement(labels, [ONE_VIEW.shown(seen)]))

    def _doubts_of(self, scan: Micrograph, labels: NDArray[np.int32], best: Looked) -> tuple[str, ...]:
        doubts = []
        if best.surety < SURE:
            doubts.append(
                f"the generalist is unsure of what it shows ({rounded_down(best.surety)} where {SURE:.2f} or more is "
                "usual): perhaps nothing like it was in its training; look at the outlines before you use any figure"
            )
        if self.says_more and (ragged := ragged_share(labels)) > RAGGED:
            doubts.append(
                f"{ragged:.0%} of what was found lies in outlines that are not convex: either particles are of such a "
                "shape, or several were taken for one and one for several, so that sizes and numbers are wrong; look "
                "at the outlines, and train a network of the case if they are"
            )
        if self.says_more and self.weights is None and is_strange(self.network.network, scan, labels):
            doubts.append(
                "it is like no image that the generalist was taught, and what is found in it may be wrong; look at the "
                "outlines before you use any figure"
            )
        return tuple(doubts)

    def segment_at(self, scan: Micrograph) -> tuple[NDArray[np.int32], Looked]:
        """Return the particles of a scan (H, W), and the look in which they were told apart."""
        shown = standardised(scan.pixels, scan.field)
        middle = _middle(shown)
        best = best_look(self.network, middle)
        network = self._network_at(best.scale)
        if middle.shape == shown.shape and network is self.network:
            labels = particles_at(best, shown.shape)
        else:
            labels = self._told_apart(network, shown, best.scale, best.turned)
        return drop_small(within(labels, scan.field), self.min_region_px), best

    def segment_and_repeat(
        self, scan: Micrograph
    ) -> tuple[NDArray[np.int32], Callable[[NDArray[np.float32]], NDArray[np.int32]]]:
        """Return the particles of a scan (H, W), and what finds those of further images (h, w) in the same way.

        That is, in the magnification that suits the scan, with bright and dark exchanged or not as in it.
        """
        labels, best = self.segment_at(scan)

        def repeated(pixels: NDArray[np.float32]) -> NDArray[np.int32]:
            found = self._told_apart(self._network_at(best.scale), standardised(pixels), best.scale, best.turned)
            return drop_small(found, self.min_region_px)

        return labels, repeated

    def _network_at(self, scale: float) -> NetworkSegmenter:
        """Return what finds particles at a magnification: where it costs little, by the mean over mirror images."""
        return replace(self.network, flips=True) if scale <= MIRRORED_FROM else self.network

    def _told_apart(
        self, network: NetworkSegmenter, shown: NDArray[np.float32], scale: float, turned: bool
    ) -> NDArray[np.int32]:
        """Return the particles of an image as it is shown to a network, looked at in one magnification."""

        def block(pixels: NDArray[np.float32]) -> dict[str, NDArray[np.int32]]:
            return {"particles": particles_at(look(network, pixels, scale, turned), pixels.shape)}

        return segment_in_blocks(shown, block)["particles"]

    def look_at(self, pixels: NDArray[np.float32], scale: float, turned: bool) -> Looked:
        """Return what is seen of a whole image (H, W) at one magnification, bright and dark exchanged or not."""
        return look(self.network, standardised(pixels), scale, turned)

    @property
    def doubts(self) -> tuple[str, ...]:
        """What its results are worth."""
        return (
            "the particles were found by the packaged generalist, which was taught by synthetic images of no "
            "particular material: look at the overlays, and train a network of your own for figures to rely on",
        )

    def files(self, name: str) -> tuple[()]:
        """Return no file: it needs nothing but the scan."""
        return ()

    def describe(self) -> dict[str, Any]:
        """Return what decides the results, as plain values for JSON."""
        model, content = "generalist", packaged_bytes() if self.weights is None else self.weights.read_bytes()
        decided = {"sha256": sha256_of(content), "decoded": DECODED, "min_region_px": self.min_region_px}
        return {"model": model, **decided}

    @cached_property
    def network(self) -> NetworkSegmenter:
        """What predicts the classes of an image as it is shown to it."""
        device = torch_device(self.device)
        module, info = packaged_network() if self.weights is None else load_network(self.weights)
        return NetworkSegmenter(laid_out(module, device), TILE_PX, OVERLAP, False, device, WHOLE_PX, info.patch_size)


def _middle(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the middle of a scan, in which magnifications are compared; all of it if it is not large."""
    starts = [max(0, (length - MOST_COMPARED_PX) // 2) for length in pixels.shape]
    return pixels[starts[0] : starts[0] + MOST_COMPARED_PX, starts[1] : starts[1] + MOST_COMPARED_PX]


def rounded_down(value: float) -> str:
    """Return a share with two digits that is not above it: one just below a limit is not shown as the limit."""
    return f"{math.floor(100 * value + 1e-9) / 100:.2f}"
