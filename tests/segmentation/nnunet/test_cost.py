"""The cost of nnU-Net on a CPU, against the measurements in its documentation."""

from __future__ import annotations

import pytest

from diffrendergan.config.load import load_project
from diffrendergan.config.segmentation import NnunetConfig
from diffrendergan.segmentation.nnunet import cost
from diffrendergan.segmentation.nnunet.cost import cpu_seconds, iteration_seconds

SMALL = {"batch_size": 8, "patch_size": 128, "base_features": 16, "max_features": 128}


@pytest.mark.parametrize(("fields", "measured_s"), [({}, 80), ({"batch_size": 2}, 3.2), (SMALL, 0.85)])
def test_the_measured_plans(fields, measured_s):
    """The table of docs/nnunet.md; images of 256 px, 1200 of them."""
    assert iteration_seconds(NnunetConfig(**fields), 256, 1200) == pytest.approx(measured_s, rel=0.1)


def test_few_images_make_small_batches():
    assert iteration_seconds(NnunetConfig(), 256, 100) == pytest.approx(5 * cost.SECONDS_PER_TILE)
    assert iteration_seconds(NnunetConfig(), 256, 3) == pytest.approx(2 * cost.SECONDS_PER_TILE)


@pytest.fixture
def device(monkeypatch):
    """A function that sets what `auto` finds."""

    def choose(name):
        monkeypatch.setattr(cost, "torch_device", lambda asked: type("Device", (), {"type": name}))

    return choose


def test_only_nnunet_on_a_cpu_is_slow(device):
    def seconds(*overrides):
        return cpu_seconds(load_project(None, "tio2-sem", overrides))

    device("cpu")
    assert seconds() is None
    assert seconds("segmentation.network=nnunet") == pytest.approx(1000 * 250 * 78.4)
    assert seconds("segmentation.network=nnunet", "segmentation.nnunet.folds=[0, 1]") == pytest.approx(5e5 * 78.4)
    device("cuda")
    assert seconds("segmentation.network=nnunet") is None
    assert seconds("segmentation.network=nnunet", "compute.device=cpu") is not None
