"""Shapes turned about x: straight tapered wires, and rods."""

from __future__ import annotations

from typing import Literal

import numpy as np

from diffrendergan.particles.grid import Points, Surface

SLENDER = 1.4
"""Wire faces are this much longer than wide: its silhouette needs sections, its straight sides do not need rings."""
RIM = 0.12
"""Radius of the rounded rim of a flat rod, as a fraction of the rod's radius."""


def tapered_wire(faces: int, length: float, radius: float, tip: float) -> Surface:
    """Return a straight cone along x with round ends.

    Parameters
    ----------
    faces
        Wanted number of triangles, at least 100; kept within 30 %.
    length
        From tip to tip [unit], more than twice `radius`.
    radius
        At the thick end, x = -length/2 [unit].
    tip
        Radius at the other end, as a fraction of `radius`.
    """
    half, thin = length / 2, radius * tip
    sections, points = _division(faces, length, (radius + thin) / 2, SLENDER)
    cap = max(1, min(sections // 4, (points - 4) // 2))
    angle = np.linspace(np.pi / 2, 0, cap + 2)[:-1]
    left = np.stack([radius * (1 - np.sin(angle)) - half, radius * np.cos(angle)], axis=1)
    right = np.stack([half - thin * (1 - np.sin(angle)), thin * np.cos(angle)], axis=1)[::-1]
    share = np.linspace(0, 1, points - 2 * (cap + 1))[:, None]
    body = (1 - share) * (radius - half, radius) + share * (half - thin, thin)
    return revolved(np.concatenate([left, body, right]), sections)


def rod(faces: int, aspect: float, ends: Literal["round", "flat"]) -> Surface:
    """Return a rod of radius 1 along x.

    Parameters
    ----------
    faces
        Wanted number of triangles, at least 100; kept within 30 %.
    aspect
        Length over diameter, at least 1.
    ends
        `round`: half spheres; `flat`: discs whose rim is rounded by RIM.
    """
    # Arc length of the profile, which the rings divide evenly.
    lengths = [np.pi / 2, 2 * (aspect - 1), np.pi / 2]
    if ends == "flat":
        bow = RIM * np.pi / 2
        lengths = [1 - RIM, bow, 2 * (aspect - RIM), bow, 1 - RIM]
    sections, points = _division(faces, sum(lengths), 0.9, 1.0)
    counts = _shares(lengths, points - 1)
    if ends == "round":
        pieces = [
            _arc((1 - aspect, 0.0), 1.0, (np.pi, np.pi / 2), counts[0]),
            _line((1 - aspect, 1.0), (aspect - 1, 1.0), counts[1]),
            _arc((aspect - 1, 0.0), 1.0, (np.pi / 2, 0.0), counts[2]),
        ]
    else:
        flat = 1 - RIM
        pieces = [
            _line((-aspect, 0.0), (-aspect, flat), counts[0]),
            _arc((RIM - aspect, flat), RIM, (np.pi, np.pi / 2), counts[1]),
            _line((RIM - aspect, 1.0), (aspect - RIM, 1.0), counts[2]),
            _arc((aspect - RIM, flat), RIM, (np.pi / 2, 0.0), counts[3]),
            _line((aspect, flat), (aspect, 0.0), counts[4]),
        ]
    end = np.array([[aspect, 0.0]])
    return revolved(np.concatenate([*pieces, end]), sections)


def revolved(profile: Points, sections: int) -> Surface:
    """Turn a profile about x.

    Parameters
    ----------
    profile : float64 (p, 2)
        x and radius, from left to right; first and last radius are taken as zero, all others are not zero.
    sections
        Faces around.
    """
    angle = 2 * np.pi * np.arange(sections) / sections
    x, radius = profile[1:-1].T
    rings = np.stack(
        [np.repeat(x, sections), np.outer(radius, np.cos(angle)).ravel(), np.outer(radius, np.sin(angle)).ravel()],
        axis=1,
    )
    vertices = np.concatenate([rings, [[profile[0, 0], 0, 0], [profile[-1, 0], 0, 0]]])
    here = np.arange(sections)
    following = (here + 1) % sections
    start = (np.arange(len(x) - 1) * sections)[:, None]
    a, b = (start + here).ravel(), (start + following).ravel()
    last, left = (len(x) - 1) * sections, len(rings)
    faces = np.concatenate(
        [
            np.stack([a, b, a + sections], axis=1),
            np.stack([b, b + sections, a + sections], axis=1),
            np.stack([np.full(sections, left), following, here], axis=1),
            np.stack([np.full(sections, left + 1), last + here, last + following], axis=1),
        ]
    )
    return vertices, faces.astype(np.int32)


def _division(faces: int, length: float, radius: float, slender: float) -> tuple[int, int]:
    """Return the faces around and the points of a profile of that length, which give about `faces`."""
    wanted = slender * np.sqrt(faces * np.pi * radius / length)
    sections = int(np.clip(round(wanted / 2) * 2, 6, 32 if slender > 1 else 96))
    # Two points lie on the axis and carry a fan each; between the others are 2·sections triangles.
    return sections, max(6, round(faces / (2 * sections)) + 2)


def _shares(lengths: list[float], total: int) -> list[int]:
    """Divide `total` steps among pieces by length; none, however short, is left out unless its length is zero."""
    least = [0 if length < 1e-9 else 1 for length in lengths]
    left = total - sum(least)
    ends = np.round(np.cumsum(lengths) / sum(lengths) * left).astype(int)
    return [low + int(extra) for low, extra in zip(least, np.diff(ends, prepend=0), strict=True)]


def _line(start: tuple[float, float], stop: tuple[float, float], steps: int) -> Points:
    """Return points along a line, without its end."""
    share = np.arange(steps)[:, None] / max(steps, 1)
    return (1 - share) * np.array(start) + share * np.array(stop)


def _arc(centre: tuple[float, float], radius: float, angles: tuple[float, float], steps: int) -> Points:
    """Return points along an arc, without its end."""
    angle = angles[0] + (angles[1] - angles[0]) * np.arange(steps) / max(steps, 1)
    return np.array(centre) + radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
