"""The sections of the page that show the predicted particles: in colours, their sizes, the thickness of wires."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from diffrendergan.reporting.figures import pictures
from diffrendergan.reporting.figures.scan_figures import instances_figure, thickness_figure
from diffrendergan.reporting.figures.theme import inline_svg
from diffrendergan.reporting.figures.thickness_figures import colour_bar, common_top
from diffrendergan.reporting.page.measured import Measured, MeasuredScan, Median, in_words
from diffrendergan.reporting.page.pooled import SizeGroup, pool_thickness
from diffrendergan.reporting.page.score_sections import CUT_BY
from diffrendergan.runs.words import number, plural
from diffrendergan.sizes.bootstrap import Interval
from diffrendergan.sizes.units import Unit

PICTURE_EDGE_PX = 1024
PICTURE_BYTES = 250_000
"""For each picture, before its encoding as text adds a third."""

Section = dict[str, Any]


def instances_section(measured: Measured) -> Section:
    """Return the held-out scans with each predicted particle in a colour of its own."""
    if measured.missing is not None:
        return {"missing": measured.missing}
    shown = measured.pictures
    items = [
        {
            "name": scan.name,
            "uri": pictures.figure_jpeg(
                instances_figure(picture.scan, picture.labels, scan.predicted.cut, titled=False),
                PICTURE_EDGE_PX,
                PICTURE_BYTES,
            ),
            "alt": f"Particles in colours on scan {scan.name}",
            "told": _counts(scan),
        }
        for scan, picture in shown
    ]
    sentence = (
        f"What the network of seed {measured.seed}, trained on synthetic images only, takes for one particle has one "
        f"colour (particles are cut by {CUT_BY[measured.decoding]}). Those that the border cuts have yellow "
        "stripes: their sizes are unknown."
    )
    return {
        "figures": items,
        "sentence": sentence,
        "left_out": _not_shown(measured),
        "notes": _notes(in_words(measured.left_out, "scan"), in_words(measured.undrawn, "the picture of scan")),
    }


def sizes_section(measured: Measured, groups: Sequence[SizeGroup], least_px: int) -> Section:
    """Return the size distributions, predicted and annotated, of all scans together and of each.

    Predicted regions of less than `least_px` pixels were dropped.
    """
    if measured.missing is not None:
        return {"missing": measured.missing}
    return {
        "groups": [_group(group, len(groups) > 1) for group in groups],
        "notes": _notes(
            *measured.told,
            _specks(measured, least_px),
            in_words(measured.left_out, "scan"),
            in_words(measured.unread, "the annotation of scan"),
        ),
    }


def thickness_section(measured: Measured) -> Section | None:
    """Return maps and distributions of the wires' local thickness; None where there are no wires to show."""
    if measured.missing is not None:
        return {"missing": measured.missing}
    groups = pool_thickness(measured.scans)
    if not groups:
        return None
    maps, bars = _maps(measured)
    distributions = [
        inline_svg(group.figure(), group.name, f"Local thickness of the wires in each scan [{group.unit}]")
        for group in groups
    ]
    sentence = (
        "Local thickness is the diameter of the largest disc that lies within the wires and covers a pixel. Circles "
        "are crossings. All maps share the colours."
    )
    return {
        "figures": maps,
        "bars": bars,
        "distributions": distributions,
        "sentence": sentence,
        "left_out": _not_shown(measured),
        "notes": _notes(in_words(measured.left_out, "scan"), in_words(measured.undrawn, "the picture of scan")),
    }


def _maps(measured: Measured) -> tuple[list[dict[str, str]], list[str]]:
    """Return maps that share one scale of colours in each unit, and their colour bars."""
    shown = [(scan, picture, picture.wires) for scan, picture in measured.pictures if picture.wires is not None]
    tops: dict[Unit, float] = {}
    for unit in dict.fromkeys(scan.scale.unit for scan, _, _ in shown):
        same = [wires.thickness for scan, _, wires in shown if scan.scale.unit == unit]
        tops[unit] = common_top(same)
    maps = [
        {
            "name": scan.name,
            "uri": pictures.figure_jpeg(
                thickness_figure(picture.scan, wires.thickness_px, wires.crossings_px, tops[scan.scale.unit]),
                PICTURE_EDGE_PX,
                PICTURE_BYTES,
            ),
            "alt": f"Local thickness of the wires on scan {scan.name}",
            "told": _thickness(scan, len(wires.crossings_px)),
        }
        for scan, picture, wires in shown
    ]
    bars = [inline_svg(colour_bar(top, unit), f"bar-{unit}", f"Colours from 0 to {top:.3g} {unit}")
            for unit, top in tops.items()]  # fmt: skip
    return maps, bars


