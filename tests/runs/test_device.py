from __future__ import annotations

import pytest
import torch

from diffrendergan.errors import MissingDependencyError
from diffrendergan.runs.device import on_device, torch_device


def test_auto_takes_what_is_there(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert torch_device("auto").type == "cuda"
    assert torch_device("cpu").type == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert torch_device("auto").type == "cpu"


def test_a_missing_gpu_is_said(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(MissingDependencyError, match=r"`compute\.device` is cuda"):
        torch_device("cuda")


def test_nothing_is_copied_for_the_cpu():
    tensor = torch.zeros(3)
    assert on_device(tensor, torch.device("cpu")) is tensor
