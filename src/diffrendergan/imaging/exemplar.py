"""Texture from an example: the unknown is filled block by block with what fits its surroundings best.

It takes particles out of a patch, and grows a whole texture from one: then everything is unknown. Copied blocks keep
noise, grain and lines as they are, which fields drawn from a spectrum do not.

Source: A. Efros, T. Leung, Texture synthesis by non-parametric sampling (1999); A. Criminisi et al., Region filling and
object removal by exemplar-based image inpainting (2004).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from diffrendergan.errors import DataError
from diffrendergan.imaging.rules import RULES

Field = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Example:
    """Where blocks are copied from, ready to be compared with a block.

    Attributes
    ----------
    pixels : float32 (h, w)
    corners : int (P,)
        Top left corners of wholly known blocks, numbered row by row.
    edge : int
        Edge of a block [px].
    mean : float32
        Mean of what is known.
    spectrum, squares : complex64
        Spectra of the pixels without their mean, and of their squares; what is unknown is 0.
    """

    pixels: Field
    corners: NDArray[np.int64]
    edge: int
    mean: np.float32
    spectrum: NDArray[np.complex64]
    squares: NDArray[np.complex64]

    @classmethod
    def of(cls, pixels: Field, known: Mask) -> _Example:
        """Return the example with the largest blocks of which it shows enough."""
        for edge in RULES.blocks_px:
            corners = _whole_blocks(known, edge)
            if len(corners) >= RULES.least_places:
                mean = np.float32(pixels[known].mean())
                centred = np.where(known, pixels - mean, 0).astype(np.float32)
                return cls(pixels, corners, edge, mean, fft.rfft2(centred), fft.rfft2(centred**2))
        raise DataError(
            f"an example shows fewer than {RULES.least_places} blocks of {RULES.blocks_px[-1]} px without particles, "
            "so that no ground can be grown from it."
        )

    def fitting(self, block: Field, known: Mask, rng: np.random.Generator) -> Field:
        """Return a block (edge, edge) that agrees with the known part of another, one of the best."""
        choices, shape = self.corners, self.pixels.shape
        if known.any():
            weight, wanted = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
            weight[: self.edge, : self.edge] = known
            wanted[: self.edge, : self.edge] = np.where(known, block - self.mean, 0)
            spectrum = self.squares * fft.rfft2(weight).conj() - 2 * self.spectrum * fft.rfft2(wanted).conj()
            apart = fft.irfft2(spectrum, s=shape).ravel()[choices] + (wanted**2).sum()
            choices = choices[apart <= max(float(apart.min()), 0) * (1 + RULES.choice) + RULES.equal]
        down, right = divmod(int(rng.choice(choices)), shape[1])
        return self.pixels[down : down + self.edge, right : right + self.edge]


def shows_enough(known: Mask) -> bool:
    """Tell whether enough of a patch is known to fill the rest from it."""
    return len(_whole_blocks(known, RULES.blocks_px[-1])) >= RULES.least_places


def filled(pixels: Field, known: Mask, rng: np.random.Generator) -> Field:
    """Return a patch whose unknown part is filled from its known part.

    Parameters
    ----------
    pixels : float32 (H, W)
        What is known of it; the rest may be anything.
    known : bool (H, W)
        What of it is known.
    rng : numpy.random.Generator
        Decides between blocks that fit alike.

    Raises
    ------
    DataError
        If too little is known.
    """
    pixels = without_shadows(pixels, known)
    return _grown(pixels, known, _Example.of(pixels, known), rng, repeats=False)


def texture_like(pixels: Field, known: Mask, edge: int, rng: np.random.Generator) -> Field:
    """Return a texture that goes on at its edges as it began, float32 (edge, edge), with the example's grey values.

    What changes slowly across the example, such as its illumination, is left out: a texture is the same everywhere.
    Parameters and errors are those of `filled`.
    """
    pixels = without_shadows(pixels, known)
    even = pixels - _smooth(pixels, known, pixels.shape[0] / RULES.slow) + pixels[known].mean()
    nothing = np.zeros((edge, edge), bool)
    grown = _grown(np.zeros((edge, edge), np.float32), nothing, _Example.of(even, known), rng, repeats=True)
    # Rare things are copied too often or not at all: the distribution of grey values is set right.
    ranks = np.argsort(np.argsort(grown, axis=None, kind="stable"), kind="stable")
    levels = np.sort(even[known])  # np.quantile takes half a minute for as many
    values = np.interp((ranks + 0.5) / ranks.size, (np.arange(levels.size) + 0.5) / levels.size, levels)
    return values.reshape(edge, edge).astype(np.float32)


def _grown(pixels: Field, known: Mask, example: _Example, rng: np.random.Generator, repeats: bool) -> Field:
    """Fill what is unknown, row by row of overlapping blocks; one that `repeats` goes on beyond its edges."""
    pixels, known, edge = pixels.copy(), known.copy(), example.edge
    step = max(1, round(edge * RULES.fresh))
    rows, columns = (range(0, length if repeats else length - edge + step, step) for length in pixels.shape)
    for top in rows:
        for left in columns:
            if not repeats:
                top, left = min(top, pixels.shape[0] - edge), min(left, pixels.shape[1] - edge)
            place = np.ix_(*((start + np.arange(edge)) % length
                             for start, length in zip((top, left), pixels.shape, strict=True)))  # fmt: skip
            if not known[place].all():
                block = example.fitting(pixels[place], known[place], rng)
                pixels[place] = np.where(known[place], pixels[place], block)
                known[place] = True
    return pixels


def without_shadows(pixels: Field, known: Mask) -> Field:
    """Return a patch in which the ground beside what is unknown is as bright as the ground further away.

    Particles shade the ground at their feet, and some charge it; without them that would look like a stain.
    """
    if known.all():
        return pixels
    apart = ndimage.distance_transform_edt(known).astype(np.float32)
    far = known & (apart > 2 * RULES.shadow_px)
    if not far.any():
        return pixels
    usual = _smooth(pixels, far, pixels.shape[0] / RULES.slow)
    share = np.exp(-0.5 * (apart / RULES.shadow_px) ** 2)
    for _ in range(RULES.passes):
        pixels = (pixels - share * (_smooth(pixels, known, RULES.shadow_px / 2) - usual)).astype(np.float32)
    return pixels


def _smooth(pixels: Field, known: Mask, width: float) -> Field:
    """Return what is known, averaged by a Gaussian [px]; where nothing near is known, its mean."""
    mean = pixels[known].mean()
    weight = ndimage.gaussian_filter(known.astype(np.float32), width)
    summed = ndimage.gaussian_filter(np.where(known, pixels - mean, 0).astype(np.float32), width)
    return (mean + summed / np.maximum(weight, RULES.least_weight)).astype(np.float32)


def _whole_blocks(known: Mask, edge: int) -> NDArray[np.int64]:
    """Return the top left corners of blocks that are wholly known, numbered row by row."""
    found = np.zeros(known.shape, bool)
    if min(known.shape) >= edge:
        table = np.zeros((known.shape[0] + 1, known.shape[1] + 1), np.int64)
        table[1:, 1:] = known.cumsum(0).cumsum(1)
        sums = table[edge:, edge:] - table[:-edge, edge:] - table[edge:, :-edge] + table[:-edge, :-edge]
        found[: sums.shape[0], : sums.shape[1]] = sums == edge**2
    return np.flatnonzero(found)
