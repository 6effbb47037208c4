"""The log of `make gpu-check`, and its answer without a GPU; the checks themselves need one (test_cuda.py)."""

from __future__ import annotations

import importlib.util
import json
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest
import torch

from diffrendergan.config.segmentation import SegmentationConfig
from diffrendergan.segmentation.unet.layout import laid_out
from diffrendergan.segmentation.unet.network import OUTPUTS, build_network

SCRIPT = Path(__file__).parents[2] / "scripts" / "gpu-check"


@pytest.fixture
def check(monkeypatch):
    loader = SourceFileLoader("gpu_check", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("gpu_check", loader))
    monkeypatch.setitem(sys.modules, "gpu_check", module)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader.exec_module(module)
    return module


def test_without_a_gpu_it_says_so_and_fails(check, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(sys, "argv", ["gpu-check", "--output", str(tmp_path)])
    assert check.main() == 2
    assert "No NVIDIA GPU" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("code", "status"), [("print('fine')", 0), ("print('fine'); raise SystemExit(3)", 1)])
def test_the_log_tells_what_became_of_each_step(check, monkeypatch, tmp_path, code, status):
    monkeypatch.setattr(check, "found_device", lambda: {"GPU": "made up"})
    monkeypatch.setattr(check, "STEPS", {"one": ("-c", code)})
    monkeypatch.setattr(sys, "argv", ["gpu-check", "--output", str(tmp_path)])
    assert check.main() == status
    page = (tmp_path / "gpu-check.md").read_text()
    assert "- GPU: made up" in page
    assert f"| one | {'failed (3)' if status else 'passed'} |" in page
    (step,) = json.loads((tmp_path / "gpu-check.json").read_text())["steps"]
    assert step["output"].strip() == "fine"


def test_a_step_that_takes_too_long_is_ended(check):
    step = check.run_step("long", ("-c", "import time; time.sleep(60)"), 0)
    assert (step.status, step.told) == (None, "time was up")


def test_a_network_computes_on_its_device_alone():
    device = torch.device("meta")
    network = laid_out(build_network(SegmentationConfig(channels=(4, 8, 16), patch_size=32), 0), device)
    outputs = network(torch.zeros(2, 1, 32, 32, device=device))
    assert (outputs.device.type, outputs.shape) == ("meta", (2, OUTPUTS, 32, 32))
    outputs.sum().backward()
    assert all(weight.grad.device.type == "meta" for weight in network.parameters())
