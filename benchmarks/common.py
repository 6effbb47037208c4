"""What the benchmarks share: where to compute, the scene of a preset, a material drawn at random."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from diffrendergan.arrangement.phi import draw_phis, make_placer
from diffrendergan.config.load import load_project
from diffrendergan.config.project import Project
from diffrendergan.particles.library import make_library
from diffrendergan.particles.mesh import Mesh
from diffrendergan.rendering.backend import load_mitsuba
from diffrendergan.rendering.factory import make_mitsuba_renderer, make_tracer
from diffrendergan.rendering.mitsuba_renderer import MitsubaRenderer
from diffrendergan.rendering.protocol import ParameterSpec
from diffrendergan.rendering.transport import TransportTracer
from diffrendergan.runs.reporter import SilentReporter

Device = Literal["cpu", "cuda"]

SPP = 121
"""Samples per pixel of the plain Mitsuba render that everything is set beside: the authors' number."""
COMPARABLE = "paper"
"""Mitsuba knows no secondary electrons, which presets begin with: the two are compared on the paper's materials."""
OWN_LOOK = "sem"
"""What the presets begin with."""


def arguments(description: str | None) -> argparse.ArgumentParser:
    """Return a parser with what all benchmarks take."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda"),
        default="auto",
        help="where to trace and render; auto takes CUDA where Dr.Jit and PyTorch both have it",
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="also write the Markdown tables there")
    parser.add_argument("--quick", action="store_true", help="tiny sizes and few repeats, to try the script")
    return parser


def choose_device(wanted: Literal["auto", "cpu", "cuda"]) -> Device:
    """Load Mitsuba for the process and return where it computes."""
    if wanted == "cuda" and not torch.cuda.is_available():
        raise SystemExit("--device cuda: this PyTorch has no CUDA; install a build that has it, or take --device cpu.")
    variant: Literal["auto", "llvm", "cuda"] = "cuda" if wanted == "cuda" else "llvm"
    if wanted == "auto" and torch.cuda.is_available():
        variant = "auto"
    return "cuda" if load_mitsuba(variant).variant().startswith("cuda") else "cpu"


@dataclass(frozen=True)
class Scene:
    """A project with its meshes and arrangements; renderers are made when first asked for.

    Attributes
    ----------
    project : Project
        Its variant is the device's.
    device : str
        Where to compute.
    meshes : list of Mesh
        The library.
    phis : numpy.ndarray
        Arrangements (m, n, 4).
    """

    project: Project
    device: Device
    meshes: list[Mesh]
    phis: NDArray[np.float32]

    @cached_property
    def tracer(self) -> TransportTracer:
        """The tracer of transport images."""
        return make_tracer(self.project, self.meshes)

    @cached_property
    def plain(self) -> MitsubaRenderer:
        """Mitsuba's own renderer."""
        return make_mitsuba_renderer(self.project, self.meshes, self.phis)

    @property
    def parameters(self) -> tuple[ParameterSpec, ...]:
        """The columns of θ."""
        return self.tracer.separation.parameters

    def chosen(self, index: int) -> int:
        """Return the arrangement of a repeat: they take turns."""
        return index % len(self.phis)

    def mitsuba_image(self, index: int, theta: torch.Tensor, seed: int, spp: int = SPP) -> NDArray[np.float32]:
        """Render arrangement `index` with Mitsuba, for θ (P,)."""
        self.plain.place(self.chosen(index))
        return self.plain.radiance(theta.to(self.device), seed, spp).cpu().numpy()

    def faces(self) -> int:
        """Return the triangles of an arrangement."""
        return sum(len(mesh.faces) for mesh in self.meshes)


def load_scene(
    preset: str, device: Device, overrides: Sequence[str], constellations: int, look: str = COMPARABLE
) -> Scene:
    """Return the scene of a preset in a look, with some values changed (`--set` of the command line)."""
    variant = "cuda" if device == "cuda" else "llvm"
    fixed = [f"look={look}", f"rendering.variant={variant}", f"rendering.spp={SPP}"]
    project = load_project(None, preset, [*fixed, *overrides])
    meshes = make_library(project.particles, project.seed)
    phis = draw_phis(make_placer(project, meshes), constellations, project.seed, SilentReporter())
    return Scene(project, device, meshes, phis)


def fresh_seeds() -> Iterator[int]:
    """Return 32-bit seeds that no earlier run had.

    A program that compiles a kernel anew for each seed would otherwise find those of the last run on the disk.
    """
    start = time.time_ns() // 1_000_000
    return (seed % 2**31 for seed in count(start, 16))


def middle_theta(specs: Sequence[ParameterSpec], count: int) -> torch.Tensor:
    """Return θ (count, P) in the middle of all ranges."""
    return torch.tensor([[(spec.low + spec.high) / 2 for spec in specs]] * count)


def random_thetas(specs: Sequence[ParameterSpec], count: int, seed: int) -> torch.Tensor:
    """Return θ (count, P), uniform in the ranges."""
    low, high = (np.array([getattr(spec, end) for spec in specs]) for end in ("low", "high"))
    drawn = low + (high - low) * np.random.default_rng(seed).random((count, len(specs)))
    return torch.from_numpy(drawn.astype(np.float32))
