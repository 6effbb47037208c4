"""The data sheet of what was measured: gathers what stands on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from diffrendergan.config.words import some
from diffrendergan.micrographs.scans import told_remarks
from diffrendergan.quantification.results import ScanRecord, read_columns
from diffrendergan.quantification.together import doubts_together
from diffrendergan.reporting.sheet.page import sheet_page
from diffrendergan.reporting.sheet.paper import write_pdf
from diffrendergan.reporting.sheet.sheet import (
    SHAPE_LENGTHS,
    SHAPE_RATIOS,
    Sheet,
    Table,
    needed_table,
    shapes_table,
    sizes_table,
    twins_table,
)
from diffrendergan.runs.atomic import write_text
from diffrendergan.runs.words import number, percent, plural
from diffrendergan.sizes.distribution import size_statistics
from diffrendergan.sizes.rules import RULES
from diffrendergan.sizes.sizes import Sizes
from diffrendergan.sizes.units import NM_PER_UM, Unit
from diffrendergan.twins.results import TwinResult
from diffrendergan.version import __version__

DATASHEET = "datasheet"
NO_STANDARD = (
    "Names and definitions after ISO 9276-1, -2, -6 and ISO 13322-1. Whether a measurement is one by ISO 19749 (SEM) "
    "or ISO 21363 (TEM) depends on the microscope, its calibration and the sample, of which this sheet knows nothing."
)


@dataclass(frozen=True)
class About:
    """What the sheet says beside the figures."""

    sample: str
    found_by: str
    """The network or label images that told the particles apart."""
    verdict: str = ""
    """What is thought of the network without labels; empty where it was not judged."""
    least_px: int = 0
    """Smaller regions were dropped [px]."""
    least_sure: float = 0.0
    """Less sure particles were left out."""
    failed: tuple[str, ...] = ()
    """Scans that could not be used."""


def write_sheet(
    out: Path,
    tables: Path,
    group: Sequence[ScanRecord],
    sizes: Sizes,
    about: About,
    ending: str = "",
    twins: TwinResult | None = None,
) -> list[Path]:
    """Write `datasheet.html` and `.pdf` of scans that share a unit; returns both paths.

    Parameters
    ----------
    out : Path
        Gets both; the pictures of the scans are in its folder `figures`.
    tables : Path
        Results of `quantify`, with the tables of particles.
    group : sequence of ScanRecord
    sizes : Sizes
        Of all of them together.
    about : About
    ending : str
        Stands at the end of the names.
    twins : TwinResult, optional
        What twins of the scans taught.

    Raises
    ------
    DataError
        If a table of particles is broken.
    RunFolderError
        If a file cannot be written.
    """
    sheet = gather(out, tables, group, sizes, about, twins)
    paths = [out / f"{DATASHEET}{ending}.html", out / f"{DATASHEET}{ending}.pdf"]
    write_text(paths[0], sheet_page(sheet))
    write_pdf(paths[1], sheet)
    return paths


def gather(
    out: Path,
    tables: Path,
    group: Sequence[ScanRecord],
    sizes: Sizes,
    about: About,
    twins: TwinResult | None = None,
) -> Sheet:
    """Return what stands on the sheet of scans that share a unit; arguments as of `write_sheet`."""
    example, name = _example(out, group, sizes)
    return Sheet(
        title=about.sample,
        unit=sizes.unit,
        facts=(*_facts(group, about), *_whole_facts(tables, group, sizes.unit)),
        sizes=sizes_table(sizes),
        shapes=_shapes(tables, group, sizes),
        needed=needed_table(sizes),
        left_out=_left_out(group, about),
        footer=f"{NO_STANDARD} Volumes are those of spheres of the diameter x_A. diffrendergan {__version__}.",
        measured=sizes,
        example=example,
        example_name=name,
        twins=None if twins is None else twins_table(twins),
    )


def _facts(group: Sequence[ScanRecord], about: About) -> tuple[tuple[str, str], ...]:
    rows = [record.row for record in group]
    total = sum(row["number"] for row in rows)
    facts = {
        "scans": f"{len(group)}: {some([record.name for record in group], 4)}",
        "size of a scan": some(dict.fromkeys(f"{row['width_px']} × {row['height_px']} px" for row in rows), 3),
        "pixel size": _pixel_size(group),
        "found by": about.found_by,
        "verdict": about.verdict,
        "particles": f"{total:,}, {sum(row['number_whole'] for row in rows):,} of them whole",
        "area looked at": _area(group),
        "covered": f"{percent(_weighted(group, 'coverage'))} of it",
        "density": f"{number(_weighted(group, _density(group)))} {_per_area(group)}, corrected for the border",
        "fit": _fit(group),
    }
    return tuple((name, value) for name, value in facts.items() if value)


def _whole_facts(tables: Path, group: Sequence[ScanRecord], unit: Unit) -> tuple[tuple[str, str], ...]:
    """Return what is known of whole particles, where a network predicts them; all other sizes are of what is seen."""
    if any(record.whole is None for record in group):
        return ()
    columns = (f"whole_diameter_{unit}", "whole_border_weight")
    diameters, weights = np.concatenate([np.array(read_columns(tables, record, columns)) for record in group], axis=1)
    kept = weights > 0
    found = size_statistics(diameters[kept], weights[kept])
    covered = sum(record.row["number_covered"] for record in group)
    told = (
        f"median {number(found.d50)} {unit}, 10 to 90 %: {number(found.d10)} to {number(found.d90)} {unit}; "
        f"{plural(covered, 'particle')} covered in part. All below is of what is seen"
    )
    return (("whole particles", told),)


def _pixel_size(group: Sequence[ScanRecord]) -> str:
    known = [record.row["pixel_size_nm"] for record in group if record.row["pixel_size_nm"] is not None]
    if not known:
        return "unknown: sizes are in pixels"
    low, high = min(known), max(known)
    told = f"{low:.4g} nm" if f"{low:.4g}" == f"{high:.4g}" else f"{low:.4g} to {high:.4g} nm"
    return f"{told}, {some(dict.fromkeys(record.pixel_size_from for record in group), 3)}"


def _areas(group: Sequence[ScanRecord]) -> list[float]:
    return [record.row["field_px"] * (record.row["pixel_size_nm"] or 1.0) ** 2 for record in group]


def _area(group: Sequence[ScanRecord]) -> str:
    area = sum(_areas(group))
    return f"{number(area / NM_PER_UM**2)} µm²" if group[0].unit == "nm" else f"{number(area / 1e6)} Mpx"


def _density(group: Sequence[ScanRecord]) -> str:
    return f"density_corrected_per_{'um2' if group[0].unit == 'nm' else 'mpx'}"


def _per_area(group: Sequence[ScanRecord]) -> str:
    return "per µm²" if group[0].unit == "nm" else "per Mpx"


def _weighted(group: Sequence[ScanRecord], column: str) -> float:
    return float(np.average([record.row[column] for record in group], weights=_areas(group)))


def _fit(group: Sequence[ScanRecord]) -> str:
    return (
        ""
        if any(record.thickness is None for record in group)
        else ("wires: see wires.csv and thickness; diameters below are those of connected regions")
    )


def _shapes(tables: Path, group: Sequence[ScanRecord], sizes: Sizes) -> Table:
    unit = sizes.unit
    lengths = {name: f"{name}_{unit}" for name in SHAPE_LENGTHS}
    names = {**lengths, **{name: name for name in SHAPE_RATIOS}}
    wanted = [*names.values(), f"diameter_{unit}", "border_weight"]
    parts = [
        np.array(
            [*read_columns(tables, record, wanted), np.full(record.row["number"], record.row["pixel_size_nm"] or 1)]
        )
        for record in group
    ]
    values = np.concatenate(parts, axis=1)
    diameter, weight, per_px = values[-3:]
    whole = weight > 0
    used = whole & (diameter >= RULES.shape_px * per_px)
    columns = {name: values[place][used] for place, name in enumerate(names)}
    # Each counted by its border weight, as sizes are.
    return shapes_table(columns, weight[used], unit, int(whole.sum() - used.sum()))


def _left_out(group: Sequence[ScanRecord], about: About) -> tuple[str, ...]:
    rows = [record.row for record in group]
    number_all, whole, specks = (sum(row[key] for row in rows) for key in ("number", "number_whole", "number_specks"))
    told = []
    if number_all > whole:
        told.append(
            f"{number_all - whole:,} of {number_all:,} particles are cut by the border: left out of all sizes. Whole "
            "ones count by the weights of Miles and Lantuéjoul, since large ones are cut more often."
        )
    unsure = sum(row["number_unsure"] for row in rows)
    if unsure:
        told.append(f"Left out: {plural(unsure, 'particle')} less sure than {about.least_sure:g}.")
    if about.least_px:
        told.append(f"Regions of less than {about.least_px} px were dropped.")
    if specks:
        told.append(f"Counted: {plural(specks, 'speck')} of less than {RULES.speck_px} px.")
    if about.failed:
        told.append(f"{plural(len(about.failed), 'scan')} could not be used: {some(about.failed, 3)}.")
    told += told_remarks((record.name, record.doubts) for record in group)[:2]
    told += doubts_together(group)
    return tuple(told) or ("Nothing.",)


def _example(out: Path, group: Sequence[ScanRecord], sizes: Sizes) -> tuple[Path | None, str]:
    """Return the picture of the scan whose median is nearest to that of all, and its name."""
    column = f"d50_{sizes.unit}"
    drawn = [record for record in group if (out / "figures" / f"{record.name}_instances.png").is_file()]
    if not drawn:
        return None, ""
    known = [record for record in drawn if record.row[column] is not None] or drawn
    best = min(known, key=lambda record: abs((record.row[column] or 0.0) - sizes.number.d50))
    return out / "figures" / f"{best.name}_instances.png", best.name


def is_packaged(described: Mapping[str, object]) -> bool:
    """Tell whether what a segmenter says of itself is that of the packaged generalist."""
    return described.get("model") == "generalist"


def found_by(described: Mapping[str, object]) -> str:
    """Say what told the particles apart, from what a segmenter says of itself."""
    if "labels" in described:
        return f"label images in {described['labels']}"
    if is_packaged(described):
        return "the packaged generalist, trained on synthetic images of no material in particular"
    told = [f"network of {_run_of(Path(str(described['model'])))}" if "model" in described else "network of the run"]
    if "trained_on" in described:
        told.append(f"trained on {described['trained_on']} images")
    if "seed" in described:
        told.append(f"seed {described['seed']}")
    if "decoding" in described:
        told.append(f"particles cut by {described['decoding']}")
    return ", ".join(told)


def _run_of(network: Path) -> Path:
    """Return the run folder of a network, or the file itself where it lies in none."""
    parts = network.parts
    return Path(*parts[: parts.index("segment")]) if "segment" in parts[1:] else network
