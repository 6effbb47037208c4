"""How much of each particle is seen, and how much others hide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.rendering.labels import Silhouettes


@dataclass(frozen=True)
class Visible:
    """What is seen of one particle.

    Attributes
    ----------
    instance : int
        Its identifier in the instance mask.
    particle : int
        Its row in Φ, which is the number of its mesh in the library, counted from 0.
    visible_px : int
        Area of the instance in the mask [px].
    silhouette_px : int
        Area of its full silhouette within the image [px].
    occluded_fraction : float
        Share of the silhouette that other particles hide.
    """

    instance: int
    particle: int
    visible_px: int
    silhouette_px: int
    occluded_fraction: float

    def as_json(self) -> dict[str, Any]:
        """Return plain values for the manifest."""
        return {
            "instance": self.instance,
            "particle": self.particle,
            "visible_px": self.visible_px,
            "silhouette_px": self.silhouette_px,
            "occluded_fraction": round(self.occluded_fraction, 4),
        }


def visible_particles(
    labels: NDArray[np.int32], instances: NDArray[np.int32], outlines: Silhouettes
) -> tuple[Visible, ...]:
    """Measure the instances of an image.

    Parameters
    ----------
    labels : int32 (H, W)
        Rows of Φ plus one, as rendered.
    instances : int32 (H, W)
        Instances 1..k: `labels` without small regions, renumbered.
    outlines : Silhouettes
        The full silhouettes, by the identifiers of `labels`.
    """
    count = int(max(labels.max(initial=0), outlines.particles.max(initial=0)))
    seen, full = np.bincount(labels.ravel(), minlength=count + 1)[1:], outlines.areas(count)
    kept = np.bincount(instances.ravel())
    rows: dict[int, int] = dict(zip(instances.ravel().tolist(), labels.ravel().tolist(), strict=True))
    return tuple(
        Visible(
            instance,
            rows[instance] - 1,
            int(kept[instance]),
            int(full[rows[instance] - 1]),
            float(1 - seen[rows[instance] - 1] / full[rows[instance] - 1]),
        )
        for instance in range(1, len(kept))
    )


def amodal_masks(visible: tuple[Visible, ...], outlines: Silhouettes) -> NDArray[np.bool_]:
    """Return the full silhouette of each instance, bool (k, H, W), also where another particle hides it."""
    if not visible:
        return np.zeros((0, outlines.size, outlines.size), bool)
    return np.stack([outlines.mask(one.particle + 1) for one in visible])
