"""The numbers by which an adaptation to scans is watched, in one table (`docs/segmentation.md`)."""

from __future__ import annotations

from typing import NamedTuple


class AdaptRules(NamedTuple):
    """Numbers of the self-training on unlabelled scans; each says what it decides and where it comes from."""

    checks: int = 4
    """How often in the steps it is checked and saved. Rule of thumb: a check costs about two steps."""
    crops: int = 48
    """Crops of the scans, spread evenly over them, in which foreground and particles are counted; as many as the
    training is validated on."""
    least_px: int = 4
    """Smaller pieces are no particles in that count [px]: specks, which come and go."""
    foreground_factor: float = 1.25
    """The foreground may become so many times larger or smaller. Rule of thumb: beyond the error of networks trained
    on synthetic images of the right kind; a teacher that feeds itself goes on until nothing or everything is
    particle."""
    particles_factor: float = 1.5
    """The number of particles may become so many times larger or smaller. Rule of thumb, wider than the foreground:
    telling more particles apart is what the adaptation is for."""
    score_loss: float = 0.02
    """The Dice on held-out annotated images may fall by this much. Rule of thumb, not measured: the best of ten
    validations was chosen before, so that even an equal network scores below it."""


RULES = AdaptRules()
