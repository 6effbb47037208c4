"""Images and label images are decoded in one place: a second path would come to read them in another way."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import diffrendergan

PACKAGE = Path(diffrendergan.__file__).parent
READERS = {
    "tifffile": {"imread", "TiffFile", "TiffSequence", "memmap"},
    "PIL.Image": {"open"},
    "imageio": {"imread", "imopen", "get_reader", "volread", "mimread"},
    "imageio.v3": {"imread", "imopen", "improps", "immeta"},
    "skimage.io": {"imread", "imread_collection", "ImageCollection"},
    "matplotlib.image": {"imread"},
    "matplotlib.pyplot": {"imread"},
    "cv2": {"imread"},
    "numpy": {"load", "fromfile", "memmap"},
    "roifile": {"roiread"},
    "zarr": {"open", "open_group", "open_array", "load"},
}
ROOMS = ("image_files", "labels")
"""Where files of users are decoded."""
OWN_RESULTS = {
    "authors/meshes.py": "the authors' published mesh tables, no images",
    "fitting/covered.py": "what particles cover in the patches of the run, kept by the stage",
    "exchange/sets/zarr_set.py": "shards that an earlier call wrote of the same set",
    "evaluation/kept_predictions.py": "label images that the same run wrote and stamped",
    "gan/events.py": "sample pictures and losses that the run wrote",
    "gan/stage.py": "arrangements that the run wrote",
    "gan/won.py": "losses that the run wrote",
    "generalist/bodies.py": "the atlas of bodies that a training made",
    "generalist/prior.py": "a picture that was just made, by way of a lossy file in memory",
    "generalist/seen_sets.py": "statistics of virtual sets that a making wrote",
    "imaging/run_ground.py": "grounds that the run filled or grew, under a key",
    "pipeline/montage/tiles.py": "label images of tiles that the same command wrote",
    "patches/stored.py": "patches that the stage wrote, named by its index",
    "reporting/figures/pictures.py": "pictures that the run wrote, shown as they are",
    "rendering/stored_buffers.py": "buffers that the run traced, under a key",
    "reporting/page/measured.py": "maps of thickness that the stage `quantify` wrote",
    "reporting/page/results.py": "tables that the run wrote",
    "segmentation/dataset.py": "synthetic sets, which have one form that is checked",
    "segmentation/nnunet/probabilities.py": "what nnU-Net's process wrote",
    "segmentation/nnunet/verification.py": "the raw data set that the run wrote for nnU-Net",
    "synthesis/writers.py": "synthetic images that the stage wrote, looked at after a broken run",
}


def decoders(source: str) -> set[str]:
    """Return what a module uses that decodes image files, however it is imported."""
    tree = ast.parse(source)
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.asname or alias.name.split(".")[0]: alias.name if alias.asname else alias.name.split(".")[0]
                      for alias in node.names}  # fmt: skip
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return {
        used for used in _dotted(tree, names) if any(used == f"{m}.{f}" for m, all_ in READERS.items() for f in all_)
    }


def _dotted(tree: ast.AST, names: dict[str, str]) -> Iterator[str]:
    for node in ast.walk(tree):
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if isinstance(node, ast.Name):
            yield ".".join([names.get(node.id, node.id), *reversed(parts)])


@cache
def found() -> dict[str, set[str]]:
    modules = {path.relative_to(PACKAGE): decoders(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")}
    return {path.as_posix(): used for path, used in modules.items() if used and path.parts[0] not in ROOMS}


@pytest.mark.parametrize(
    ("source", "used"),
    [
        ("import tifffile\ntifffile.imread('a')", {"tifffile.imread"}),
        ("import tifffile as tf\nwith tf.TiffFile('a') as f: pass", {"tifffile.TiffFile"}),
        ("from tifffile import imread as read\nread('a')", {"tifffile.imread"}),
        ("from PIL import Image\nImage.open('a')", {"PIL.Image.open"}),
        ("import PIL.Image\nPIL.Image.open('a')", {"PIL.Image.open"}),
        ("import imageio.v3 as iio\niio.imread('a')", {"imageio.v3.imread"}),
        ("def f():\n    import numpy as np\n    return np.load('a')", {"numpy.load"}),
        ("import numpy as np\nnp.save('a', [1])\nopen('a')", set()),
    ],
)
def test_the_search_finds_decoders(source: str, used: set[str]) -> None:
    assert decoders(source) == used


def test_no_second_path_decodes_images_or_labels() -> None:
    second = {path: sorted(used) for path, used in found().items() if path not in OWN_RESULTS}
    assert not second, f"use image_files.decoding.decode or labels.reading.read_numbers: {second}"


def test_the_list_of_exceptions_is_no_longer_than_it_must_be() -> None:
    assert OWN_RESULTS.keys() - found().keys() == set()
