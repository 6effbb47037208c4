import math

import pytest
import torch

from diffrendergan.gan.balanced.step import UNDECIDED, mirror, penalty, rates_of
from diffrendergan.gan.balanced.views import Seen
from diffrendergan.gan.generator import Generator
from diffrendergan.gan.rules import RULES


def test_the_surer_the_discriminator_the_slower_it_learns_and_the_faster_the_generator():
    shares = {loss: rates_of(loss * UNDECIDED) for loss in (2, 1, 0.9, 0.4, 0)}
    generator, discriminator = (
        [rates[side] / full for rates in shares.values()]
        for side, full in enumerate((RULES.rate_generator, RULES.rate_discriminator))
    )
    assert generator == pytest.approx([RULES.slowest, RULES.slowest, 0.5, 1, 1])
    assert discriminator == pytest.approx([1, 1, 1, 0.5, RULES.slowest])


def test_mirrors():
    images = torch.arange(8.0).view(2, 2, 2)
    asked = torch.tensor([[True, False], [False, True]])
    assert mirror(images, asked).tolist() == [[[1, 0], [3, 2]], [[6, 7], [4, 5]]]


def test_the_penalty_is_the_squared_slope():
    seen = Seen(torch.ones(2, 1, 4, 4, requires_grad=True), torch.ones(2, 3, 2, 2, requires_grad=True))
    # A mean of logits 3·x over 16 pixels has slopes 3/16; the other head does not depend on its view.
    judged = [3 * seen.image, 0 * seen.spectrum[:, :1]]
    found = float(penalty(judged, seen))
    assert found == pytest.approx(0.5 * RULES.penalty * 16 * (3 / 16) ** 2 / 2)


def test_steps_move_both_and_the_average_lags(balanced_world):
    phis, real, model, renderer, recipe = balanced_world
    state = recipe.new_state(3, model.learned(), 5, torch.device("cpu"))
    generator = Generator(state.network, renderer, model)
    before = {name: value.clone() for name, value in state.discriminator.state_dict().items()}
    first = recipe.step(state, generator, torch.from_numpy(phis), real)
    assert first.tolist() == pytest.approx([math.log(2), math.log(2), 0, 0], abs=1e-6)
    # A discriminator that guesses teaches nothing: the generator moves from the second step on.
    assert (state.network.constant == 0).all()
    recipe.step(state, generator, torch.from_numpy(phis), real)
    moved, lagging = state.network.constant.detach(), state.average.constant.detach()
    assert moved.abs().max() > 0 and state.step == 2
    assert lagging.numpy() == pytest.approx((1 - RULES.average) * moved.numpy(), rel=1e-3, abs=1e-9)
    recipe.step(state, generator, torch.from_numpy(phis), real)
    after = state.discriminator.state_dict()
    assert all(not torch.equal(before[name], after[name]) for name in after if name.endswith("weight"))
