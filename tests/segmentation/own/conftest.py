"""A package that brings a network, as pip would have installed it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

MODULE = '''
import json
import numpy as np
from diffrendergan.segmentation.protocol import Prediction

class Bright:
    """Learns one number: the grey value between ground and particles."""
    version = "1"

    def check(self, settings):
        if settings.get("margin", 0) < 0:
            raise ValueError("margin is below 0")

    def train(self, training, reporter):
        particles = np.concatenate([image.pixels[image.instances > 0] for image in training.data.annotated])
        level = float(particles.mean()) - training.settings.get("margin", 0)
        (training.folder / "level.json").write_text(json.dumps(level))

    def open(self, folder, settings, device):
        return Threshold(json.loads((folder / "level.json").read_text()))

class Threshold:
    def __init__(self, level):
        self.level = level

    def predict(self, pixels):
        particle = (pixels > self.level).astype(np.float32)
        return Prediction(np.stack([1 - particle, particle, 0 * particle]))
'''


def install(site: Path, package: str = "bright-nets", target: str = "bright_nets:Bright", version: str = "0.3") -> None:
    """Put a package with a network `bright` where Python finds it."""
    (site / "bright_nets.py").write_text(MODULE, encoding="utf-8")
    info = site / f"{package.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[diffrendergan.networks]\nbright = {target}\n", encoding="utf-8")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages, with that of the network."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    install(folder)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "bright_nets", raising=False)
    yield folder
    sys.modules.pop("bright_nets", None)
