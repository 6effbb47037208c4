"""Errors of both renderers against a converged Mitsuba render, for materials drawn at random."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from common import SPP, Scene, random_thetas
from tables import Table

MATERIALS = 3
CANDIDATES = 200
ERROR_COLUMNS = ("preset", "material", "transport: mean, RMSE", f"Mitsuba, {SPP} spp: mean, RMSE", "ratio of RMSE")


@dataclass(frozen=True)
class Converged:
    """How the reference is made: `renders` independent ones of `spp` samples per pixel."""

    renders: int
    spp: int

    @property
    def words(self) -> str:
        """For example 6 × 1024 spp."""
        return f"{self.renders} × {self.spp} spp"


def add_errors(table: Table, scene: Scene, converged: Converged) -> None:
    """Add a row for each material, each on an arrangement and with rays of its own, and one for all."""
    squares = np.zeros(2)
    for number, theta in enumerate(informative_thetas(scene)):
        reference = _reference(scene, number, theta, converged)
        images = (_transport_image(scene, number, theta), scene.mitsuba_image(number, theta, 3 + number))
        errors = [rmse(image, reference) for image in images]
        squares += np.square(errors)
        cells = [_cell(image, reference) for image in images]
        table.add(scene.project.name, str(number + 1), *cells, f"{errors[0] / errors[1]:.2f}")
    fast, plain = np.sqrt(squares / MATERIALS)
    table.add(scene.project.name, "all", f"{fast:.4f}", f"{plain:.4f}", f"{fast / plain:.2f}")


def informative_thetas(scene: Scene) -> list[torch.Tensor]:
    """Return random materials that do not turn most of the image white, where no error would show."""
    found: list[torch.Tensor] = []
    for theta in random_thetas(scene.parameters, CANDIDATES, seed=0):
        white = scene.mitsuba_image(len(found), theta, seed=1, spp=16) >= 1
        if white.mean() < 0.5:
            found.append(theta)
        if len(found) == MATERIALS:
            return found
    raise SystemExit(f"{scene.project.name}: {len(found)} of {CANDIDATES} random materials are not white")


def rmse(image: NDArray[np.float32], reference: NDArray[np.float32]) -> float:
    """Return the root mean square difference of the images as f_r shows them, clamped to [0, 1]."""
    return math.sqrt(np.mean((image.clip(0, 1) - reference.clip(0, 1)) ** 2, dtype=np.float64))


def _reference(scene: Scene, index: int, theta: torch.Tensor, converged: Converged) -> NDArray[np.float32]:
    renders = [scene.mitsuba_image(index, theta, 500 + seed, converged.spp) for seed in range(converged.renders)]
    return np.mean(renders, axis=0)


def _transport_image(scene: Scene, index: int, theta: torch.Tensor) -> NDArray[np.float32]:
    """Trace and render as a training does: stored in half precision."""
    images = scene.tracer.images(scene.phis[scene.chosen(index)], 7 + index).to("cpu", torch.float16)
    weights = scene.tracer.separation.weights(theta[None])
    return images.render([weight[0] for weight in weights]).numpy()


def _cell(image: NDArray[np.float32], reference: NDArray[np.float32]) -> str:
    mean = image.mean(dtype=np.float64) / reference.mean(dtype=np.float64) - 1
    return f"{mean:+.2%}, {rmse(image, reference):.4f}"
