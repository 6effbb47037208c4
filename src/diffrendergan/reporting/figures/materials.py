"""A contact sheet of generators: images of several runs, a row each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import find_boundaries

from diffrendergan.config.project import Project
from diffrendergan.image_files.figures import write_figure_png
from diffrendergan.runs.reporter import Reporter
from diffrendergan.synthesis.engine import SyntheticImage
from diffrendergan.synthesis.stage import make_engine

_TILE_INCHES = 1.7
_OUTLINE = (0.35, 0.95, 0.5)


@dataclass(frozen=True)
class MaterialRow:
    """Images of one generator.

    Attributes
    ----------
    name : str
        The project's name.
    images : list of SyntheticImage
        Accepted images.
    parameters : list of str
        Names of θ's columns.
    """

    name: str
    images: list[SyntheticImage]
    parameters: list[str]


def draw_row(project: Project, count: int, reporter: Reporter) -> MaterialRow:
    """Make the first images that `synthesize` would make, with their masks, without writing them.

    Parameters
    ----------
    project : Project
        With a generator: one that `select` chose, or an imported one.
    count : int
        Images.
    reporter : Reporter
        Shows progress.
    """
    engine = make_engine(project, project.run, reporter)
    images = [engine.make(index) for index in reporter.track(range(count), f"Images of {project.name}", total=count)]
    return MaterialRow(project.name, images, [spec.name for spec in engine.model.columns])


def write_sheet(path: Path, rows: Sequence[MaterialRow]) -> None:
    """Write the sheet as a PNG: images, the last of each row with its instances outlined, and the range of θ.

    Raises
    ------
    RunFolderError
        If the file cannot be written.
    """
    matplotlib.use("agg")
    from matplotlib import pyplot

    columns = max(len(row.images) for row in rows)
    figure, axes = pyplot.subplots(
        len(rows),
        columns,
        figsize=(_TILE_INCHES * columns, (_TILE_INCHES + 0.16) * len(rows)),
        squeeze=False,
    )
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.01, top=0.97, wspace=0.03, hspace=0.12)
    for line, row in zip(axes, rows, strict=True):
        for column, (axis, made) in enumerate(zip(line, row.images, strict=False)):
            last = column == len(row.images) - 1
            picture = outlined(made.image, made.instances) if last else np.repeat(made.image[..., None], 3, axis=2)
            axis.imshow(picture.clip(0, 1), interpolation="nearest")
        # Wider than its tile: kept out of the layout, which would make room for it there.
        line[0].text(0, 1.03, _caption(row), fontsize=6.5, transform=line[0].transAxes, parse_math=False).set_in_layout(
            False
        )
    for axis in axes.ravel():
        axis.set_axis_off()
    write_figure_png(path, figure, 150)
    pyplot.close(figure)


def outlined(image: NDArray[np.float32], instances: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return the image in colour (H, W, 3), with the borders of the instances drawn inside them."""
    picture = np.repeat(image[..., None], 3, axis=2)
    picture[find_boundaries(instances, connectivity=1, mode="inner")] = _OUTLINE
    return picture


def _caption(row: MaterialRow) -> str:
    theta = np.stack([made.theta for made in row.images])
    ranges = [
        f"{name.removeprefix('particle.')} {_between(low, high)}"
        for name, low, high in zip(row.parameters, theta.min(0), theta.max(0), strict=True)
    ]
    return f"{row.name}   " + "   ".join(ranges)


def _between(low: float, high: float) -> str:
    digits = max(2, 1 - math.floor(math.log10(max(abs(high), 1e-6))))
    texts = [f"{value:.{min(digits, 4)}f}" for value in (low, high)]
    return texts[0] if texts[0] == texts[1] else "–".join(texts)
