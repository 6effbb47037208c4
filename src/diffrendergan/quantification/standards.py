"""Our columns in the words of the standards: one table, shown in docs/quantification.md and on the data sheet.

Only names, symbols and definitions are the standards'; that a descriptor is computed as defined there makes no
measurement one by the standard, which asks for much more: a calibrated microscope, dispersed particles, repeats.
"""

from __future__ import annotations

from typing import NamedTuple

SHAPES = "ISO 9276-6"
SIZES = "ISO 9276-1, -2"


class Standard(NamedTuple):
    """What a column is called elsewhere."""

    column: str
    """Name of the column, or of the statistic, without unit."""
    name: str
    symbol: str
    definition: str
    source: str


STANDARDS = (
    Standard("area", "projected area", "A", "pixels times the area of one", SHAPES),
    Standard("diameter", "area-equivalent diameter (ECD)", "x_A", "√(4A/π)", SHAPES),
    Standard("perimeter", "perimeter", "P", "by Crofton's formula", SHAPES),
    Standard("perimeter_diameter", "perimeter-equivalent diameter", "x_P", "P/π", SHAPES),
    Standard("feret_max", "maximum Feret diameter", "x_Fmax", "largest distance of parallel tangents", SHAPES),
    Standard("feret_min", "minimum Feret diameter", "x_Fmin", "smallest distance of parallel tangents", SHAPES),
    Standard("major", "major axis of the Legendre ellipse", "x_Lmax", "ellipse of equal second moments", SHAPES),
    Standard("minor", "minor axis of the Legendre ellipse", "x_Lmin", "the same", SHAPES),
    Standard("feret_ratio", "aspect ratio", "x_Fmin/x_Fmax", "in (0, 1]", SHAPES),
    Standard("ellipse_ratio", "ellipse ratio", "x_Lmin/x_Lmax", "in (0, 1]", SHAPES),
    Standard("aspect_ratio", "inverse of the ellipse ratio", "x_Lmax/x_Lmin", "at least 1; ImageJ's AR", "ImageJ"),
    Standard("circularity", "form factor", "FF", "4πA/P²; the standard's circularity C is its square root", SHAPES),
    Standard("roundness", "roundness", "4A/(π x_Fmax²)", "1 for a disc", SHAPES),
    Standard("compactness", "compactness", "x_A/x_Fmax", "square root of the roundness", SHAPES),
    Standard("extent", "extent, bulkiness", "A/(x_Fmax x_Fmin)", "π/4 for a disc, 1/√2 for a square", SHAPES),
    Standard("solidity", "solidity", "A/A_C", "A_C: area of the convex hull", SHAPES),
    Standard("convexity", "convexity", "P_C/P", "P_C: perimeter of the convex hull", SHAPES),
    Standard("mean", "arithmetic mean, by number", "x̄_1,0 = D[1,0]", "Σd/n", SIZES),
    Standard("d32", "Sauter mean", "x̄_1,2 = D[3,2]", "Σd³/Σd²", SIZES),
    Standard("d43", "De Brouckere mean, by volume", "x̄_1,3 = D[4,3]", "Σd⁴/Σd³", SIZES),
    Standard("d10, d50, d90", "10 %, median, 90 %, by number", "x_10,0  x_50,0  x_90,0", "Q_0 = .1, .5, .9", SIZES),
    Standard("area_d50, …", "the same, by area", "x_50,2", "Q_2", SIZES),
    Standard("volume_d50, …", "the same, by volume", "x_50,3", "Q_3, of spheres of the diameter x_A", SIZES),
    Standard("span", "span", "(x_90 − x_10)/x_50", "by number, area_span and volume_span by theirs", SIZES),
    Standard("geometric_mean", "geometric mean", "x̄_geo,0", "exp of the mean of ln d", SIZES),
    Standard("geometric_std", "geometric standard deviation", "σ_g = exp s", "s: standard deviation of ln d", SIZES),
)


def table() -> str:
    """Return the table in Markdown."""
    lines = ["| our column | name in the standard | symbol | definition | standard |", "|---|---|---|---|---|"]
    for row in STANDARDS:
        columns = ", ".join(f"`{name}`" if name != "…" else name for name in row.column.split(", "))
        lines.append(f"| {columns} | {row.name} | {row.symbol} | {row.definition} | {row.source} |")
    return "\n".join(lines)
