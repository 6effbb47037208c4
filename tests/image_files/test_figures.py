"""Figures as files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from diffrendergan.errors import RunFolderError
from diffrendergan.image_files.figures import write_figure_png


def figure() -> Figure:
    made = Figure(figsize=(2, 1), layout="constrained")
    made.subplots().set(ylabel="a label\nof two lines", yticks=[0, 10_000])
    return made


def test_it_is_laid_out_and_of_the_size_that_was_asked_for(tmp_path: Path) -> None:
    one, two = figure(), figure()
    write_figure_png(tmp_path / "one.png", one, 75)
    two.savefig(tmp_path / "two.png", dpi=75)  # as Matplotlib does it
    pictures = [np.asarray(Image.open(tmp_path / f"{name}.png")) for name in ("one", "two")]
    assert pictures[0].shape == (75, 150, 4)
    assert np.array_equal(*pictures)


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunFolderError):
        write_figure_png(tmp_path / "file" / "one.png", figure(), 75)
