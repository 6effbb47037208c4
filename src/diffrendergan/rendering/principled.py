"""The principled BSDF, taken apart into terms whose dependence on the material is known.

In one channel, without anisotropy and transmission, and under direct light, the radiance of a pixel that sees one
material is (`docs/rendering.md`)::

    (1−m)·c·[(1−f)·(T0 + r·T1 + r²·T2) + f·(S0 + r·S1 + r²·S2)] + (1−m)·sheen·T3
    + (1−m)(1−t)·F(r) + (1−m)·t·(R0·A(r) + (1−R0)·W(r)) + m·(c·A(r) + (1−c)·W(r)) + clearcoat/4·C(g)

with base colour c, roughness r, spec tint t, metallic m, flatness f and clearcoat gloss g. T and S hold no material at
all; F (exact Fresnel term), A (no Fresnel term) and W (Schlick's weight) depend on r alone, C on g alone: they are
tabulated at knots and interpolated by a cubic spline. So the image of any material is a weighted sum of stored *basis
images*, and the weights are the only thing that is differentiated.

Source: B. Burley, Physically-based shading at Disney (2012) and Extending the Disney BRDF (2015); Mitsuba's
`principled` plugin as documented.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch

from diffrendergan.config.base import Learned
from diffrendergan.config.material import MaterialConfig
from diffrendergan.rendering.splines import Table, gloss_table, roughness_table

Kind = Literal["smooth", "lobe", "coat"]
"""`smooth`: T0, T1, T2, S0, S1, S2, T3. `lobe`: F, A, W at each roughness knot. `coat`: C at each gloss knot."""

RAW_TERMS: dict[Kind, int] = {"smooth": 7, "lobe": 3, "coat": 1}

Values = Callable[[str], torch.Tensor]
"""Where a weight looks up a learned parameter by name: a tensor of shape (B,)."""

Form = Literal["p", "1-p", "p²"]


@dataclass(frozen=True, order=True)
class Factor:
    """What a parameter contributes to a weight: p, 1 − p or p²."""

    parameter: str
    form: Form = "p"

    def of(self, value: torch.Tensor | float) -> torch.Tensor | float:
        """Return the factor at a value of the parameter."""
        return {"p": value, "1-p": 1 - value, "p²": value * value}[self.form]


Monomial = tuple[Factor, ...]
Polynomial = tuple[tuple[float, Monomial], ...]
"""A sum of numbers times products of factors."""


@dataclass(frozen=True)
class Row:
    """One thing to integrate over the hemisphere, at each of its knots.

    Attributes
    ----------
    kind : str
        Which raw terms it mixes.
    mixture : tuple of float
        How much of each raw term of its kind.
    weight : Polynomial
        What it is multiplied with, besides the spline's weights.
    """

    kind: Kind
    mixture: tuple[float, ...]
    weight: Polynomial


@dataclass(frozen=True)
class Separation:
    """One material taken apart.

    Attributes
    ----------
    material : MaterialConfig
        Fixed and learned parameters.
    rows : tuple of Row
        What the tracer integrates: `integrals` numbers per point, row by row, knot by knot.
    tables : dict
        Knots by kind.
    fold : numpy.ndarray
        float32 (R, integrals): basis image = fold @ integrals.
    groups : tuple
        Weight and table (or None) of each block of basis images.
    """

    material: MaterialConfig
    rows: tuple[Row, ...]
    tables: dict[Kind, Table]
    fold: np.ndarray
    groups: tuple[tuple[Polynomial, Table | None], ...]

    @property
    def integrals(self) -> int:
        """How many numbers are integrated at each point."""
        return sum(knots(row, self.tables) for row in self.rows)

    @property
    def basis_count(self) -> int:
        """Number of basis images R."""
        return len(self.fold)

    def weights(self, values: Values, batch: int, device: torch.device | None = None) -> torch.Tensor:
        """Return the weight of each basis image, shape (B, R), differentiable in the learned parameters."""
        columns = [torch.zeros(batch, 0, device=device)]
        for polynomial, table in self.groups:
            weight = _evaluate(polynomial, values, batch, device)
            columns.append(
                weight[:, None] if table is None else weight[:, None] * table.weights(values(table.parameter))
            )
        return torch.cat(columns, dim=1)

    def only(self, kinds: Sequence[Kind]) -> Separation:
        """Return the rows of some kinds, unfolded; their integrals come in the same order as in the whole."""
        rows = tuple(row for row in self.rows if row.kind in kinds)
        integrals = sum(knots(row, self.tables) for row in rows)
        return replace(self, rows=rows, fold=np.eye(integrals, dtype=np.float32), groups=())

    def describe(self) -> list[str]:
        """Return what each basis image is multiplied with, in words."""
        words = []
        for polynomial, table in self.groups:
            text = " + ".join(_spelled(number, monomial) for number, monomial in polynomial)
            knotted = [] if table is None else [f"{table.parameter} near α = {width:.3g}" for width in table.widths]
            words += [f"{text} ({knot})" for knot in knotted] or [text]
        return words


def index_of_refraction(specular: float) -> float:
    """Return the index of refraction that Mitsuba derives from `specular`; 1 (no reflection) at zero."""
    return 2 / (1 - math.sqrt(0.08 * specular)) - 1


def normal_reflectance(specular: float) -> float:
    """Return Schlick's R0 of an index of refraction."""
    eta = index_of_refraction(specular)
    return ((eta - 1) / (eta + 1)) ** 2


