"""What is wrong with a run, by its evidence: a few rules, each with the numbers that it goes by.

A finding is strong where nothing but a bad run explains it, and weak where a good one may show it, too. One strong
finding, or `WEAK_TOGETHER` weak ones, make the run bad. The generalist may be wrong itself: its disagreement alone
makes no run bad. Where it has no doubt and agrees, though, network and generalist, which learned from different images,
bear each other out; that the synthetic images are unlike the scans is then no more than a remark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from diffrendergan.judging.evidence import Evidence
from diffrendergan.runs.words import number, percent, plural

WEAK_TOGETHER = 2

LEARNED_DICE = 0.6
"""Dice of network and labels in the synthetic images below which it has not learned even these ..."""
LEARNED_WELL = 0.75
"""... and below which it has learned them badly."""
NEXT_TO_NOTHING = 0.1
"""Share of what the synthetic images hold below which what the network finds in the real patches is next to nothing."""
MOSTLY_WITHOUT = 0.5
"""Share of the scans without any particle from which something is wrong."""
EVERYTHING = 0.97
"""Share of the area from which nothing is told apart."""
COVERAGE_RATIO = 3.0
"""Odds of being covered: ratio of real patches and synthetic images from which they are far apart ..."""
COVERAGE_RATIO_STRONG = 8.0
"""... and from which nothing else explains it."""
SIZE_RATIO = 1.5
"""The same of median diameters ..."""
SIZE_RATIO_STRONG = 2.0
UNSURE = 0.12
"""Share of pixels of real scans, above that of synthetic images, of which the network is unsure ..."""
UNSURE_STRONG = 0.3
EMPTY_COVERED = 0.1
"""Share of the area of background patches that particles take, from which they are not empty ..."""
EMPTY_COVERED_STRONG = 0.35
"""... and from which the network was taught particles as ground."""
FEW_EMPTY = 3
"""Fewer background patches than this tell nothing."""
CONTRAST = 0.2
"""Contrast, in standard deviations, from which particles are clearly brighter or darker than the ground."""
AGREED_DICE = 0.6
"""Dice of network and generalist in the scans below which they see different things ..."""
BORNE_OUT_DICE = 0.8
"""... and from which they bear each other out, ..."""
BORNE_OUT_MATCHED = 0.35
"""... if so many of their particles match, too."""

Name = Literal[
    "unlearned", "nothing", "everything", "turned", "coverage", "sizes", "unsure", "empty patches", "generalist",
    "adversary",
]  # fmt: skip


Weight = Literal["strong", "weak", "remark"]


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, or may be."""

    name: Name
    weight: Weight
    sentence: str
    """What is wrong, and what to do."""


_ORDER: tuple[Weight, ...] = ("strong", "weak", "remark")
_LIKENESS: tuple[Name, ...] = ("coverage", "sizes", "unsure")
"""Findings that the synthetic images are unlike the scans, which does not mean that the network is wrong."""
_FOLLOWS: tuple[Name, ...] = ("coverage", "sizes", "generalist")
"""What need not be said where the network finds nothing, or everything."""


def findings_of(evidence: Evidence) -> tuple[Finding, ...]:
    """Return what is wrong with a run, the strong findings first."""
    found = [finding for rule in _RULES for finding in rule(evidence)]
    if any(finding.name in ("nothing", "everything") for finding in found):
        found = [finding for finding in found if finding.name not in _FOLLOWS]
    if borne_out(evidence):
        found = [replace(finding, weight="remark") if finding.name in _LIKENESS else finding for finding in found]
    return tuple(sorted(found, key=lambda finding: _ORDER.index(finding.weight)))


def with_adversary(findings: Sequence[Finding], evidence: Evidence, won: str | None) -> tuple[Finding, ...]:
    """Return findings with the remark that the discriminator has won, a sentence without its end; None if it has not.

    It is a remark, since networks learn from such images too; and none where generalist and network agree.
    """
    if won is None or borne_out(evidence):
        return tuple(findings)
    return (*findings, Finding("adversary", "remark", won))


def is_bad(findings: Sequence[Finding]) -> bool:
    """Tell whether findings make a run bad."""
    weights = [finding.weight for finding in findings]
    return "strong" in weights or weights.count("weak") >= WEAK_TOGETHER


def borne_out(evidence: Evidence) -> bool:
    """Tell whether a generalist without doubt finds what the network finds."""
    agreed = evidence.agreement
    return evidence.generalist_trusted and agreed.dice >= BORNE_OUT_DICE and agreed.matched >= BORNE_OUT_MATCHED


def _weight(strong: bool) -> Weight:
    return "strong" if strong else "weak"


def _unlearned(evidence: Evidence) -> Iterator[Finding]:
    dice = evidence.learning.dice
    if dice < LEARNED_WELL:
        yield Finding(
            "unlearned",
            _weight(dice < LEARNED_DICE),
            f"the network does not find the particles of its own synthetic images (Dice {dice:.2f}): raise "
            "`segmentation.steps`, and look whether particles can be seen in synthesize/images",
        )


