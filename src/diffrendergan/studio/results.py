"""Which results there are, and where they lie."""

from __future__ import annotations

from collections.abc import Mapping
from filecmp import cmp
from pathlib import Path

from diffrendergan.quantification.results import SUMMARY, read_record, record_path
from diffrendergan.runs.words import plural
from diffrendergan.studio.flow import again_folder, final_folder
from diffrendergan.studio.workspace import Workspace

FIRST, QUICK, WHOLE = "First look (generalist)", "Own network, quick", "Own network"
AGAIN, FINAL = "Corrected network", "Corrected by hand"


def result_folders(space: Workspace) -> Mapping[str, Path]:
    """Return the folders of results that hold anything, by what they are called; the latest kind last."""
    every = {
        FIRST: space.first_look,
        QUICK: space.measured / "quick-measured",
        WHOLE: space.measured / "measured",
        AGAIN: again_folder(space),
        FINAL: final_folder(space),
    }
    return {name: folder for name, folder in every.items() if record_path(folder, "").parent.is_dir()}


def chosen_results(space: Workspace) -> tuple[str, Path] | None:
    """Return the results that are looked at: those that were chosen, else the latest; None where there is none."""
    folders = result_folders(space)
    named = space.state().results
    if named in folders:
        return named, folders[named]
    return list(folders.items())[-1] if folders else None


def measured_scans(space: Workspace, folder: Path) -> dict[str, Path]:
    """Return the scans of which results are there, by name."""
    listing = space.listing()
    files = {} if listing is None else dict(listing.files)
    return {name: path for name, path in files.items() if read_record(folder, name) is not None}


def corrected_words(space: Workspace) -> str:
    """Return which scans of the corrected results are corrected; empty where nothing is known of it."""
    measured = sorted((space.folder / "final-labels").glob("*.tif"))
    yours = [path.stem for path in measured if _same(path, space.corrected / path.name)]
    if not measured:
        return ""
    rest = plural(len(measured) - len(yours), "scan")
    return f"Corrected by hand: {', '.join(yours) or 'none'}; {rest} as found by the network that was looked at."


def _same(path: Path, other: Path) -> bool:
    return other.is_file() and cmp(path, other, shallow=False)


def is_whole(folder: Path) -> bool:
    """Tell whether all scans were measured."""
    return (folder / SUMMARY).is_file()
