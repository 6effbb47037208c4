"""The stage `fit`, and a project file with what it found."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import torch

from diffrendergan.calibration.project_file import check_text, with_values
from diffrendergan.config.load import load_project
from diffrendergan.config.project import Project
from diffrendergan.fitting.covered import covered_of
from diffrendergan.fitting.descent import descend
from diffrendergan.fitting.distance import facts_of, target_of
from diffrendergan.fitting.law import FILE, SHEET, STAGE, Law, load_law, save_law
from diffrendergan.fitting.scene import drawn, make_scene, wide_statistics
from diffrendergan.fitting.statistics import describe, groups
from diffrendergan.fitting.zones import zones_of
from diffrendergan.generalist.search import search_of
from diffrendergan.imaging.run_ground import ground_of
from diffrendergan.patches.prepare import load_prepared
from diffrendergan.reporting.preview.fit import write_sheet
from diffrendergan.runs import seeds
from diffrendergan.runs.atomic import write_text
from diffrendergan.runs.reporter import Reporter
from diffrendergan.runs.spacing import evenly_spaced


def run_fit(project: Project, folder: Path, reporter: Reporter) -> None:
    """Fit the learned parameters of the image model to the prepared patches, by statistics and without an adversary.

    In `fit`: `fit.json`, the law of the parameters and the distances that are left; `fit.png`, real and synthetic
    patches mixed, and the statistics of both over each other.

    Parameters
    ----------
    project : Project
        The configuration.
    folder : Path
        The run folder, with `prepare` finished.
    reporter : Reporter
        Shows progress.

    Raises
    ------
    ConfigError
        If no parameter is learned.
    DataError
        If no particles are found in the real patches.
    """
    stage, config = folder / STAGE, project.fit
    real = load_prepared(folder)
    patches = real.patches[evenly_spaced(len(real.patches), config.patches)]
    covered = covered_of(stage, patches, project.data.foreground == "dark", search_of(project), reporter)
    scene = make_scene(project, stage, real.pixel_size_nm, ground_of(project, folder, reporter), reporter)
    specs = scene.model.learned()
    noise = torch.Generator().manual_seed(seeds.integer(project.seed, "fit", "target"))
    with torch.no_grad():
        shown = describe(torch.from_numpy(patches), zones_of(covered, seeds.generator(project.seed, "fit", "zones")))
        wide = wide_statistics(scene, project.seed, noise)
    target = target_of(shown, wide, groups(), noise)
    found = descend(specs, scene.statistics, scene.count, target, project.seed, config.steps, reporter)
    images, statistics = drawn(scene, found.law, project.seed)
    facts = facts_of(target, shown, wide, statistics)
    write_sheet(stage / SHEET, patches, images, target, shown, statistics, found.totals, project.seed)
    save_law(stage / FILE, found.law, distances=facts, totals=list(found.totals))
    reporter.note(
        f"fit: distance {facts['all']['fitted']:.2f} real spreads, {facts['all']['at random']:.2f} with random "
        f"parameters, {facts['all']['real']:.2f} between halves of the real patches. Look at {stage / SHEET}."
    )


def write_fitted(source: Path, target: Path, folder: Path) -> None:
    """Write a project file whose learned ranges are those of a fit: nine in ten images lie within.

    Materials are drawn evenly from them (`generator.draw: uniform`), or by a GAN, if that is changed.

    Parameters
    ----------
    source, target : Path
        The project file as it is, with comments that are kept, and the one to write.
    folder : Path
        The run folder, with `fit` finished.

    Raises
    ------
    RunFolderError
        If the fit is missing or broken.
    """
    note = f"The look fitted by `diffrendergan fit {source.name}` on {date.today().isoformat()}."
    values = narrowed(load_law(folder / STAGE / FILE), load_project(source))
    text = with_values(
        source.read_text(encoding="utf-8-sig"), values | {"generator.draw": "uniform"}, source, note, target
    )
    check_text(target, text)
    write_text(target, text)


def narrowed(law: Law, project: Project) -> dict[str, object]:
    """Return the fitted ranges by the dotted names of their fields; materials of groups stand in a list and stay."""
    groups = {group.name for group in project.rendering.groups}
    found: dict[str, object] = {}
    for name, (low, _, high) in law.usual().items():
        first = name.partition(".")[0]
        if first not in groups:
            field = name if first == "imaging" else f"rendering.{name}"
            found[field] = {"learn": _apart(low, high)}
    return found


def _apart(low: float, high: float) -> list[float]:
    """Return the ends of a range in four digits, which may not make them the same."""
    ends = [float(f"{low:.4g}"), float(f"{high:.4g}")]
    return ends if ends[0] < ends[1] else [ends[0], float(f"{ends[0] + max(1e-6, 1e-3 * abs(ends[0])):.6g}")]
