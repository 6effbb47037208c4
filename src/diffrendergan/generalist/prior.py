"""One image of the generalist's training: example i depends on the bodies, the seed and i alone."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from skimage.measure import label

from diffrendergan.config.base import Parameter
from diffrendergan.generalist.arrangements import WIRES, arrange
from diffrendergan.generalist.chains import seen_through
from diffrendergan.generalist.looks import LOOKS, SEEN_THROUGH, Look
from diffrendergan.generalist.marks import mark
from diffrendergan.generalist.residue import soiled
from diffrendergan.generalist.unevenness import streaked, unevenly_lit
from diffrendergan.imaging.chain import Link, find_operators
from diffrendergan.imaging.fields import WITHOUT_PORES, texture
from diffrendergan.imaging.image_model import ImageModel
from diffrendergan.imaging.operator import Operator
from diffrendergan.labels.layers import Layers, Mask
from diffrendergan.labels.regions import drop_small
from diffrendergan.rendering.heightfield.scene import Atlas, Relieved, Samples, shown
from diffrendergan.runs import seeds
from diffrendergan.runs.chance import law, own

Field = NDArray[np.float32]

LEAST_VISIBLE_PX = 14
"""Smaller visible parts of a body are given to its neighbour: nobody could mark them [px]."""
LEAST_CONTRAST = 0.4
"""Between bodies and ground, in standard deviations of the smoothed image; images with less are drawn again ..."""
DRAWS = 4
"""... but not more often than this: faint ones there are, too."""
EMPTY = 0.2
"""Share of images without any particle."""
SOILED = (0.25, 0.75)
"""Share of images with spots, scratches and films on the ground: with particles, and without."""
MARKED = (0.3, 0.6)
"""Share of images with printed marks: with particles, and without."""


@dataclass(frozen=True, eq=False)
class Example:
    """An image and what it shows.

    Attributes
    ----------
    image : float32 (H, W)
        In [0, 1].
    labels : int32 (H, W)
        0 is ground; each visible body has a number.
    look : str
        Its name in `LOOKS`, or `empty`.
    silhouettes : int64 (k + 1,)
        Area of the whole body that each label shows all or a part of, by the label, within the image [px]: what others
        hide of it counts.
    whole : Layers
        The same as masks, by the numbers of the labels: those that show parts of one body have the same.
    """

    image: Field
    labels: NDArray[np.int32]
    look: str
    silhouettes: NDArray[np.int64]
    whole: Layers


def draw_example(
    atlas: Atlas,
    families: NDArray[np.int64],
    size: int,
    seed: int,
    index: int,
    looks: Sequence[tuple[str, float, Look]] = LOOKS,
) -> Example:
    """Draw one example of `size` × `size` pixels; `looks` are drawn as often as they say."""
    rng = seeds.generator(seed, "example", index)
    for _ in range(DRAWS):
        example = compose(atlas, families, (size, size), rng, looks=looks)
        if contrast(example) >= LEAST_CONTRAST:
            break
    return example


def compose(
    atlas: Atlas,
    families: NDArray[np.int64],
    shape: tuple[int, int],
    rng: np.random.Generator,
    empty: float = EMPTY,
    wires: float = WIRES,
    looks: Sequence[tuple[str, float, Look]] = LOOKS,
) -> Example:
    """Draw one image of `shape` (H, W), whatever its contrast.

    `empty` is the chance that it shows no particle, `wires` that it shows wires; `looks` are drawn as often as they
    say.
    """
    bare = own(rng).random() < empty
    if bare:
        look, labels, silhouettes = "empty", np.zeros(shape, np.int32), np.zeros(1, np.int64)
        whole = Layers.of(shape, ())
        radiance = (1 + rng.uniform(0.02, 0.4) * texture(shape, rng, WITHOUT_PORES)).clip(0).astype(np.float32)
    else:
        arranged = arrange(atlas, families, shape, rng, wires)
        scene = shown(arranged.samples, shape)
        if arranged.chained:
            looks = [entry for entry in looks if entry[0] in SEEN_THROUGH] or looks
        chances = np.array([chance for _, chance, _ in looks])
        look, _, shows = looks[rng.choice(len(looks), p=chances / chances.sum())]
        radiance = shows(arranged, scene, rng)
        if arranged.chained and look in SEEN_THROUGH:
            scene = replace(scene, labels=seen_through(arranged.samples, shape))
        labels, bodies = _visible(scene)
        inside = arranged.samples.owner[arranged.samples.distance > 0]
        silhouettes = np.bincount(inside + 1, minlength=int(bodies.max(initial=0)) + 1)[bodies]
        whole = _whole(arranged.samples, bodies, shape)
    if law(rng).random() < SOILED[bare]:
        radiance = soiled(radiance, labels == 0, own(rng))
    image = _recorded(streaked(_exposed(unevenly_lit(radiance, rng), rng), rng), rng)
    if own(rng).random() < MARKED[bare]:
        image, hidden = mark(image, own(rng))
        labels = np.where(hidden, 0, labels)
    return Example(_stored(image, rng), labels, look, silhouettes, whole)


def contrast(example: Example) -> float:
    """Return how far bodies differ from the ground; infinite where an image shows hardly anything but one of them."""
    inside, outside = ndimage.binary_erosion(example.labels > 0), example.labels == 0
    if min(inside.mean(), outside.mean()) < 0.03:
        return np.inf
    image = ndimage.gaussian_filter(example.image, 1.0)
    return abs(float(np.median(image[inside]) - np.median(image[outside]))) / max(float(image.std()), 1e-6)


def _visible(scene: Relieved) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return labels without parts too small to be marked, and the body of each; each part of a body counts."""
    parts = label(scene.labels, connectivity=1, background=0)
    small = np.bincount(parts.ravel()) < LEAST_VISIBLE_PX
    small[0] = False
    bodies = np.zeros(len(small), np.int64)
    bodies[parts] = scene.labels
    gone = small[parts]
    if gone.any():
        nearest = ndimage.distance_transform_edt(gone, return_distances=False, return_indices=True)
        parts = parts[nearest[0], nearest[1]]
    kept = np.unique(parts)
    return drop_small(parts, 1), bodies[kept if kept[0] == 0 else np.concatenate([[0], kept])]


