"""Transport set-up: its time by parts, and what an arrangement takes to store."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

import torch

from common import SPP, Scene, fresh_seeds, middle_theta
from diffrendergan.rendering.images import TransportImages
from diffrendergan.rendering.stage_light import StageLight
from tables import Table, duration, ratio
from timing import compiled_kernels, device_mb, interleaved, peak_mb, reset_peak, seconds

STORED_GOAL_MB = 4.0


@dataclass(frozen=True)
class SetUp:
    """What tracing transport images takes; times are medians [s], each with new seeds.

    Attributes
    ----------
    first : float
        The first arrangement of the process: kernels, and the light of the empty stage.
    place, particles, stage, total : float
        Every further one; `particles` is what is left of `total`.
    mitsuba : float
        Mitsuba's render at 121 spp, in turns with the others.
    compiled : int
        Kernels compiled for one arrangement after the others.
    peak_mb : float
        Peak of resident memory while tracing.
    device_mb : float or None
        Memory in use on the GPU after tracing.
    stored : list of TransportImages
        In half precision, one for each arrangement.
    """

    first: float
    place: float
    particles: float
    stage: float
    total: float
    mitsuba: float
    compiled: int
    peak_mb: float
    device_mb: float | None
    stored: list[TransportImages]

    @property
    def megabytes(self) -> list[float]:
        """Size of each arrangement's images [MB]."""
        return [images.bytes / 1e6 for images in self.stored]


def measure_set_up(scene: Scene, repeats: int, mitsuba_repeats: int) -> SetUp:
    """Trace all arrangements of a scene, then time the parts beside Mitsuba's render."""
    tracer, seeds = scene.tracer, fresh_seeds()
    theta = middle_theta(scene.parameters, 1)[0]
    stage = StageLight(tracer.tracer, tracer.separation.stage, tracer.geometry.size, tracer.margin)
    shown = torch.ones((tracer.geometry.size + 2 * tracer.margin,) * 2)

    def place(index: int) -> None:
        tracer.tracer.place(tracer.particles.place(scene.phis[scene.chosen(index)]))

    def trace(index: int) -> TransportImages:
        return tracer.images(scene.phis[scene.chosen(index)], next(seeds))

    reset_peak()
    first = seconds(lambda: trace(0))
    stored = [trace(index).to("cpu", torch.float16) for index in range(len(scene.phis))]
    peak, used = peak_mb(), device_mb()
    compiled = compiled_kernels(lambda: trace(1))
    times = interleaved(
        {
            "total": (trace, repeats),
            "place": (place, repeats),
            "stage": (lambda index: stage.images(next(seeds), tracer.separation.stage.fold, shown), repeats),
            "mitsuba": (lambda index: scene.mitsuba_image(index, theta, next(seeds)), mitsuba_repeats),
        }
    )
    return SetUp(
        first=first,
        particles=max(0.0, times["total"] - times["place"] - times["stage"]),
        **times,
        compiled=compiled,
        peak_mb=peak,
        device_mb=used,
        stored=stored,
    )


def add_set_up(table: Table, scene: Scene, figures: SetUp) -> None:
    """Add the rows of one preset in full."""
    what = f"{scene.tracer.geometry.size} px, {len(scene.meshes)} particles, {scene.faces():,} faces"
    table.add(
        f"transport set-up, per constellation ({what})",
        duration(figures.total),
        duration(figures.mitsuba),
        ratio(figures.mitsuba, figures.total),
        "2 s; GPU 30 ms",
    )
    table.add("— place the particles, build the BVH", duration(figures.place))
    table.add("— integrate over the stage", duration(figures.stage))
    table.add("— integrate over the particles, and the rest", duration(figures.particles))
    table.add("— the first one of a process: kernels, light of the empty stage", duration(figures.first))
    table.add("— kernels compiled for a further constellation", str(figures.compiled), "", "", "0")
    table.add("stored, per constellation: median, largest", stored(figures), "", "", f"{STORED_GOAL_MB:g} MB")
    memory = f"{figures.peak_mb / 1e3:.2f} GB"
    if figures.device_mb is not None:
        memory += f", GPU {figures.device_mb / 1e3:.2f} GB"
    table.add("peak memory while tracing", memory)


def stored(figures: SetUp) -> str:
    """Return median and largest size."""
    sizes = figures.megabytes
    return f"{statistics.median(sizes):.2f} MB, {max(sizes):.2f} MB"


PRESET_COLUMNS = (
    "preset",
    "set-up",
    f"Mitsuba, {SPP} spp",
    "ratio",
    "place + stage + particles",
    "stored: median, largest",
)


def add_preset(table: Table, scene: Scene, figures: SetUp) -> None:
    """Add one preset to the table that compares them."""
    parts = (figures.place, figures.stage, figures.particles)
    table.add(
        scene.project.name,
        duration(figures.total),
        duration(figures.mitsuba),
        ratio(figures.mitsuba, figures.total),
        " + ".join(duration(part) for part in parts),
        stored(figures),
    )
