from __future__ import annotations

import numpy as np
import pytest
import trimesh

from diffrendergan.errors import DataError
from diffrendergan.particles.files import read_mesh, read_meshes, simplified


def write(path, solid):
    solid.export(path)
    return path


@pytest.mark.parametrize("ending", ["ply", "obj", "stl"])
def test_formats_and_scale(tmp_path, ending):
    path = write(tmp_path / f"ball.{ending}", trimesh.creation.icosphere(subdivisions=2))
    mesh = read_mesh(path, 2.5)
    assert mesh.max_radius == pytest.approx(2.5, rel=1e-5)
    assert len(mesh.faces) == 320


def test_split_vertices_stay_split(tmp_path):
    """Where a file splits vertices, shading has an edge: merging them would smooth it away."""
    box = trimesh.creation.box()
    vertices = box.vertices[box.faces].reshape(-1, 3)
    split = trimesh.Trimesh(vertices, np.arange(len(vertices)).reshape(-1, 3), process=False)
    mesh = read_mesh(write(tmp_path / "box.ply", split))
    assert len(mesh.vertices) == 36
    np.testing.assert_allclose(np.abs(mesh.normals()).max(axis=1), 1, atol=1e-6)


def test_two_boxes_that_share_an_edge_are_closed(tmp_path):
    boxes = [trimesh.creation.box().apply_translation(shift) for shift in ([0, 0, 0], [1, 1, 0])]
    touching = trimesh.util.concatenate(boxes)
    touching.merge_vertices()
    assert not touching.is_watertight
    assert len(read_mesh(write(tmp_path / "boxes.ply", touching)).faces) == 24


def test_a_hole_is_refused(tmp_path):
    ball = trimesh.creation.icosphere(subdivisions=1)
    ball.update_faces(np.arange(len(ball.faces)) > 0)
    with pytest.raises(DataError, match=r"hole\.ply is not watertight"):
        read_mesh(write(tmp_path / "hole.ply", ball))


@pytest.mark.parametrize(("name", "text"), [("a.ply", "ply\nnonsense"), ("a.obj", ""), ("a.txt", "")])
def test_other_files_are_refused(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=name):
        read_mesh(tmp_path / name)
    with pytest.raises(DataError, match=r"missing\.ply"):
        read_mesh(tmp_path / "missing.ply")


def test_a_file_that_occurs_twice_is_read_once(tmp_path):
    path = write(tmp_path / "ball.ply", trimesh.creation.icosphere(subdivisions=1))
    first, second = read_meshes([path, path])
    assert first is second


def test_simplified_keeps_the_shape(tmp_path):
    mesh = read_mesh(write(tmp_path / "ball.ply", trimesh.creation.icosphere(subdivisions=4)))
    fewer = simplified(mesh, 1000)
    assert len(fewer.faces) <= 1000
    assert fewer.volume == pytest.approx(mesh.volume, rel=0.01)
    assert simplified(mesh, 0) is mesh is simplified(mesh, 10_000)
