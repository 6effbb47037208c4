"""A proposal as values and remarks of the configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from diffrendergan.config.project import Project
from diffrendergan.inference.posterior import Belief, Interval
from diffrendergan.inspection.proposal import Estimate, Judgement
from diffrendergan.inspection.rules import RULES, SURE

LOOK = "LOOK AT THIS"


def estimated_values(
    proposal: Estimate, unit_px: float, patch: int, pixel_size_nm: float | None, scale: float = 1.0
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what a proposal sets in a configuration.

    Parameters
    ----------
    proposal : Estimate
        The proposal, lengths in px.
    unit_px : float
        Pixels of one scene unit in the particles' plane.
    patch : int
        Edge of a patch [px].
    pixel_size_nm : float or None
        Edge of a pixel [nm]; sizes are in px where it is unknown.
    scale : float
        `data.scale`: the proposal is in pixels of the scans; `unit_px`, `patch` and the values in resampled ones.

    Returns
    -------
    values : dict
        Sections `particles` and `arrangement`.
    remarks : dict
        By the names of settings: what was measured, and how certain it is.
    """
    unit_px = unit_px / scale
    low, middle, high = proposal.number.value
    count = int(np.clip(high, RULES.fewest_meshes, RULES.most_meshes))
    particles: dict[str, Any] = {"count": count}
    field = patch / scale / 2 / unit_px
    arrangement: dict[str, Any] = {
        "placement": proposal.placement.value,
        "three_dimensional": proposal.three_dimensional.value,
        "limit": rounded(RULES.field_margin * field),
        "agglomerates": proposal.agglomerates.value,
        "number": [int(np.clip(low, 1, count)), count],
    }
    if proposal.family == "wire":
        _add_wires(proposal, unit_px, field, particles, arrangement)
    else:
        _add_sizes(proposal, unit_px, pixel_size_nm, scale, particles, arrangement)
    values: dict[str, Any] = {"particles": particles, "arrangement": arrangement}
    remarks = _remarks(proposal, unit_px)
    if middle < Project().data.min_full_particles:
        values["data"] = {"min_full_particles": 1}
        remarks["data.min_full_particles"] = f"fields with particles usually show only {middle}"
    return values, remarks


def said(judgement: Judgement[Any], unit: str = "") -> str:
    """Return evidence and certainty in words."""
    words = f"measured: {judgement.evidence}; {certainty(judgement, unit)}"
    return f"{LOOK}, {words}" if doubtful(judgement) else words


def certainty(judgement: Judgement[Any], unit: str = "", factor: float = 1.0) -> str:
    """Return the interval of a judgement in a unit of which one of its own takes `factor`, or its confidence."""
    if judgement.interval is None:
        return f"confidence {judgement.confidence:.1f}"
    return between(judgement.interval, unit, factor)


def between(interval: Interval, unit: str = "", factor: float = 1.0) -> str:
    """Return an interval in words."""
    return f"90 %: {ends(interval, factor)} {unit}".rstrip()


def ends(interval: Interval, factor: float = 1.0) -> str:
    """Return the ends of an interval in words."""
    low, high = (f"{end * factor:.{0 if end * factor >= 10 else 1}f}" for end in (interval.low, interval.high))
    return f"{low} to {high}"


def doubtful(judgement: Judgement[Any]) -> bool:
    """Tell whether a person should look."""
    if judgement.interval is None:
        return judgement.confidence < SURE.look_below
    return judgement.interval.high > RULES.wide_interval * judgement.interval.low


@dataclass(frozen=True)
class Part:
    """A part of a proposal in words."""

    name: str
    value: str
    certainty: str
    """An interval, or a confidence."""
    confidence: float | None
    """From 0 to 1; None where there is an interval."""
    doubtful: bool
    """Whether a person should look."""


def described(proposal: Estimate, pixel_size_nm: float | None) -> list[Part]:
    """Return the parts of a proposal in words."""
    low, middle, high = proposal.number.value
    unit, factor = ("px", 1.0) if pixel_size_nm is None else ("nm", pixel_size_nm)
    clusters = f", up to {proposal.agglomerates.value} clusters" if proposal.agglomerates.value > 1 else ""
    rows = [] if proposal.image is None else [_part("image", proposal.image.value, proposal.image)]
    rows += [
        _part("particles", proposal.morphology.value, proposal.morphology),
        _part("shape", _shape_words(proposal), proposal.shape),
        _part("widths" if proposal.family == "wire" else "diameters", size_words(proposal, pixel_size_nm),
              proposal.size, unit, factor),
        *_believed(proposal.belief, unit, factor),
        _part("per field", f"{low} to {high}, usually {middle}", proposal.number),
        _part("placement", proposal.placement.value + clusters, proposal.placement),
        _part("depth", "3-D" if proposal.three_dimensional.value else "2-D", proposal.three_dimensional),
    ]  # fmt: skip
    if proposal.family == "wire":
        mean, spread = proposal.direction.value
        words = "all directions" if spread >= 90 else f"{mean:.0f}° ± {spread:.0f}°"
        rows.append(_part("direction", words, proposal.direction))
    return rows


def _part(name: str, value: str, judgement: Judgement[Any], unit: str = "", factor: float = 1.0) -> Part:
    confidence = judgement.confidence if judgement.interval is None else None
    return Part(name, value, certainty(judgement, unit, factor), confidence, doubtful(judgement))


