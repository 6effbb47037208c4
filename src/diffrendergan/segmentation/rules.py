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


class WholeRules(NamedTuple):
    """Numbers of the whole shapes of hidden particles; each says what it decides and where it comes from."""

    least_depth: float = 0.3
    """Distances to whole outlines are learned where the middle of a block lies at least this deep in what is seen of
    its particle, as a fraction of the deepest. Rule of thumb: at its rim a pixel may as well be the neighbour's."""
    learned_blocks: int = 8
    """Blocks of each particle whose distances are learned in a crop, drawn anew each time, so that a large particle
    counts no more than a small one. Rule of thumb: as many as a particle of 20 px has."""
    reaches: tuple[float, ...] = (
        0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.15, 1.2, 1.25, 1.3, 1.35, 1.4, 1.45, 1.5, 1.55, 1.6
    )  # fmt: skip
    """Factors of all distances of which the best one is taken, once a network is trained: that by which the median of
    whole diameters is right on synthetic images. What reaches too far is cut where the ground is seen."""
    images: int = 60
    """Images on which that is decided. By 12 of them, 170 particles, it came out 4 % too small on others."""
    least_px: int = 20
    """Regions of fewer pixels are left out there, as in `evaluation.min_region_px`."""
    hidden_weight: float = 3.0
    """A distance counts so many times more in training where the outline is hidden: such rays are a minority, and they
    are what the head is for."""
    voters: int = 9
    """Blocks of a particle whose predicted shapes are averaged. Rule of thumb: more hardly change the mean."""
    least_voter: float = 0.5
    """A block votes if its object probability is at least this fraction of the highest of its particle."""
    second: float = 0.9
    """Least object probability of a second shape proposed within one region of the watershed, as a fraction of that of
    the first. Where it is lower, the region stays one particle."""
    same: float = 0.2
    """Two shapes proposed within one region are the same particle if they overlap (IoU) by more than this. At .4, as is
    usual for non-maximum suppression, AP50 fell by .025 on 8 TiO2 scans that are not scored: particles were split."""
    joined: float = 0.75
    """Two regions of the watershed are one particle, seen in two parts, if the shapes that they propose overlap (IoU)
    by more than this. Set on 16 TiO2 scans that are not scored: .7 to .8 give AP50 +.01 to +.03, without it nothing."""
    mark: float = 0.5
    """Where a region is split, pixels within this many radii of a shape's middle are surely its own; a watershed finds
    the way between."""
    sliver_px: float = 1.5
    """Hidden parts are opened by a disc of this radius [px]: what is thinner is the error of an outline between two
    particles that merely touch."""


WHOLE_RULES = WholeRules()
