"""Over a picture, operators do what they would do to particles, and nothing twice to the ground."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch

from diffrendergan.config.imaging import ImagingConfig
from diffrendergan.imaging.chain import Link, links_of
from diffrendergan.imaging.composite import Composite
from diffrendergan.imaging.operator import Operator
from diffrendergan.imaging.operators.charging import charged
from diffrendergan.imaging.operators.gaussian_blur import gaussian_blur
from diffrendergan.imaging.passage import sent

SIZE = 64


def halved(rng) -> Composite:
    """Particles of 0.6 in the left half, noise of 0.1 about 0.3 on the right."""
    over, through = torch.zeros(1, SIZE, SIZE), torch.zeros(1, SIZE, SIZE)
    over[..., : SIZE // 2], through[..., SIZE // 2 :] = 0.6, 1.0
    return Composite(over, through, 0.3 + 0.1 * torch.randn(1, SIZE, SIZE, generator=rng))


def passed(start: Composite, generator: torch.Generator, **imaging: object) -> Composite:
    return through(start, links_of(ImagingConfig.model_validate({"noise_sigma": 0.0, **imaging})), generator)


def through(start: Composite, links: Sequence[Link], generator: torch.Generator | None) -> Composite:
    found, _ = sent(start, links, [torch.zeros(1, 0)] * len(links), {}, generator)
    assert isinstance(found, Composite)
    return found


def test_noise_comes_to_particles_and_not_again_to_the_ground(rng):
    start = halved(rng(1))
    made = passed(start, rng(2), noise_sigma=0.1)
    left, right = made.image[..., : SIZE // 2], made.image[..., SIZE // 2 :]
    assert left.std().item() == pytest.approx(0.1, rel=0.05)
    assert (right - start.image[..., SIZE // 2 :]).std().item() < 2e-4


@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
def test_in_shadow_and_at_soft_edges_noise_adds_up_to_that_of_the_chain(rng, share):
    big = torch.full((1, 256, 256), share)
    start = Composite(torch.zeros_like(big), big, 0.3 + 0.1 * torch.randn(1, 256, 256, generator=rng(1)))
    made = passed(start, rng(2), noise_sigma=0.1)
    assert made.image.std().item() == pytest.approx(0.1, rel=0.02)


def test_a_blur_softens_particles_over_a_ground_that_stays_sharp(rng):
    start = halved(rng(1))
    made = passed(start, rng(2), blur_sigma_px=1.5)
    width = torch.tensor([1.5])
    soft = gaussian_blur(start.over, width, 1.5) + gaussian_blur(start.through, width, 1.5) * start.ground
    torch.testing.assert_close(made.image, soft)
    torch.testing.assert_close(made.image[..., SIZE // 2 + 8 :], start.image[..., SIZE // 2 + 8 :])


def test_response_and_vignetting_are_the_grounds_own_already(rng):
    start = halved(rng(1))
    made = passed(start, rng(2), response={"gain": 1.2}, vignetting={"strength": 0.3})
    assert torch.equal(made.image[..., SIZE // 2 :], start.image[..., SIZE // 2 :])
    assert (made.image - start.image)[..., : SIZE // 2].abs().mean() > 0.02


def test_tails_of_charge_fall_on_the_ground_too(rng):
    start = halved(rng(1))
    made = passed(start, rng(2), charging={"strength": -0.3, "length_px": 8.0})
    torch.testing.assert_close(made.image, charged(start.image, torch.tensor([-0.3]), torch.tensor([8.0]), 8.0))
    assert (made.image - start.image)[..., SIZE // 2].mean() < -0.02


def test_what_moves_light_at_random_moves_particles_and_ground_alike(rng):
    def shifted(given):
        return torch.roll(given.images, int(torch.randint(1, 20, (1,), generator=given.rng)), -1)

    link = Link(Operator("jitter", shifted, over_ground="spreads"), {})
    start = halved(rng(1))
    made = through(start, [link], rng(5))
    assert torch.equal(made.over > 0, made.through == 0)
    assert not torch.equal(made.over, start.over)


def test_what_concerns_particles_alone_leaves_shadows(rng):
    link = Link(Operator("doubled", lambda given: 2 * given.images, over_ground="particles"), {})
    made = through(halved(rng(1)), [link], None)
    torch.testing.assert_close(made.image[..., : SIZE // 2], torch.full((1, SIZE, SIZE // 2), 1.2))
    assert torch.equal(made.image[..., SIZE // 2 :], halved(rng(1)).image[..., SIZE // 2 :])
