"""What a plan says of trainings that take months."""

from __future__ import annotations

import pytest

from diffrendergan.pipeline.plan import plan, training_warning
from diffrendergan.pipeline.stages import STAGES
from diffrendergan.segmentation.nnunet import cost

NNUNET = "segmentation.network=nnunet"
NIGHT = (
    "segmentation.nnunet={epochs: 200, iterations_per_epoch: 100, batch_size: 8, patch_size: 128, base_features: 16, "
    "max_features: 128}"
)


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch):
    monkeypatch.setattr(cost, "torch_device", lambda name: type("Device", (), {"type": "cpu"}))


def reasons(project, **flags):
    return {decision.stage.name: decision.reason for decision in plan(STAGES, project, flags)}


def test_a_plan_warns_of_months(make_project):
    told = reasons(make_project(NNUNET, "evaluation.seeds=[0, 1]"))
    assert told["segment"].startswith(
        "warning: without a GPU, nnU-Net takes about 7 months of one core for each of the"
    )
    assert "2 networks (1000 epochs of 250 iterations); set segmentation.nnunet.epochs" in told["segment"]
    for field in ("iterations_per_epoch", "batch_size", "patch_size"):
        assert field in told["segment"]
    assert not any(reason for stage, reason in told.items() if stage != "segment")


def test_networks_trained_for_reference_take_as_long(make_project):
    told = reasons(make_project(NNUNET), with_real=True)
    assert "nnU-Net takes about 7 months" in told["evaluate"] and told["segment"] == told["evaluate"]


def test_what_is_quick_or_on_a_gpu_needs_no_warning(make_project, monkeypatch):
    project = make_project(NNUNET, NIGHT)
    assert reasons(project)["segment"] == ""
    assert "about 4 hours of one core for each of the 60 networks" in training_warning(project, 60)
    monkeypatch.setattr(cost, "torch_device", lambda name: type("Device", (), {"type": "cuda"}))
    assert training_warning(project, 60) == ""
