"""A network as one ONNX file, also of another package."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.segmentation.own.conftest import site as site
from tests.segmentation.own.test_own import BRIGHT, job_of
from tests.segmentation.test_trained import write_run

import diffrendergan as dg
from diffrendergan.config.load import dump_project, load_project
from diffrendergan.errors import ConfigError, DataError
from diffrendergan.exchange.models import alone
from diffrendergan.exchange.models.alone import export_onnx
from diffrendergan.exchange.models.parts import parts_of
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.segmentation.networks import train_segmenter


class Step(torch.nn.Module):
    """Particles are what is bright."""

    grain = 2

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        particle = (images > 0.5).float()
        return torch.cat([1 - particle, particle, 0 * particle], dim=1)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, torch.nn.Module, int]]:
    """What would be exported; the exporter takes seconds and an extra."""
    found: list[tuple[Path, torch.nn.Module, int]] = []
    monkeypatch.setattr(alone, "write_onnx", lambda *given: found.append(given))
    return found


@pytest.fixture
def run(site: Path, tmp_path: Path) -> Path:
    run = write_run(tmp_path / "run")
    project = load_project(run / "config.yaml", None, [*BRIGHT, "evaluation.seeds=[3]"])
    (run / "config.yaml").write_text(dump_project(project))
    train_segmenter(replace(job_of(tmp_path), folder=run / "segment" / "seed_3"), SilentReporter())
    return run


def test_a_network_of_another_package(run: Path, written: list, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="it has no `module`"):
        export_onnx(run, tmp_path / "a.onnx")
    network = sys.modules["bright_nets"].Bright
    network.module = lambda *_: torch.nn.Sequential(torch.nn.Conv2d(1, 3, 1), torch.nn.Flatten())
    with pytest.raises(DataError, match="bright does not give probabilities"):
        export_onnx(run, tmp_path / "a.onnx")
    network.module = lambda *_: Step()
    assert export_onnx(run, tmp_path / "a.onnx") == 2
    with pytest.raises(ConfigError, match=r"ends in \.onnx"):
        parts_of(run)
    (_, module, _) = written[0]
    image = torch.zeros(1, 1, 8, 8)
    image[..., 2:5, 2:5] = 1
    assert (dg.labels_from_maps(module(image).numpy(), "components") > 0).sum() == 9


def test_the_generalist(written: list, tmp_path: Path) -> None:
    assert export_onnx("generalist", tmp_path / "a.onnx") == 32
    (tmp_path / "b.onnx").touch()
    with pytest.raises(ConfigError, match="exists already"):
        export_onnx("generalist", tmp_path / "b.onnx")


def test_onnx_gives_what_the_module_gives(tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    pytest.importorskip("onnxscript", reason="the extra `models` is not installed")
    alone.write_onnx(tmp_path / "a.onnx", Step(), Step.grain)
    session = runtime.InferenceSession((tmp_path / "a.onnx").read_bytes(), providers=["CPUExecutionProvider"])
    images = np.random.default_rng(0).random((2, 1, 6, 10), np.float32)
    np.testing.assert_array_equal(session.run(None, {"grey": images})[0], Step()(torch.from_numpy(images)).numpy())
