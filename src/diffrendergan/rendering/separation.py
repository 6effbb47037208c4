"""A material taken apart: raw terms to integrate once, and the weights that its parameters give them.

An emission model (`materials`) writes the light that a material sends to the camera as a sum of raw terms times
factors of its parameters; terms that depend on a parameter in a way of their own are tabulated at knots and
interpolated by a cubic spline. So the image of any material is a weighted sum of stored *basis images*, and the
weights are the only thing that is differentiated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from diffrendergan.config.material import Material
from diffrendergan.rendering.polynomials import Monomial, Polynomial, Values, evaluated, spelled
from diffrendergan.rendering.splines import Table

Kind = str
"""A family of raw terms of an emission model; one that has a table is integrated at each of its knots."""

_NOTHING = 1e-12
"""Fixed weights below this are 0 but for rounding: cos 90°."""


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


Product = tuple[Kind, int, float, Monomial]
"""A raw term (its kind and its number in it) times a number times factors."""


@dataclass(frozen=True)
class Emission:
    """How a material sends light to the camera: a sum of raw terms whose weights are known.

    Attributes
    ----------
    model : str
        The `model` of the section that configures it.
    raw_terms : dict
        Number of raw terms of each kind.
    products : callable
        Returns the sum, for a material.
    tables : callable
        Returns the tables of the kinds that are tabulated, for a material and the knots of roughness and gloss.
    integrands : callable
        Returns raw terms times cos θo in Dr.Jit, one for each integral of a separation. It is given Mitsuba, the
        separation, the directions to the camera and to the light and their half vector in the local frame, factors
        of the light that counts at each knot (`authors_slab`) or None, and what else there is to know (`Around`).
    lobes : callable
        Returns the GGX widths α from which directions are drawn, besides cosine hemisphere and the ring's band.
    sharp : callable
        Returns the kinds that mirror particles sharply on the stage, however far off these are.
    against_transport : callable
        Returns what in a material does not separate, in words, given `rendering.slab_normals`.
    against_mitsuba : str
        Why Mitsuba's own renderer cannot draw it; empty if it can.
    under_sky : frozenset of str
        The kinds that are lit from everywhere above alike, where no particle stands, in place of the scene's lights.
    through : frozenset of str
        The kinds that depend on the way of the beam through the particle that it meets.
    matt : bool
        Whether all terms weigh directions by their cosine alone.
    """

    model: str
    raw_terms: dict[Kind, int]
    products: Callable[[Any], list[Product]]
    tables: Callable[[Any, int, int], dict[Kind, Table]]
    integrands: Callable[..., list[Any]]
    lobes: Callable[[Separation], list[float]] = lambda separation: []
    sharp: Callable[[Separation], tuple[Kind, ...]] = lambda separation: ()
    against_transport: Callable[[Any, str], list[str]] = lambda material, slab_normals: []
    against_mitsuba: str = ""
    under_sky: frozenset[Kind] = frozenset()
    through: frozenset[Kind] = frozenset()
    matt: bool = False


@dataclass(frozen=True)
class Around:
    """What an emission model may know besides local directions.

    Attributes
    ----------
    towards : mitsuba.Vector3f
        The direction to the light in the scene.
    chord : mitsuba.Float or None
        How far the beam runs within the particle that it meets [scene units], if any kind is among `through`.
    """

    towards: Any
    chord: Any = None


@dataclass(frozen=True)
class Separation:
    """One material taken apart.

    Attributes
    ----------
    emission : Emission
        How the material sends light to the camera.
    material : Material
        Fixed and learned parameters.
    rows : tuple of Row
        What the tracer integrates: `integrals` numbers per point, row by row, knot by knot.
    tables : dict
        Knots by kind, for the kinds that have any.
    fold : numpy.ndarray
        float32 (R, integrals): basis image = fold @ integrals.
    groups : tuple
        Weight and table (or None) of each block of basis images.
    """

    emission: Emission
    material: Material
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

    @property
    def chords(self) -> bool:
        """Whether anything depends on the way of the beam through the particle that it meets."""
        return any(row.kind in self.emission.through for row in self.rows)

    @property
    def under_sky(self) -> list[bool]:
        """Which of the integrals are lit from everywhere above alike."""
        return [row.kind in self.emission.under_sky for row in self.rows for _ in range(knots(row, self.tables))]

    def weights(self, values: Values, batch: int, device: torch.device | None = None) -> torch.Tensor:
        """Return the weight of each basis image, shape (B, R), differentiable in the learned parameters."""
        columns = [torch.zeros(batch, 0, device=device)]
        for polynomial, table in self.groups:
            weight = evaluated(polynomial, values, batch, device)
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
            text = " + ".join(spelled(number, monomial) for number, monomial in polynomial)
            knotted = [] if table is None else [f"{table.parameter} near α = {width:.3g}" for width in table.widths]
            words += [f"{text} ({knot})" for knot in knotted] or [text]
        return words


def knots(row: Row, tables: dict[Kind, Table]) -> int:
    """Return at how many knots a row is integrated."""
    return len(tables[row.kind]) if row.kind in tables else 1


def taken_apart(emission: Emission, material: Material, roughness_knots: int, gloss_knots: int) -> Separation:
    """Take a material apart by its emission model; see `rendering.emission.separate`."""
    tables, products = emission.tables(material, roughness_knots, gloss_knots), emission.products(material)
    rows = tuple(
        row
        for kind, count in emission.raw_terms.items()
        for row in _rows(kind, count, _polynomials(material, products, kind))
    )
    fold, groups = _fold(rows, tables)
    return Separation(emission, material, rows, tables, fold, groups)


def _polynomials(material: Material, products: Sequence[Product], kind: Kind) -> dict[int, dict[Monomial, float]]:
    """Return the weight of each raw term of a kind, with fixed parameters put in."""
    learned = material.learned()
    found: dict[int, dict[Monomial, float]] = {}
    for of_kind, raw, number, factors in products:
        if of_kind != kind:
            continue
        for factor in factors:
            if factor.parameter not in learned:
                number *= float(factor.of(float(getattr(material, factor.parameter))))
        if abs(number) < _NOTHING:
            continue
        monomial = tuple(sorted(factor for factor in factors if factor.parameter in learned))
        weights = found.setdefault(raw, {})
        weights[monomial] = weights.get(monomial, 0.0) + number
    return found


def _rows(kind: Kind, count: int, polynomials: dict[int, dict[Monomial, float]]) -> list[Row]:
    """Choose what to integrate: a mixture of raw terms for each monomial, or each raw term, whichever is less."""
    monomials = list(dict.fromkeys(monomial for weights in polynomials.values() for monomial in weights))
    if len(monomials) <= len(polynomials):
        return [
            Row(
                kind,
                tuple(polynomials.get(raw, {}).get(monomial, 0.0) for raw in range(count)),
                ((1.0, monomial),),
            )
            for monomial in monomials
        ]
    return [
        Row(
            kind,
            tuple(float(raw == other) for other in range(count)),
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