def _whole(samples: Samples, bodies: NDArray[np.int64], shape: tuple[int, int]) -> Layers:
    """Return the bodies (k + 1,) that labels show, all of each that lies within the image."""
    inside = samples.distance > 0
    owners, pixels = samples.owner[inside], samples.pixel[inside]
    order = np.argsort(owners, kind="stable")
    owners, pixels = owners[order], pixels[order]
    begin, end = (np.searchsorted(owners, bodies[1:] - 1, side) for side in ("left", "right"))
    return Layers.of(
        shape,
        (
            _masked(number, np.divmod(pixels[first:last], shape[1]))
            for number, (first, last) in enumerate(zip(begin, end, strict=True), start=1)
            if last > first
        ),
    )


def _masked(number: int, places: tuple[NDArray[np.integer], NDArray[np.integer]]) -> tuple[int, int, int, Mask]:
    """Return number, upper left corner and mask of pixels."""
    (top, left), (rows, columns) = (int(axis.min()) for axis in places), places
    mask = np.zeros((int(rows.max()) - top + 1, int(columns.max()) - left + 1), bool)
    mask[rows - top, columns - left] = True
    return number, top, left, mask


def _exposed(radiance: Field, rng: np.random.Generator) -> Field:
    """Bring radiance into the detector's range, at times beyond it."""
    low, high = np.percentile(radiance, [1, rng.choice([95, 99, 99.8])])
    dark, bright = rng.uniform(0.0, 0.35), rng.uniform(0.5, 1.1)
    return (dark + (bright - dark) * (radiance - low) / max(float(high - low), 1e-6)).clip(0, 1.3).astype(np.float32)


