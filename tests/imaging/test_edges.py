"""Operators on particles reach to the edge of their light."""

from __future__ import annotations

import torch

from diffrendergan.config.imaging import ImagingConfig
from diffrendergan.imaging.chain import links_of
from diffrendergan.imaging.composite import Composite
from diffrendergan.imaging.edges import to_the_edge
from diffrendergan.imaging.passage import passed


def test_pixels_beside_a_particle_are_its_own_and_the_rest_is_ground():
    labels = torch.zeros(1, 5, 7, dtype=torch.int32)
    labels[0, 2, 1:3], labels[0, 2, 5] = 3, 4
    found = to_the_edge({"labels": labels})["labels"]
    assert found.dtype == torch.int32
    assert found[0, 2].tolist() == [3, 3, 3, 3, 4, 4, 4] and found[0, 1].tolist() == [3, 3, 3, 3, 4, 4, 4]
    assert not found[0, [0, 4]].any()


def test_the_edge_of_a_particle_is_as_much_brighter_as_its_inside():
    """A half covered pixel whose centre is ground has half the light of the particle, gain and all."""
    labels = torch.zeros(1, 8, 8, dtype=torch.int32)
    labels[0, 2:6, 2:6] = 1
    light = 0.5 * (labels > 0).float()
    light[0, 2:6, 6] = 0.25
    (link,) = links_of(ImagingConfig.model_validate({"noise_sigma": 0.0, "variation": {"sigma": 0.8}}))
    picture = Composite(light, (labels == 0).float(), torch.zeros(1, 8, 8))
    images = passed(picture, [link], [torch.zeros(1, 0)], {"labels": labels}, torch.Generator().manual_seed(0)).images
    assert not torch.allclose(images, light)
    torch.testing.assert_close(images[0, 3, 6], images[0, 3, 5] / 2)