def _nothing(evidence: Evidence) -> Iterator[Finding]:
    scans, patches = evidence.scans, evidence.patches
    if scans.number == 0:
        where = f"none of {plural(scans.pictures, 'scan')}" if scans.pictures > 1 else "no scan"
        share = f"in {where} does the network find a particle"
    elif scans.without >= MOSTLY_WITHOUT * scans.pictures:
        share = f"in {scans.without} of {plural(scans.pictures, 'scan')} the network finds no particle"
    elif patches.pictures and patches.coverage < NEXT_TO_NOTHING * evidence.arrangement.coverage:
        share = (
            f"the network finds next to nothing in the training patches ({percent(patches.coverage)} covered, "
            f"{percent(evidence.arrangement.coverage)} of the synthetic images)"
        )
    else:
        return
    yield Finding(
        "nothing",
        "strong",
        f"{share}: compare the real and synthetic patches of the report; if they do not look alike, correct "
        "`data.foreground`, `arrangement` and the materials, or train the generator longer",
    )


def _everything(evidence: Evidence) -> Iterator[Finding]:
    covered = max(evidence.scans.coverage, evidence.patches.coverage)
    if covered > EVERYTHING:
        yield Finding(
            "everything",
            "strong",
            f"the network takes everything for particles ({percent(covered)} of the area), and so tells nothing apart: "
            "raise `data.background_patches` or `synthesis.min_background`, and train it longer",
        )


def _turned(evidence: Evidence) -> Iterator[Finding]:
    real, made = evidence.scans.contrast, evidence.arrangement.contrast
    if real is None or made is None or real * made >= 0 or min(abs(real), abs(made)) < CONTRAST:
        return
    found, taught = ("darker", "brighter") if made > 0 else ("brighter", "darker")
    yield Finding(
        "turned",
        "strong",
        f"what the network finds in the scans is {found} than the rest, though the synthetic particles are {taught}: "
        "it takes the ground for particles; correct `data.foreground`, or look at the overlays",
    )


def _coverage(evidence: Evidence) -> Iterator[Finding]:
    real, made = evidence.patches, evidence.learned
    if not real.number or not made.number:
        return
    ratio = _odds(real.coverage) / _odds(made.coverage)
    apart = max(ratio, 1 / ratio)
    if apart > COVERAGE_RATIO:
        yield Finding(
            "coverage",
            _weight(apart > COVERAGE_RATIO_STRONG),
            f"the network finds {percent(real.coverage)} of the training patches covered, but {percent(made.coverage)} "
            "of the synthetic images, which are to show the same: correct `arrangement.number` and its sizes, for "
            "example by `diffrendergan calibrate`",
        )


def _sizes(evidence: Evidence) -> Iterator[Finding]:
    real, made = evidence.patches.d50 or evidence.scans.d50, evidence.learned.d50
    if real is None or made is None:
        return
    apart = max(real / made, made / real)
    if apart > SIZE_RATIO:
        yield Finding(
            "sizes",
            _weight(apart > SIZE_RATIO_STRONG),
            f"the network finds particles of {number(real)} px (median) in the training patches, but of {number(made)} "
            "px in the synthetic images: correct `arrangement.size` and `data.pixel_size_nm`, for example by "
            "`diffrendergan calibrate`",
        )


def _unsure(evidence: Evidence) -> Iterator[Finding]:
    real, made = evidence.scans.unsure, evidence.learned.unsure
    if real is None or made is None:
        return
    if real - made > UNSURE:
        yield Finding(
            "unsure",
            _weight(real - made > UNSURE_STRONG),
            f"the network is unsure of {percent(real)} of the pixels of the scans ({percent(made)} of the synthetic "
            "images): these look other than the scans; train the generator longer, or widen its materials' ranges",
        )


def _empty_patches(evidence: Evidence) -> Iterator[Finding]:
    empty = evidence.empty
    if empty.patches < FEW_EMPTY:
        return
    by_generalist = empty.covered_by_generalist if empty.undoubted >= FEW_EMPTY else 0.0
    if max(by_generalist, empty.covered_by_network) <= EMPTY_COVERED:
        return
    # What the network itself sees there, it saw against its training.
    strong = by_generalist > EMPTY_COVERED_STRONG or empty.covered_by_network > EMPTY_COVERED
    who = "the generalist" if by_generalist >= empty.covered_by_network else "even the network"
    share = max(by_generalist, empty.covered_by_network)
    yield Finding(
        "empty patches",
        _weight(strong),
        f"the patches that were taken for empty ground are not empty ({who} finds {percent(share)} of them covered), "
        "so that the network was taught particles as ground: look at prepare/background.png, and set "
        "`data.background_patches` to 0 or choose them with `data.overrides`",
    )


def _generalist(evidence: Evidence) -> Iterator[Finding]:
    dice = evidence.agreement.dice
    if evidence.generalist_trusted and dice < AGREED_DICE:
        yield Finding(
            "generalist",
            "weak",
            f"the network and the packaged generalist see different things in the scans (Dice {dice:.2f}): look at the "
            "overlays to see which of them is right; if it is the generalist, correct what the project says of the "
            "particles",
        )


_RULES: tuple[Callable[[Evidence], Iterator[Finding]], ...] = (
    _unlearned,
    _nothing,
    _everything,
    _turned,
    _coverage,
    _sizes,
    _unsure,
    _empty_patches,
    _generalist,
)


def _odds(share: float) -> float:
    """Return the odds of a share, kept away from nothing and everything."""
    held = min(max(share, 1e-3), 1 - 1e-3)
    return held / (1 - held)
