"""The stage `compare`: whether the synthetic images of a run can be told from its real patches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from diffrendergan.config.project import Project
from diffrendergan.detection.foreground import ScanParticles
from diffrendergan.errors import DataError
from diffrendergan.metrics.features import FeatureExtractor
from diffrendergan.micrographs.types import FloatImage, LabelImage
from diffrendergan.patches.candidates import count_full
from diffrendergan.patches.prepare import load_prepared, patch_places
from diffrendergan.patches.stored import read_index
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
        images, said = _synthetic(project, folder)
        real, synthetic, notes = prepared_sides(_real(folder), images, RULES.patches, generator)
        compared = compare_sides(real, synthetic, network(), project.seed, reporter, [*said, *notes])
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


def _synthetic(project: Project, folder: Path) -> tuple[list[Patch], list[str]]:
    """Return synthetic images that `prepare` would have chosen, evenly spaced over all, and what the user should know.

    If there are too few of them, all are taken as they are.
    """
    stage = folder / "synthesize"
    records = read_manifest(stage)
    records = [records[i] for i in evenly_spaced(len(records), 2 * RULES.patches)]
    pairs = [read_pair(stage, record["index"]) for record in records]
    counts = _full_particles([pair.instances for pair in pairs], folder)
    least = project.data.min_full_particles
    chosen = [i for i, count in enumerate(counts) if count >= least]
    said = []
    if project.particles.shape.family == "wire" or len(chosen) < RULES.least_patches:
        chosen = list(range(len(records)))
    elif len(chosen) < len(records):
        said.append(
            f"The real patches were chosen for at least {least} particles in full (`data.min_full_particles`), and so "
            f"are the synthetic ones: {len(chosen)} of {len(records)} show as many."
        )
    taken = [chosen[i] for i in evenly_spaced(len(chosen), RULES.patches)]
    return [Patch(_grey(pairs[i]), _shown(records[i]), f"{records[i]['index']:05d}") for i in taken], said


def _full_particles(instances: Sequence[LabelImage], folder: Path) -> list[int]:
    """Count the particles that synthetic images display in full, as `prepare` counts those of the scans."""
    diameter = float(read_index(folder).get("particle_diameter_px") or 0.0)
    whole = np.zeros((1, 2), np.int64)
    return [
        int(count_full(ScanParticles.of(labels, labels > 0), whole, len(labels), diameter)[0]) for labels in instances
    ]


def _grey(pair: Pair) -> FloatImage:
    return np.asarray(pair.image / 255, dtype=np.float32)


def _shown(record: Mapping[str, Any]) -> str:
    """Return the scan whose ground an image shows; an image that shows none stands for itself."""
    ground = record.get(GROUND_SCAN)
    return f"synthetic image {record['index']}" if ground is None else str(ground)
