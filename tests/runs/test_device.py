from __future__ import annotations

import pytest
import torch

from diffrendergan.errors import ConfigError, MissingDependencyError
from diffrendergan.runs.device import PRECISION, mixed_precision, network_precision, on_device, torch_device


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


CPU = torch.device("cpu")


@pytest.fixture
def processor(monkeypatch):
    def is_one(bfloat16: bool) -> None:
        monkeypatch.delenv(PRECISION, raising=False)
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: bfloat16, raising=False)
        monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False, raising=False)

    return is_one


@pytest.mark.parametrize(("bfloat16", "numbers"), [(True, "bfloat16"), (False, "float32")])
def test_networks_compute_in_what_the_processor_multiplies(processor, bfloat16, numbers):
    processor(bfloat16)
    assert network_precision(CPU) == numbers
    assert network_precision(torch.device("cuda")) == "bfloat16"
    with mixed_precision(CPU):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == getattr(torch, numbers)


def test_a_pytorch_that_does_not_tell_computes_in_float32(monkeypatch):
    for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        monkeypatch.delattr(torch.cpu, name, raising=False)
    monkeypatch.delenv(PRECISION, raising=False)
    assert network_precision(CPU) == "float32"


def test_the_environment_overrules_the_processor(processor, monkeypatch):
    processor(True)
    monkeypatch.setenv(PRECISION, "float32")
    assert network_precision(CPU) == network_precision(torch.device("cuda")) == "float32"
    monkeypatch.setenv(PRECISION, "half")
    with pytest.raises(ConfigError, match="DIFFRENDERGAN_PRECISION is 'half'"):
        network_precision(CPU)
