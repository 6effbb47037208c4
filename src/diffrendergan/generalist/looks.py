"""Looks of the generalist's images: what a scene of height fields shows to electrons, ions, a tip, or in a section."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.generalist.arrangements import Arranged
from diffrendergan.imaging.fields import WITHOUT_PORES, grainy, power_law, texture
from diffrendergan.imaging.operators.rings import rings
from diffrendergan.imaging.operators.seams import seams
from diffrendergan.rendering.heightfield.emission import rise, thin
from diffrendergan.rendering.heightfield.light import facing, openness
from diffrendergan.rendering.heightfield.scene import Relieved, shown
from diffrendergan.runs.chance import law, own

Field = NDArray[np.float32]
Look = Callable[[Arranged, Relieved, np.random.Generator], Field]


def _at_times(probability: float, low: float, high: float, rng: np.random.Generator) -> float:
    """Return 0, or with a probability a number of a range."""
    return float(rng.uniform(low, high)) if rng.random() < probability else 0.0


def _gains(count: int, sigma: float, rng: np.random.Generator) -> Field:
    """Return a gain for the ground (1) and each body."""
    gains = np.exp(rng.normal(0, sigma, count + 1)).astype(np.float32)
    gains[0] = 1
    return gains


def _matter(labels: NDArray[np.int32], rng: np.random.Generator) -> Field:
    """Return a texture (H, W), at times another part of it in each body: real matter ends at the outline."""
    field = texture((labels.shape[0], labels.shape[1]), rng, WITHOUT_PORES)
    if rng.random() < 0.5:
        return field
    rows, columns = np.indices(labels.shape)
    moved = own(rng).integers(0, max(labels.shape), (2, int(labels.max(initial=0)) + 1))
    down, right = moved[:, labels]
    return np.asarray(field[(rows + down) % labels.shape[0], (columns + right) % labels.shape[1]], np.float32)


def _lit_from_a_side(height: Field, strength: float, rng: np.random.Generator) -> Field:
    return (1 - strength * facing(height, rng.uniform(0, 2 * np.pi))).astype(np.float32)


def _seams(labels: NDArray[np.int32], width: float) -> Field:
    found = seams(torch.from_numpy(labels)[None], torch.tensor([width]), width)[0].numpy()
    return np.asarray(found, np.float32)


def _rings(tilt: Field, rng: np.random.Generator) -> Field:
    """Return ridges along lines of equal tilt, at times: collapsed shells, growth rings."""
    strength = _at_times(0.12, 0.03, 0.3, rng)
    if not strength:
        return np.ones_like(tilt)
    # On a ball this is the distance from the middle of its image, in radii.
    outwards = np.sqrt(np.maximum(1 - (1 - tilt) ** 2, 0))
    rings = np.sin(2 * np.pi * (rng.uniform(0.8, 4) * outwards + rng.random()))
    return (1 + strength * rings).astype(np.float32)


def secondary(arranged: Arranged, scene: Relieved, rng: np.random.Generator) -> Field:
    """Secondary electrons: rims and thin parts glow, valleys are dark; helium ions are the stronger of these looks."""
    inside = scene.labels > 0
    base, exponent, grazing = rng.uniform(0, 1), rng.uniform(0.3, 2.0), rng.uniform(0.08, 0.5)
    body = base + (1 - base) * rise(scene.tilt, exponent, grazing)
    if rng.random() < 0.3:
        # Matt bodies, brightest where they face the detector; at times with a bright outline.
        body = (
            rng.uniform(0.2, 2) * (1 - scene.tilt) + _at_times(0.5, 0, 1, rng) * (scene.tilt > 0.7) + rng.uniform(0, 1)
        )
    body = body + _at_times(0.35, 0.2, 2.0, rng) * thin(scene.thickness, rng.uniform(0.7, 6))
    usual = float(np.median(body[inside])) if inside.any() else 1.0
    body = body / max(usual, 1e-3)
    body *= _gains(arranged.count, float(rng.choice([0, 0.05, 0.12, 0.3])), rng)[scene.labels]
    body *= 1 + _at_times(0.5, 0.02, float(rng.choice([0.15, 0.4, 0.6])), rng) * _matter(scene.labels, rng)
    body *= _rings(scene.tilt, rng)
    ratio = float(np.exp(rng.uniform(np.log(0.08), np.log(float(rng.choice([1.25, 2.0], p=[0.85, 0.15]))))))
    ground = ratio * (1 + _at_times(0.85, 0.02, 0.3, rng) * texture(body.shape, rng, WITHOUT_PORES))
    open_sky = np.clip(ndimage.gaussian_filter(openness(scene.height, 3 * arranged.median_px), 1.0), 0.02, 1)
    body *= open_sky ** rng.uniform(0, 1.3)
    ground = ground * open_sky ** rng.uniform(0, 1.5)
    clear = _at_times(0.2, 0.5, 4.0, rng)
    share = 1 - np.exp(-scene.thickness / clear) if clear else np.float32(1)
    image = np.where(inside, share * body + (1 - share) * ground, ground)
    strength = _at_times(0.4, 0.1, 1.0, rng)
    if strength:
        image = image * _lit_from_a_side(scene.height, strength, rng)
    depth = _at_times(0.3, 0.1, 0.7, rng)
    if depth:
        image = image * (1 - depth * _seams(scene.labels, rng.uniform(0.6, 1.5)))
    return image.astype(np.float32)


def backscattered(arranged: Arranged, scene: Relieved, rng: np.random.Generator) -> Field:
    """Back-scattered electrons: level by composition, little relief, thin parts weak."""
    inside = scene.labels > 0
    levels = law(rng).uniform(0.3, 1.0, int(rng.integers(1, 4)))
    each = np.concatenate([[1], levels[rng.integers(len(levels), size=arranged.count)]]).astype(np.float32)
    full = rng.uniform(0.05, 0.6) * arranged.median_px
    body = each[scene.labels] * (1 - np.exp(-scene.thickness / full))
    body *= 1 - rng.uniform(0, 0.6) * scene.tilt
    ground = (
        rng.uniform(0.02, 0.9)
        * np.median(levels)
        * (1 + _at_times(0.7, 0.02, 0.2, rng) * texture(body.shape, rng, WITHOUT_PORES))
    )
    image = np.where(inside, body + ground * np.exp(-scene.thickness / full), ground)
    strength = _at_times(0.5, 0.1, 0.8, rng)
    if strength:
        image = image * _lit_from_a_side(scene.height, strength, rng)
    return image.astype(np.float32)


def transmission(arranged: Arranged, scene: Relieved, rng: np.random.Generator) -> Field:
    """Transmission: absorption by the thickness of all that lies along the beam, on a film, with fringes at edges."""
    shape = scene.labels.shape
    spread = float(rng.choice([0, 0.1, 0.3, 0.6]))
    density = _gains(arranged.count, spread, rng)[1:]
    if rng.random() < 0.35:
        # Crystals in a diffracting orientation.
        density = density * np.where(rng.random(len(density)) < 0.2, rng.uniform(1.5, 3), 1).astype(np.float32)
    through = shown(arranged.samples, shape, density).thickness / arranged.median_px
    hollow = _at_times(0.1, 0.3, 0.9, rng)
    if hollow:
        # Beyond some thickness the middle is empty: hollow bodies, shells of another matter.
        wall = rng.uniform(0.2, 0.7)
        through = np.minimum(through, wall) + (1 - hollow) * np.maximum(through - wall, 0)
    if rng.random() < 0.25:
        through = through * np.exp(_at_times(1, 0.1, 0.5, rng) * power_law(shape, 1.8, rng))
    # Soot and the like let most of the beam through: what lies behind is seen.
    densest = 0.9 if arranged.chained else 8.0
    image = np.exp(-float(np.exp(rng.uniform(np.log(0.25), np.log(densest)))) * through)
    image = image * (1 + _at_times(0.9, 0.01, 0.15, rng) * texture(shape, rng, WITHOUT_PORES))
    amorphous = _at_times(0.4, 0.01, 0.08, rng)
    if amorphous:
        image = image * (1 + amorphous * grainy(shape, rng))
    fringe = _at_times(0.6, 0.1, 1.0, rng)
    if fringe:
        soft = ndimage.gaussian_filter(image, rng.uniform(0.7, 2.0))
        image = image + fringe * (image - soft) * rng.choice([-0.5, 1, 1])
    shell = _at_times(0.1, 0.1, 0.4, rng)
    if shell:
        image = image - shell * np.exp(-(((scene.tilt - 0.8) / 0.2) ** 2))
    return np.maximum(image, 0).astype(np.float32)


def dark_field(arranged: Arranged, scene: Relieved, rng: np.random.Generator) -> Field:
    """Dark field: what scatters is bright."""
    image = transmission(arranged, scene, rng)
    return (1.0 - image + rng.uniform(0, 0.2)).clip(0).astype(np.float32)


def heights(arranged: Arranged, scene: Relieved, rng: np.random.Generator) -> Field:
    """Heights: what a tip of some radius feels, on a plane that is never quite level."""
    tip = int(rng.integers(1, 3))
    y, x = np.mgrid[-tip : tip + 1, -tip : tip + 1]
    parabola = -(x**2 + y**2) / (2 * rng.uniform(0.2, 1.5))
    felt = ndimage.grey_dilation(scene.height, structure=parabola) / max(float(scene.height.max()), 1.0)
    felt = felt ** rng.uniform(0.5, 1.0)
    rows, columns = np.indices(felt.shape) / max(felt.shape) - 0.5
    plane = rng.normal(0, 0.1) * rows + rng.normal(0, 0.1) * columns + rng.normal(0, 0.1) * columns**2
    rough = rng.uniform(0.002, 0.06) * texture(felt.shape, rng, WITHOUT_PORES)
    lines = rng.normal(0, _at_times(0.6, 0.002, 0.04, rng), (felt.shape[0], 1))
    return (felt + plane + rough + lines).astype(np.float32)


def section(arranged: Arranged, scene: Relieved, rng: np.random.Generator) -> Field:
    """Sections: a grey for each phase, flat but for its texture, soft or dark joints, rings of the detector."""
    levels = law(rng).uniform(0.4, 1.4, int(rng.integers(1, 4)))
    each = np.concatenate([[1], levels[rng.integers(len(levels), size=arranged.count)]]).astype(np.float32)
    each *= _gains(arranged.count, float(rng.choice([0, 0.03, 0.1])), rng)
    matrix = rng.uniform(0.05, 0.95) if rng.random() < 0.8 else rng.uniform(1.1, 2)
    image = each[scene.labels] * (1 + _at_times(0.6, 0.02, 0.25, rng) * _matter(scene.labels, rng))
    ground = matrix * (1 + _at_times(0.7, 0.02, 0.25, rng) * texture(image.shape, rng, WITHOUT_PORES))
    image = np.where(scene.labels > 0, image, ground)
    depth = _at_times(0.4, 0.05, 0.6, rng)
    if depth:
        image = image * (1 - depth * _seams(scene.labels, rng.uniform(0.6, 1.5)))
    strength = _at_times(0.4, 0.01, 0.12, rng)
    if strength:
        noise = torch.Generator().manual_seed(int(own(rng).integers(2**62)))
        values = torch.tensor([[strength], [rng.uniform(0.5, 2.5)], [rng.uniform(0, 0.7) * max(image.shape)]])
        given = torch.from_numpy(np.ascontiguousarray(image, np.float32))[None]
        image = rings(given, values[0], values[1], values[2], 2.5, noise)[0].numpy()
    return np.maximum(image, 0).astype(np.float32)


LOOKS: tuple[tuple[str, float, Look], ...] = (
    ("secondary", 0.46, secondary),
    ("backscattered", 0.1, backscattered),
    ("transmission", 0.24, transmission),
    ("dark field", 0.06, dark_field),
    ("heights", 0.08, heights),
    ("section", 0.06, section),
)
"""Names, how often each is drawn, and what it shows."""
SEEN_THROUGH = ("transmission", "dark field")
"""Looks in which what lies behind is seen."""
