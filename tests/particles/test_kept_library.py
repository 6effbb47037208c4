"""The mesh library of a run."""

from diffrendergan.config.project import Project
from diffrendergan.particles.kept_library import LIBRARY, fresh_library


def test_a_picture_that_was_never_drawn_is_drawn_from_the_same_meshes(tmp_path):
    """Whoever made the library was killed before."""
    project = Project.model_validate({"particles": {"count": 2, "shape": {"family": "sphere"}, "faces": 200}})
    first = fresh_library(tmp_path, project)
    picture = tmp_path / LIBRARY / "library.png"
    content = picture.read_bytes()
    picture.unlink()
    again = fresh_library(tmp_path, project)
    assert picture.read_bytes() == content
    assert [mesh.vertices.tolist() for mesh in again] == [mesh.vertices.tolist() for mesh in first]
