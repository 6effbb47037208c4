"""The stage `prepare`: from a folder of scans to training patches, background patches and a split."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from diffrendergan.config.project import Project
from diffrendergan.detection.foreground import Search, find_particles
from diffrendergan.errors import ConfigError, DataError
from diffrendergan.image_files.names import nfc
from diffrendergan.labels.annotations import check_annotations
from diffrendergan.labels.scans import refuse_label_images
from diffrendergan.micrographs.field import field_area
from diffrendergan.micrographs.grey_range import PERCENT, TrainedGrey, describe_grey
from diffrendergan.micrographs.resampling import resampled, scaled_shape
from diffrendergan.micrographs.rules import rules_of
from diffrendergan.micrographs.scan_set import ScanSet, read_scan_set
from diffrendergan.micrographs.scans import read_scan
from diffrendergan.micrographs.splitting import unknown_scan
from diffrendergan.micrographs.stretch import Stretch
from diffrendergan.micrographs.types import FloatImage, Micrograph
from diffrendergan.patches.candidates import Place, cut, particles_inside
from diffrendergan.patches.contact_sheet import write_contact_sheet
from diffrendergan.patches.overrides import format_selection
from diffrendergan.patches.patch_choice import PatchChoice, choose_patches
from diffrendergan.patches.selection import apply_flip
from diffrendergan.patches.stored import FORMAT, INDEX, STAGE, file_name, load_images, read_index, write_images
from diffrendergan.patches.stored_grounds import describe_grounds, write_grounds
from diffrendergan.runs.atomic import write_json, write_text
from diffrendergan.runs.reporter import Reporter


@dataclass(frozen=True, eq=False)
class Prepared:
    """What `prepare` wrote."""

    patches: FloatImage
    """Real training patches in [0, 1], shape (m, S, S)."""
    background: FloatImage
    """Patches without particles in [0, 1], shape (b, S, S)."""
    train_scans: tuple[str, ...]
    test_scans: tuple[str, ...]
    pixel_size_nm: float | None
    """Edge of a pixel [nm], where all scans say the same."""


def run_prepare(project: Project, folder: Path, reporter: Reporter, search: Search = find_particles) -> None:
    """Read the scans, split them and cut the patches into `folder / "prepare"`, by what a search finds in them.

    Writes `patches/`, `background/`, `ground/` and `ground-hidden/` (where particles may hide it; all PNG),
    `split.json`, `selection.txt` (for the user to edit), two contact sheets, and last `prepare.json`, the index of all.
    The same configuration and scans give the same files.

    Raises
    ------
    ConfigError
        If `data.test_scans` or `data.overrides` name what does not exist.
    DataError
        If a scan or annotation cannot be used, or no patch shows enough particles.

    Notes
    -----
    Source: METHOD §1; Possart et al. 2025, Methods.
    """
    stage = folder / STAGE
    own = read_scan_set(project, reporter)
    refuse_label_images(own.all)
    check_annotations(project, own.test, reporter)
    scans = own.resampled(project.data.scale)
    selection = choose_patches(project, scans.train, reporter, search)
    for note in selection.notes:
        reporter.note(note)
    deep = any(scan.bit_depth > 8 for scan in scans.train)
    pixels = {scan.name: scan.pixels for scan in scans.train}
    size = project.data.patch_size
    patches = [cut(pixels[place.scan], place, size) for place, _ in selection.patches]
    background = [
        apply_flip(cut(pixels[item.place.scan], item.place, size), item.flip) for item in selection.background
    ]
    write_images(stage / "patches", patches, deep)
    write_images(stage / "background", background, deep)
    write_grounds(stage, selection.grounds, scans.train, selection.found, size, deep)
    write_json(
        stage / "split.json", {"train": [scan.name for scan in scans.train], "test": [scan.name for scan in scans.test]}
    )
    write_text(stage / "selection.txt", format_selection(selection.patches, selection.background, size))
    _write_sheets(stage, selection, patches, background, size)
    write_json(stage / INDEX, _describe(project, scans, describe_grey(own.train), selection))
    reporter.note(
        f"{len(patches)} patches and {len(background)} background patches from {len(scans.train)} scans; "
        f"{len(scans.test)} kept back. Look at {stage / 'patches.png'}."
    )


def load_prepared(folder: Path) -> Prepared:
    """Load what `run_prepare` wrote into a run folder.

    Raises
    ------
    RunFolderError
        If something is missing or broken.
    """
    stage = folder / STAGE
    index = read_index(folder)
    size = int(index["patch_size"])
    return Prepared(
        patches=load_images(stage, [entry["file"] for entry in index["patches"]], size),
        background=load_images(stage, [entry["file"] for entry in index["background"]], size),
        train_scans=tuple(index["train"]),
        test_scans=tuple(index["test"]),
        pixel_size_nm=index["pixel_size_nm"],
    )


def load_scan(project: Project, name: str, folder: Path | None = None, taught: bool = False) -> Micrograph:
    """Read a whole scan with the data bar, scale and intensity that `prepare` settled.

    Parameters
    ----------
    project : Project
        The configuration.
    name : str
        Name of the scan, without file ending.
    folder : Path, optional
        The run folder; by default `project.run`.
    taught : bool
        Resampled by `data.scale`, as networks are taught; else in the pixels of its file.

    Raises
    ------
    ConfigError
        If there is no such scan.
    DataError
        If the file cannot be read any more.
    RunFolderError
        If `prepare` has not run.
    """
    index = read_index(folder if folder is not None else project.run)
    entries = {nfc(entry["name"]): entry for entry in index["scans"]}
    name = nfc(name)
    if name not in entries:
        raise ConfigError(unknown_scan("data.images", name, entries))
    entry = entries[name]
    rules = replace(rules_of(project, Stretch.from_json(index["intensity"])), data_bar=entry["data_bar_rows"])
    scan = read_scan(project.data.images / entry["file"], rules)
    if scaled_shape(scan.pixels.shape, project.data.scale) != (entry["height"], entry["width"]):
        raise DataError(f"{scan.source} has changed since `prepare` ran; run `prepare` again.")
    return resampled(scan, project.data.scale) if taught else scan


def held_out_files(project: Project, folder: Path) -> dict[str, Path]:
    """Return where the held-out scans lie, by name, as `prepare` found them; some may have moved since.

    Raises
    ------
    RunFolderError
        If `prepare` has not run.
    """
    index = read_index(folder)
    files = {entry["name"]: project.data.images / entry["file"] for entry in index["scans"]}
    return {name: files[name] for name in index["test"]}


def patch_places(folder: Path) -> tuple[Place, ...]:
    """Return where the patches of a run were cut, in their order.

    Raises
    ------
    RunFolderError
        If `prepare` has not run.
    """
    return tuple(Place(entry["scan"], int(entry["x"]), int(entry["y"])) for entry in read_index(folder)["patches"])


def background_places(folder: Path) -> tuple[Place, ...]:
    """Return where the background patches of a run were cut, each place once, in their order.

    Raises
    ------
    RunFolderError
        If `prepare` has not run.
    """
    entries = read_index(folder)["background"]
    return tuple(dict.fromkeys(Place(entry["scan"], int(entry["x"]), int(entry["y"])) for entry in entries))


def load_grey(folder: Path, foreground: Literal["bright", "dark"]) -> TrainedGrey:
    """Return what the training scans of a run look like.

    Runs made before that was recorded are read as well: their patches show it.

    Raises
    ------
    RunFolderError
        If `prepare` has not run.
    """
    index = read_index(folder)
    stretch = Stretch.from_json(index["intensity"])
    known = index.get("grey")
    if known is not None:
        rows = tuple(tuple(float(value) for value in row) for row in known["percentiles"])
        return TrainedGrey(rows, tuple(known["depths"]), stretch, foreground)
    names = set(index["train"])
    depths = sorted({int(entry["bit_depth"]) for entry in index["scans"] if entry["name"] in names})
    prepared = load_prepared(folder)
    patches = np.concatenate([prepared.patches.ravel(), prepared.background.ravel()])
    rows = (tuple(float(value) for value in np.percentile(patches, PERCENT)),)
    return TrainedGrey(rows, tuple(depths) or (8,), stretch, foreground)


def _write_sheets(
    stage: Path, selection: PatchChoice, patches: list[FloatImage], background: list[FloatImage], size: int
) -> None:
    outlined = []
    for place, _ in selection.patches:
        particles = selection.found[place.scan]
        inside = particles_inside(particles, np.array([[place.x, place.y]]), size, selection.diameter_px)[0]
        labels = particles.labels[place.y : place.y + size, place.x : place.x + size]
        outlined.append(np.where(np.append(False, inside)[labels], labels, 0).astype(np.int32))
    captions = [f"{place.scan} {place.x} {place.y}: {count}" for place, count in selection.patches]
    title = f"{len(patches)} patches (scan x y: particles displayed in full, outlined)"
    write_contact_sheet(stage / "patches.png", patches, captions, title, outlined)
    captions = [
        f"{item.place.scan} {item.place.x} {item.place.y}" + ("" if item.flip == "none" else f" {item.flip}")
        for item in selection.background
    ]
    write_contact_sheet(stage / "background.png", background, captions, f"{len(background)} patches without particles")


def _describe(project: Project, scans: ScanSet, grey: dict[str, Any], selection: PatchChoice) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "patch_size": project.data.patch_size,
        "pixel_size_nm": scans.pixel_size_nm,
        "particle_diameter_px": selection.diameter_px,
        "intensity": None if scans.stretch is None else scans.stretch.to_json(),
        "grey": grey,
        "train": [scan.name for scan in scans.train],
        "test": [scan.name for scan in scans.test],
        "scans": [
            {
                "name": scan.name, "file": scan.source.name,
                "height": scan.pixels.shape[0], "width": scan.pixels.shape[1],
                "bit_depth": scan.bit_depth, "pixel_size_nm": scan.pixel_size_nm, "data_bar_rows": scan.data_bar_rows,
                "field": field_area(scan.field, scan.pixels.shape) / scan.pixels.size,
            }
            for scan in scans.all
        ],
        "patches": [
            {"file": f"patches/{file_name(i)}", "scan": place.scan, "x": place.x, "y": place.y,
             "full_particles": count}
            for i, (place, count) in enumerate(selection.patches)
        ],
        "background": [
            {"file": f"background/{file_name(i)}", "scan": item.place.scan, "x": item.place.x, "y": item.place.y,
             "flip": item.flip}
            for i, item in enumerate(selection.background)
        ],
        "ground": describe_grounds(selection.grounds),
        "notes": selection.notes,
    }  # fmt: skip