def _group(group: SizeGroup, several: bool) -> dict[str, Any]:
    unit = group.unit
    count = plural(len(group.scans), "scan")
    title = f"{count} with{'out' if group.annotated is None else ''} annotation, sizes in {unit}" if several else None
    told = [
        f"Equivalent circular diameters of the whole particles of {count}, corrected for the border.",
        f"Predicted: {_described(group.predicted.median, len(group.predicted.diameters), unit)}.",
    ]
    if group.annotated is None:
        told.append("There is no annotation to compare them with.")
    else:
        told.append(f"Annotated: {_described(group.annotated.median, len(group.annotated.diameters), unit)}.")
    if group.distance is not None and group.annotated is not None:
        part = group.distance / group.annotated.median[0]
        told.append(f"Wasserstein distance of both: {number(group.distance)} {unit}, {_percent(part)} of the median.")
    if unit == "px":
        told.append("The pixel size is unknown, so that sizes are in pixels.")
    described = f"Size distribution of the particles of {count}"
    return {
        "title": title,
        "unit": unit,
        "sentence": " ".join(told),
        "figure": inline_svg(group.figure(), group.name, described),
        "annotated": group.annotated is not None,
        "rows": [
            {
                "name": scan.name,
                "cells": [*_cells(scan.predicted), *([] if scan.annotated is None else _cells(scan.annotated))],
                "distance": "–" if scan.distance is None else number(scan.distance),
            }
            for scan in group.scans
        ],
    }


def _specks(measured: Measured, least_px: int) -> str:
    """Say how many annotated particles are smaller than any predicted one can be."""
    annotated = [scan.annotated for scan in measured.scans if scan.annotated is not None]
    small = sum(int(((side.area_px < least_px) & ~side.touches_border).sum()) for side in annotated)
    if not small:
        return ""
    are = plural(small, "annotated particle is", "annotated particles are")
    return f"{are} smaller than {least_px} px, below which predicted regions are dropped."


def _described(median: tuple[float, Interval | None], particles: int, unit: Unit) -> str:
    """Return e.g. ``median 181 nm [175, 188] of 812 particles``."""
    if not particles:
        return "no whole particle"
    value, bounds = median
    return f"median {number(value)} {unit}{_bracketed(bounds)} of {plural(particles, 'particle')}"


def _cells(median: Median) -> list[str]:
    value = "–" if math.isnan(median.value) else number(median.value)
    return [f"{median.particles:,}", f"{value}{_bracketed(median.interval)}"]


def _bracketed(bounds: Interval | None) -> str:
    return "" if bounds is None else f" [{number(bounds.low)}, {number(bounds.high)}]"


def _percent(part: float) -> str:
    return f"{100 * part:.0f} %" if part >= 0.01 else "under 1 %"


def _counts(scan: MeasuredScan) -> str:
    cut = int(scan.predicted.touches_border.sum())
    told = f"{plural(len(scan.predicted), 'particle')}, {f'{cut:,}' if cut else 'none'} of them cut by the border"
    return told if scan.annotated is None else f"{told}; {len(scan.annotated):,} annotated"


def _thickness(scan: MeasuredScan, crossings: int) -> str:
    spread, unit = scan.spread, scan.scale.unit
    if spread is None or not spread.d50:
        return "no wire"
    levels = f"10th to 90th percentile {number(spread.d10)} to {number(spread.d90)}"
    return f"median {number(spread.d50)} {unit}, {levels}; {plural(crossings, 'crossing')}"


def _not_shown(measured: Measured) -> str | None:
    left = len(measured.scans) - len(measured.pictures)
    return f"{plural(left, 'more scan is', 'more scans are')} not drawn here." if left else None


def _notes(*sentences: str) -> list[str]:
    return [sentence for sentence in sentences if sentence]
