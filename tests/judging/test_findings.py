from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from diffrendergan.judging.evidence import Agreement, EmptyPatches, Evidence
from diffrendergan.judging.findings import findings_of, is_bad, with_adversary

Spoil = Callable[[Evidence], Evidence]


def named(evidence: Evidence) -> dict[str, str]:
    return {finding.name: finding.weight for finding in findings_of(evidence)}


def in_scans(**values: object) -> Spoil:
    return lambda fine: replace(fine, scans=replace(fine.scans, **values))  # type: ignore[arg-type]


def in_patches(**values: object) -> Spoil:
    return lambda fine: replace(fine, patches=replace(fine.patches, **values))  # type: ignore[arg-type]


def in_empty(**values: object) -> Spoil:
    return lambda fine: replace(fine, empty=replace(fine.empty, **values))  # type: ignore[arg-type]


def other_eyes(fine: Evidence) -> Evidence:
    """Return evidence whose generalist neither bears out the network nor speaks against it."""
    return replace(fine, agreement=Agreement(0.7, 0.3))


NONE_LEFT = {"number": 0, "without": 8, "coverage": 0.0, "d10": None, "d50": None, "d90": None, "contrast": None}
SPOILT: dict[str, tuple[Spoil, str, str]] = {
    "nothing in any scan": (in_scans(**NONE_LEFT), "nothing", "in none of 8 scans does the network find a particle"),
    "nothing in most scans": (in_scans(without=5), "nothing", "in 5 of 8 scans the network finds no particle"),
    "next to nothing": (in_patches(coverage=0.01), "nothing", "1.0 % covered, 20 % of the synthetic images"),
    "everything": (in_scans(coverage=0.99), "everything", "takes everything for particles (99 % of the area)"),
    "turned": (in_scans(contrast=-1.0), "turned", "darker than the rest, though the synthetic particles are brighter"),
    "unlearned": (lambda fine: replace(fine, learning=Agreement(0.3, 0.0)), "unlearned", "(Dice 0.30)"),
    "covered": (in_patches(coverage=0.85), "coverage", "85 % of the training patches covered, but 20 %"),
    "large": (in_patches(d50=70.0), "sizes", "70 px (median) in the training patches, but of 22 px"),
    "small": (in_patches(d50=8.0), "sizes", "8 px (median) in the training patches, but of 22 px"),
    "unsure": (in_scans(unsure=0.4), "unsure", "unsure of 40 % of the pixels of the scans (2.0 % of the synthetic"),
    "full patches": (in_empty(covered_by_generalist=0.6), "empty patches", "the generalist finds 60 % of them covered"),
    "full for the network": (in_empty(covered_by_network=0.2), "empty patches", "even the network finds 20 %"),
}


def test_a_good_run_has_no_finding(fine: Evidence) -> None:
    assert findings_of(fine) == () and not is_bad(())


@pytest.mark.parametrize("kind", SPOILT)
def test_what_is_wrong_is_strong_and_said_with_its_numbers(fine: Evidence, kind: str) -> None:
    spoil, name, said = SPOILT[kind]
    (finding,) = findings_of(spoil(other_eyes(fine)))
    assert (finding.name, finding.weight) == (name, "strong")
    assert said in finding.sentence and ":" in finding.sentence  # and what to do
    assert is_bad((finding,))


def test_one_weak_finding_is_a_doubt_and_two_are_bad(fine: Evidence) -> None:
    other = replace(fine, agreement=Agreement(0.3, 0.1))
    assert named(other) == {"generalist": "weak"} and not is_bad(findings_of(other))
    both = in_patches(d50=36.0)(other)
    assert named(both) == {"sizes": "weak", "generalist": "weak"} and is_bad(findings_of(both))


def test_what_the_generalist_bears_out_is_only_remarked_upon(fine: Evidence) -> None:
    apart = in_patches(d50=70.0, coverage=0.85)
    assert named(apart(fine)) == {"coverage": "remark", "sizes": "remark"} and not is_bad(findings_of(apart(fine)))
    assert named(apart(other_eyes(fine))) == {"coverage": "strong", "sizes": "strong"}
    doubted = replace(fine, of_scans=tuple(replace(scan, doubted=True) for scan in fine.of_scans))
    assert is_bad(findings_of(apart(doubted)))
    spoilt = replace(apart(fine), learning=Agreement(0.1, 0.0))  # what is no matter of likeness counts all the same
    assert named(spoilt)["unlearned"] == "strong"


def test_a_generalist_that_doubts_itself_does_not_count(fine: Evidence) -> None:
    doubted = tuple(replace(scan, doubted=True) for scan in fine.of_scans[:4]) + fine.of_scans[4:]
    assert named(replace(fine, agreement=Agreement(0.0, 0.0), of_scans=doubted)) == {}


def test_too_few_background_patches_tell_nothing(fine: Evidence) -> None:
    assert named(replace(fine, empty=EmptyPatches(2, 0.9, 0.9, 2))) == {}
    assert named(replace(fine, empty=EmptyPatches(6, 0.0, 0.9, 2))) == {}  # the generalist doubts the others


def test_strong_findings_come_first(fine: Evidence) -> None:
    spoilt = in_scans(unsure=0.4)(replace(other_eyes(fine), learning=Agreement(0.7, 0.4)))
    assert list(named(spoilt).items()) == [("unsure", "strong"), ("unlearned", "weak")]


def test_a_discriminator_that_has_won_is_a_remark_where_nothing_bears_the_network_out(fine: Evidence) -> None:
    doubted = other_eyes(fine)
    assert with_adversary((), doubted, None) == ()
    (found,) = with_adversary((), doubted, "the discriminator has won")
    assert (found.name, found.weight) == ("adversary", "remark") and not is_bad([found])
    assert with_adversary((), fine, "the discriminator has won") == ()
