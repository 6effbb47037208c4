"""Rendering a new material of arrangements that were traced: one frame, a batch, and with derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import torch

from common import SPP, Scene, middle_theta
from diffrendergan.rendering.images import TransportImages
from diffrendergan.rendering.protocol import Renderer
from diffrendergan.rendering.transport_renderer import TransportRenderer
from tables import Table, duration, ratio
from timing import Work, interleaved

BATCH = 8
GOALS = {True: "", False: "5 ms; GPU 0.1 ms batched"}


def add_material(table: Table, scene: Scene, stored: Sequence[TransportImages], repeats: int, slow: int) -> None:
    """Add the rows; times are per frame. Mitsuba draws one frame at a time, of an arrangement that stays placed."""
    fast = TransportRenderer(scene.tracer.separation, stored, scene.device)
    changes = count(1)

    def draw(renderer: Renderer, indices: list[int], backward: bool) -> Work:
        middle = middle_theta(scene.parameters, len(indices)).to(scene.device)

        def work(index: int) -> None:
            # Another material each time, so that nothing can be kept.
            theta = (middle * (1 + 1e-4 * next(changes))).requires_grad_(backward)
            with torch.set_grad_enabled(backward):
                image = renderer.render(indices, theta)
            if backward:
                image.sum().backward()

        return work

    several = [scene.chosen(frame) for frame in range(BATCH)]
    for what, backward in (("render of a new θ", False), ("render of a new θ and its derivative", True)):
        times = interleaved(
            {
                "alone": (draw(fast, [0], backward), repeats),
                "batch": (draw(fast, several, backward), repeats),
                "mitsuba": (draw(scene.plain, [0], backward), slow),
            }
        )
        frames = {"one frame": times["alone"], f"per frame of a batch of {BATCH}": times["batch"] / BATCH}
        for number, taken in frames.items():
            quotient = ratio(times["mitsuba"], taken)
            table.add(f"{what}, {number}", duration(taken), duration(times["mitsuba"]), quotient, GOALS[backward])


COLUMNS = ("measured in one run", "transport", f"Mitsuba, {SPP} spp", "ratio", "goal: two cores; GPU")
