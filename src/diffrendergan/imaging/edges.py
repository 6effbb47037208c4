"""What is known of particles, up to where their light ends.

Buffers are seen through the centres of pixels, while light is collected from all of a pixel and a little beyond. So a
pixel whose centre is ground may show the edge of a particle; it has to be treated as that particle is, or the outline
of each particle that is darker or brighter than others is dotted.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from diffrendergan.rendering.protocol import BufferName


def to_the_edge(buffers: Mapping[BufferName, torch.Tensor]) -> dict[BufferName, torch.Tensor]:
    """Return buffers (B, H, W) that are 0 on the ground with what is beside it in pixels that adjoin particles.

    Meant for light of particles alone, which is nothing on open ground.
    """
    return {name: _grown(values) for name, values in buffers.items()}


def _grown(values: torch.Tensor) -> torch.Tensor:
    around = values
    for axis in (1, 2):
        # The largest of three, along each axis in turn; at the border of two.
        near, length = around.clone(), around.shape[axis] - 1
        for kept, beside in ((0, 1), (1, 0)):
            part = near.narrow(axis, kept, length)
            torch.maximum(part, around.narrow(axis, beside, length), out=part)
        around = near
    return torch.where(values == 0, around, values)
