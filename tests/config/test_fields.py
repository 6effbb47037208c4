from __future__ import annotations

from diffrendergan.config.fields import all_fields, without_result
from diffrendergan.config.load import load_project
from diffrendergan.config.paths import PATH_FIELDS


def test_all_paths_are_found_by_their_type() -> None:
    assert {".".join(names) for names in PATH_FIELDS} == {
        "run", "data.images", "data.masks", "data.overrides", "particles.shape.folder", "arrangement.size.file",
        "generator.folder", "fid.inception_weights",
    }  # fmt: skip


def test_every_value_of_a_project_is_a_field() -> None:
    names = {field.dotted for field in all_fields()}
    values = load_project(None, "tio2-sem").model_dump(mode="json")
    waiting = [((name,), value) for name, value in values.items()]
    while waiting:
        path, value = waiting.pop()
        if ".".join(path) in names:
            continue
        assert isinstance(value, dict), path
        waiting += [((*path, name), inner) for name, inner in value.items()]


def test_marks_are_seen_through_all_layers_of_a_type() -> None:
    found = set(without_result())
    assert {"compute.device", "segmentation.nnunet.workers", "arrangement.timeout_s", "rendering.variant"} <= found
    assert {"seed", "training.epochs", "segmentation.overlap"}.isdisjoint(found)
