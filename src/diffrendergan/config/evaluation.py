"""Configuration of the scores."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from diffrendergan.config.base import CountOrNone, Different, Section, Seed


class EvaluationConfig(Section):
    """Scores on the held-out scans."""

    min_region_px: CountOrNone = 20
    """Predicted regions smaller than this are dropped [px]."""
    decoding: Literal["components", "watershed", "distance", "amodal"] = "components"
    """How the headline instances are cut: the paper's connected components, a contour-aware watershed, the predicted
    distance from the boundary, or that watershed with the whole outline of each particle, where others cover it, too
    (`amodal`; for these two nnU-Net has no prediction). With `amodal` silhouettes are written beside the synthetic
    images, and networks learn from them."""
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1), Different] = (0,)
    """A network is trained for each seed; the report gives mean and spread."""
    twins: bool = False
    """Correct the figures of the held-out scans by twins of them (docs/twins.md): images like them of known truth, in
    which the network looks for particles, too."""
