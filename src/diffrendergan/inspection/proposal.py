"""What `init` proposes: parts, each with its evidence and how certain it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from diffrendergan.inference.posterior import Belief, Interval
from diffrendergan.sizes.usual import UsualSize

T = TypeVar("T")
Morphology = Literal["compact", "elongated", "agglomerated"]
Source = Literal["outlines", "watershed", "circles", "regions", "ridges"]


@dataclass(frozen=True)
class Judgement(Generic[T]):
    """One part of the proposal."""

    value: T
    confidence: float
    """From 0 (a guess) to 1 (certain); under 0.5 a person should look."""
    evidence: str
    """What was measured, in words."""
    interval: Interval | None = None
    """Between what the truth lies in nine of ten virtual sets; None where none tells (docs/estimation.md)."""


@dataclass(frozen=True)
class Estimate:
    """The proposal."""

    morphology: Judgement[Morphology]
    shape: Judgement[Mapping[str, Any]]
    """Values of `particles.shape`; lengths of wires in px."""
    size: Judgement[UsualSize]
    """Diameters of particles, of wires their widths [px]."""
    number: Judgement[tuple[int, int, int]]
    """Particles per patch: 10th, 50th and 95th percentile."""
    placement: Judgement[str]
    agglomerates: Judgement[int]
    """Most agglomerates in a patch."""
    three_dimensional: Judgement[bool]
    direction: Judgement[tuple[float, float]]
    """Mean direction of wires, and largest deviation [degrees]."""
    source: Source
    """By what the particles were measured."""
    image: Judgement[str] | None = None
    """The kind of image; None where nobody was asked."""
    diameters: tuple[float, ...] = field(default=(), repr=False)
    """What the sizes were fitted to [px]."""
    lying: bool = False
    """Whether bodies lie on a face; else they are seen from anywhere."""
    belief: Belief | None = field(default=None, repr=False)
    """What the scans truly show, with intervals; None where outlines were guessed."""

    @property
    def family(self) -> str:
        """The family of shapes."""
        return str(self.shape.value["family"])
