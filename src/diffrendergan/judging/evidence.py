"""What a verdict rests on: what a run's network, its synthetic images and the generalist say to the same question."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.judging.seen import Picture, Seen, see
from diffrendergan.labels.overlap import dice
from diffrendergan.metrics.matching import match
from diffrendergan.micrographs.types import Micrograph

Labels = NDArray[np.int32]
Network = Callable[[Micrograph], tuple[Labels, NDArray[np.bool_]]]
"""Returns the particles of a picture (H, W), and where it is unsure of them (H, W)."""
Generalist = Callable[[Micrograph], tuple[Labels, tuple[str, ...]]]
"""Returns the particles of a picture (H, W), and what is doubtful of them, a sentence each."""


@dataclass(frozen=True, eq=False)
class Shown:
    """What is looked at of a run."""

    scans: Sequence[tuple[Micrograph, bool]]
    """Real scans, and whether they are held out."""
    patches: Sequence[Micrograph]
    """Real training patches, whose number of particles the synthetic images imitate."""
    synthetic: Sequence[tuple[Micrograph, Labels]]
    """Synthetic images with their particles."""
    empty: Sequence[tuple[Micrograph, tuple[slice, slice]]]
    """Parts of real scans, those above or others, and where in them lies a patch that was taken for empty ground."""


@dataclass(frozen=True)
class Agreement:
    """How far two ways to find particles agree in the same pictures."""

    dice: float
    """Of the foregrounds, all pictures together."""
    matched: float
    """Share of the particles of both that have a partner at an intersection over union of .5 or more."""


@dataclass(frozen=True)
class OfScan:
    """What was found in one scan."""

    name: str
    held_out: bool
    number: int
    coverage: float
    by_generalist: int
    dice: float
    """Of the foregrounds of network and generalist."""
    doubted: bool
    """Whether the generalist doubts what it found there."""


@dataclass(frozen=True)
class EmptyPatches:
    """What was found in background patches, which the network was taught to be ground."""

    patches: int
    covered_by_network: float
    """Share of their area."""
    covered_by_generalist: float
    """The same, of the patches where the generalist has no doubt; 0 where it doubts all."""
    undoubted: int
    """Patches where the generalist has no doubt."""


@dataclass(frozen=True)
class Evidence:
    """What a verdict rests on."""

    scans: Seen
    """What the network finds in real scans."""
    by_generalist: Seen
    """What the packaged generalist finds there."""
    agreement: Agreement
    """Of the two."""
    of_scans: tuple[OfScan, ...]
    arrangement: Seen
    """What the synthetic images hold, which the network was taught by."""
    learned: Seen
    """What the network finds in them."""
    learning: Agreement
    """Of the two."""
    patches: Seen
    """What the network finds in the real training patches, of the synthetic images' size."""
    empty: EmptyPatches

    @property
    def doubted(self) -> int:
        """Scans in which the generalist doubts what it found."""
        return sum(scan.doubted for scan in self.of_scans)

    @property
    def generalist_trusted(self) -> bool:
        """Whether the generalist has no doubt of more than half of the scans."""
        return 2 * self.doubted < len(self.of_scans)

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Evidence:
        """Return what `to_json` gave.

        Raises
        ------
        KeyError, TypeError
            If something is missing or not as it gives it.
        """
        seen = {name: Seen(**value[name]) for name in ("scans", "by_generalist", "arrangement", "learned", "patches")}
        return cls(
            **seen,
            agreement=Agreement(**value["agreement"]),
            learning=Agreement(**value["learning"]),
            of_scans=tuple(OfScan(**entry) for entry in value["of_scans"]),
            empty=EmptyPatches(**value["empty"]),
        )


@dataclass(frozen=True, eq=False)
class LookedAt:
    """A scan with what both found in it."""

    scan: Micrograph
    by_network: Picture
    by_generalist: Picture
    doubted: bool


def look_at(scan: Micrograph, network: Network, generalist: Generalist) -> LookedAt:
    """Find the particles of a scan in both ways."""
    found, doubts = generalist(scan)
    return LookedAt(scan, _seen_by(network, scan), Picture(scan.pixels, found, scan.field), bool(doubts))


def evidence_of(shown: Shown, looked: Sequence[LookedAt], network: Network, generalist: Generalist) -> Evidence:
    """Return what a verdict on a run rests on; `looked` are its scans, in order."""
    by_network = [one.by_network for one in looked]
    by_generalist = [one.by_generalist for one in looked]
    of_scans = tuple(_of_scan(one, held_out) for one, (_, held_out) in zip(looked, shown.scans, strict=True))
    learned = [_seen_by(network, image) for image, _ in shown.synthetic]
    true = [labels for _, labels in shown.synthetic]
    return Evidence(
        scans=see(by_network),
        by_generalist=see(by_generalist),
        agreement=agreement([(one.by_network.labels, one.by_generalist.labels) for one in looked]),
        of_scans=of_scans,
        arrangement=see([Picture(image.pixels, labels) for image, labels in shown.synthetic]),
        learned=see(learned),
        learning=agreement([(picture.labels, labels) for picture, labels in zip(learned, true, strict=True)]),
        patches=see([_seen_by(network, patch) for patch in shown.patches]),
        empty=_empty_patches(shown.empty, looked, network, generalist),
    )


def agreement(pairs: Sequence[tuple[Labels, Labels]]) -> Agreement:
    """Return how far pairs of label images agree, all together."""
    if not pairs:
        return Agreement(1.0, 1.0)
    flat = [np.concatenate([labels.ravel() for labels in side]) for side in zip(*pairs, strict=True)]
    counts = [match(one, other) for one, other in pairs]
    partners = 2 * sum(count.true_positives for count in counts)
    alone = sum(count.false_positives + count.false_negatives for count in counts)
    return Agreement(dice(*flat), partners / (partners + alone) if partners + alone else 1.0)


def _of_scan(one: LookedAt, held_out: bool) -> OfScan:
    found, by_generalist = see([one.by_network]), see([one.by_generalist])
    agreed = agreement([(one.by_network.labels, one.by_generalist.labels)])
    return OfScan(one.scan.name, held_out, found.number, found.coverage, by_generalist.number, agreed.dice, one.doubted)


def _seen_by(network: Network, scan: Micrograph) -> Picture:
    labels, unsure = network(scan)
    return Picture(scan.pixels, labels, scan.field, unsure)


def _empty_patches(
    empty: Sequence[tuple[Micrograph, tuple[slice, slice]]],
    looked: Sequence[LookedAt],
    network: Network,
    generalist: Generalist,
) -> EmptyPatches:
    seen = {id(one.scan): one for one in looked}  # nothing is looked at twice
    by_network, by_generalist = [], []
    for part, inside in empty:
        one = seen.get(id(part)) or look_at(part, network, generalist)
        by_network.append(float((one.by_network.labels[inside] > 0).mean()))
        if not one.doubted:
            by_generalist.append(float((one.by_generalist.labels[inside] > 0).mean()))
    return EmptyPatches(len(empty), _mean(by_network), _mean(by_generalist), len(by_generalist))


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0
