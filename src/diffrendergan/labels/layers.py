"""Particles that may lie over each other: a mask each, in its box, where one label image cannot hold them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.labels.overlap import Overlaps

Mask = NDArray[np.bool_]
Box = tuple[slice, slice]


@dataclass(frozen=True, eq=False)
class Layer:
    """One particle."""

    number: int
    """Its number, at least 1; no other of the image has it."""
    top: int
    left: int
    """Row and column of its box [px]."""
    mask: Mask
    """(h, w), the pixels that belong to it within the box; at least one."""

    @property
    def box(self) -> Box:
        """The rows and columns of the image that its box fills."""
        height, width = self.mask.shape
        return slice(self.top, self.top + height), slice(self.left, self.left + width)

    @property
    def area(self) -> int:
        """Its pixels."""
        return int(self.mask.sum())


@dataclass(frozen=True, eq=False)
class Layers:
    """The particles of an image, in rising order of their numbers; pixels may belong to several."""

    shape: tuple[int, int]
    """Rows and columns of the image."""
    layers: tuple[Layer, ...] = ()

    @classmethod
    def of(cls, shape: Sequence[int], masks: Iterable[tuple[int, int, int, Mask]]) -> Layers:
        """Return layers from number, top, left and mask each; masks are cut to the image and to what they hold.

        Those without any pixel in the image are left out.
        """
        made = (_cut(shape, *one) for one in masks)
        height, width = shape
        layers = sorted((one for one in made if one is not None), key=lambda one: one.number)
        return cls((int(height), int(width)), tuple(layers))

    @classmethod
    def of_labels(cls, labels: NDArray[np.integer]) -> Layers:
        """Return the particles of a label image (H, W)."""
        boxes = enumerate(ndimage.find_objects(labels), start=1)
        found = ((n, box[0].start, box[1].start, labels[box] == n) for n, box in boxes if box is not None)
        return cls.of(labels.shape, found)

    @classmethod
    def of_stack(cls, masks: Sequence[NDArray] | NDArray) -> Layers:
        """Return the particles of a stack (k, H, W), what is not 0 inside; that of page i has the number i + 1."""
        stack = np.asarray(masks)
        return cls.of(stack.shape[1:], ((n, 0, 0, mask != 0) for n, mask in enumerate(stack, start=1)))

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)

    @property
    def numbers(self) -> NDArray[np.int64]:
        """The numbers, rising."""
        return np.array([layer.number for layer in self.layers], np.int64)

    @property
    def areas(self) -> NDArray[np.int64]:
        """Pixels of each particle, in the order of the numbers."""
        return np.array([layer.area for layer in self.layers], np.int64)

    def stack(self) -> Mask:
        """Return all masks, bool (k, H, W)."""
        full = np.zeros((len(self.layers), *self.shape), bool)
        for page, layer in zip(full, self.layers, strict=True):
            page[layer.box] = layer.mask
        return full

    def depth(self) -> NDArray[np.int32]:
        """Return how many particles each pixel belongs to (H, W)."""
        count = np.zeros(self.shape, np.int32)
        for layer in self.layers:
            count[layer.box] += layer.mask
        return count

    def sheets(self) -> list[NDArray[np.int32]]:
        """Return the particles as label images (H, W), as few as it takes for no two to overlap; numbers are kept."""
        sheets: list[NDArray[np.int32]] = []
        for layer in self.layers:
            for sheet in sheets:
                if not sheet[layer.box][layer.mask].any():
                    break
            else:
                sheet = np.zeros(self.shape, np.int32)
                sheets.append(sheet)
            sheet[layer.box][layer.mask] = layer.number
        return sheets

    def only(self, numbers: Iterable[int]) -> Layers:
        """Return the particles of these numbers."""
        kept = set(numbers)
        return Layers(self.shape, tuple(layer for layer in self.layers if layer.number in kept))

    def inner(self) -> Layers:
        """Return the particles that the border of the image does not cut."""
        height, width = self.shape
        return Layers(
            self.shape,
            tuple(
                layer
                for layer in self.layers
                if layer.top > 0 and layer.left > 0 and layer.box[0].stop < height and layer.box[1].stop < width
            ),
        )

    def of_shape(self, shape: Sequence[int]) -> Layers:
        """Return the same in an image of another shape (h, w) with the same corner: cut, or with more room."""
        return Layers.of(shape, ((layer.number, layer.top, layer.left, layer.mask) for layer in self.layers))

    def resized(self, shape: Sequence[int]) -> Layers:
        """Return the particles of the image at another size (h, w), by the nearest pixels."""
        if tuple(shape) == self.shape:
            return self
        rows, columns = (
            np.minimum(((np.arange(new) + 0.5) * old / new).astype(int), old - 1)
            for new, old in zip(shape, self.shape, strict=True)
        )

        def found() -> Iterator[tuple[int, int, int, Mask]]:
            for layer in self.layers:
                down, across = (_span(picked, part) for picked, part in zip((rows, columns), layer.box, strict=True))
                picked = np.ix_(rows[down] - layer.top, columns[across] - layer.left)
                yield layer.number, down.start, across.start, layer.mask[picked]

        return Layers.of(shape, found())


def layer_overlaps(true: Layers, pred: Layers) -> Overlaps:
    """Return the areas of all particles and what each pair shares, as `region_overlaps` does of label images.

    Raises
    ------
    ValueError
        If the images differ in shape.
    """
    if true.shape != pred.shape:
        raise ValueError(f"prediction and annotation differ in shape: {pred.shape} and {true.shape}")
    width = true.shape[1]
    pairs = [
        (row, column, shared)
        for row, one in enumerate(true)
        for column, other in enumerate(pred)
        if (shared := shared_px(one, other))
    ]
    table = np.array(pairs, np.intp).reshape(-1, 3)
    starts = [layer.top * width + layer.left + int(layer.mask[0].argmax()) for layer in pred]
    true_areas, pred_areas = (np.asarray(of.areas, np.intp) for of in (true, pred))
    return Overlaps(true_areas, pred_areas, np.array(starts, np.intp), table[:, 0], table[:, 1], table[:, 2])


def shared_px(one: Layer, other: Layer) -> int:
    """Return how many pixels belong to both."""
    spans = [slice(max(a.start, b.start), min(a.stop, b.stop)) for a, b in zip(one.box, other.box, strict=True)]
    if any(span.start >= span.stop for span in spans):
        return 0
    parts = (
        layer.mask[tuple(slice(s.start - b.start, s.stop - b.start) for s, b in zip(spans, layer.box, strict=True))]
        for layer in (one, other)
    )
    return int(np.logical_and(*parts).sum())


def _cut(shape: Sequence[int], number: int, top: int, left: int, mask: Mask) -> Layer | None:
    """Return a layer cut to the image, and its box to what it holds; None if that is nothing."""
    rows, columns = (
        slice(max(0, -start), max(0, length - start)) for start, length in zip((top, left), shape, strict=True)
    )
    part = mask[rows, columns]
    held = [np.flatnonzero(part.any(axis=axis)) for axis in (1, 0)]
    if not held[0].size:
        return None
    (first, last), (lead, end) = ((int(where[0]), int(where[-1]) + 1) for where in held)
    kept = np.array(part[first:last, lead:end], bool)
    return Layer(int(number), top + rows.start + first, left + columns.start + lead, kept)


def _span(picked: NDArray[np.intp], part: slice) -> slice:
    """Return which of the rising places lie in a part of an axis."""
    low, high = np.searchsorted(picked, (part.start, part.stop))
    return slice(int(low), int(high))
