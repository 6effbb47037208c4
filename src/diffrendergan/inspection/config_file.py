"""A commented configuration to start from, written from what the scans show."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from diffrendergan.config.load import with_case
from diffrendergan.config.merge import merged
from diffrendergan.config.paths import tidied
from diffrendergan.config.presets import preset_case
from diffrendergan.config.project import Project
from diffrendergan.errors import DataError
from diffrendergan.inspection.commented_yaml import comment_lines, entry_lines, section_lines
from diffrendergan.inspection.contour import thin_contour
from diffrendergan.inspection.kind import strange_words
from diffrendergan.inspection.nearest import chosen_look, nearest_preset
from diffrendergan.inspection.of_look import suited
from diffrendergan.inspection.report import Inspection
from diffrendergan.inspection.rules import RULES
from diffrendergan.inspection.values import LOOK, described, estimated_values
from diffrendergan.scene.geometry import scene_geometry

SHOWN_FIELDS = {
    "data": ("images", "masks", "mask_suffix", "mask_kind", "pixel_size_nm", "scale", "data_bar", "foreground",
             "test_fraction", "patch_size", "patches", "background_patches", "min_full_particles"),
    "particles": ("count", "shape"),
    "arrangement": ("placement", "three_dimensional", "unit", "limit", "agglomerates", "number", "size_in", "size"),
    "synthesis": ("images", "contour_width_px"),
    "evaluation": ("seeds",),
}  # fmt: skip
"""Fields that are always written, in this order; those of the preset follow."""
_OF_LOOKS = (
    "How images are made of particles and places, and what the network starts from: sem, sem-near, tem, stem-dark, "
    "afm, section, paper (docs/fit.md)."
)


def initial_config(
    inspection: Inspection,
    images: Path,
    output: Path | None = None,
    preset: str | None = None,
    look: str | None = None,
) -> str:
    """Write a commented YAML configuration to start from.

    Parameters
    ----------
    inspection : Inspection
        What `inspect_folder` found.
    images : Path
        The folder of the scans.
    output : Path, optional
        The file it will be written to: paths are then given from its folder where that is simple.
    preset : str, optional
        The preset to take everything else from; by default the nearest to what the scans show.
    look : str, optional
        How images are made; by default as suits the kind of the scans, or as the preset that was asked for has it.

    Returns
    -------
    str
        YAML; a whole configuration, in which no preset is named.

    Raises
    ------
    ConfigError
        If there is no such preset or look.
    DataError
        If the scans are too small for any patch.
    """
    chosen, reason = (preset, "as asked") if preset is not None else nearest_preset(inspection, look)
    case = preset_case(chosen)
    remarks = _remarks(inspection)
    look, look_reason = chosen_look(inspection, look, case.look if preset is not None else None)
    measured = suited(_measured(inspection, images, output, remarks), look, inspection.estimate, remarks)
    contour = thin_contour(case.values, inspection.estimate, inspection.magnification.scale, remarks)
    measured = merged(measured, contour)
    values = _without_size(case.values, measured)
    laid = merged(values, measured)
    defaults = Project().model_dump(mode="json")
    project = Project.model_validate(merged(with_case(defaults, replace(case, values=values), look, Path()), measured))
    lines = [f"# {line}" for line in _summary(inspection)]
    lines += [
        "#",
        *comment_lines(f"All else is taken from the preset {chosen}: {reason}. Change whatever you know better."),
    ]
    for key in ("name", "run", "seed"):
        lines += entry_lines(Project, key, laid.get(key, getattr(project, key)), "", remarks)
    lines += ["", *comment_lines(f"{_OF_LOOKS} ({look_reason})"), f"look: {look}"]
    for section in Project.model_fields:
        if section in SHOWN_FIELDS or isinstance(laid.get(section), dict):
            shown = SHOWN_FIELDS.get(section, ())
            lines += ["", *section_lines(section, getattr(project, section), laid.get(section, {}), remarks, shown)]
    return "\n".join(lines) + "\n"


def _measured(inspection: Inspection, images: Path, output: Path | None, remarks: dict[str, str]) -> dict[str, Any]:
    """Return the values that the scans tell."""
    folder = None if output is None else output.parent
    patch = _patch_size(inspection)
    data: dict[str, Any] = {
        "images": _path(images, folder),
        "foreground": inspection.foreground,
        "scale": inspection.magnification.scale,
        "patch_size": patch,
        **_masks(inspection, folder),
    }
    if inspection.pixel_size_given:
        data["pixel_size_nm"] = inspection.pixel_size_nm
    if patch < Project().data.patch_size:
        data["stride"] = max(1, patch // 4)
    run = "run" if output is None or output.stem == "project" else f"{output.stem}-run"
    values: dict[str, Any] = {"name": _name(images), "run": run, "data": data}
    if inspection.estimate is not None:
        unit_px = scene_geometry(Project().rendering, patch).pixels_per_unit_at()
        proposed, said = estimated_values(
            inspection.estimate, unit_px, patch, inspection.pixel_size_nm, inspection.magnification.scale
        )
        values = merged(values, proposed)
        remarks |= said
        proposed_least = values["data"].get("min_full_particles", Project().data.min_full_particles)
        if inspection.whole_particles < proposed_least:
            values["data"]["min_full_particles"] = inspection.whole_particles
            remarks["data.min_full_particles"] = (
                f"too few windows of {patch} px show {inspection.whole_particles + 1} particles in full"
            )
    return values


def _without_size(preset: Mapping[str, Any], measured: Mapping[str, Any]) -> dict[str, Any]:
    """Drop a preset's sizes if there are measured ones: parts of the two make no third."""
    if "size" not in measured.get("arrangement", {}):
        return dict(preset)
    arrangement = {key: value for key, value in preset.get("arrangement", {}).items() if key != "size"}
    return {**preset, "arrangement": arrangement}


