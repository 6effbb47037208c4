"""The ground of a run: taken from its training scans, grown from them, or made of noise; kept in `ground/`."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from diffrendergan.config.ground import FlatGround, TextureGround
from diffrendergan.config.project import Project
from diffrendergan.errors import ConfigError, DataError
from diffrendergan.imaging.exemplar import filled, shows_enough, texture_like
from diffrendergan.imaging.fields import holes, power_law
from diffrendergan.imaging.ground import FLAT, Ground
from diffrendergan.imaging.pictured_ground import PicturedGround
from diffrendergan.imaging.rules import RULES
from diffrendergan.patches.contact_sheet import write_contact_sheet
from diffrendergan.patches.prepare import load_prepared
from diffrendergan.patches.stored import INDEX, STAGE, read_index
from diffrendergan.patches.stored_grounds import GroundPatches, load_grounds
from diffrendergan.runs import seeds
from diffrendergan.runs.atomic import atomic_path, write_json
from diffrendergan.runs.provenance import Stamp
from diffrendergan.runs.reporter import Reporter

FOLDER = "ground"
"""Pictures that were filled or grown lie beside the stages: they have a key of their own, as transport images do."""

PICTURES = "pictures.npy"
SHEET = "ground.png"

_FORMAT = 1
"""Raised when pictures of an older program must not be used."""

Picture = NDArray[np.float32]


def ground_of(project: Project, folder: Path, reporter: Reporter) -> Ground:
    """Return the ground that a project asks for.

    Parameters
    ----------
    project : Project
        Uses `imaging.ground`, `data.patch_size` and `seed`.
    folder : pathlib.Path
        The run folder. Its patches of ground are from training scans, never from those kept back.
    reporter : Reporter
        Shows progress, and is told if particles had to be taken out.

    Raises
    ------
    ConfigError
        If the ground of scans is asked for, but there are none.
    DataError
        If the scans show too little ground.
    """
    section = project.imaging.ground
    if isinstance(section, FlatGround):
        return FLAT
    if isinstance(section, TextureGround):
        textures, scans = _textures(section, project, folder, reporter)
        return PicturedGround(section, textures, repeats=True, scans=scans)
    if section.lacking == "noise" and _has_scans(folder) and _found(folder) is None:
        return PicturedGround(section, _gaps(project, folder, reporter), repeats=True)
    return PicturedGround(section, _real(project, folder, reporter), scans=_scans(_sources(folder, "real")))


def _gaps(project: Project, folder: Path, reporter: Reporter) -> torch.Tensor:
    """Return noise of the grey levels of what is seen between particles that leave no ground free."""
    patches = load_prepared(folder).patches
    low, high = RULES.gaps if project.data.foreground == "bright" else (1 - RULES.gaps[1], 1 - RULES.gaps[0])
    ends = np.quantile(patches, (low, high), axis=(1, 2))
    level, contrast = float(ends.mean()), float((ends[1] - ends[0]).mean() / 2)
    side = "darkest" if project.data.foreground == "bright" else "brightest"
    reporter.note(
        "No patch of the training scans shows enough ground between its particles: under the synthetic ones lies "
        f"noise of the {side} grey levels, {level:.2f} ± {contrast:.2f} of full scale (`imaging.ground`)."
    )
    return torch.from_numpy(level + contrast * _noise(project, RULES.gap_slope)).float()


def _noise(project: Project, slope: float) -> NDArray[np.float64]:
    """Return fields of mean 0 and variance 1, (K, S, S)."""
    edge = project.data.patch_size
    rngs = [seeds.generator(project.seed, "texture", number) for number in range(RULES.textures)]
    return np.stack([power_law((edge, edge), slope, rng) for rng in rngs])


def _holes(section: TextureGround, project: Project) -> NDArray[np.float64]:
    """Return the holes of lacey films (K, S, S): 1 in them, 0 outside."""
    edge, (fewest, most) = project.data.patch_size, section.holes
    rngs = [seeds.generator(project.seed, "texture", "holes", number) for number in range(RULES.textures)]
    counts = [int(rng.integers(fewest, most + 1)) for rng in rngs]
    return np.stack([holes((edge, edge), n, section.hole_px, rng, True) for n, rng in zip(counts, rngs, strict=True)])


def _real(project: Project, folder: Path, reporter: Reporter) -> torch.Tensor:
    """Return the patches of ground; those that are not empty have their particles taken out."""
    sources = _sources(folder, "real")
    hidden = int((~sources.known).any((1, 2)).sum())
    if hidden == 0:
        return torch.from_numpy(sources.pixels)

    def make(number: int) -> Picture:
        pixels, known = sources.pixels[number], sources.known[number]
        return pixels if known.all() else filled(pixels, known, seeds.generator(project.seed, "ground", number))

    reporter.note(
        f"of {len(sources.pixels)} patches of ground {hidden} are not empty: what could be particles is filled with "
        f"ground from beside it. Look at {folder / FOLDER / SHEET}."
    )
    return _kept(folder / FOLDER, _key(project, sources), len(sources.pixels), make, reporter)


def _scans(sources: GroundPatches) -> tuple[str, ...]:
    return tuple(place.scan for place in sources.places)


def _textures(
    section: TextureGround, project: Project, folder: Path, reporter: Reporter
) -> tuple[torch.Tensor, tuple[str, ...]]:
    """Return textures grown from the scans' ground, with these scans, or made of noise, of none."""
    if section.source == "noise" or (section.source == "auto" and _found(folder) is None):
        film = section.level + section.contrast * _noise(project, section.slope)
        return torch.from_numpy(film + section.hole_contrast * _holes(section, project)).float(), ()
    sources = _sources(folder, "texture")

    def make(number: int) -> Picture:
        example = number % len(sources.pixels)
        rng = seeds.generator(project.seed, "texture", number)
        return texture_like(sources.pixels[example], sources.known[example], project.data.patch_size, rng)

    scans = tuple(sources.places[number % len(sources.pixels)].scan for number in range(RULES.textures))
    return _kept(folder / FOLDER, _key(project, sources), RULES.textures, make, reporter), scans


