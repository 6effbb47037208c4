"""The synthetic side of a fit: arrangements that are traced once, and drawn with any parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from diffrendergan.arrangement.phi import draw_phis, make_placer
from diffrendergan.config.base import Learned
from diffrendergan.config.project import Project
from diffrendergan.config.recording import ScanConfig
from diffrendergan.fitting.law import Law
from diffrendergan.fitting.rules import RULES
from diffrendergan.fitting.statistics import describe
from diffrendergan.fitting.zones import Zones, zones_of
from diffrendergan.imaging.ground import Ground
from diffrendergan.imaging.image_model import ImageModel, image_model
from diffrendergan.particles.kept_library import fresh_library
from diffrendergan.rendering.factory import CACHE, make_renderer
from diffrendergan.rendering.protocol import Renderer
from diffrendergan.runs import seeds
from diffrendergan.runs.reporter import Reporter


@dataclass(frozen=True, eq=False)
class Scene:
    """Arrangements that are traced, and what their pixels are."""

    renderer: Renderer
    model: ImageModel
    zones: Zones
    count: int

    def images(self, indices: Sequence[int], theta: torch.Tensor, noise: torch.Generator) -> torch.Tensor:
        """Return micrographs (B, S, S) of arrangements for θ (B, P)."""
        return self.model.images(self.renderer, indices, theta, noise)

    def statistics(self, indices: Sequence[int], theta: torch.Tensor, noise: torch.Generator) -> torch.Tensor:
        """Return what micrographs of arrangements show (B, F), differentiably in θ."""
        return describe(self.images(indices, theta, noise), self.zones.of(indices))


def make_scene(project: Project, stage: Path, pixel_size_nm: float | None, ground: Ground, reporter: Reporter) -> Scene:
    """Return the arrangements that the fit draws; what is traced of them is kept in the folder of the stage."""
    # The descent is a matter of many small steps: all of it stays on the CPU, whatever else has a GPU.
    project = project.model_copy(update={"compute": project.compute.model_copy(update={"device": "cpu"})})
    if moves(project.imaging.scan) > RULES.still_px:
        reporter.note(
            "`imaging.scan` moves what is shown, while `fit` compares at outlines where they were: fix its parameters "
            "at 0 for the fit, and give them afterwards."
        )
    meshes = fresh_library(stage, project)
    placer = make_placer(project, meshes, pixel_size_nm)
    phis = draw_phis(placer, project.fit.constellations, project.seed, reporter)
    renderer = make_renderer(project, meshes, phis, stage / CACHE, reporter)
    model = image_model(renderer, project.imaging, ground)
    labels = renderer.buffers(range(len(phis)), ("labels",))["labels"]
    zones = zones_of(list((labels > 0).cpu().numpy()), seeds.generator(project.seed, "fit", "synthetic zones"))
    return Scene(renderer, model, zones, len(phis))


def moves(scan: ScanConfig) -> float:
    """Return how far a scan moves what is shown at most, but for single lines [px]."""
    ends = (scan.vibration_px, scan.drift_right_px, scan.drift_down_px)
    return max(abs(end) for value in ends for end in (value.learn if isinstance(value, Learned) else (value,)))


def wide_statistics(scene: Scene, seed: int, noise: torch.Generator) -> torch.Tensor:
    """Return what images show whose parameters are drawn evenly from their whole ranges, shape (m, F)."""
    specs = scene.model.columns
    low, high = (torch.tensor([getattr(spec, end) for spec in specs]) for end in ("low", "high"))
    rows = torch.from_numpy(seeds.generator(seed, "fit", "wide").random((scene.count, len(specs)), np.float32))
    theta = low + (high - low) * rows
    return torch.cat([scene.statistics([i], theta[i : i + 1], noise) for i in range(scene.count)])


def drawn(scene: Scene, law: Law, seed: int) -> tuple[NDArray[np.float32], torch.Tensor]:
    """Return an image (S, S) of each arrangement with parameters of a law, and their statistics (m, F)."""
    rng = seeds.generator(seed, "fit", "drawn")
    noise = torch.Generator().manual_seed(seeds.integer(seed, "fit", "drawn", "noise"))
    images, statistics = [], []
    with torch.no_grad():
        for index in range(scene.count):
            theta = torch.from_numpy(law.theta(rng.standard_normal(len(law.specs))))[None]
            image = scene.images([index], theta, noise)
            images.append(image[0].cpu().numpy())
            statistics.append(describe(image, scene.zones.of([index])))
    return np.stack(images), torch.cat(statistics)
