"""One annotated synthetic image: draw, render, judge, repeat (METHOD §7)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from diffrendergan.arrangement.phi import Placer
from diffrendergan.config.project import Project
from diffrendergan.errors import DataError, PlacementError
from diffrendergan.imaging.model import ImagingModel
from diffrendergan.labels.classes import class_mask
from diffrendergan.labels.regions import remove_small
from diffrendergan.rendering.snapshots import Snapshots
from diffrendergan.runs import seeds
from diffrendergan.synthesis.acceptance import Acceptance, assess
from diffrendergan.synthesis.visibility import Visible, amodal_masks, visible_particles

Theta = Callable[[NDArray[np.float32], np.random.Generator], NDArray[np.float32]]
"""From a constellation (n, 4 or 8) to θ (P,): the trained network in eval mode, which draws nothing, or random θ."""


@dataclass(frozen=True)
class SyntheticImage:
    """An accepted image with its masks and where it came from."""

    image: NDArray[np.float32]
    classes: NDArray[np.uint8]
    instances: NDArray[np.int32]
    theta: NDArray[np.float32]
    acceptance: Acceptance
    attempt: int
    """Draws rejected before this one."""
    visible: tuple[Visible, ...]
    """What is seen of each instance, in their order."""
    amodal: NDArray[np.bool_] | None
    """Full silhouettes (k, H, W) of the instances, if asked for."""


@dataclass(frozen=True)
class SynthesisEngine:
    """Makes image i from the seed and i alone.

    Attributes
    ----------
    project : Project
        Acceptance, imaging, seed.
    placer : Placer
        Draws constellations.
    snapshots : Snapshots
        Renders and labels.
    theta : callable
        The trained network, or random θ.
    """

    project: Project
    placer: Placer
    snapshots: Snapshots
    theta: Theta

    def make(self, index: int) -> SyntheticImage:
        """Return image `index`.

        Raises
        ------
        DataError
            If `synthesis.max_attempts` draws in a row are rejected; the sentence says for what reasons.
        """
        reasons: Counter[str] = Counter()
        for attempt in range(self.project.synthesis.max_attempts):
            found = self._attempt(index, attempt)
            if isinstance(found, SyntheticImage):
                return found
            reasons[re.split(r" \d", found.reason)[0]] += 1
        told = ", ".join(f"{word} ({count}×)" for word, count in reasons.most_common())
        raise DataError(
            f"synthetic image {index} was rejected {self.project.synthesis.max_attempts} times, for its {told}; "
            "choose another epoch (`selection.epoch`), or relax `synthesis.min_background` or `synthesis.min_contrast`."
        )

    def _attempt(self, index: int, attempt: int) -> SyntheticImage | Acceptance:
        project, config = self.project, self.project.synthesis
        rng = seeds.generator(project.seed, "synthesis", "arrangement", index, attempt)
        try:
            phi = self.placer.draw(rng)
        except PlacementError as error:
            if attempt + 1 == config.max_attempts:
                raise
            return Acceptance(0.0, None, False, f"placement: {error}")
        self.snapshots.place(phi)
        labels = self.snapshots.labels()
        instances = remove_small(labels, config.min_region_px)
        # Labels cost a tenth of an image: refuse what they alone rule out before rendering it.
        background = float((instances == 0).mean())
        if background == 1.0 or background < config.min_background:
            return assess(np.ones(instances.shape, np.float32), instances, config)
        theta = self.theta(phi, seeds.generator(project.seed, "synthesis", "theta", index, attempt))
        image = self._picture(
            theta,
            seeds.integer32(project.seed, "synthesis", "rays", index, attempt),
            seeds.integer(project.seed, "synthesis", "noise", index, attempt),
        )
        acceptance = assess(image, instances, config)
        if not acceptance.accepted:
            return acceptance
        outlines = self.snapshots.silhouettes()
        visible = visible_particles(labels, instances, outlines)
        return SyntheticImage(
            image,
            class_mask(instances, config.contour_width_px),
            instances,
            theta,
            acceptance,
            attempt,
            visible,
            amodal_masks(visible, outlines) if config.amodal else None,
        )

    def _picture(self, theta: NDArray[np.float32], ray_seed: int, noise_seed: int) -> NDArray[np.float32]:
        imaging = ImagingModel(self.project.imaging)
        rendered = len(theta) - len(imaging.parameters)
        values = torch.from_numpy(theta)[None]
        with torch.no_grad():
            radiance = self.snapshots.radiance(values[:, :rendered], ray_seed)
            noise = torch.Generator().manual_seed(noise_seed)
            return imaging.apply(radiance, values[:, rendered:], noise)[0].numpy()
