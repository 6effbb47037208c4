from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from diffrendergan.errors import RunFolderError
from diffrendergan.image_files.writing import QUICK, write_png


@pytest.mark.parametrize("compression", [None, QUICK])
@pytest.mark.parametrize(("shape", "kind"), [((5, 7), np.uint8), ((5, 7), np.uint16), ((5, 7, 3), np.uint8)])
def test_what_is_written_is_read(tmp_path: Path, shape: tuple[int, ...], kind: type, compression: int | None) -> None:
    pixels = np.random.default_rng(0).integers(0, np.iinfo(kind).max, shape, kind, endpoint=True)
    path = tmp_path / "new" / "a.png"
    write_png(path, pixels, compression)
    assert (np.asarray(Image.open(path)) == pixels).all()
    assert [file.name for file in path.parent.iterdir()] == ["a.png"]


def test_other_types_and_places_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="not float64"):
        write_png(tmp_path / "a.png", np.zeros((2, 2)))
    (tmp_path / "file").touch()
    with pytest.raises(RunFolderError, match="cannot be written"):
        write_png(tmp_path / "file" / "a.png", np.zeros((2, 2), np.uint8))
