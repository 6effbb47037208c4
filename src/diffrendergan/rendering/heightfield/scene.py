"""Height fields of whole scenes: bodies from reliefs, put into one image by a depth buffer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from diffrendergan.rendering.heightfield.ragged import windows
from diffrendergan.rendering.heightfield.relief import DISTANCE, THICKNESS, TILT, TOP, Relief

Field = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Atlas:
    """The reliefs of many bodies in one array.

    Attributes
    ----------
    maps : float32 (4, K, R, R)
        As in `Relief`, one after the other.
    numbers : float32 (K, 4)
        Reach, lowest, highest and area of each.
    """

    maps: Field
    numbers: Field

    @classmethod
    def of(cls, reliefs: Sequence[Relief]) -> Atlas:
        """Put reliefs together."""
        numbers = [(relief.reach, relief.lowest, relief.highest, relief.area) for relief in reliefs]
        return cls(np.stack([relief.maps for relief in reliefs], axis=1), np.array(numbers, np.float32))

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def reach(self) -> Field:
        """How far each grid reaches [mesh units], (K,)."""
        return self.numbers[:, 0]

    def flat(self, number: int) -> Field:
        """Return one of the maps as a list of samples, (K · R²,)."""
        return self.maps[number].reshape(-1)


@dataclass(frozen=True, eq=False)
class Placement:
    """Where bodies lie in an image.

    Attributes
    ----------
    body : int (n,)
        Which relief of the atlas.
    column, row : float32 (n,)
        Where the body's origin is seen [px]; 0 is the outer edge of the first pixel, whose centre is at 0.5.
    height : float32 (n,)
        Height of the origin over the ground [px].
    scale : float32 (n,)
        Pixels per unit of the mesh.
    turn : float32 (n,)
        Rotation in the image [rad], from columns to rows.
    mirrored : bool (n,)
        Whether it is mirrored first, along its columns.
    """

    body: NDArray[np.int64]
    column: Field
    row: Field
    height: Field
    scale: Field
    turn: Field
    mirrored: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.body)


@dataclass(frozen=True, eq=False)
class Relieved:
    """What a scene of height fields shows; lengths in pixels.

    Attributes
    ----------
    labels : int32 (H, W)
        The number of the body in its placement plus one; 0 is ground.
    height : float32 (H, W)
        Of the surface over the ground.
    thickness : float32 (H, W)
        Of all bodies along the line of sight; where bodies run through each other both count.
    tilt : float32 (H, W)
        1 − cos of the angle between surface and view.
    coverage : float32 (H, W)
        Share of the pixel that bodies fill.
    """

    labels: NDArray[np.int32]
    height: Field
    thickness: Field
    tilt: Field
    coverage: Field


@dataclass(frozen=True, eq=False)
class Samples:
    """Pixels over bodies, up to half a pixel beyond their silhouettes; all (N,).

    Attributes
    ----------
    owner : int32
        The body, counted from 0.
    pixel : int32
        Its number in the image, row by row.
    distance, top, thickness : float32
        From the silhouette, positive inside; height of the upper surface over the ground; thickness [px].
    tilt : float32
        1 − cos of the angle between surface and view.
    """

    owner: NDArray[np.int32]
    pixel: NDArray[np.int32]
    distance: Field
    top: Field
    thickness: Field
    tilt: Field

    @classmethod
    def joined(cls, parts: Sequence[Samples]) -> Samples:
        """Return all of them; the bodies of each part are counted on from those before."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__dataclass_fields__))


def draw(atlas: Atlas, placed: Placement, shape: tuple[int, int]) -> Relieved:
    """Draw bodies into an image of `shape` (H, W).

    A pixel shows the highest surface over its centre.
    """
    return shown(body_samples(atlas, placed, shape), shape)


def shown(samples: Samples, shape: tuple[int, int], density: Field | None = None) -> Relieved:
    """Return what samples show in an image of `shape` (H, W).

    Parameters
    ----------
    samples : Samples
    shape : (int, int)
    density : float32 (n,), optional
        Weights the thickness of each body; 1 for all by default.
    """
    count = shape[0] * shape[1]
    coverage = np.zeros(count, np.float32)
    np.maximum.at(coverage, samples.pixel, np.clip(samples.distance + np.float32(0.5), 0, 1))
    within = np.flatnonzero(samples.distance > 0)
    owner, pixel, top = samples.owner[within], samples.pixel[within], samples.top[within]
    highest, seen = foremost(pixel, top, count)
    labels, tilts = np.zeros(count, np.int32), np.zeros(count, np.float32)
    labels[pixel[seen]] = owner[seen] + 1
    tilts[pixel[seen]] = samples.tilt[within][seen]
    thickness = samples.thickness[within] if density is None else samples.thickness[within] * density[owner]
    through = np.bincount(pixel, thickness, count).astype(np.float32)
    highest[labels == 0] = 0
    return Relieved(labels.reshape(shape), *(values.reshape(shape) for values in (highest, through, tilts, coverage)))


