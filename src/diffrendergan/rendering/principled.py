"""The principled BSDF, taken apart into terms whose dependence on the material is known.

In one channel, without anisotropy, transmission, metal or clearcoat, and under direct light, the radiance of
a pixel that sees one material is::

    c·(T0 + r·T1 + r²·T2) + sheen·T3 + (1 − t)·F(r) + t·Q(r)

with base colour c, roughness r and spec tint t (`docs/rendering.md`). The integrals T0…T3 hold no material at
all; F and Q depend on r alone and are tabulated at knots and interpolated by a cubic spline. So the image of
any material is a weighted sum of stored *basis images*, and the weights are the only thing that is
differentiated.

Source: B. Burley, Physically-based shading at Disney (2012); Mitsuba's `principled` plugin as documented.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from diffrendergan.config.base import Learned, Parameter
from diffrendergan.config.scene import MaterialConfig

SMALLEST_ALPHA = 1e-3
"""Mitsuba's lower bound of the GGX width α = max(SMALLEST_ALPHA, r²)."""

DIFFUSE_TERMS = 4
"""T0, T1, T2, T3."""


Values = Callable[[str], torch.Tensor | float]
"""Where a weight looks up a parameter by name: a tensor of shape (B,) or a number."""


def index_of_refraction(specular: float) -> float:
    """Return the index of refraction that Mitsuba derives from `specular`.

    Zero would give 1, at which the Fresnel term is undefined; Mitsuba takes 1.001 there.
    """
    return 1.001 if specular == 0 else 2 / (1 - math.sqrt(0.08 * specular)) - 1


def roughness_knots(material: MaterialConfig, count: int) -> np.ndarray:
    """Return the roughness values at which F and Q are tabulated, float64 (K,).

    One value if roughness is fixed. Below √SMALLEST_ALPHA nothing changes, so no knot lies there. Knots are
    even in log r, in which the lobes are smooth.
    """
    floor = math.sqrt(SMALLEST_ALPHA)
    if not isinstance(material.roughness, Learned):
        return np.array([max(material.roughness, floor)])
    low, high = (max(value, floor) for value in material.roughness.learn)
    if low == high:
        return np.array([low])
    return np.exp(np.linspace(math.log(low), math.log(high), count))


@dataclass(frozen=True)
class Separation:
    """How one material's raw terms are folded into basis images, and the weights of these.

    Attributes
    ----------
    fold : numpy.ndarray
        float32 (R, T): basis image = fold @ raw terms (T0…T3, F at the knots, Q at the knots).
    knots : numpy.ndarray
        float64 (K,).
    groups : tuple of str
        What multiplies each block of basis images; see `weights`.
    """

    material: MaterialConfig
    knots: np.ndarray
    fold: np.ndarray
    groups: tuple[str, ...]

    @property
    def basis_count(self) -> int:
        """Number of basis images R."""
        return len(self.fold)

    def weights(self, values: Values) -> torch.Tensor:
        """Return the weight of each basis image, shape (B, R), differentiable in the learned parameters."""
        columns = []
        for group in self.groups:
            columns.extend(self._group_weights(group, values))
        batch = max((len(column) for column in columns if column.ndim), default=1)
        return torch.stack([column.expand(batch) for column in columns], dim=1)

    def _group_weights(self, group: str, values: Values) -> list[torch.Tensor]:
        def value(name: str) -> torch.Tensor:
            return torch.as_tensor(values(name), dtype=torch.float32)

        if group == "constant":
            return [torch.ones(())]
        if group == "base_color":
            return [value("base_color")]
        if group == "base_color·roughness":
            color, roughness = value("base_color"), value("roughness")
            return [color, color * roughness, color * roughness**2]
        if group == "sheen":
            return [value("sheen")]
        spline = spline_weights(self.knots, value("roughness")) if group.endswith("(roughness)") else None
        tint = value("spec_tint") if "spec_tint" in group else None
        if spline is None:
            return [torch.as_tensor(tint)]
        rows = list(spline.unbind(-1))
        if tint is None:
            return rows
        return [row * (1 - tint) for row in rows] + [row * tint for row in rows]


