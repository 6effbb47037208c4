"""Everything that `prepare` chooses: training patches and background patches, overruled by the user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from diffrendergan.config.project import Project
from diffrendergan.detection.foreground import ScanParticles, Search, find_particles, usual_diameter
from diffrendergan.errors import ConfigError, DataError
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.patches.candidates import Place, background_candidates, count_full, patch_candidates
from diffrendergan.patches.grounds import GroundPlace, choose_grounds
from diffrendergan.patches.overrides import Overrides, check_field, read_overrides
from diffrendergan.patches.rules import RULES
from diffrendergan.patches.selection import Flipped, choose, choose_background
from diffrendergan.patches.wire_patches import WireScans, find_wire_scans
from diffrendergan.runs import seeds
from diffrendergan.runs.reporter import Reporter


@dataclass(frozen=True, eq=False)
class PatchChoice:
    """The chosen places."""

    patches: list[tuple[Place, int]]
    """Places and the particles they display in full."""
    background: list[Flipped]
    grounds: list[GroundPlace]
    found: dict[str, ScanParticles]
    """The particles of each training scan."""
    diameter_px: float
    """Usual diameter of a particle [px]."""
    notes: list[str]
    """What the user should know."""


def choose_patches(
    project: Project, train: Sequence[Micrograph], reporter: Reporter, search: Search = find_particles
) -> PatchChoice:
    """Choose training and background patches from the training scans, without any labels, by what a search finds.

    Raises
    ------
    ConfigError
        If `data.overrides` cannot be applied.
    DataError
        If no patch shows enough particles.
    """
    data = project.data
    size = data.patch_size
    found, scale = search(train, data.foreground == "dark", reporter)
    diameter = usual_diameter(found) or scale.diameter_px
    wires = None
    if project.particles.shape.family == "wire":
        wires = find_wire_scans(train, found, data.foreground == "dark")
        found = found if wires is None else wires.particles
    shapes = {scan.name: (scan.pixels.shape[0], scan.pixels.shape[1]) for scan in train}
    edits, outside = Overrides(), list[str]()
    if data.overrides is not None:
        edits = read_overrides(data.overrides, shapes, size)
        outside = check_field(edits, train, size, data.overrides)
    patches, notes = _automatic_patches(project, train, found, diameter, bool(edits.patches.listed), wires)
    background, background_notes = _automatic_background(project, train, found, not edits.background.empty)
    by_name = dict(zip((scan.name for scan in train), found, strict=True))
    places = [item.place for item in edits.patches.apply([Flipped(place) for place in patches])]
    if not places:
        raise ConfigError(f"data.overrides: {data.overrides} removes every patch; leave some.")
    background = edits.background.apply(background)
    own = None if edits.background.empty else list(dict.fromkeys(item.place for item in background))
    rng = seeds.generator(project.seed, "prepare", "ground")
    return PatchChoice(
        patches=[(place, _count(by_name[place.scan], place, size, diameter, wires)) for place in places],
        background=background,
        grounds=choose_grounds(train, found, data, places, own, rng),
        found=by_name,
        diameter_px=diameter,
        notes=[*outside, *notes, *background_notes],
    )


def _automatic_patches(
    project: Project,
    train: Sequence[Micrograph],
    found: Sequence[ScanParticles],
    diameter: float,
    listed: bool,
    wires: WireScans | None,
) -> tuple[list[Place], list[str]]:
    """Choose the training patches automatically, unless the user lists them all."""
    data = project.data
    if listed:
        return [], []
    if wires is None:
        candidates = patch_candidates(train, found, data.patch_size, data.stride, data.min_full_particles, diameter)
    else:
        candidates = wires.candidates(train, data.patch_size, data.stride, data.min_full_particles)
    if not candidates:
        raise DataError(
            f"no patch of {data.patch_size}×{data.patch_size} px in {data.images} shows {data.min_full_particles} "
            "whole particles; check data.foreground, lower data.min_full_particles, enlarge data.patch_size, or list "
            "patches in data.overrides."
        )
    choice = choose(
        candidates, data.patches, data.patch_size, data.max_similarity,
        seeds.generator(project.seed, "prepare", "patches"), {scan.name: scan.pixels for scan in train},
    )  # fmt: skip
    notes = []
    if choice.overlap_limit > RULES.overlap_steps[0]:
        notes.append(
            f"To find enough patches, those of one scan may overlap by {choice.overlap_limit:.0%} of their area."
        )
    if len(choice.candidates) < data.patches:
        notes.append(
            f"Only {len(choice.candidates)} distinct patches with {data.min_full_particles} whole particles were found "
            f"of the {data.patches} asked for (data.patches); training uses these. "
            "For more, lower data.min_full_particles or data.patch_size, or "
            "give more scans."
        )
    return [candidate.place for candidate in choice.candidates], notes


def _automatic_background(
    project: Project, train: Sequence[Micrograph], found: Sequence[ScanParticles], edited: bool
) -> tuple[list[Flipped], list[str]]:
    data = project.data
    candidates = background_candidates(train, found, data.patch_size, data.stride)
    rng = seeds.generator(project.seed, "prepare", "background")
    chosen, limit = choose_background(candidates, data.background_patches, data.patch_size, data.max_similarity, rng)
    notes = []
    mirrored = sum(item.flip != "none" for item in chosen)
    if mirrored:
        notes.append(f"{mirrored} of the background patches are mirrored copies: the scans have too few empty places.")
    elif chosen and limit > RULES.overlap_steps[0]:
        notes.append(f"To find enough background patches, they may overlap by {limit:.0%} of their area.")
    if len(chosen) < data.background_patches and not edited:
        notes.append(f"Only {len(chosen)} background patches were found of {data.background_patches}.")
    return chosen, notes


def _count(particles: ScanParticles, place: Place, size: int, diameter: float, wires: WireScans | None) -> int:
    if wires is not None:
        return int(wires.displayed(place.scan, np.array([[place.x, place.y]]), size)[0])
    return int(count_full(particles, np.array([[place.x, place.y]]), size, diameter)[0])