def _believed(belief: Belief | None, unit: str, factor: float) -> list[Part]:
    """Return the quantities that only a belief tells."""
    if belief is None or belief.alien:
        return []
    lower, upper, covered = (belief.intervals[name] for name in ("p10", "p90", "coverage"))
    tails = (lower.times(factor), upper.times(factor))
    wide = any(each.high > RULES.wide_interval * each.low for each in tails)
    return [
        Part("tails", f"10th and 90th percentile {tails[0].value:.3g} and {tails[1].value:.3g} {unit}",
             f"{between(tails[0])}; {ends(tails[1])} {unit}", None, wide),
        Part("covered", f"{covered.value:.0%}", f"90 %: {covered.low:.0%} to {covered.high:.0%}", None, False),
    ]  # fmt: skip


def size_words(proposal: Estimate, pixel_size_nm: float | None) -> str:
    """Return the size distribution in words, in nm where the pixel size is known."""
    unit = "px" if pixel_size_nm is None else "nm"
    fit = proposal.size.value.scaled(pixel_size_nm or 1.0)
    values = fit.parameters
    if fit.distribution == "lognormal":
        return f"lognormal, median {np.exp(values['mu']):.3g} {unit}, sigma {values['sigma']:.2f}"
    if fit.distribution == "normal":
        return f"normal, {values['mean']:.3g} ± {values['sigma']:.2g} {unit}"
    return (
        f"two sizes, {values['mean1']:.3g} ± {values['sigma1']:.2g} and {values['mean2']:.3g} ± "
        f"{values['sigma2']:.2g} {unit} ({values['p']:.0%})"
    )


def rounded(value: float) -> float:
    """Round to three significant figures."""
    return float(f"{value:.3g}")


def _add_wires(
    proposal: Estimate, unit_px: float, field: float, particles: dict[str, Any], arrangement: dict[str, Any]
) -> None:
    """Wires keep their length, in scene units; sizes are factors."""
    length, radius = proposal.shape.value["length"] / unit_px, proposal.shape.value["radius"] / unit_px
    bend = rounded(proposal.shape.value["bend"])
    particles["shape"] = {"family": "wire", "length": rounded(length), "radius": rounded(radius), "bend": bend}
    if proposal.placement.value == "wires":
        # A line that crosses the scan is longer than what is seen of it.
        particles["shape"]["length"] = rounded(max(length, 3 * field))
        mean, spread = proposal.direction.value
        arrangement |= {"direction_deg": rounded(mean), "direction_spread_deg": rounded(spread)}
    else:
        arrangement["limit"] = rounded(field + length / 2)
    sigma = rounded(proposal.size.value.parameters["sigma"])
    arrangement |= {"unit": 1.0, "size_in": "unit", "size": {"distribution": "lognormal", "mu": 0.0, "sigma": sigma}}


def _add_sizes(
    proposal: Estimate,
    unit_px: float,
    pixel_size_nm: float | None,
    scale: float,
    particles: dict[str, Any],
    arrangement: dict[str, Any],
) -> None:
    """Sizes are diameters; `unit` is the radius of a usual particle."""
    particles["shape"] = dict(proposal.shape.value)
    if proposal.lying:
        particles["deform"] = [{"kind": "rotate", "about": "vertical"}]
    fit = proposal.size.value.scaled(pixel_size_nm or scale)
    size = {"distribution": fit.distribution, **{key: _precise(value) for key, value in fit.parameters.items()}}
    arrangement |= {
        "unit": rounded(proposal.size.value.median / 2 / unit_px),
        "size_in": "px" if pixel_size_nm is None else "nm",
        "size": size,
    }


def _precise(value: float) -> float:
    """Round to four significant figures: a logarithm of three would move the size."""
    return float(f"{value:.4g}")


def _remarks(proposal: Estimate, unit_px: float) -> dict[str, str]:
    number = said(proposal.number)
    wire = proposal.family == "wire"
    low, _, high = proposal.number.value
    fewest, most = RULES.fewest_meshes, RULES.most_meshes
    limited = f"; limited to {fewest} to {most}" if not fewest <= high <= most else ""
    remarks = {
        "particles.shape": said(proposal.shape),
        "particles.count": f"the most that nineteen in twenty fields display{limited}; {number}",
        "arrangement.number": f"{low} to {high} are displayed{limited}; see particles.count",
        "arrangement.placement": said(proposal.placement),
        "arrangement.three_dimensional": said(proposal.three_dimensional),
        "arrangement.agglomerates": said(proposal.agglomerates),
        "arrangement.size": said(proposal.size, "px") + _tail_words(proposal.belief),
        "arrangement.unit": "wires: lengths of the shape are in scene units" if wire else (
            f"measured: a diameter of {proposal.size.value.median:.1f} px, and {unit_px:.1f} px per scene unit"
        ),
        "arrangement.limit": "the field and a margin" if not wire else "the field and half a wire, or a margin",
    }  # fmt: skip
    if wire:
        remarks["arrangement.direction_deg"] = said(proposal.direction)
    return remarks


def _tail_words(belief: Belief | None) -> str:
    if belief is None or belief.alien:
        return ""
    lower, upper = (belief.intervals[name] for name in ("p10", "p90"))
    return f"; 10th percentile {lower.value:.1f} px, {between(lower)}; 90th {upper.value:.1f} px, {between(upper)}"


def _shape_words(proposal: Estimate) -> str:
    values = proposal.shape.value
    if proposal.family == "wire":
        return f"wire, {values['length'] / values['radius'] / 2:.0f} times as long as wide"
    shown = [f"{key} {_plain(value)}" for key, value in values.items() if key != "family"]
    return ", ".join([proposal.family, *shown]).replace("_", " ")


def _plain(value: Any) -> str:
    return " to ".join(f"{item:g}" for item in value) if isinstance(value, list) else f"{value:g}"