def _recorded(radiance: Field, rng: np.random.Generator) -> Field:
    """Pass radiance through optics, scan and detector: the image model, with parameters drawn anew."""
    model = ImageModel((), _links(rng))
    noise = torch.Generator().manual_seed(int(own(rng).integers(2**62)))
    images = torch.from_numpy(np.ascontiguousarray(radiance, np.float32))[None]
    with torch.no_grad():
        return model.develop(images, torch.zeros((1, 0)), {}, noise)[0].numpy()


def _links(rng: np.random.Generator) -> tuple[Link, ...]:
    """Draw operators and their parameters, in the order of the configuration's chain."""
    found: list[Link] = []

    def link(chance: float, field: str, **values: float) -> None:
        if rng.random() < chance:
            parameters: dict[str, Parameter] = {name: float(value) for name, value in values.items()}
            found.append(Link(_operators()[field], parameters))

    blur = float(np.exp(rng.uniform(np.log(0.35), np.log(2.2))))
    if rng.random() < 0.12:
        link(1, "astigmatism", along_px=blur * rng.uniform(1, 2), across_px=blur, angle_deg=rng.uniform(0, 180))
    else:
        link(1, "blur_sigma_px", blur_sigma_px=blur)
    link(0.25, "tail", weight=rng.uniform(0.02, 0.4), sigma_px=np.exp(rng.uniform(np.log(3), np.log(40))))
    if rng.random() < 0.2:
        jitter, sway = np.exp(rng.uniform(np.log(0.05), np.log(0.8))), rng.choice([0, rng.uniform(0.1, 1.2)])
        lines = rng.uniform(4, 60)
        drift = rng.normal(0, 2)
        link(
            1, "scan", jitter_px=jitter, vibration_px=sway, vibration_lines=lines,
            drift_right_px=drift, drift_down_px=0,
        )  # fmt: skip
    link(0.2, "charging", strength=rng.normal(0, 0.3), length_px=rng.uniform(3, 80))
    link(0.2, "vignetting", strength=rng.uniform(-0.2, 0.5))
    link(0.5, "response", offset=0.0, gain=1.0, gamma=np.exp(rng.normal(0, 0.35)))
    link(0.15, "saturation", share=rng.uniform(0.02, 0.5))
    # Averaged frames and printed figures are nearly free of noise.
    clean = rng.random() < 0.4
    loudest = 0.003 if clean else 0.03
    link(0.7, "shot_noise", variance_per_signal=np.exp(rng.uniform(np.log(1e-4), np.log(loudest))))
    line = rng.choice([1e4, rng.uniform(1, 30)])
    link(0.2, "line_noise", sigma=np.exp(rng.uniform(np.log(0.003), np.log(0.05))), length_px=line)
    link(1, "noise_sigma", noise_sigma=np.exp(rng.uniform(np.log(0.002), np.log(0.015 if clean else 0.12))))
    return tuple(found)


@cache
def _operators() -> dict[str, Operator]:
    return find_operators()


def _stored(image: Field, rng: np.random.Generator) -> Field:
    """Round to 8 bits, at times by way of a lossy file; at times smoothed or sharpened with its noise, by a program."""
    kind = rng.random()
    if kind < 0.1:
        image = ndimage.median_filter(image, 3)
    elif kind < 0.2:
        image = ndimage.gaussian_filter(image, rng.uniform(0.4, 1.2))
    elif kind < 0.3:
        image = image + rng.uniform(0.3, 2.0) * (image - ndimage.gaussian_filter(image, rng.uniform(0.5, 2.0)))
    grey = np.round(np.clip(image, 0, 1) * 255).astype(np.uint8)
    if rng.random() < 0.2:
        buffer = io.BytesIO()
        Image.fromarray(grey).save(buffer, "JPEG", quality=int(rng.integers(50, 96)))
        grey = np.asarray(Image.open(buffer))
    return (grey / np.float32(255)).astype(np.float32)
