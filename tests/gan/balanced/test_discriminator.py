import torch

from diffrendergan.gan.balanced.discriminator import BalancedDiscriminator
from diffrendergan.gan.balanced.views import Seen

REAL = (0.5 + 0.1 * torch.randn(12, 32, 32, generator=torch.Generator().manual_seed(0))).clamp(0, 1)


def make(seed=1):
    """Return a discriminator whose heads say something; one that is new guesses."""
    judge = BalancedDiscriminator(REAL, torch.Generator().manual_seed(seed))
    for head in (judge.image, judge.spectrum):
        torch.nn.init.normal_(head.last[-1].weight, generator=torch.Generator().manual_seed(seed))
    return judge


def test_it_guesses_at_first():
    judge = BalancedDiscriminator(REAL, torch.Generator().manual_seed(1))
    assert all((logits == 0).all() for logits in judge(REAL[:4]))


def test_two_heads_judge_and_the_seed_decides():
    image, spectrum = make()(REAL[:4])
    assert image.shape[:2] == spectrum.shape[:2] == (4, 1)
    again = make()(REAL[:4])
    assert torch.equal(image, again[0]) and torch.equal(spectrum, again[1])
    assert not torch.equal(image, make(2)(REAL[:4])[0])


def test_it_sees_that_images_of_a_batch_are_alike():
    judge = make()
    same = REAL[:1].expand(4, -1, -1)
    alone, among = judge(same)[0][0], judge(torch.cat([REAL[:1], REAL[5:8]]))[0][0]
    assert not torch.allclose(alone, among, atol=1e-4)


def test_each_head_has_its_own_view():
    judge, seen = make(), make().views(REAL[:2])
    first = judge.judge(seen)
    other = judge.judge(Seen(seen.image, seen.spectrum + 1))
    assert torch.equal(first[0], other[0]) and not torch.equal(first[1], other[1])
