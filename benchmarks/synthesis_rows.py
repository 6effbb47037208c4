"""Arrangements that are shown once: image and labels, alone and in synthesis."""

from __future__ import annotations

import tempfile
from pathlib import Path

from common import OWN_LOOK, Scene, fresh_seeds, middle_theta
from diffrendergan.arrangement.phi import make_placer
from diffrendergan.gan.state import new_state
from diffrendergan.imaging.image_model import image_model
from diffrendergan.rendering.factory import make_snapshots
from diffrendergan.rendering.scene_tracer import make_scene_tracer
from diffrendergan.rendering.snapshots import MitsubaSnapshots, Snapshots
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.synthesis.engine import SynthesisEngine
from diffrendergan.synthesis.stage import theta_of
from diffrendergan.synthesis.writers import write_pair
from tables import Table, duration, ratio
from timing import Work, interleaved, median_seconds


def add_one_off(table: Table, scene: Scene, repeats: int, slow: int) -> Snapshots:
    """Add image and label of arrangements shown once, with either renderer and our labels; return the fast one."""
    fast = make_snapshots(scene.project, scene.meshes, SilentReporter())
    plain = MitsubaSnapshots(scene.plain, make_scene_tracer(scene.project), scene.tracer.particles)
    theta, seeds = middle_theta(scene.parameters, 1).to(scene.device), fresh_seeds()

    def show(snapshots: Snapshots) -> Work:
        def work(index: int) -> None:
            snapshots.place(scene.phis[scene.chosen(index)])
            snapshots.labels()
            snapshots.silhouettes()
            snapshots.radiance(theta, next(seeds))

        return work

    times = interleaved(
        {
            "whole": (show(fast), repeats),
            "place": (lambda index: fast.place(scene.phis[scene.chosen(index)]), repeats),
            "labels": (lambda index: fast.labels(), repeats),
            "silhouettes": (lambda index: fast.silhouettes(), repeats),
            "radiance": (lambda index: fast.radiance(theta, next(seeds)), repeats),
            "mitsuba": (show(plain), slow),
        }
    )
    whole, mitsuba = times["whole"], times["mitsuba"]
    table.add("one-off image + label", duration(whole), duration(mitsuba), ratio(mitsuba, whole), "0.4 s; GPU 10 ms")
    for part in ("place", "labels", "silhouettes", "radiance"):
        table.add(f"— {part}", duration(times[part]))
    return fast


def add_own_look(table: Table, scene: Scene, repeats: int) -> None:
    """Add the same in the look that the preset begins with, which Mitsuba cannot draw."""
    snapshots = make_snapshots(scene.project, scene.meshes, SilentReporter())
    theta, seeds = middle_theta(snapshots.parameters, 1).to(scene.device), fresh_seeds()

    def show(index: int) -> None:
        snapshots.place(scene.phis[scene.chosen(index)])
        snapshots.labels()
        snapshots.silhouettes()
        snapshots.radiance(theta, next(seeds))

    show(0)
    table.add(f"one-off image + label, look {OWN_LOOK}", duration(median_seconds(show, repeats)), "", "", "0.4 s")


def add_synthesis(table: Table, scene: Scene, snapshots: Snapshots, repeats: int) -> None:
    """Add the time of an image + mask as `synthesize` makes them, with an untrained network."""
    project = scene.project
    specs = image_model(scene.plain, project.imaging).learned()
    state = new_state(project.training, len(scene.meshes), specs, project.seed)
    engine = SynthesisEngine(project, make_placer(project, scene.meshes), snapshots, theta_of(state.network.eval()))
    # An image's seeds come from its number.
    first = next(fresh_seeds())
    with tempfile.TemporaryDirectory() as folder:

        def synthesize(index: int) -> None:
            made = engine.make(first + index)
            write_pair(Path(folder), first + index, made.image, made.classes, made.instances)

        pair = median_seconds(synthesize, repeats)
    table.add(
        "image + mask in synthesis (draw, label, trace, judge, write)", duration(pair), "", "", "authors' GPU: 1.49 s"
    )
