"""What label images are understood as: corrected where that is plain, doubted or refused where it is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal, NamedTuple

from diffrendergan.errors import DataError
from diffrendergan.labels.kinds import PARTICLE_CLASS, Kind, Meaning
from diffrendergan.labels.look import FEW, MOST_CLASSES, Look
from diffrendergan.labels.regions import CRUMB_PX

LARGEST_SHARE = 0.5
"""A region that reaches all four borders and covers more is rather the ground than a particle."""
LEAST_GROUND_SHARE = 0.25
"""A region that is taken for the ground covers at least this much."""
VOID_SHARE = 0.9
"""What lies around the others to this extent is their outline."""
CONTOUR_SHARE = 0.8
"""What lies around the particles to this extent is their contour."""
LOOSE_CONTOUR_SHARE = 0.5
"""Also to this extent, where there are more regions than the two particles they would be."""
LEAST_REGION_PX = 16
"""Regions of pictures are smaller on average."""
MOST_SCATTERED = 0.05
"""Fraction of the numbers that may lie in parts far apart without being worth a sentence."""
WRAPPED_SHARE = 0.95
"""Of the numbers of 8 bits so many are in use where counting went beyond them."""
LEAST_WRAPPED = 5
LEAST_RINGS = 5
"""Fewer rings may be particles that are hollow."""


class Finding(NamedTuple):
    """Something to be said of one label image."""

    about: str
    """Findings about the same are said together."""
    path: Path
    sentence: str
    """Begins with the path."""


def understand(looks: Mapping[Path, Look], kind: Kind | Literal["auto"], option: str) -> tuple[Meaning, list[Finding]]:
    """Decide what the numbers of the label images of a folder mean, from all of them together.

    With "auto": at most one number beside the ground in each image, `particles`. Two numbers, one of which lies around
    the other, `classes`. Few numbers, each in many regions: classes of particles, `particles`. Else `instances`.

    Parameters
    ----------
    looks : mapping of Path to Look
        By file.
    kind : str
        As the user said it.
    option : str
        How the user says the kind.

    Returns
    -------
    Meaning, list of Finding
        And what was corrected.

    Raises
    ------
    DataError
        If the numbers cannot be those of label images: a grey picture.
    """
    ground, findings = _ground(looks)
    void = _void(looks, ground)
    if void is not None:
        path = next(path for path, look in looks.items() if look.outline == void)
        findings.append(
            Finding("void", path, f"{path}: {void} outlines all other numbers, so it is read as ground (void)")
        )
    meaning = Meaning("instances", ground, void)
    left = {path: meaning.remain(look.numbers) for path, look in looks.items()}
    inner = _enclosed(looks, left)
    if kind == "auto":
        meaning = _guessed(looks, meaning, left, inner, option)
    else:
        particle = PARTICLE_CLASS + ground if inner is None else inner
        meaning = replace(meaning, kind=kind, particle=particle if kind == "classes" else PARTICLE_CLASS)
    return meaning, findings


def doubts(path: Path, look: Look, meaning: Meaning, option: str) -> Iterator[Finding]:
    """Yield what is doubtful of a label image that is read with a meaning, with what to do.

    Raises
    ------
    DataError
        If numbers are lost: those beyond 255 began anew at 0 or 1.
    """
    left = meaning.remain(look.numbers)
    frame = look.frames[0] if look.frames else 0
    is_ground = frame in left and look.frame_share > LARGEST_SHARE
    if is_ground:
        yield Finding(
            "frame", path,
            f"{path}: one region of number {frame} covers {look.frame_share:.0%} of the image and reaches all four "
            "borders, as the ground does; if it is the ground, exchange 0 and the particles' numbers (invert the mask) "
            "before you go on",
        )  # fmt: skip
    elif look.numbers and not look.zeros and len(left) == len(look.numbers):
        yield Finding(
            "no ground", path,
            f"{path}: no pixel is 0, so that all of the image is particle; give the ground the number 0 where there is "
            "one",
        )  # fmt: skip
    if look.rings >= max(LEAST_RINGS, look.blobs / 2) and meaning.kind != "classes":
        yield Finding(
            "rings", path,
            f"{path}: {look.rings} of {look.blobs} regions are thin rings around ground, as outlines that are not "
            "filled; fill them (in ImageJ with Process > Binary > Fill Holes), unless the particles are hollow",
        )  # fmt: skip
    if meaning.kind == "instances" and look.crumbs and not is_ground:
        yield Finding(
            "crumbs", path,
            f"{path}: {look.crumbs} px far from the particles whose numbers they have, at most {CRUMB_PX} at a place, "
            "are left out; clean the label image if they mean something",
        )  # fmt: skip
    if meaning.kind == "instances":
        yield from _scattered(path, look, left, option)
    if meaning.materials and len(left) > 1:
        listed = " and ".join(str(number) for number in left)
        yield Finding(
            "materials", path,
            f"{path}: {listed} lie in many separate regions, and none lies around another as a contour does, so they "
            f"are read as classes of particles, and every region is one; if they mean something else, say so with "
            f"{option}",
        )  # fmt: skip
    if meaning.kind == "classes" and len(left) == 2 and _contour_share(look, meaning.particle) < LOOSE_CONTOUR_SHARE:
        other = next(number for number in left if number != meaning.particle)
        yield Finding(
            "contour", path,
            f"{path}: {other} is read as contour and is left out, but it does not lie around the particles; if it is "
            f"another class of particles, say {option} particles",
        )  # fmt: skip


def _scattered(path: Path, look: Look, left: tuple[int, ...], option: str) -> Iterator[Finding]:
    scattered = [number for number in look.scattered if number in left]
    full = look.white is not None and len(left) >= WRAPPED_SHARE * look.white
    if full and len(scattered) >= LEAST_WRAPPED:
        raise DataError(
            f"{path} uses all numbers up to {look.white}, and {len(scattered)} of them in places far apart: it held "
            f"more particles than its {look.white.bit_length() if look.white else 8} bits can number; save it with 16 "
            f"bits, or count connected regions with {option} particles."
        )
    if look.white in scattered and len(left) > FEW:
        yield Finding(
            "cut off", path,
            f"{path}: {look.white}, the largest number of the file's type, lies in places far apart, so larger numbers "
            f"were cut off; save it with more bits, or count connected regions with {option} particles",
        )  # fmt: skip
    elif scattered and len(scattered) > MOST_SCATTERED * len(left):
        yield Finding(
            "scattered", path,
            f"{path}: {len(scattered)} of {len(left)} numbers (for example {scattered[0]}) lie in parts far apart, "
            f"each counted as one particle; number the particles anew, or count regions with {option} particles",
        )  # fmt: skip


def _ground(looks: Mapping[Path, Look]) -> tuple[int, list[Finding]]:
    """Return the number of the ground where 0 is at most seams between regions, otherwise 0."""
    if not looks or not all(look.seams or not look.zeros for look in looks.values()):
        return 0, []
    framed = [(path, look) for path, look in looks.items() if look.frames]
    found = {look.frames[0] for _, look in framed}
    unclear = any(len(set(look.frames) - {0}) > 1 for _, look in framed)
    small = any(look.frame_share < LEAST_GROUND_SHARE for _, look in framed)
    alone = all(len(look.numbers) < 2 for look in looks.values())
    if len(found) != 1 or unclear or small or alone or 2 * len(framed) < len(looks):
        return 0, []
    (ground,) = found
    path, look = framed[0]
    zero = "0 is only in thin lines between regions" if look.zeros else "no pixel is 0"
    return ground, [
        Finding("ground", path, f"{path}: {zero}, and {ground} reaches all four borders, so {ground} is read as ground")
    ]


def _void(looks: Mapping[Path, Look], ground: int) -> int | None:
    """Return the number that is but the outline of all others: the largest of the type, or one far above them."""
    outlined = [look for look in looks.values() if look.outline is not None]
    if any(look.outline_share < VOID_SHARE or look.frames[:1] == (look.outline,) for look in outlined):
        return None
    found = {look.outline for look in outlined}
    return None if len(found) != 1 or ground in found else found.pop()


def _enclosed(looks: Mapping[Path, Look], left: Mapping[Path, tuple[int, ...]]) -> int | None:
    """Return the number of two that the other lies around, None if there is none."""
    two = sorted({number for numbers in left.values() for number in numbers})
    both = [looks[path] for path, numbers in left.items() if len(numbers) == 2]
    if len(two) != 2 or not both:
        return None
    crowded = any(look.regions > 2 for look in looks.values())
    needed = LOOSE_CONTOUR_SHARE if crowded else CONTOUR_SHARE
    for inner, outer in ((two[0], two[1]), (two[1], two[0])):
        if sum(look.rims.get((inner, outer), 0.0) for look in both) / len(both) >= needed:
            return inner
    return None


def _contour_share(look: Look, particle: int) -> float:
    return max((share for (inner, _), share in look.rims.items() if inner == particle), default=0.0)


def _guessed(
    looks: Mapping[Path, Look],
    meaning: Meaning,
    left: Mapping[Path, tuple[int, ...]],
    inner: int | None,
    option: str,
) -> Meaning:
    if all(len(numbers) <= 1 for numbers in left.values()):
        return replace(meaning, kind="particles")
    if inner is not None:
        return replace(meaning, kind="classes", particle=inner)
    all_numbers = {number for numbers in left.values() for number in numbers}
    scattered = {number for look in looks.values() for number in look.scattered}
    in_many_places = scattered >= all_numbers or any(look.is_picture for look in looks.values())
    if len(all_numbers) <= MOST_CLASSES and in_many_places and not any(map(_is_fine, looks.values())):
        return replace(meaning, kind="particles", materials=True)
    for path, look in looks.items():
        if look.is_picture:
            if len(look.numbers) == 1:
                raise DataError(
                    f"{path} holds one number in {look.regions} separate regions, while others of the folder number "
                    f"their particles; keep masks and numbered label images in folders of their own, or say {option} "
                    "particles for both."
                )
            raise DataError(
                f"{path} holds {len(look.numbers)} numbers in {look.regions} separate regions, so it is a picture or a "
                "map of classes and no label image; name the folder of label images, or say what its numbers mean "
                f"with {option}."
            )
    return meaning


def _is_fine(look: Look) -> bool:
    """Tell whether regions are as small as those of pictures."""
    return look.regions > 0 and look.filled < LEAST_REGION_PX * look.regions
