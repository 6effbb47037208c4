"""On a GPU a render never waits for the host: nothing is read back, and nothing is copied there at each step.

Without a GPU, tensors on PyTorch's device "meta" stand in: they have no values, so whatever would read one raises.
"""

from __future__ import annotations

from contextlib import suppress

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from diffrendergan.config.base import Learned
from diffrendergan.config.material import MaterialConfig
from diffrendergan.config.scene import MaterialGroup, RenderingConfig
from diffrendergan.rendering.images import TransportImages
from diffrendergan.rendering.transport_renderer import TransportRenderer
from diffrendergan.rendering.weights import separate_materials

SIZE = 12
UNIT = Learned(learn=(0.05, 0.95))
EVERYTHING = MaterialConfig(
    **dict.fromkeys(("base_color", "roughness", "spec_tint", "sheen", "metallic", "flatness"), UNIT),
    clearcoat=UNIT,
    clearcoat_gloss=UNIT,
)
CONFIG = RenderingConfig(
    particle=EVERYTHING,
    groups=(MaterialGroup(name="plain", meshes=(0,), material=MaterialConfig(roughness=UNIT)),),
    stage=MaterialConfig(base_color=UNIT),
)


class Devices(TorchDispatchMode):
    """Collects the devices of all tensors that pass through any operation."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        for leaf in tree_leaves((args, kwargs, result)):
            if isinstance(leaf, torch.Tensor):
                self.seen.add(leaf.device.type)
        return result


def step(renderer, device):
    """Render a batch and go back, as a step of training does."""
    theta = torch.full((3, len(renderer.parameters)), 0.5, device=device, requires_grad=True)
    images = renderer.render([1, 0, 1], theta)
    images.square().sum().backward()
    assert images.shape == (3, SIZE, SIZE)
    assert images.device.type == theta.grad.device.type == torch.device(device).type
    return theta.grad


@pytest.fixture(scope="module")
def separation():
    return separate_materials(CONFIG, 2)


@pytest.fixture(scope="module")
def stored(separation, random_images):
    """As read from disk: one in half precision, one mixed from fewer images as well."""
    images = [random_images(separation, SIZE, seed).to("cpu", torch.float16) for seed in range(2)]
    return [images[0], TransportImages(tuple(c.compressed(0.3) for c in images[1].particles), images[1].stage)]


def test_a_step_touches_the_device_alone(separation, stored):
    renderer = TransportRenderer(separation, stored, device="meta")
    step(renderer, "meta")  # may copy the spline's coefficients, once and for all
    with Devices() as devices:
        step(renderer, "meta")
    assert devices.seen == {"meta"}


def test_mixed_devices_would_be_noticed(separation, stored):
    renderer = TransportRenderer(separation, stored, device="cpu")
    # Some versions of PyTorch raise, others go on with a tensor of the CPU.
    with Devices() as devices, suppress(RuntimeError, NotImplementedError):
        step(renderer, "meta")
    assert devices.seen != {"meta"}


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_step_on_a_gpu_does_not_wait(separation, stored):
    renderer = TransportRenderer(separation, stored, device="cuda")
    step(renderer, "cuda")
    torch.cuda.set_sync_debug_mode("error")
    try:
        gradient = step(renderer, "cuda")
    finally:
        torch.cuda.set_sync_debug_mode("default")
    expected = step(TransportRenderer(separation, stored), "cpu")
    torch.testing.assert_close(gradient.cpu(), expected, rtol=1e-3, atol=1e-4)