def knots(row: Row, tables: dict[Kind, Table]) -> int:
    """Return at how many knots a row is integrated."""
    return 1 if row.kind == "smooth" else len(tables[row.kind])


def separate(material: MaterialConfig, roughness_knots: int, gloss_knots: int = 8) -> Separation:
    """Take a material apart, with everything that the configuration fixes folded into as few images as possible.

    Parameters
    ----------
    material : MaterialConfig
        Fixed and learned parameters.
    roughness_knots, gloss_knots : int
        Knots of the specular lobe and of the clearcoat, where what they depend on is learned.

    Raises
    ------
    ValueError
        If the material does not separate (`choice.reasons_against_transport`).
    """
    for name in ("anisotropic", "spec_trans", "specular"):
        if isinstance(getattr(material, name), Learned) or (name != "specular" and getattr(material, name) != 0):
            raise ValueError(f"a material with {name} = {getattr(material, name)} does not separate")
    tables: dict[Kind, Table] = {
        "lobe": roughness_table(material.roughness, roughness_knots),
        "coat": gloss_table(material.clearcoat_gloss, gloss_knots),
    }
    rows = tuple(row for kind in RAW_TERMS for row in _rows(kind, _polynomials(material, kind)))
    fold, groups = _fold(rows, tables)
    return Separation(material, rows, tables, fold, groups)


def _products(material: MaterialConfig) -> list[tuple[Kind, int, float, Monomial]]:
    """Return the BSDF as a sum of raw terms times numbers times factors; see the module's formula."""
    color, metal, tint, flat = (Factor(name) for name in ("base_color", "metallic", "spec_tint", "flatness"))
    not_color, not_metal, not_tint, not_flat = (Factor(f.parameter, "1-p") for f in (color, metal, tint, flat))
    powers: tuple[Monomial, ...] = ((), (Factor("roughness"),), (Factor("roughness", "p²"),))
    products: list[tuple[Kind, int, float, Monomial]] = []
    for index, power in enumerate(powers):
        products.append(("smooth", index, 1.0, (not_metal, color, not_flat, *power)))
        products.append(("smooth", 3 + index, 1.0, (not_metal, color, flat, *power)))
    products.append(("smooth", 6, 1.0, (not_metal, Factor("sheen"))))
    products.append(("coat", 0, 0.25, (Factor("clearcoat"),)))
    specular = float(material.specular)  # type: ignore[arg-type]
    if specular == 0:  # Mitsuba leaves the whole lobe out where the exact Fresnel term is zero.
        return products
    reflectance = normal_reflectance(specular)
    products += [
        ("lobe", 0, 1.0, (not_metal, not_tint)),
        ("lobe", 1, reflectance, (not_metal, tint)),
        ("lobe", 2, 1 - reflectance, (not_metal, tint)),
        ("lobe", 1, 1.0, (metal, color)),
        ("lobe", 2, 1.0, (metal, not_color)),
    ]
    return products


