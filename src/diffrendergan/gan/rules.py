"""All numbers of the recipe `balanced`, and by which a discriminator is said to have won (`docs/adversary.md`)."""

from __future__ import annotations

from typing import NamedTuple


class AdversaryRules(NamedTuple):
    """Numbers of the recipe `balanced`, and of the warning; each says what it decides and where it comes from."""

    batch: int = 8
    """Images in a step, real and synthetic: so many show how images differ among themselves. As in `fit`."""
    hidden: int = 64
    """Units in each of the two hidden layers of what is learned beside the law. Rule of thumb."""
    reach: float = 2.0
    """Farthest that a parameter can be moved away from the fitted law, in the logit of its range: from the middle to
    88 % of the range. Rule of thumb: what lies farther, the fit would have seen."""
    rate_generator: float = 0.02
    """Largest step of the generator, in the logit of a parameter's range: fifty of them one way move a parameter by 1;
    it is seldom so large (see `undecided_share`)."""
    rate_discriminator: float = 2e-4
    """Largest step of the discriminator. Usual for such networks; with ten times as much it unlearned again on
    TiO₂ SEM."""
    betas: tuple[float, ...] = (0.5, 0.99)
    """Of both Adams. Source: Radford et al. 2016, Karras et al. 2018; with more momentum either runs past the other."""
    average: float = 0.96
    """Share of the moving average of the generator's weights that stays in each step; images are made with the average,
    which does not swing as the weights do. Source of the idea: Yazıcı et al. 2019; here over 25 steps."""
    filters: int = 32
    """Channels of the discriminator's first convolution, half of the paper's: it sees a smaller difference, and takes a
    quarter of the time."""
    bands: int = 3
    """High-pass bands beside the image: details of 1, 2 and 4 px, as in `fit`."""
    spectrum_pool: int = 4
    """Neighbouring frequencies whose power is averaged, each way: a single one is chance. Rule of thumb."""
    penalty: float = 0.1
    """Weight γ of the penalty R1 on real patches, γ/2 times the squared slope of the discriminator in the units of
    what it sees. Source: Mescheder et al. 2018, with 10 for a slope by grey values; here the units are spreads."""
    penalty_every: int = 8
    """Steps between two penalties, each so many times as heavy. Source: Karras et al. 2020 (16), halved as trainings
    here are short."""
    undecided_share: float = 0.8
    """The discriminator learns at its full rate while its loss is above this share of what guessing gives, and in
    proportion to its loss below: the surer it is, the less it needs to learn. The generator learns at its full rate
    below, and the less, the nearer the discriminator is to guessing: what that says is chance. Rule of thumb."""
    slowest: float = 0.05
    """Least share of its rate at which either learns."""
    halves: int = 200
    """Random halves of the scans over which the kernel distance is computed, as in `compare`."""
    patience: int = 8
    """Epochs without a fall of the kernel distance beyond its error bar, after which the training stops. Rule of
    thumb."""
    won_last: float = 0.25
    """Share of the steps, the last ones, that are looked at."""
    won_least_steps: int = 100
    """Fewer steps than this say nothing."""
    won_loss: float = 0.4
    """A step is won if the loss of the discriminator is below this share of what guessing gives (.25 for `lsgan`, .693
    for `log`). On TiO₂ SEM the paper's recipe ends at a fifth to a quarter."""
    won_share: float = 0.75
    """Share of these steps that must be won."""


RULES = AdversaryRules()
