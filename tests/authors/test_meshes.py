from __future__ import annotations

import json

import numpy as np
import pytest

from diffrendergan.authors.meshes import find_meshes, read_order
from diffrendergan.errors import DataError


def touch(folder, *names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"")


def test_a_folder_of_files(tmp_path):
    touch(tmp_path, "b.ply", "a.ply", "notes.txt")
    assert [name for name, _ in find_meshes(tmp_path, "Any").ordered(None)] == ["a.ply", "b.ply"]


def test_a_folder_with_a_folder_of_that_name(tmp_path):
    touch(tmp_path / "TiO2", "1.ply")
    assert find_meshes(tmp_path, "TiO2").files == {"1.ply": tmp_path / "TiO2" / "1.ply"}


@pytest.mark.parametrize("named", [True, False])
def test_a_list_maps_names_to_shared_files(tmp_path, named):
    touch(tmp_path / "one", "1.ply")
    listing = tmp_path / "Few.json"
    listing.write_text(json.dumps({"1.ply": "one/1.ply", "1 (copy).ply": "one/1.ply"}))
    found = find_meshes(listing if named else tmp_path, "Few")
    assert found.ordered(["1 (copy).ply", "1.ply"]) == [
        ("1 (copy).ply", tmp_path / "one/1.ply"),
        ("1.ply", tmp_path / "one/1.ply"),
    ]


def test_an_unknown_name_in_the_order_is_named_with_the_nearest(tmp_path):
    touch(tmp_path, "sphere_1.ply")
    with pytest.raises(DataError, match=r"sphere_l\.ply.*did you mean sphere_1\.ply"):
        find_meshes(tmp_path, "Any").ordered(["sphere_l.ply"])


def test_nothing_to_find(tmp_path):
    with pytest.raises(DataError, match="neither mesh files"):
        find_meshes(tmp_path, "Any")
    with pytest.raises(DataError, match="does not exist"):
        find_meshes(tmp_path / "missing", "Any")


def test_orders_from_text_json_and_npz(tmp_path):
    names = ["b.ply", "a (copy).ply"]
    (tmp_path / "order.txt").write_text("b.ply\n\na (copy).ply\n")
    (tmp_path / "order.json").write_text(json.dumps(names))
    np.savez(tmp_path / "order.npz", mesh_files=np.array(names))
    assert all(read_order(tmp_path / f"order.{kind}") == names for kind in ("txt", "json", "npz"))


@pytest.mark.parametrize(("name", "text"), [("o.json", "{}"), ("o.npz", "no zip"), ("o.json", "[")])
def test_files_that_give_no_order(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match="gives no order"):
        read_order(tmp_path / name)
