"""Sizes of scans that are hardly of one sample and one magnification."""

from __future__ import annotations

from collections.abc import Iterable

from diffrendergan.sizes.units import Unit

SIZES_APART, ENOUGH = 3.0, 10
"""Scans of at least so many particles whose median diameters differ by more than this factor are hardly of one sample
and one magnification. Rule of thumb: of 32 scans of TiO2 those lie within 1.8, by the annotations."""


def unlike(sizes: Iterable[tuple[str, float, int]], unit: Unit, advice: str) -> str:
    """Say that median diameters of scans lie far apart; empty where they do not.

    Parameters
    ----------
    sizes : iterable of (str, float, int)
        Name, median diameter and number of particles of each scan.
    unit : str
        Of the diameters.
    advice : str
        What that means, and what to do: the end of the sentence.
    """
    known = sorted((size, name) for name, size, number in sizes if number >= ENOUGH and size)
    if not known or known[-1][0] <= SIZES_APART * known[0][0]:
        return ""
    (low, least), (high, most) = known[0], known[-1]
    why = "another sample" if unit == "nm" else "another sample, or another magnification"
    factor = f"{high / low:,.{0 if high >= 100 * low else 1}f}"
    return (
        f"Median diameters lie {factor} times apart, from {low:.3g} {unit} ({least}) to {high:.3g} {unit} ({most}): "
        f"where one is of {why}, {advice}."
    )
