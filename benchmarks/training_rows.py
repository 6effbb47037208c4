"""Steps of the adversarial training with either renderer, and the renderer's share of a step."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from common import Scene
from diffrendergan.gan.generator import Generator
from diffrendergan.gan.losses import LOSSES
from diffrendergan.gan.state import new_state
from diffrendergan.gan.step import train_step
from diffrendergan.imaging.image_model import image_model
from diffrendergan.rendering.images import TransportImages
from diffrendergan.rendering.protocol import Renderer
from diffrendergan.rendering.transport_renderer import TransportRenderer
from diffrendergan.runs.memory import keep_large_buffers
from tables import Table, duration, ratio
from timing import Work, interleaved


def add_training(table: Table, scene: Scene, stored: Sequence[TransportImages], repeats: int, slow: int) -> None:
    """Add the rows. As in a training, networks and stored images are on the CPU, wherever rays are traced."""
    keep_large_buffers()
    fast_step, fast_alone = training_works(scene, TransportRenderer(scene.tracer.separation, stored))
    plain_step, plain_alone = training_works(scene, scene.plain)
    times = interleaved(
        {
            "fast": (fast_step, repeats),
            "fast alone": (fast_alone, repeats),
            "plain": (plain_step, slow),
            "plain alone": (plain_alone, slow),
        },
        warm_up=2,
    )
    fast, plain = times["fast"], times["plain"]
    table.add("training step (batch of 1, networks on the CPU)", duration(fast), duration(plain), ratio(plain, fast))
    table.add("— steps per second", f"{1 / fast:.2f}", f"{1 / plain:.2f}")
    table.add("— the renderer's share", f"{times['fast alone'] / fast:.1%}", f"{times['plain alone'] / plain:.1%}")


def training_works(scene: Scene, renderer: Renderer) -> tuple[Work, Work]:
    """Return a training step, and its render with the derivative alone."""
    config, size, phis = scene.project.training, scene.tracer.geometry.size, torch.from_numpy(scene.phis)
    model = image_model(renderer, scene.project.imaging)
    state = new_state(config, phis.shape[1], model.learned(), 0)
    generator = Generator(state.network, renderer, model)
    real = torch.rand(1, size, size, generator=torch.Generator().manual_seed(0))

    def step(index: int) -> None:
        chosen = scene.chosen(index)
        train_step(state, generator, LOSSES[config.loss], [chosen], phis[[chosen]], real)

    def render_alone(index: int) -> None:
        chosen = scene.chosen(index)
        theta = generator.theta(phis[[chosen]]).detach().requires_grad_()
        renderer.render([chosen], theta[:, : len(renderer.parameters)]).sum().backward()

    return step, render_alone