def _name(images: Path) -> str:
    """Name the project after the folder, or after the one above if it is just called images."""
    folder = tidied(images)
    return (folder.parent.name if folder.name.lower() in ("images", "scans") else folder.name) or "project"


def _patch_size(inspection: Inspection) -> int:
    usual = Project().data.patch_size
    if inspection.patch_size >= usual:
        return usual
    patch = inspection.patch_size // RULES.least_patch_px * RULES.least_patch_px
    if patch < RULES.least_patch_px:
        smallest = min(inspection.scans, key=lambda scan: min(scan.height, scan.width))
        raise DataError(
            f"{smallest.name} in {inspection.folder} has {smallest.width}×{smallest.height} pixels, too few for "
            f"patches of {RULES.least_patch_px} px; remove it."
        )
    return patch


def _masks(inspection: Inspection, folder: Path | None) -> dict[str, Any]:
    """Return where annotations of the scans lie, and how they are read."""
    masks = inspection.masks
    if masks is None:
        return {}
    return {"masks": _path(masks.folder, folder), "mask_suffix": masks.suffix, "mask_kind": masks.kind}


def _path(path: Path, folder: Path | None) -> str:
    """Give a path from the configuration's folder if it lies below it, else in full."""
    if folder is None:
        return str(path)
    full, base = path.absolute(), folder.absolute()
    return str(full.relative_to(base)) if full.is_relative_to(base) else str(tidied(full))


def _remarks(inspection: Inspection) -> dict[str, str]:
    sizes = {scan.pixel_size_nm for scan in inspection.scans}
    if inspection.pixel_size_given:
        size = "as given, whatever the files say"
    elif inspection.pixel_size_nm is not None:
        size = f"the metadata say {inspection.pixel_size_nm:.6g} nm"
    elif sizes == {None}:
        size = "the files do not say it: give it here if you know it, or sizes stay in pixels"
    else:
        size = "the files differ or some do not say it: scans of one project need one magnification"
    bars = sorted({scan.data_bar_rows for scan in inspection.scans})
    found = "none found" if bars == [0] else f"found: {' or '.join(str(rows) for rows in bars)} rows"
    return {
        "data.pixel_size_nm": size,
        "data.scale": inspection.magnification.reason,
        "data.data_bar": found,
        "data.foreground": _of_foreground(inspection),
    }


def _of_foreground(inspection: Inspection) -> str:
    """Return what is doubtful of bright or dark, and what the kind of image says of it."""
    kind = inspection.kind
    against = kind is not None and kind.dark is not None and kind.dark != (inspection.foreground == "dark")
    words = "" if inspection.foreground_clear else "not certain from the scans: look, and correct it"
    if kind is not None and against:
        shown = "dark" if kind.dark else "bright"
        said = f"{LOOK}: in images of {kind.words}, particles are {shown}, unless grey values are inverted"
        return f"{said}; {words}" if words else said
    return words


def _summary(inspection: Inspection) -> list[str]:
    scans = inspection.scans
    sizes = sorted({(scan.width, scan.height) for scan in scans})
    depths = sorted({scan.bit_depth for scan in scans})
    shown = ", ".join(f"{width}×{height}" for width, height in sizes[:3]) + (" and others" if len(sizes) > 3 else "")
    lines = [
        f"{len(scans)} scans of {shown} px (without data bar), {' and '.join(str(depth) for depth in depths)} bit.",
    ]
    if inspection.kind is not None and (strange := strange_words(inspection.kind)):
        lines += textwrap.wrap(f"{LOOK}: {strange}", 114)
    if inspection.mixed:
        lines += textwrap.wrap(f"{LOOK}: {inspection.mixed}", 114)
    if inspection.estimate is None:
        return [
            *lines,
            "No particles were found: check data.foreground, and that they are 8 px and larger.",
        ]
    rows = [f"  {part.name:<11}{part.value} ({part.certainty})" for part in
            described(inspection.estimate, inspection.pixel_size_nm)]  # fmt: skip
    return [
        *lines,
        f"{inspection.foreground.capitalize()} particles cover {inspection.coverage:.0%} of the area. Measured",
        "without labels (docs/estimation.md says how, and how to overrule it):",
        *rows,
        *([] if inspection.kind is None else textwrap.wrap(f"The kind of image: {inspection.kind.evidence}.", 114)),
    ]
