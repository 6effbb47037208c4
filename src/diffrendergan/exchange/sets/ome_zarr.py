"""OME-Zarr 0.5: images with their scale in nanometres, levels of half the size, and label images beside them.

Arrays lie in shards, each written once and whole, so that a large image is a handful of files. Levels of an image are
means, those of label images the nearest pixels, so that no number comes up that was not there.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import MissingDependencyError
from diffrendergan.runs.atomic import PARTIAL, explain_os_error

VERSION = "0.5"
CHUNK_PX = 512
"""Edge of what is read at once [px]: about what a screen shows of a level."""
SHARD_PX = 4096
"""Edge of what is one file [px]: 64 chunks, 16 MB of 8 bits."""
LEAST_PX = 256
"""No level is made of an image whose edges are not longer than this [px]."""
PARTICLES = "particles"
"""Name of the label image."""


def write_ome_zarr(
    path: Path,
    pixels: NDArray[Any],
    labels: Mapping[str, NDArray[np.integer]],
    pixel_size_nm: float | None,
    name: str,
) -> None:
    """Write an image with its label images as OME-Zarr; it is whole or absent.

    Parameters
    ----------
    path : Path
        The folder to write, ending in `.ome.zarr`.
    pixels : ndarray (H, W)
        Numbers of any type.
    labels : mapping
        Label images (H, W) by name: 0 background, particles above.
    pixel_size_nm : float or None
        Edge of a pixel [nm]; an unknown one is no unit.
    name : str
        Of the image.

    Raises
    ------
    MissingDependencyError
        If zarr is not installed.
    RunFolderError
        If the folder cannot be written.
    """
    with whole_folder(path) as folder:
        root = new_group(folder)
        _levels_of(root, list(halvings(pixels, mean_halved)), pixel_size_nm, name)
        for kind, numbers in labels.items():
            smallest = np.min_scalar_type(int(numbers.max(initial=0)))
            kept = numbers.astype(smallest)
            _levels_of(label_group(root, kind), list(halvings(kept, nearest_halved)), pixel_size_nm, kind)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give a folder that takes the place of `path` when the block ends well.

    Raises
    ------
    RunFolderError
        If it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{PARTIAL}{secrets.token_hex(8)}")
        temporary.mkdir()
        try:
            yield temporary
            shutil.rmtree(path, ignore_errors=True)
            temporary.replace(path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise explain_os_error(error, path) from error


def new_group(folder: Path) -> Any:
    """Return an empty group of Zarr in a folder.

    Raises
    ------
    MissingDependencyError
        If zarr is not installed.
    """
    try:
        import zarr
    except ImportError as error:
        raise MissingDependencyError(
            "OME-Zarr needs zarr, which is not installed; run pip install 'diffrendergan[zarr]'."
        ) from error
    return zarr.create_group(str(folder), zarr_format=3, overwrite=True)


def label_group(root: Any, kind: str) -> Any:
    """Add a group for a label image, and name it where readers look."""
    labels = root.require_group("labels")
    named = [*labels.attrs.get("ome", {}).get("labels", ()), kind]
    labels.attrs["ome"] = {"version": VERSION, "labels": named}
    made = labels.create_group(kind)
    made.attrs["ome"] = {"version": VERSION, "image-label": {"source": {"image": "../../"}}}
    return made


def _levels_of(group: Any, levels: list[NDArray[Any]], pixel_size_nm: float | None, name: str) -> None:
    """Write the levels of an image (H, W), each an array of a group, and describe them."""
    for number, level in enumerate(levels):
        chunks = tuple(min(CHUNK_PX, length) for length in level.shape)
        shards = tuple(min(SHARD_PX // CHUNK_PX, -(-n // c)) * c for n, c in zip(level.shape, chunks, strict=True))
        array = group.create_array(
            str(number), shape=level.shape, chunks=chunks, shards=shards, dtype=level.dtype, dimension_names=["y", "x"]
        )
        high, wide = shards
        for row in range(0, level.shape[0], high):
            for column in range(0, level.shape[1], wide):
                place = (slice(row, row + high), slice(column, column + wide))
                array[place] = level[place]
    steps = [float(2**number) for number in range(len(levels))]
    describe(group, [str(number) for number in range(len(levels))], steps, pixel_size_nm, name)


def describe(
    group: Any,
    paths: list[str],
    steps: list[float],
    pixel_size_nm: float | None,
    name: str,
    leading: tuple[str, ...] = (),
) -> None:
    """Describe the levels of a group: axes, and where the middle of a level's first pixel lies.

    Parameters
    ----------
    group : zarr.Group
    paths : list of str
        Of the levels in it, the largest first.
    steps : list of float
        Edge of a pixel of each level, in pixels of the first.
    pixel_size_nm : float or None
        Of the first level [nm].
    name : str
        Of the image.
    leading : tuple of str
        Names of axes before y and x.
    """
    unit = {} if pixel_size_nm is None else {"unit": "nanometer"}
    edge = 1.0 if pixel_size_nm is None else pixel_size_nm
    axes = [{"name": axis} for axis in leading] + [{"name": axis, "type": "space", **unit} for axis in "yx"]
    datasets = []
    for path, step in zip(paths, steps, strict=True):
        scale, start = [edge * step] * 2, [edge * (step - 1) / 2] * 2
        transformations = [
            {"type": "scale", "scale": [1.0] * len(leading) + scale},
            {"type": "translation", "translation": [0.0] * len(leading) + start},
        ]
        datasets.append({"path": path, "coordinateTransformations": transformations})
    levels = {"name": name, "axes": axes, "datasets": datasets}
    group.attrs["ome"] = {**group.attrs.get("ome", {}), "version": VERSION, "multiscales": [levels]}


def halvings(image: NDArray[Any], halved: Callable[[NDArray[Any]], NDArray[Any]]) -> Iterator[NDArray[Any]]:
    """Yield an image and its halvings, down to `LEAST_PX`."""
    yield image
    while max(image.shape) > LEAST_PX:
        image = halved(image)
        yield image


def mean_halved(image: NDArray[Any]) -> NDArray[Any]:
    """Return an image of half the size: means of two by two pixels; what is odd at the end is repeated."""
    even = np.pad(image, [(0, length % 2) for length in image.shape], mode="edge")
    four = [even[row::2, column::2].astype(np.float64) for row in (0, 1) for column in (0, 1)]
    means = np.mean(four, axis=0)
    return np.asarray(np.rint(means) if np.issubdtype(image.dtype, np.integer) else means).astype(image.dtype)


def nearest_halved(labels: NDArray[Any]) -> NDArray[Any]:
    """Return a label image of half the size: every other pixel, so that no number comes up that was not there."""
    return labels[::2, ::2]