def _polynomials(material: MaterialConfig, kind: Kind) -> dict[int, dict[Monomial, float]]:
    """Return the weight of each raw term of a kind, with fixed parameters put in."""
    learned = material.learned()
    found: dict[int, dict[Monomial, float]] = {}
    for of_kind, raw, number, factors in _products(material):
        if of_kind != kind:
            continue
        for factor in factors:
            if factor.parameter not in learned:
                number *= float(factor.of(float(getattr(material, factor.parameter))))
        if number == 0:
            continue
        monomial = tuple(sorted(factor for factor in factors if factor.parameter in learned))
        weights = found.setdefault(raw, {})
        weights[monomial] = weights.get(monomial, 0.0) + number
    return found


def _rows(kind: Kind, polynomials: dict[int, dict[Monomial, float]]) -> list[Row]:
    """Choose what to integrate: a mixture of raw terms for each monomial, or each raw term, whichever is less."""
    monomials = list(dict.fromkeys(monomial for weights in polynomials.values() for monomial in weights))
    if len(monomials) <= len(polynomials):
        return [
            Row(
                kind,
                tuple(polynomials.get(raw, {}).get(monomial, 0.0) for raw in range(RAW_TERMS[kind])),
                ((1.0, monomial),),
            )
            for monomial in monomials
        ]
    return [
        Row(
            kind,
            tuple(float(raw == other) for other in range(RAW_TERMS[kind])),
            tuple((number, monomial) for monomial, number in weights.items()),
        )
        for raw, weights in polynomials.items()
    ]


def _fold(
    rows: tuple[Row, ...], tables: dict[Kind, Table]
) -> tuple[np.ndarray, tuple[tuple[Polynomial, Table | None], ...]]:
    """Add up integrals that are multiplied with the same; each row with several knots is a block of its own."""
    total = sum(knots(row, tables) for row in rows)
    blocks: dict[object, tuple[np.ndarray, Polynomial, Table | None]] = {}
    start = 0
    for number, row in enumerate(rows):
        count = knots(row, tables)
        picked = np.eye(total, dtype=np.float32)[start : start + count]
        start += count
        if count > 1:
            blocks[number] = (picked, row.weight, tables[row.kind])
        elif row.weight in blocks:
            blocks[row.weight] = (blocks[row.weight][0] + picked, row.weight, None)
        else:
            blocks[row.weight] = (picked, row.weight, None)
    if not blocks:
        return np.zeros((0, total), np.float32), ()
    fold = np.concatenate([picked for picked, _, _ in blocks.values()])
    return fold, tuple((weight, table) for _, weight, table in blocks.values())


def _evaluate(polynomial: Polynomial, values: Values, batch: int, device: torch.device | None) -> torch.Tensor:
    total = torch.zeros(batch, device=device)
    for number, monomial in polynomial:
        product = torch.full((batch,), number, device=device)
        for factor in monomial:
            product = product * factor.of(values(factor.parameter))
        total = total + product
    return total


def _spelled(number: float, monomial: Monomial) -> str:
    words = {"p": "{}", "1-p": "(1 − {})", "p²": "{}²"}
    text = "·".join(words[factor.form].format(factor.parameter) for factor in monomial)
    return (text if number == 1 else f"{number:.3g}·{text}") if text else f"{number:.3g}"
