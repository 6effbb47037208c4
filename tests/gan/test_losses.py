import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from diffrendergan.gan.losses import LOG, LSGAN

REAL, FAKE = torch.tensor([1.5, -0.5]), torch.tensor([0.25, -1.0])


def test_least_squares_by_hand():
    assert LSGAN.generator(FAKE).item() == pytest.approx((0.75**2 + 2**2) / 2)
    expected = 0.5 * ((0.5**2 + 1.5**2) / 2 + (0.25**2 + 1) / 2)
    assert LSGAN.discriminator(REAL, FAKE).item() == pytest.approx(expected)


def test_log_loss_is_the_cross_entropy():
    ones, zeros = torch.ones(2), torch.zeros(2)
    assert LOG.generator(FAKE).item() == pytest.approx(cross_entropy(FAKE, ones).item())
    expected = 0.5 * (cross_entropy(REAL, ones) + cross_entropy(FAKE, zeros))
    assert LOG.discriminator(REAL, FAKE).item() == pytest.approx(expected.item())


@pytest.mark.parametrize("loss", [LSGAN, LOG])
def test_directions_and_extremes(loss):
    fake = torch.tensor([0.2], requires_grad=True)
    loss.generator(fake).backward()
    assert fake.grad < 0  # G raises the judgement of fakes
    for logit in (-1e4, 1e4):
        assert torch.isfinite(loss.generator(torch.tensor([logit])))
        assert torch.isfinite(loss.discriminator(torch.tensor([logit]), torch.tensor([-logit])))
