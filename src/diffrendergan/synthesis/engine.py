"""One annotated synthetic image: draw, render, judge, repeat (METHOD §7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from diffrendergan.arrangement.phi import Placer
from diffrendergan.config.project import Project
from diffrendergan.errors import DataError, PlacementError
from diffrendergan.imaging.ground import FLAT, Ground
from diffrendergan.imaging.image_model import ImageModel, image_model
from diffrendergan.imaging.passage import Developed
from diffrendergan.imaging.resampling import moved
from diffrendergan.labels.classes import class_mask
from diffrendergan.labels.regions import remove_small
from diffrendergan.rendering.snapshots import Snapshots
from diffrendergan.runs import seeds
from diffrendergan.synthesis.acceptance import Acceptance, Reason, Rejection, assess, assess_labels
from diffrendergan.synthesis.visibility import Visible, amodal_masks, visible_particles

_OF_PLACES = ("synthesis", "arrangement")
"""What the seeds of arrangements are for."""

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
    ground_scan: str | None = None
    """The scan whose ground it shows, if it shows that of one."""


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
    ground : Ground
        What lies under the particles.
    """

    project: Project
    placer: Placer
    snapshots: Snapshots
    theta: Theta
    ground: Ground = FLAT

    @cached_property
    def model(self) -> ImageModel:
        """What follows the render, and the columns of θ."""
        return image_model(self.snapshots, self.project.imaging, self.ground)

    def make(self, index: int) -> SyntheticImage:
        """Return image `index`.

        Raises
        ------
        DataError
            If `synthesis.max_attempts` draws in a row are rejected; the sentence says for what reasons.
        """
        rejections: list[Rejection] = []
        for attempt in range(self.project.synthesis.max_attempts):
            found = self._attempt(index, attempt)
            if isinstance(found, SyntheticImage):
                return found
            rejections.append(found)
        raise DataError(
            f"synthetic image {index} was rejected {len(rejections)} times, for its {_told(rejections)}; "
            f"{self._advice(rejections)}choose another epoch (`selection.epoch`), or relax `synthesis.min_background` "
            "or `synthesis.min_contrast`."
        )

    def silhouettes_of(self, index: int, attempt: int, instances: NDArray[np.int32]) -> NDArray[np.bool_] | None:
        """Return the full silhouettes (k, H, W) of an image that was made before, without rendering it again.

        Parameters
        ----------
        index, attempt : int
            Which image, and draws rejected before it.
        instances : int32 (H, W)
            Those of the image.

        Returns
        -------
        bool (k, H, W) or None
            None where the arrangement by itself does not show these instances: operators have moved the pixels, or the
            image was made from something else.
        """
        self.snapshots.place(self.placer.draw(seeds.generator(self.project.seed, *_OF_PLACES, index, attempt)))
        labels = self.snapshots.labels()
        if not np.array_equal(remove_small(labels, self.project.synthesis.min_region_px), instances):
            return None
        outlines = self.snapshots.silhouettes()
        return amodal_masks(visible_particles(labels, instances, outlines), outlines)

    def _advice(self, rejections: Sequence[Rejection]) -> str:
        """Say so if all contrasts are the wrong way round."""
        contrasts = [rejection.contrast for rejection in rejections if rejection.contrast is not None]
        if not contrasts or max(contrasts) >= 1:
            return ""
        wanted = self.project.data.foreground
        found = "dark" if wanted == "bright" else "bright"
        return (
            f"its particles came out {found}er than the background, where `data.foreground` says {wanted}: "
            f"if the real ones are {found}, set it to {found}; else "
        )

    def _attempt(self, index: int, attempt: int) -> SyntheticImage | Rejection:
        project, config = self.project, self.project.synthesis
        rng = seeds.generator(project.seed, *_OF_PLACES, index, attempt)
        try:
            phi = self.placer.draw(rng)
        except PlacementError as error:
            if attempt + 1 == config.max_attempts:
                raise
            return Rejection(Reason.PLACEMENT, str(error))
        self.snapshots.place(phi)
        labels = self.snapshots.labels()
        instances = remove_small(labels, config.min_region_px)
        # Labels cost a tenth of an image: refuse what they alone rule out before rendering it.
        rejection = assess_labels(instances, config)
        if rejection is not None:
            return rejection
        theta = self.theta(phi, seeds.generator(project.seed, "synthesis", "theta", index, attempt))
        noise = seeds.integer(project.seed, "synthesis", "noise", index, attempt)
        shot = self._shot(theta, seeds.integer32(project.seed, "synthesis", "rays", index, attempt), noise)
        image = shot.images[0].numpy()
        if shot.shifts:
            labels = moved(labels, shot.shifts)
            instances = remove_small(labels, config.min_region_px)
        verdict = assess(image, instances, config, project.data.foreground)
        if isinstance(verdict, Rejection):
            return verdict
        outlines = self.snapshots.silhouettes()
        if shot.shifts:
            pixels = np.arange(labels.size, dtype=np.int32).reshape(labels.shape)
            outlines = outlines.taken_from(moved(pixels, shot.shifts))
        visible = visible_particles(labels, instances, outlines)
        return SyntheticImage(
            image,
            class_mask(instances, config.contour_width_px),
            instances,
            theta,
            verdict,
            attempt,
            visible,
            amodal_masks(visible, outlines) if project.keeps_silhouettes else None,
            # The ground is drawn first of all that is drawn of an image.
            self.ground.source(torch.Generator().manual_seed(noise)),
        )

    def _shot(self, theta: NDArray[np.float32], ray_seed: int, noise_seed: int) -> Developed:
        noise = torch.Generator().manual_seed(noise_seed)
        return self.model.shot(self.snapshots, torch.from_numpy(theta)[None], ray_seed, noise)


def _told(rejections: Sequence[Rejection]) -> str:
    """Return the reasons with their numbers, the commonest first."""
    reasons = Counter(rejection.reason for rejection in rejections)
    return ", ".join(f"{reason.value} ({count}×)" for reason, count in reasons.most_common())
