"""Many small images side by side in one axes."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

GAP = 0.06
"""Between neighbours, in widths of an image."""


def show_tiles(
    axes: Axes,
    images: Sequence[NDArray],
    columns: int,
    levels: tuple[float, float],
    frames: Sequence[str] = (),
    interpolation: str = "auto",
) -> None:
    """Draw square images in rows, from the upper left; axes of their own for each would take ten times as long.

    Parameters
    ----------
    axes : Axes
        Shows nothing else; how it is stretched is kept to squares.
    images : sequence of ndarray, shape (S, S)
        Grey values.
    columns : int
        In a row; fewer images leave places empty.
    levels : tuple of float
        The values that are black and white.
    frames : sequence of str, optional
        The colour of a frame around each.
    interpolation : str
        As Matplotlib names it.
    """
    axes.axis("off")
    for place, image in enumerate(images):
        top, left = (number * (1 + GAP) for number in divmod(place, columns))
        box = (left, left + 1, top + 1, top)
        axes.imshow(image, cmap="gray", vmin=levels[0], vmax=levels[1], interpolation=interpolation, extent=box)
        if frames:
            axes.add_patch(Rectangle((left, top), 1, 1, fill=False, edgecolor=frames[place], linewidth=2))
    rows = max(1, -(-len(images) // columns))
    axes.set(xlim=(-GAP, columns * (1 + GAP)), ylim=(rows * (1 + GAP), -GAP), aspect="equal")
