"""Pictures of meshes with known content."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from diffrendergan.particles.grid import sphere_grid
from diffrendergan.particles.mesh import Mesh, from_trimesh
from diffrendergan.particles.picture import CAPTION, NOTE, PAPER, caption, contact_sheet, equivalent_diameter, shade


def test_sphere_covers_its_disc_without_holes() -> None:
    image = shade(Mesh(*sphere_grid(2000)), 100, 1.25)
    axis = (np.arange(100) + 0.5) / 40 - 1.25
    distance = np.hypot(*np.meshgrid(axis, axis))
    assert (image[distance < 0.96] > 0).all()
    assert (image[distance > 1.04] == 0).all()


def test_light_comes_from_the_upper_left() -> None:
    image = shade(Mesh(*sphere_grid(2000)), 100, 1.25).astype(int)
    assert image[30, 30] > image[70, 70] + 40


def test_nearer_surface_hides_the_farther() -> None:
    low = trimesh.creation.box(extents=(2, 0.2, 2))
    tilted = trimesh.creation.box(extents=(0.5, 0.2, 0.5))
    tilted.apply_transform(trimesh.transformations.rotation_matrix(-0.6, (0, 0, 1)))
    tilted.apply_translation((0, 1, 0))
    for parts in ([low, tilted], [tilted, low]):
        image = shade(from_trimesh(trimesh.util.concatenate(parts)), 100, 1.2)
        assert image[50, 50] != image[50, 15]


def test_x_is_to_the_right_and_z_downwards() -> None:
    box = trimesh.creation.box(extents=(0.2, 0.2, 0.2))
    box.apply_translation((0.8, 0, 0.4))
    rows, columns = np.nonzero(shade(from_trimesh(box), 100, 1.0))
    assert columns.mean() == pytest.approx(89.5, abs=1) and rows.mean() == pytest.approx(69.5, abs=1)


def test_sheet_has_a_tile_for_each_mesh() -> None:
    sphere = Mesh(*sphere_grid(200))
    sheet = contact_sheet([sphere] * 5, columns=3, tile=32)
    row = 32 + CAPTION
    assert sheet.shape == (2 * row + NOTE, 96) and sheet.dtype == np.uint8
    filled = [(sheet[r : r + 32, c : c + 32] != PAPER).any() for r in (0, row) for c in (0, 32, 64)]
    assert filled == [True] * 5 + [False]


def test_sheet_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one"):
        contact_sheet([])


def test_captions_say_number_faces_and_size() -> None:
    sphere = Mesh(3 * sphere_grid(5000)[0], sphere_grid(5000)[1])
    assert equivalent_diameter(sphere) == pytest.approx(6, rel=0.01)
    assert caption(7, sphere).startswith("7 · 4800 faces · 5.9")
    sheet = contact_sheet([sphere])
    assert (sheet[128 : 128 + CAPTION] < 128).any()  # the caption
    assert (sheet[-NOTE:] < 128).any()  # the scale bar
