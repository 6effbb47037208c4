"""Figures of Matplotlib as PNG files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from diffrendergan.image_files.writing import QUICK
from diffrendergan.runs.atomic import atomic_path

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_figure_png(path: Path, figure: Figure, dpi: float, **options: Any) -> None:
    """Write a figure as PNG, atomically.

    Parameters
    ----------
    path, figure
    dpi : float
        Pixels an inch.
    **options
        Of `Figure.savefig`, e.g. `facecolor`.

    Raises
    ------
    RunFolderError
        If the file cannot be written.
    """
    lay_out(figure, dpi)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=dpi, pil_kwargs={"compress_level": QUICK}, **options)


def lay_out(figure: Figure, dpi: float) -> None:
    """Give the axes of a figure their places, once for all files of it: Matplotlib would do so twice for each."""
    engine = figure.get_layout_engine()
    if engine is not None:
        figure.set_dpi(dpi)
        engine.execute(figure)
        figure.set_layout_engine(None)  # the place holder that "none" leaves would be asked, by drawing all once more