def _sources(folder: Path, model: str) -> GroundPatches:
    """Return the patches of ground that show enough of it.

    Raises
    ------
    ConfigError
        If there are no scans.
    DataError
        If no patch shows enough.
    """
    if not _has_scans(folder):
        raise ConfigError(
            f"`imaging.ground` is {model} and needs the ground of scans, but there are none (`data.images`); give "
            "scans, or `imaging.ground: {model: texture, source: noise}`."
        )
    found = _found(folder)
    if found is None:
        raise DataError(
            f"`imaging.ground` is {model}, but no patch of the training scans shows enough ground between its "
            "particles; take `imaging.ground: {model: texture, source: noise}`, or give scans with fewer particles."
        )
    return found


def _has_scans(folder: Path) -> bool:
    """Tell whether there are scans; an imported model lists none of those that it was made with."""
    return (folder / STAGE / INDEX).is_file() and read_index(folder).get("scans") != []


def _found(folder: Path) -> GroundPatches | None:
    """Return the same, None if there is none."""
    if not _has_scans(folder):
        return None
    stored = load_grounds(folder)
    enough = [number for number, known in enumerate(stored.known) if known.all() or shows_enough(known)]
    if not enough:
        return None
    return GroundPatches(stored.pixels[enough], stored.known[enough], tuple(stored.places[i] for i in enough))


def _key(project: Project, sources: GroundPatches) -> Stamp:
    digest = hashlib.sha256(np.ascontiguousarray(sources.pixels).tobytes())
    digest.update(np.ascontiguousarray(sources.known).tobytes())
    return Stamp.of(
        {
            "format": _FORMAT,
            "seed": project.seed,
            "model": project.imaging.ground.model,
            "size": project.data.patch_size,
            "sources": digest.hexdigest(),
        }
    )


def _kept(place: Path, key: Stamp, count: int, make: Callable[[int], Picture], reporter: Reporter) -> torch.Tensor:
    """Return pictures (count, H, W), made if the folder holds none of this key."""
    if not key.is_that_of(place / "key.json"):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        made = np.stack([make(number) for number in reporter.track(range(count), "Painting the ground", count)])
        with atomic_path(place / PICTURES) as temporary, temporary.open("wb") as file:
            np.save(file, made.astype(np.float16), allow_pickle=False)
        write_contact_sheet(place / SHEET, list(made), [str(number) for number in range(count)], "Ground, painted")
        write_json(place / "key.json", dict(key.values))
    return torch.from_numpy(np.load(place / PICTURES, allow_pickle=False).astype(np.float32))