def separate(material: MaterialConfig, knot_count: int) -> Separation:
    """Fold everything that the configuration fixes into as few basis images as possible.

    Parameters
    ----------
    material : MaterialConfig
        Fixed and learned parameters.
    knot_count : int
        Knots for F and Q if roughness is learned.
    """
    knots = roughness_knots(material, knot_count)
    count = len(knots)
    eye = np.eye(DIFFUSE_TERMS + 2 * count, dtype=np.float64)
    diffuse, sheen = eye[:3], eye[3]
    fresnel, schlick = eye[4 : 4 + count], eye[4 + count :]
    learned = material.learned()
    constant = np.zeros(len(eye))
    blocks: list[tuple[str, np.ndarray]] = []

    if "roughness" in learned:
        # A fixed colour is carried by the weights: the three powers of r stay apart anyway.
        blocks.append(("base_color·roughness", diffuse))
    else:
        powers = _fixed(material.roughness) ** np.arange(3.0)
        if "base_color" in learned:
            blocks.append(("base_color", (powers @ diffuse)[None]))
        else:
            constant += _fixed(material.base_color) * (powers @ diffuse)
    if "sheen" in learned:
        blocks.append(("sheen", sheen[None]))
    else:
        constant += _fixed(material.sheen) * sheen

    if "spec_tint" in learned:
        if "roughness" in learned:
            blocks.append(("spec_tint(roughness)", np.concatenate([fresnel, schlick])))
        else:
            constant += fresnel[0]
            blocks.append(("spec_tint", schlick - fresnel))
    else:
        tint = _fixed(material.spec_tint)
        mixed = (1 - tint) * fresnel + tint * schlick
        if "roughness" in learned:
            blocks.append(("specular(roughness)", mixed))
        else:
            constant += mixed[0]
    if constant.any():
        blocks.append(("constant", constant[None]))
    fold = np.concatenate([rows for _, rows in blocks]).astype(np.float32)
    return Separation(material, knots, fold, tuple(name for name, _ in blocks))


def _fixed(value: Parameter) -> float:
    """Return the number of a parameter that is known not to be learned."""
    if isinstance(value, Learned):
        raise TypeError("a learned parameter has no fixed value")
    return float(value)


def spline_weights(knots: np.ndarray, roughness: torch.Tensor) -> torch.Tensor:
    """Return the cubic-spline weight of each knot at the given roughness.

    The not-a-knot spline through values f at the knots (even in log r) is linear in f, so its value at r is
    ``weights @ f`` for every pixel at once.

    Parameters
    ----------
    knots : numpy.ndarray
        Roughness knots, shape (K,).
    roughness : torch.Tensor
        Shape (B,) or ().

    Returns
    -------
    torch.Tensor
        Shape (B, K) or (K,), differentiable in `roughness`; constant outside the knots.
    """
    if len(knots) == 1:
        return torch.ones(*roughness.shape, 1)
    coefficients = torch.from_numpy(_cardinal_coefficients(len(knots))).to(roughness.device)
    step = (math.log(knots[-1]) - math.log(knots[0])) / (len(knots) - 1)
    position = (roughness.double().clamp(float(knots[0]), float(knots[-1])).log() - math.log(knots[0])) / step
    interval = position.detach().floor().clamp(0, len(knots) - 2).long()
    x = (position - interval)[..., None]
    c3, c2, c1, c0 = (coefficients[power][interval] for power in range(4))
    return (((c3 * x + c2) * x + c1) * x + c0).float()


def _cardinal_coefficients(count: int) -> np.ndarray:
    """Return polynomial coefficients (4, K − 1, K) of the splines through the unit vectors, on a unit grid."""
    from scipy.interpolate import CubicSpline

    return np.ascontiguousarray(CubicSpline(np.arange(count), np.eye(count)).c)
