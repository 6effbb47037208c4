"""The page: everything that the run folder holds, through one template."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from diffrendergan.config.project import Project
from diffrendergan.gan.history import EpochRecord
from diffrendergan.gan.won import won_sentence
from diffrendergan.judging.verdict import read_verdict
from diffrendergan.patches.prepare import Prepared
from diffrendergan.reporting.page import particle_sections, results, score_sections, sections
from diffrendergan.reporting.page.adapted import adapted_sentences
from diffrendergan.reporting.page.comparison_section import comparison_section
from diffrendergan.reporting.page.fit_section import fit_section
from diffrendergan.reporting.page.measured import Measured
from diffrendergan.reporting.page.pooled import SizeGroup
from diffrendergan.reporting.page.results import Selection, StageCost, SyntheticSet
from diffrendergan.reporting.page.scores import Scores, read_scores
from diffrendergan.reporting.page.twin_section import twin_section
from diffrendergan.reporting.page.verdict_section import verdict_section
from diffrendergan.reporting.templating import filled, themed_style
from diffrendergan.runs.words import duration, number, plural, score
from diffrendergan.version import __version__

TEMPLATE, STYLE_SHEET = "report.html.j2", "report.css"


def make_page(project: Project, folder: Path, measured: Measured, groups: Sequence[SizeGroup]) -> str:
    """Return the report of a run folder, finished or not, as one HTML page without any outside address.

    Parameters
    ----------
    project : Project
        The configuration.
    folder : pathlib.Path
        The run folder.
    measured : Measured
        The particles that were predicted on the held-out scans.
    groups : sequence of SizeGroup
        Their sizes.

    Raises
    ------
    RunFolderError
        If a file that is there is broken.
    """
    prepared = results.read_prepared(folder)
    records = results.read_records(folder)
    selection = results.read_selection(folder)
    synthetic = results.read_synthetic(folder)
    scores = read_scores(folder)
    costs = results.read_costs(folder)
    track = results.read_parameters(folder, records)
    histories = results.read_segmentation(folder)
    with_real = scores is not None and "real" in scores.seeds
    return _render(
        {
            "name": project.name,
            "summary": _summary(prepared, records, selection, synthetic, scores),
            "tiles": _tiles(records, selection, synthetic, scores, costs),
            "verdict": verdict_section(folder, read_verdict(folder)),
            "scores": score_sections.scores_section(project, scores),
            "overlays": score_sections.overlays_section(project, folder, scores),
            "instances": particle_sections.instances_section(measured),
            "sizes": particle_sections.sizes_section(measured, groups, project.evaluation.min_region_px),
            "twins": twin_section(measured),
            "thickness": particle_sections.thickness_section(measured) if project.about_wires else None,
            "patches": sections.patches_section(
                project, prepared, synthetic, folder, records[-1].epoch if records else 0
            ),
            "comparison": comparison_section(folder),
            "fit": fit_section(folder),
            "masks": sections.masks_section(project, synthetic),
            "training": sections.training_section(project, records, selection, _won(project, folder, records)),
            "parameters": sections.parameters_section(project, track, selection),
            "sets": sections.sets_section(project, prepared, synthetic, histories, with_real)
            | {"adapted": adapted_sentences(project, folder)},
            "costs": sections.costs_section(costs),
            "environment": results.read_environment(folder),
            "configuration": results.read_configuration(folder, project),
            "footer": f"Written by diffrendergan {__version__} from {folder}.",
        }
    )


def _won(project: Project, folder: Path, records: Sequence[EpochRecord]) -> str | None:
    """Return what is to be said if the discriminator of the training has won."""
    return won_sentence(folder / "train", project.training) if records else None


def _render(context: dict[str, Any]) -> str:
    return filled(TEMPLATE, context | {"style": themed_style(STYLE_SHEET)}, {"score": score, "prose": _prose})


def _prose(text: str) -> Markup:
    """Return escaped text in which `backticks` mark code."""
    parts = text.split("`")
    return Markup("").join(Markup("<code>{}</code>").format(part) if k % 2 else part for k, part in enumerate(parts))


def _summary(
    prepared: Prepared | None,
    records: Sequence[EpochRecord],
    selection: Selection | None,
    synthetic: SyntheticSet | None,
    scores: Scores | None,
) -> list[str]:
    """Say what was done, in a paragraph."""
    told = []
    if prepared is not None:
        scans = plural(len(prepared.train_scans), "unlabelled micrograph")
        told.append(f"{plural(len(prepared.patches), 'patch was', 'patches were')} cut from {scans}.")
    if records:
        chosen = "" if selection is None else f", and that of epoch {selection.epoch} was chosen"
        told.append(f"A generator was trained on them for {plural(records[-1].epoch, 'epoch')}{chosen}.")
    if synthetic is not None:
        told.append(f"It made {plural(len(synthetic.records), 'annotated synthetic image')}.")
    if scores is not None and "synthetic" in scores.seeds:
        networks = plural(scores.seeds["synthetic"], "segmentation network")
        scans = plural(len(scores.scans), "held-out scan")
        told.append(f"{networks}, trained on these without any real annotation, segmented {scans}.")
    return [" ".join(told)] if told else ["Nothing has been done in this run folder yet: `diffrendergan run` does all."]


def _tiles(
    records: Sequence[EpochRecord],
    selection: Selection | None,
    synthetic: SyntheticSet | None,
    scores: Scores | None,
    costs: Sequence[StageCost],
) -> list[dict[str, str]]:
    tiles = score_sections.headline(scores)
    if selection is not None:
        tiles.append({"value": number(selection.fid), "label": f"FID ({selection.extractor}), epoch {selection.epoch}"})
    elif records:
        tiles.append({"value": number(records[-1].fid), "label": f"FID ({records[-1].extractor}), last epoch"})
    if synthetic is not None:
        tiles.append({"value": f"{len(synthetic.records):,}", "label": "annotated synthetic images"})
    if costs:
        tiles.append({"value": duration(sum(cost.seconds for cost in costs)), "label": "in all, without this report"})
    return tiles
