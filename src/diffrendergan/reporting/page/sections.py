"""What each section of the page shows, as plain values for the template.

A section without its data holds `missing`, a sentence that says so and what would bring it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from diffrendergan.config.project import Project
from diffrendergan.gan.balanced.kernel_score import stops
from diffrendergan.gan.history import EpochRecord
from diffrendergan.gan.layout import TrainingFolder
from diffrendergan.patches.prepare import Prepared
from diffrendergan.reporting.figures import figures, pictures
from diffrendergan.reporting.figures.theme import inline_svg
from diffrendergan.reporting.page.results import (
    Candidate,
    ParameterTrack,
    SegmentationHistory,
    Selection,
    StageCost,
    SyntheticSet,
)
from diffrendergan.runs import seeds
from diffrendergan.runs.words import duration, number, plural

MOST_PATCHES = 8
MOST_MASKS = 6
PATCH_EDGE_PX = 256
PATCH_BYTES = 45_000
GRID_EDGE_PX = 1600
GRID_BYTES = 900_000

Section = dict[str, Any]


def patches_section(
    project: Project, prepared: Prepared | None, synthetic: SyntheticSet | None, folder: Path, epochs: int
) -> Section:
    """Return as many real as synthetic patches, drawn with the project's seed."""
    if prepared is None and synthetic is None:
        return {"missing": "There are no patches yet: `diffrendergan prepare` cuts the real ones."}
    samples = TrainingFolder(folder / "train").samples(epochs)
    if synthetic is None and samples.exists():
        grid = pictures.file_jpeg(samples, GRID_EDGE_PX, GRID_BYTES)
        told = "`diffrendergan synthesize` has not run yet. This is the sample grid after epoch"
        return {"samples": grid, "sentence": f"{told} {epochs}: real patches on the left, synthetic ones on the right."}
    count = MOST_PATCHES
    if prepared is not None:
        count = min(count, len(prepared.patches))
    if synthetic is not None:
        count = min(count, len(synthetic.records))
    rng = seeds.generator(project.seed, "report", "patches")
    real = [] if prepared is None else [prepared.patches[i] for i in _draw(rng, len(prepared.patches), count)]
    made = [] if synthetic is None else [synthetic.pair(i).image for i in _draw(rng, len(synthetic.records), count)]
    sides = [
        {
            "title": "Real", "uris": [_small(patch) for patch in real],
            "missing": "The real patches are not there: `diffrendergan prepare` cuts them.",
        },
        {
            "title": "Synthetic", "uris": [_small(patch) for patch in made],
            "missing": "There is no synthetic image yet: `diffrendergan synthesize` makes them.",
        },
    ]  # fmt: skip
    sentence = "Patches drawn at random (with the project's seed), not chosen; both on the same grey scale."
    return {"real": bool(real), "synthetic": bool(made), "sides": sides, "sentence": sentence}


def masks_section(project: Project, synthetic: SyntheticSet | None) -> Section:
    """Return synthetic images with their class and instance masks in colours."""
    if synthetic is None:
        return {"missing": "There is no synthetic image yet: `diffrendergan synthesize` makes them with their masks."}
    rng = seeds.generator(project.seed, "report", "masks")
    chosen = _draw(rng, len(synthetic.records), min(MOST_MASKS, len(synthetic.records)))
    pairs = [synthetic.pair(index) for index in chosen]
    background, particle, contour = (pictures.hex_colour(colour) for colour in pictures.CLASS_COLOURS)
    rows = [
        {"label": "Image", "legend": [], "uris": [_small(pair.image) for pair in pairs]},
        {
            "label": "Classes",
            "legend": [
                {"colour": particle, "label": "particle"},
                {"colour": contour, "label": "contour"},
                {"colour": background, "label": "background"},
            ],
            "uris": [pictures.class_png(pair.classes, PATCH_EDGE_PX) for pair in pairs],
        },
        {
            "label": "Instances",
            "legend": [],
            "uris": [pictures.instance_png(pair.instances, PATCH_EDGE_PX) for pair in pairs],
        },
    ]
    mean = synthetic.particles / len(synthetic.records)
    rejected = plural(synthetic.rejected, "draw was", "draws were") if synthetic.rejected else "no draw was"
    sentence = (
        f"The masks come from the geometry itself. {plural(len(synthetic.records), 'image')} with "
        f"{plural(synthetic.particles, 'particle')}, {number(mean)} on average; to get them, "
        f"{rejected} rejected for too little background or contrast."
    )
    return {"rows": rows, "columns": len(pairs), "sentence": sentence}


