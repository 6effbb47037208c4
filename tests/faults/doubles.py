"""Stand-ins for what is too large for a campaign: a published data set, and the effort of `measure`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

Double = Callable[[], None]

LITTLE = {
    "data.patches": 3, "data.background_patches": 3, "data.patch_size": 64, "data.stride": 32,
    "data.min_full_particles": 1, "data.test_fraction": 0.3, "particles.faces": 120, "synthesis.images": 3,
    "synthesis.min_background": 0.05, "segmentation.steps": 3, "segmentation.batch_size": 2,
    "segmentation.patch_size": 64, "fit.steps": 3, "fit.constellations": 8, "fit.patches": 8,
}  # fmt: skip


def small_data_set() -> None:
    """Let the scans in ``data`` be the published set, one of them kept back."""
    from diffrendergan.micrographs import datasets
    from diffrendergan.pipeline.benchmark import published

    def registry(name: str) -> list[datasets.RegistryEntry]:
        return [
            datasets.RegistryEntry(
                hashlib.sha256(path.read_bytes()).hexdigest(), path.name, "test" if "02" in path.name else "train",
                kind, path.name,
            )
            for kind in ("images", "masks")
            for path in sorted(Path("data", kind).iterdir())
        ]  # fmt: skip

    datasets.read_registry = registry
    published.read_registry = registry


def same_salt() -> None:
    """Let what is done again by `--redo` have the same mark each time, which is drawn by chance otherwise."""
    from diffrendergan.pipeline import plan

    plan._salt = lambda: "0" * 16


def little_effort() -> None:
    """Let ``measure --quick`` be quicker still."""
    from diffrendergan.pipeline.measure import run
    from diffrendergan.pipeline.measure.settings import QUICK

    run.QUICK = replace(QUICK, arrangements=28, patches=4, changes={**QUICK.changes, **LITTLE})
