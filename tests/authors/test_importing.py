"""From their files to a run that synthesizes, with small files of our own in their form."""

from __future__ import annotations

import json

import pytest
import torch
import trimesh
from tests.authors import test_settings as authors_files

from diffrendergan.authors.importing import AuthorsModel, find_models, import_model
from diffrendergan.config.load import load_project
from diffrendergan.errors import ConfigError, DataError, RunFolderError
from diffrendergan.gan.saved import load_generator, unused_outputs
from diffrendergan.particles.library import load_library
from diffrendergan.pipeline.runner import Asked, run_project
from diffrendergan.runs.reporter import SilentReporter


@pytest.fixture
def published(tmp_path):
    """A folder like that of the published files, with one model of three spheres."""
    folder = tmp_path / "published"
    for name in ("settings", "weights", "meshes/balls", "renders"):
        (folder / name).mkdir(parents=True)
    (folder / "settings" / "Few_paper.json").write_text(json.dumps(authors_files.settings_values()))
    torch.save(authors_files.weights(), folder / "weights" / "Few_paper.G_3.pth")
    for name, radius in (("small", 0.4), ("large", 0.5)):
        trimesh.creation.icosphere(subdivisions=2, radius=radius).export(folder / "meshes" / "balls" / f"{name}.ply")
    names = {"1.ply": "balls/small.ply", "2.ply": "balls/large.ply", "1 (copy).ply": "balls/small.ply"}
    (folder / "meshes" / "Few.json").write_text(json.dumps(names))
    return folder


@pytest.fixture
def model(published, tmp_path):
    order = tmp_path / "order.txt"
    order.write_text("2.ply\n1.ply\n1 (copy).ply\n")
    return AuthorsModel(
        published / "settings" / "Few_paper.json",
        published / "weights" / "Few_paper.G_3.pth",
        published / "meshes",
        order,
    )


def test_a_run_from_which_synthesize_works(model, tmp_path, notes):
    file = import_model(model, tmp_path / "run", notes)
    project = load_project(
        file,
        None,
        ["synthesis.images=2", "data.patch_size=64", "synthesis.min_background=0", "synthesis.min_contrast=0.01"],
    )
    assert project.run == tmp_path / "run" / "run"
    assert project.training.layer_order == "linear-relu-dropout"
    assert project.rendering.slab_normals == "authors"
    library = load_library(tmp_path / "run" / "generator" / "library")
    assert [round(mesh.max_radius, 3) for mesh in library] == [1.44, 1.152, 1.152]
    assert set(unused_outputs(tmp_path / "run" / "generator")) == {"particle.spec_tint", "particle.sheen_tint"}
    assert any("spec_tint was learned, but changes no image" in line for line in notes.lines)
    run_project(project, SilentReporter(), Asked("synthesize"))
    record = json.loads((project.run / "synthesize" / "manifest.jsonl").read_text().splitlines()[0])
    assert set(record["theta"]) == {
        "particle.base_color",
        "particle.roughness",
        "particle.sheen",
        "stage.base_color",
        "imaging.noise_sigma",
    }
    # θ is picked by name from their order of outputs.
    network = load_generator(tmp_path / "run" / "generator")
    ranges = {spec.name: (spec.low, spec.high) for spec in network.specs}
    assert all(ranges[name][0] <= value <= ranges[name][1] for name, value in record["theta"].items())


def test_scans_are_asked_for_only_where_they_are_needed(model, tmp_path):
    file = import_model(model, tmp_path / "run", SilentReporter())
    with pytest.raises(DataError, match=r"data\.images"):
        run_project(load_project(file), SilentReporter(), Asked("segment"))
    with pytest.raises(ConfigError, match="nothing to train"):
        run_project(load_project(file), SilentReporter(), Asked("train"))


def test_without_an_order_names_are_sorted_and_that_is_said(model, tmp_path, notes):
    import_model(AuthorsModel(model.settings, model.weights, model.meshes), tmp_path / "run", notes)
    info = json.loads((tmp_path / "run" / "generator" / "library" / "library.json").read_text())["info"]
    assert info["order"] == ["1 (copy).ply", "1.ply", "2.ply"]
    assert any("--order" in line for line in notes.lines)


def test_all_models_of_a_folder_are_found(published):
    (found,) = find_models(published)
    assert found.weights.name == "Few_paper.G_3.pth"
    assert found.order is None
    with pytest.raises(DataError, match="no models"):
        find_models(published / "meshes")


def test_another_number_of_meshes_is_refused(model, published, tmp_path):
    (published / "meshes" / "Few.json").write_text(json.dumps({"1.ply": "balls/small.ply"}))
    with pytest.raises(DataError, match="trained with 3 meshes"):
        import_model(AuthorsModel(model.settings, model.weights, model.meshes), tmp_path / "run", SilentReporter())
    assert not (tmp_path / "run").exists()


def test_importing_again_replaces(model, tmp_path):
    first = import_model(model, tmp_path / "run", SilentReporter())
    text = first.read_text()
    assert import_model(model, tmp_path / "run", SilentReporter()).read_text() == text


def test_a_folder_with_other_things_is_left_alone(model, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("mine")
    with pytest.raises(RunFolderError, match="something else"):
        import_model(model, tmp_path / "thesis", SilentReporter())
    assert import_model(model, tmp_path / "thesis", SilentReporter(), force=True).exists()
    assert (tmp_path / "thesis" / "chapter.txt").read_text() == "mine"
