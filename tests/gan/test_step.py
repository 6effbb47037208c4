import numpy as np
import pytest
import torch

from diffrendergan.errors import DataError
from diffrendergan.gan.generator import Generator
from diffrendergan.gan.losses import LOG, LSGAN
from diffrendergan.gan.state import new_state
from diffrendergan.gan.step import train_step

INDICES = [0, 2]


def start(project, renderer, model, phis):
    state = new_state(project.training, phis.shape[1], model.learned(), project.seed)
    return state, Generator(state.network, renderer, model)


def slow_step(state, generator, loss, indices, phi, real):
    """The step as CycleGAN's code spells it: D judges the fakes once for G and once more for itself."""
    fake = generator.images(indices, generator.theta(phi, state.dropout), state.noise)
    state.discriminator.requires_grad_(False)
    loss_generator = loss.generator(state.discriminator(fake[:, None]))
    state.adam_generator.zero_grad()
    loss_generator.backward()
    state.adam_generator.step()
    state.discriminator.requires_grad_(True)
    judged_real = state.discriminator(real[:, None])
    judged_fake = state.discriminator(fake.detach()[:, None])
    loss_discriminator = loss.discriminator(judged_real, judged_fake)
    state.adam_discriminator.zero_grad()
    loss_discriminator.backward()
    state.adam_discriminator.step()
    return loss_generator.item(), loss_discriminator.item(), judged_real.mean().item(), judged_fake.mean().item()


@pytest.mark.parametrize("loss", [LSGAN, LOG])
def test_equals_the_slow_step(world, project, linear_renderer, loss):
    phis, real, model = world
    phi, patches = torch.from_numpy(phis[INDICES]), torch.from_numpy(real[INDICES])
    fast, fast_generator = start(project, linear_renderer, model, phis)
    slow, slow_generator = start(project, linear_renderer, model, phis)
    for _ in range(3):
        expected = slow_step(slow, slow_generator, loss, INDICES, phi, patches)
        assert np.allclose(train_step(fast, fast_generator, loss, INDICES, phi, patches), expected, rtol=1e-5)
    for ours, theirs in (
        (fast.network.parameters(), slow.network.parameters()),
        (fast.discriminator.parameters(), slow.discriminator.parameters()),
    ):
        for a, b in zip(ours, theirs, strict=True):
            assert torch.allclose(a, b, rtol=1e-4, atol=1e-6)


def test_updates_both_and_counts(world, project, linear_renderer):
    phis, real, model = world
    state, generator = start(project, linear_renderer, model, phis)
    before = [
        parameter.detach().clone() for parameter in (*state.network.parameters(), *state.discriminator.parameters())
    ]
    train_step(state, generator, LSGAN, [1], torch.from_numpy(phis[[1]]), torch.from_numpy(real[[1]]))
    after = [*state.network.parameters(), *state.discriminator.parameters()]
    changed = [not torch.equal(a, b) for a, b in zip(before, after, strict=True)]
    assert all(changed)
    assert state.step == 1


def test_sizes_must_agree(world, project, linear_renderer):
    phis, real, model = world
    state, generator = start(project, linear_renderer, model, phis)
    with pytest.raises(DataError, match="24×24 px but the renderer draws 32×32"):
        train_step(state, generator, LSGAN, [0], torch.from_numpy(phis[:1]), torch.from_numpy(real[:1, :24, :24]))
