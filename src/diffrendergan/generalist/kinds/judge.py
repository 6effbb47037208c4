"""The kind of the images of a folder, from their files or by the packaged network, for `init`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from diffrendergan.config.compute import DeviceName
from diffrendergan.generalist.kinds.model import KindModel, packaged_kinds
from diffrendergan.generalist.kinds.strange import are_strange, description_of
from diffrendergan.inspection.kind import CANNOT_TELL, KindFound, stated_kind
from diffrendergan.micrographs.types import LabelImage, Micrograph
from diffrendergan.runs.device import torch_device
from diffrendergan.segmentation.packaged import packaged_network

WORDS: Mapping[str, str] = {
    "secondary": "secondary electrons or helium ions",
    "backscattered": "back-scattered electrons",
    "transmission": "transmission, bright field",
    "dark field": "transmission, dark field",
    "heights": "height",
}
"""Looks of the training as kinds of images. Helium ions are the stronger of the looks of secondary electrons: nothing
in an image tells them apart."""
FAMILIES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("secondary", "backscattered"), "secondary or back-scattered electrons, or helium ions"),
    (("transmission", "dark field"), "transmission, bright or dark field"),
    (("secondary", "backscattered", "dark field"), "electrons or ions from the surface, or dark field"),
    (("secondary", "backscattered", "dark field", "heights"), "no bright field: surface, dark field, or height"),
)
"""Kinds that are named together where none is sure, the narrowest first."""
DARK: Mapping[str, bool] = {"transmission": True, "dark field": False, "heights": False}
"""Looks in which particles are darker than the ground, and such in which they are not."""
MOST_SCANS = 6
"""Scans that are looked at, evenly spaced. Bounds the time."""


@dataclass(frozen=True)
class GeneralistKinds:
    """Tells the kind of image (a `KindJudge`)."""

    device: DeviceName = "auto"

    def __call__(self, scans: Sequence[Micrograph], labels: Sequence[LabelImage]) -> KindFound:
        """Return the kind of the images of a folder, and which are like nothing of the training.

        Scans without particles say nothing of the kind. What the files state comes first.
        """
        chosen = list(zip(scans, labels, strict=True))[:: max(1, -(-len(scans) // MOST_SCANS))]
        network = packaged_network()[0].to(torch_device(self.device))
        model, vectors = packaged_kinds(), [description_of(network, scan, each) for scan, each in chosen]
        strange = tuple(scan.name for (scan, _), some in zip(chosen, vectors, strict=True) if are_strange(some))
        seen = [some for (_, each), some in zip(chosen, vectors, strict=True) if each.any()]
        found = stated_kind(scans) or _judged(model, np.concatenate(seen) if seen else None)
        return replace(found, strange=strange, looked_at=len(chosen))


def _judged(model: KindModel, vectors: NDArray[np.float32] | None) -> KindFound:
    if vectors is None:
        return KindFound(CANNOT_TELL, 0.0, "no particles were found")
    # Windows of one folder are alike: their mean counts as one image, not each as new evidence.
    mean = model.log_probabilities(vectors).mean(axis=0)
    shares = np.exp(mean - mean.max())
    return judged(dict(zip(model.looks, shares / shares.sum(), strict=True)), float(model.record["threshold"]))


def judged(shares: Mapping[str, float], threshold: float) -> KindFound:
    """Return the kind, or family of kinds, that is likelier than a threshold, from the probabilities of the looks."""
    ordered = sorted(shares, key=lambda look: -shares[look])
    told = ", ".join(f"{WORDS[look]} {shares[look]:.0%}" for look in ordered[:2])
    answers = [((look,), WORDS[look]) for look in ordered[:1]] + list(FAMILIES)
    for looks, words in answers:
        share = float(sum(shares[look] for look in looks))
        if share >= threshold:
            dark = {DARK.get(look) for look in looks}
            return KindFound(words, share, f"by their look: {told}", dark.pop() if len(dark) == 1 else None)
    return KindFound(CANNOT_TELL, float(max(shares.values())), f"by their look: {told}")
