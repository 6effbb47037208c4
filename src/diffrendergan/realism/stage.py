"""The stage `compare`: whether the synthetic images of a run can be told from its real patches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from diffrendergan.config.project import Project
from diffrendergan.errors import DataError
from diffrendergan.metrics.features import FeatureExtractor
from diffrendergan.micrographs.types import FloatImage
from diffrendergan.patches.prepare import load_prepared, patch_places
from diffrendergan.realism.compare import compare_sides
from diffrendergan.realism.comparison import STAGE, write_comparison, write_refusal
from diffrendergan.realism.rules import RULES
from diffrendergan.realism.sheet import SHEET, write_sheet
from diffrendergan.realism.sides import Patch, prepared_sides
from diffrendergan.runs import seeds
from diffrendergan.runs.reporter import Reporter
from diffrendergan.runs.spacing import evenly_spaced
from diffrendergan.synthesis.manifest import GROUND_SCAN, read_manifest
from diffrendergan.synthesis.writers import Pair, read_pair


def run_compare(project: Project, folder: Path, reporter: Reporter) -> None:
    """Compare the synthetic images of a run with the real patches that `prepare` cut.

    In `compare`: `comparison.json`, and `comparison.png` with the most telling patches. A run with too few patches or
    scans says so in the file instead.

    Parameters
    ----------
    project : Project
        The configuration.
    folder : Path
        The run folder, with the stages `prepare` and `synthesize` done.
    reporter : Reporter
        Shows progress, and the headline.

    Raises
    ------
    RunFolderError
        If a file is missing or broken, or cannot be written.
    """
    compare_run(project, folder, reporter, packaged_network)


def compare_run(project: Project, folder: Path, reporter: Reporter, network: Callable[[], FeatureExtractor]) -> None:
    """Compare a run as `run_compare` does, by the features of a network that is loaded only if it is needed."""
    generator = seeds.generator(project.seed, "compare", "patches")
    try:
        real, synthetic, notes = prepared_sides(
            _real(folder), _synthetic(folder / "synthesize"), RULES.patches, generator
        )
        compared = compare_sides(real, synthetic, network(), project.seed, reporter, notes)
    except DataError as error:
        write_refusal(folder / STAGE, str(error))
        reporter.note(f"not compared: {error}")
        return
    write_sheet(folder / STAGE / SHEET, compared, real, synthetic)
    write_comparison(folder / STAGE, compared.comparison)
    reporter.note(compared.comparison.headline)


def packaged_network() -> FeatureExtractor:
    """Return the network whose weights are installed with the package."""
    from diffrendergan.metrics.efficientnet import EfficientNetFeatures

    return EfficientNetFeatures()


def _real(folder: Path) -> list[Patch]:
    patches = load_prepared(folder).patches
    half = patches.shape[1] / 2
    return [
        Patch(pixels, place.scan, f"{place.scan} {place.x} {place.y}", place.x + half)
        for pixels, place in zip(patches, patch_places(folder), strict=True)
    ]


def _synthetic(stage: Path) -> list[Patch]:
    """Return synthetic images, evenly spaced over all."""
    records = read_manifest(stage)
    chosen = [records[i] for i in evenly_spaced(len(records), RULES.patches)]
    return [
        Patch(_grey(read_pair(stage, record["index"])), _shown(record), f"{record['index']:05d}") for record in chosen
    ]


def _grey(pair: Pair) -> FloatImage:
    return np.asarray(pair.image / 255, dtype=np.float32)


def _shown(record: Mapping[str, Any]) -> str:
    """Return the scan whose ground an image shows; an image that shows none stands for itself."""
    ground = record.get(GROUND_SCAN)
    return f"synthetic image {record['index']}" if ground is None else str(ground)