def foremost(pixel: NDArray[np.int32], value: Field, count: int) -> tuple[Field, NDArray[np.int64]]:
    """Return the greatest value in each of `count` pixels, -inf where there is none, and which samples have it.

    Parameters
    ----------
    pixel : int32 (N,)
        Of each sample.
    value : float32 (N,)
    count : int
    """
    greatest = np.full(count, -np.inf, np.float32)
    np.maximum.at(greatest, pixel, value)
    return greatest, np.flatnonzero(value >= greatest[pixel])


def body_samples(atlas: Atlas, placed: Placement, shape: tuple[int, int]) -> Samples:
    """Return where bodies lie in an image of `shape` (H, W)."""
    side = atlas.maps.shape[2]
    reach = atlas.reach[placed.body] * placed.scale
    limits = np.array([shape[1], shape[0]])
    centre = np.stack([placed.column, placed.row], axis=1)
    low = np.clip(np.floor(centre - reach[:, None] - 0.5).astype(np.int64), 0, limits)
    high = np.clip(np.ceil(centre + reach[:, None] + 0.5).astype(np.int64), 0, limits)
    owner, column, row = windows(low, np.maximum(high - low, 0))
    cells = side / (2 * reach)
    flip = np.where(placed.mirrored, -1, 1)
    cosine, sine = np.cos(placed.turn), np.sin(placed.turn)
    # Pixels to samples of the body's grid: one affine map for each body.
    over = np.stack([cosine * flip * cells, sine * flip * cells, -sine * cells, cosine * cells]).astype(np.float32)
    first, second = (0.5 - placed.column).astype(np.float32), (0.5 - placed.row).astype(np.float32)
    across, along = column + first[owner], row + second[owner]
    u = across * over[0][owner] + along * over[1][owner] + np.float32(side / 2 - 0.5)
    v = across * over[2][owner] + along * over[3][owner] + np.float32(side / 2 - 0.5)
    on = np.flatnonzero((u >= 0) & (u < side - 1) & (v >= 0) & (v < side - 1))
    owner, u, v = owner[on], u[on], v[on]
    pixel = (row[on] * np.int32(shape[1]) + column[on]).astype(np.int32)
    left, upper = u.astype(np.int32), v.astype(np.int32)
    start = (placed.body.astype(np.int32)[owner] * np.int32(side) + upper) * np.int32(side) + left
    right, down = u - left, v - upper
    distance = _between(atlas.flat(DISTANCE), start, right, down, side) * placed.scale[owner]
    near = np.flatnonzero(distance > -0.5)
    owner, start, right, down = owner[near], start[near], right[near], down[near]
    top, thickness, tilt = (_between(atlas.flat(n), start, right, down, side) for n in (TOP, THICKNESS, TILT))
    scale = placed.scale[owner]
    return Samples(
        owner, pixel[near], distance[near], top * scale + placed.height[owner], thickness * scale, np.maximum(tilt, 0)
    )


def _between(flat: Field, start: NDArray[np.int32], right: Field, down: Field, side: int) -> Field:
    """Interpolate between four samples, (N,)."""
    upper, lower = flat[start], flat[start + side]
    upper += right * (flat[start + 1] - upper)
    lower += right * (flat[start + (side + 1)] - lower)
    upper += down * (lower - upper)
    return upper


@dataclass(frozen=True, eq=False)
class Footprints:
    """What bodies would cover, each around its own origin at a pixel's centre.

    Attributes
    ----------
    owner : int32 (N,)
        The body.
    column, row : int32 (N,)
        Pixels from its origin.
    top, bottom : float32 (N,)
        Upper and lower surface over the origin [px].
    """

    owner: NDArray[np.int32]
    column: NDArray[np.int32]
    row: NDArray[np.int32]
    top: Field
    bottom: Field


def footprints(atlas: Atlas, bodies: Placement) -> Footprints:
    """Return what bodies cover, wherever they lie."""
    half = int(np.ceil(float((atlas.reach[bodies.body] * bodies.scale).max()))) + 1
    middle = np.full(len(bodies), half + 0.5, np.float32)
    edge = 2 * half + 1
    laid = replace(bodies, column=middle, row=middle, height=np.zeros(len(bodies), np.float32))
    samples = body_samples(atlas, laid, (edge, edge))
    within = np.flatnonzero(samples.distance > 0)
    owner, top, thickness = samples.owner[within], samples.top[within], samples.thickness[within]
    row, column = np.divmod(samples.pixel[within], edge)
    return Footprints(owner, (column - half).astype(np.int32), (row - half).astype(np.int32), top, top - thickness)
