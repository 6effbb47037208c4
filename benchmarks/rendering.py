"""What the transport renderer buys: `make bench`.

Prints, measured in one run on one machine and as ratios where possible:

- a training step with `MitsubaRenderer` at the authors' settings (121 spp, 40 particles, 256 px) against one with
  `TransportRenderer`, and the renderer's share of the latter;
- transport set-up per constellation, and its error beside that of Mitsuba's own 121-spp render;
- image + mask per second in synthesis.
"""

from __future__ import annotations

import platform
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import torch

from diffrendergan.arrangement.phi import draw_phis
from diffrendergan.config.load import load_project
from diffrendergan.config.project import Project
from diffrendergan.gan.generator import Generator, learned_specs
from diffrendergan.gan.losses import LOSSES
from diffrendergan.gan.state import new_state
from diffrendergan.gan.step import train_step
from diffrendergan.imaging.model import ImagingModel
from diffrendergan.particles.library import make_library
from diffrendergan.rendering.backend import load_mitsuba
from diffrendergan.rendering.factory import make_tracer
from diffrendergan.rendering.geometry import ParticleSet, project_geometry
from diffrendergan.rendering.mitsuba_renderer import MitsubaRenderer
from diffrendergan.rendering.protocol import Renderer
from diffrendergan.rendering.transport import TransportTracer
from diffrendergan.rendering.transport_renderer import TransportRenderer
from diffrendergan.runs.memory import keep_large_buffers
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.synthesis.engine import SynthesisEngine
from diffrendergan.synthesis.stage import theta_of
from diffrendergan.synthesis.writers import write_pair

CONSTELLATIONS = 4


def median_seconds(work: Callable[[int], object], repeats: int, warm_up: int = 1) -> float:
    """Return the median time of `work(i)` [s]."""
    times = []
    for index in range(-warm_up, repeats):
        started = time.perf_counter()
        work(index)
        if index >= 0:
            times.append(time.perf_counter() - started)
    return statistics.median(times)


def main() -> None:
    """Run all benchmarks."""
    keep_large_buffers()
    project = load_project(None, "tio2-sem", [])
    meshes = make_library(project.particles, 0)
    phis = draw_phis(project.arrangement, CONSTELLATIONS, len(meshes), project.seed, SilentReporter())
    tracer = make_tracer(project, meshes)
    geometry = project_geometry(project)
    particles = ParticleSet.from_library(meshes, project.arrangement.unit)
    plain = MitsubaRenderer(load_mitsuba(), geometry, particles, phis, project.rendering)
    imaging = ImagingModel(project.imaging)

    print(f"{date.today()}  {platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}")
    images: dict[int, np.ndarray] = {}

    def trace(index: int) -> None:
        images[index % CONSTELLATIONS] = tracer.basis_images(phis[index % CONSTELLATIONS], index + 100)

    set_up = median_seconds(trace, 8)
    stored = [images[index].astype(np.float16) for index in range(CONSTELLATIONS)]
    megabytes = stored[0].nbytes / 1e6
    fast = TransportRenderer(tracer.separation, stored)

    theta = torch.tensor([[(spec.low + spec.high) / 2 for spec in fast.parameters]])
    render = median_seconds(lambda index: fast.render([index % CONSTELLATIONS], theta), 50)
    mitsuba_render = median_seconds(lambda index: plain.image(index % CONSTELLATIONS, theta[0].numpy(), index + 9), 4)
    report("transport set-up, per constellation", f"{set_up:.2f} s, {megabytes:.1f} MB stored")
    report("render of a new material: transport", f"{1e3 * render:.1f} ms")
    report("render of a new material: Mitsuba, 121 spp", f"{mitsuba_render:.2f} s, {mitsuba_render / render:.0f}×")
    print_errors(plain, tracer, phis)

    fast_step, share = training_step(project, fast, imaging, phis, repeats=40)
    plain_step, _ = training_step(project, plain, imaging, phis, repeats=3)
    report("training step: transport", f"{fast_step:.3f} s, {1 / fast_step:.2f} steps/s; renderer's share {share:.1%}")
    report("training step: Mitsuba, authors' settings", f"{plain_step:.2f} s, {plain_step / fast_step:.0f}×")

    state = new_state(project.training, len(meshes), learned_specs(fast, imaging), project.seed)
    engine = SynthesisEngine(project, tracer, theta_of(state.network.eval()))
    with tempfile.TemporaryDirectory() as folder:

        def synthesize(index: int) -> None:
            made = engine.make(index + 1)
            write_pair(Path(folder), index + 1, made.image, made.classes, made.instances)

        pair = median_seconds(synthesize, 8)
    report("image + mask in synthesis", f"{pair:.2f} s, {1 / pair:.2f} per second; the authors' GPU: 1.49 s")
    report("peak memory of this process", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


def print_errors(plain: MitsubaRenderer, tracer: TransportTracer, phis: np.ndarray) -> None:
    """Print both renderers' errors against a converged Mitsuba render, for three materials."""
    rng = np.random.default_rng(0)
    low, high = (np.array([getattr(spec, end) for spec in plain.parameters]) for end in ("low", "high"))
    for number in range(3):
        theta = (low + (high - low) * rng.random(len(low))).astype(np.float32)
        converged = np.mean([plain.image(0, theta, 500 + seed, spp=1024) for seed in range(4)], axis=0)
        basis = tracer.basis_images(phis[0], 7)
        fast = TransportRenderer(tracer.separation, [basis]).render([0], torch.from_numpy(theta)[None])[0].numpy()
        quick = plain.image(0, theta, 3)
        report(
            f"error against 4096 spp, material {number + 1}",
            f"mean {fast.mean() / converged.mean() - 1:+.2%}, RMSE {rmse(fast, converged):.4f} "
            f"(Mitsuba 121 spp: {quick.mean() / converged.mean() - 1:+.2%}, {rmse(quick, converged):.4f})",
        )


def rmse(image: np.ndarray, reference: np.ndarray) -> float:
    """Return the root mean square difference of the images as f_r shows them, clamped to [0, 1]."""
    return float(np.sqrt(np.mean((image.clip(0, 1) - reference.clip(0, 1)) ** 2)))


def training_step(
    project: Project, renderer: Renderer, imaging: ImagingModel, phis: np.ndarray, repeats: int
) -> tuple[float, float]:
    """Return the median seconds of a training step, and the renderer's share of it."""
    config = project.training
    state = new_state(config, phis.shape[1], learned_specs(renderer, imaging), 0)
    generator = Generator(state.network, renderer, imaging)
    real = torch.rand(1, 256, 256, generator=torch.Generator().manual_seed(0))
    tensor = torch.from_numpy(phis)

    def step(index: int) -> None:
        chosen = index % len(phis)
        train_step(state, generator, LOSSES[config.loss], [chosen], tensor[[chosen]], real)

    def render_alone(index: int) -> None:
        theta = generator.theta(tensor[[index % len(phis)]]).detach().requires_grad_()
        renderer.render([index % len(phis)], theta[:, : len(renderer.parameters)]).sum().backward()

    seconds = median_seconds(step, repeats, warm_up=2)
    return seconds, median_seconds(render_alone, repeats, warm_up=2) / seconds


def report(what: str, figure: str) -> None:
    """Print one line."""
    print(f"{what:<45} {figure}", flush=True)


if __name__ == "__main__":
    main()
