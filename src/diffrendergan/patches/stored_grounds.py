"""The patches of ground that `prepare` keeps for synthetic images, and what of them particles may hide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from diffrendergan.detection.foreground import ScanParticles
from diffrendergan.micrographs.types import BoolImage, FloatImage, Micrograph
from diffrendergan.patches.candidates import Place, cut
from diffrendergan.patches.grounds import GroundPlace
from diffrendergan.patches.stored import STAGE, file_name, load_images, read_index, write_images

PIXELS = "ground"
HIDDEN = "ground-hidden"


@dataclass(frozen=True, eq=False)
class GroundPatches:
    """The patches of ground of a run, from its training scans."""

    pixels: FloatImage
    """In [0, 1], shape (g, S, S)."""
    known: BoolImage
    """What of them is surely ground, shape (g, S, S)."""
    places: tuple[Place, ...]


def write_grounds(
    stage: Path,
    grounds: Sequence[GroundPlace],
    train: Sequence[Micrograph],
    found: Mapping[str, ScanParticles],
    size: int,
    deep: bool,
) -> None:
    """Write patches of ground, and where particles may hide it (white), as PNG; `deep` ones with 16 bits."""
    scans = {scan.name: scan.pixels for scan in train}
    places = [one.place for one in grounds]
    write_images(stage / PIXELS, [cut(scans[place.scan], place, size) for place in places], deep)
    hidden = [
        found[place.scan].suspicion[place.y : place.y + size, place.x : place.x + size].astype(np.float32)
        for place in places
    ]
    write_images(stage / HIDDEN, hidden, deep=False)


def describe_grounds(grounds: Sequence[GroundPlace]) -> list[dict[str, Any]]:
    """Return the entries of the index."""
    return [
        {
            "file": f"{PIXELS}/{file_name(number)}",
            "mask": f"{HIDDEN}/{file_name(number)}",
            "scan": one.place.scan,
            "x": one.place.x,
            "y": one.place.y,
            "hidden": round(one.hidden, 4),
        }
        for number, one in enumerate(grounds)
    ]


def load_grounds(folder: Path) -> GroundPatches:
    """Load the patches of ground of a run; of one made before there were any, its empty patches.

    Raises
    ------
    RunFolderError
        If `prepare` has not run, or something is missing or broken.
    """
    stage, index = folder / STAGE, read_index(folder)
    size = int(index["patch_size"])
    entries = index.get("ground") or [entry for entry in index["background"] if entry["flip"] == "none"]
    pixels = load_images(stage, [entry["file"] for entry in entries], size)
    known = np.ones(pixels.shape, bool)
    for row, entry in enumerate(entries):
        if "mask" in entry:
            known[row] = load_images(stage, [entry["mask"]], size)[0] < 0.5
    return GroundPatches(pixels, known, tuple(Place(entry["scan"], entry["x"], entry["y"]) for entry in entries))
