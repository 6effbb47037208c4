from __future__ import annotations

from pathlib import Path

import numpy as np

from diffrendergan.image_files.decoding import decode
from diffrendergan.image_files.writing import write_png
from diffrendergan.studio.views import TILE_PX, halved, known_view, make_view


def test_tiles_hold_every_pixel(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (TILE_PX + 30, TILE_PX + 1), dtype=np.uint8)
    write_png(tmp_path / "a.png", pixels)
    view = make_view(tmp_path / "a.png", "a", tmp_path / "cache")
    assert (view.width, view.height, view.levels, view.failure) == (TILE_PX + 1, TILE_PX + 30, 2, "")
    tiles = [[decode(tmp_path / "cache" / view.key / f"0_{x}_{y}.png").values for x in range(2)] for y in range(2)]
    whole = np.block(tiles).astype(float)
    assert whole.shape == pixels.shape
    middle = (pixels > 5) & (pixels < 250)
    assert np.ptp((whole - pixels)[middle]) <= 4  # but for the stretch of the greys
    assert known_view(tmp_path / "a.png", tmp_path / "cache") == view
    assert len(list((tmp_path / "cache" / view.key).glob("1_*.png"))) == 1


def test_a_changed_file_gets_another_view(tmp_path: Path) -> None:
    write_png(tmp_path / "a.png", np.arange(1600, dtype=np.uint16).reshape(40, 40))
    first = make_view(tmp_path / "a.png", "a", tmp_path / "cache")
    write_png(tmp_path / "a.png", np.arange(1936, dtype=np.uint16).reshape(44, 44))
    second = make_view(tmp_path / "a.png", "a", tmp_path / "cache")
    assert first.key != second.key and second.width == 44


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    view = make_view(tmp_path / "a.png", "a", tmp_path / "cache")
    assert view.failure and view.width == 0


def test_halves_are_means() -> None:
    assert halved(np.array([[0, 4, 9], [8, 4, 9]], np.uint8)).tolist() == [[4, 9]]
