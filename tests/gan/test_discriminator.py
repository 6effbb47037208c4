import pytest
import torch

from diffrendergan.gan.discriminator import make_discriminator


def make(filters=64, seed=0):
    return make_discriminator(filters, 0.02, torch.Generator().manual_seed(seed))


def test_size_is_that_of_the_basic_patchgan():
    # Weights and biases of five 4×4 convolutions and three batch norms, counted by hand.
    convolutions = 16 * (64 + 64 * 128 + 128 * 256 + 256 * 512 + 512) + 64 + 1
    norms = 2 * (128 + 256 + 512)
    assert sum(parameter.numel() for parameter in make().parameters()) == convolutions + norms == 2_763_585


@pytest.mark.parametrize("side", [32, 64, 256])
def test_shape(side):
    assert make(4)(torch.rand(2, 1, side, side)).shape == (2, 1, side // 8 - 2, side // 8 - 2)


def test_a_logit_sees_seventy_pixels():
    network = make(4).eval()  # in training, batch norm mixes all pixels
    image = torch.rand(1, 1, 256, 256, requires_grad=True)
    network(image)[0, 0, 15, 15].backward()
    seen = image.grad[0, 0].nonzero()
    assert (seen.max(0).values - seen.min(0).values + 1).tolist() == [70, 70]


def test_initialisation_is_xavier_with_the_gain_and_explicit():
    network = make()
    weight = network[8].weight  # 256 to 512 channels
    assert weight.std().item() == pytest.approx(0.02 * (2 / (16 * (256 + 512))) ** 0.5, rel=0.01)
    assert network[9].weight.mean().item() == pytest.approx(1, abs=0.01)
    assert torch.equal(weight, make()[8].weight)
    assert not torch.equal(weight, make(seed=1)[8].weight)
