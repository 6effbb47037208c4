"""What a calibration found, as numbers to keep."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.calibration.measure import PatchStatistics
from diffrendergan.calibration.project_file import differences
from diffrendergan.calibration.real import RealPatches
from diffrendergan.calibration.rules import RULES
from diffrendergan.calibration.search import Calibration
from diffrendergan.calibration.trial import Outcome
from diffrendergan.config.project import Project
from diffrendergan.scene.geometry import scene_scale
from diffrendergan.sizes.units import equivalent_diameters


def record(given: Project, real: RealPatches, found: Calibration) -> dict[str, Any]:
    """Return everything about a calibration as plain values for JSON.

    Parameters
    ----------
    given : Project
        What was calibrated.
    real : RealPatches
    found : Calibration
    """
    return {
        "improved": found.improved,
        "changed": {f"{section}.{name}": value for section, name, value in differences(given, found.project)},
        "change": asdict(found.change),
        "real": _summary(real.statistics) | {"patches": len(real.images)},
        "before": _outcome(found.before),
        "after": _outcome(found.after),
        "neutral_look": asdict(found.levels),
        "pixel_size_nm": real.pixel_size_nm,
        "diameter_of_size_1_px": scene_scale(found.project, real.pixel_size_nm).diameter_px,
        "path": [asdict(change) for change in found.path],
        "intervals": {name: asdict(interval) for name, interval in found.intervals.items()},
        "seed": given.seed,
    }


def true_diameters(labels: list[NDArray[np.int32]]) -> NDArray[np.float64]:
    """Return the diameters [px] that whole particles really show in label images."""
    found = []
    for image in labels:
        border = np.unique(np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]]))
        areas = np.bincount(image.ravel())
        areas[border] = 0
        areas[0] = 0
        diameters = equivalent_diameters(areas)
        found.append(diameters[diameters >= RULES.true_least_px])
    return np.concatenate(found) if found else np.zeros(0)


def _outcome(outcome: Outcome) -> dict[str, Any]:
    diameters = true_diameters(outcome.labels)
    return {
        "total": outcome.total,
        "distances": outcome.distances,
        "measured": _summary(outcome.statistics),
        "true": {
            "median_diameter_px": float(np.median(diameters)) if len(diameters) else None,
            "covered": float(np.mean([(labels > 0).mean() for labels in outcome.labels])),
        },
        "arrangements": len(outcome.labels),
    }


def _summary(statistics: PatchStatistics) -> dict[str, Any]:
    return {
        "median_diameter_px": float(np.median(statistics.diameters)) if len(statistics.diameters) else None,
        "covered": float(statistics.covered.mean()),
        "particles_per_patch": float(statistics.counts.mean()),
    }