def training_section(
    project: Project, records: Sequence[EpochRecord], selection: Selection | None, won: str | None = None
) -> Section:
    """Return losses and distance over the epochs, the choice of the epoch with its reason, and whether D has won."""
    if not project.generator.trains:
        return {"missing": f"No generator was trained: {project.generator.instead}."}
    if not records:
        return {"missing": "The generator has not been trained for a whole epoch yet: `diffrendergan train` does that."}
    chosen = None if selection is None else selection.epoch
    candidates = () if selection is None else selection.candidates
    figure = figures.training_curves(records, chosen, [candidate.epoch for candidate in candidates])
    asked, done = project.training.epochs, records[-1].epoch
    ended = done >= asked or (records[-1].kernel is not None and stops(records))
    epochs = plural(done, "epoch") if ended else f"{done} of {plural(asked, 'epoch')} so far"
    seconds = sum(record.seconds for record in records)
    kernel = records[-1].kernel is not None
    distance = "kernel distance" if kernel else "FID"
    described = (
        f"Losses of generator and discriminator over {done} epochs, distance from the real patches and breadth of the "
        "learned parameters"
    )
    return {
        "figure": inline_svg(figure, "training", described),
        "sentence": f"{epochs}, {plural(records[-1].step, 'step')}, {duration(seconds)} "
        f"({duration(seconds / max(done, 1))} per epoch with its {distance}).",
        "warning": None if won is None else f"Warning: {won}.",
        "distance": distance.capitalize() if kernel else distance,
        "reason": None if selection is None else selection.reason,
        "candidates": [_candidate(candidate, candidate.epoch == chosen) for candidate in candidates],
        "unchosen": "No epoch has been chosen yet: `diffrendergan select` does that.",
    }  # fmt: skip


def parameters_section(project: Project, track: ParameterTrack | None, selection: Selection | None) -> Section:
    """Return how the learned parameters are distributed over the arrangements, epoch by epoch."""
    if not project.generator.trains:
        return {"missing": "Nothing was trained; θ of each image is in `synthesize/manifest.jsonl`."}
    if track is None:
        return {"missing": "No epoch has left its learned parameters yet: `diffrendergan train` writes them."}
    figure = figures.parameter_distributions(track, None if selection is None else selection.epoch)
    sentence = (
        f"What the generator gives the {plural(len(track.values[-1]), 'arrangement')}, over the whole range that it "
        "may use (dashed)."
    )
    if selection is not None:
        sentence += f" The upright line is the chosen epoch {selection.epoch}."
    described = f"Distribution of {', '.join(track.names)} over the epochs"
    return {"figure": inline_svg(figure, "parameters", described), "sentence": sentence}


def sets_section(
    project: Project,
    prepared: Prepared | None,
    synthetic: SyntheticSet | None,
    histories: Sequence[SegmentationHistory],
    with_real: bool,
) -> Section:
    """Return how large each set of images is, and the course of the segmentation networks."""
    rows = []
    if prepared is not None:
        size = f"{prepared.patches.shape[1]} × {prepared.patches.shape[2]} px"
        scale = "" if prepared.pixel_size_nm is None else f", {prepared.pixel_size_nm:.4g} nm per pixel"
        rows = [
            _row("Training scans", len(prepared.train_scans), "real micrographs that patches are cut from"),
            _row("Real patches", len(prepared.patches), f"{size}{scale}; what the discriminator sees"),
            _row("Background patches", len(prepared.background), "real, without particles; added to the synthetic set"),
            _row("Held-out scans", len(prepared.test_scans), _held_out(project)),
        ]
    if synthetic is not None:
        asked, done = project.synthesis.images, len(synthetic.records)
        so_far = "" if done >= asked else f" (of {asked:,} asked for)"
        rows.append(_row("Synthetic images", done, f"annotated{so_far}; the segmentation network learns from these"))
    if with_real and prepared is not None:
        rows.append(
            _row(
                "Annotated real scans", len(prepared.train_scans), "whole, for the training of the real-data reference"
            )
        )
    section: Section = {"rows": rows, "missing": "No data have been prepared yet: `diffrendergan prepare` does that."}
    if any(history.records for history in histories):
        described = "Loss and Dice score on held-out synthetic images over the steps"
        section["figure"] = inline_svg(figures.segmentation_curves(histories), "segmentation", described)
    return section


def _held_out(project: Project) -> str:
    adapt = project.segmentation.adapt
    seen = adapt.acts and adapt.scans == "all"
    return f"{'adapted to without their masks' if seen else 'never seen in training'}; for the scores"


def costs_section(costs: Sequence[StageCost]) -> Section:
    """Return time and peak memory per stage."""
    if not costs:
        return {"missing": "No times were recorded: this folder was not made by `diffrendergan run`."}
    figure = figures.stage_costs(costs)
    return {
        "figure": inline_svg(figure, "costs", "Time and peak memory of each stage"),
        "sentence": "Wall-clock time over all sessions that a stage took, and the largest resident memory; this report "
        "is not counted.",
    }


def _candidate(candidate: Candidate, chosen: bool) -> dict[str, Any]:
    fid = f"{candidate.fid:.1f}" if candidate.fid >= 10 else number(candidate.fid)
    fid = fid if candidate.kernel is None else f"{candidate.kernel:.3f}"
    return {"epoch": candidate.epoch, "fid": fid, "breadth": f"{candidate.breadth:.3f}", "chosen": chosen}


def _row(name: str, size: int, what: str) -> dict[str, str]:
    return {"name": name, "size": f"{size:,}", "what": what}


def _small(patch: np.ndarray) -> str:
    return pictures.grey_jpeg(patch, PATCH_EDGE_PX, PATCH_BYTES)


def _draw(rng: np.random.Generator, available: int, count: int) -> list[int]:
    """Return `count` different numbers below `available`, in rising order."""
    return sorted(rng.choice(available, size=count, replace=False).tolist())
