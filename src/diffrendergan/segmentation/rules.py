"""The numbers by which trained networks learn on: `docs/segmentation.md` and `docs/correct.md` show them."""

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


class CorrectRules(NamedTuple):
    """Numbers of the training on corrections; each says what it decides and where it comes from."""

    steps: int = 120
    """Steps, unless `--steps` says otherwise. Rule of thumb: two or three minutes on two cores."""
    rate: float = 0.3
    """Highest learning rate, as a fraction of `segmentation.learning_rate`. Rule of thumb: a trained network is to
    change where it was corrected, not to begin anew."""
    share: float = 0.5
    """Share of the crops of each step that show corrected scans; the others are the run's own images, so that nothing
    is forgotten. Half and half, as in an adaptation."""
    checks: int = 4
    """How often in the steps it is validated and saved, and can be stopped. As many as of an adaptation."""
    crops: int = 24
    """Crops of the corrected scans, and as many of held-out images of the run, on which it is validated: together as
    many as in the training."""
    score_loss: float = 0.02
    """If the Dice on held-out images of the run falls by more than this, it is said. As of an adaptation."""


CORRECT_RULES = CorrectRules()
