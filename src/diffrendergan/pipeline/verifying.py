"""Whether all that the stages of a run have left is whole."""

from __future__ import annotations

from pathlib import Path

from diffrendergan.errors import RunFolderError
from diffrendergan.runs.reporter import Reporter
from diffrendergan.runs.seal import SEAL, broken, sealed_names


def verify_folder(folder: Path, reporter: Reporter) -> list[str]:
    """Compare every sealed file of a folder with its checksum, and return a line a stage.

    Parameters
    ----------
    folder : Path
        A run folder, or one that holds run folders.
    reporter : Reporter
        Shows progress.

    Raises
    ------
    RunFolderError
        If nothing is there, or nothing sealed, or if a file is missing or has changed: each is named, one a line.
    """
    if not folder.exists():
        raise RunFolderError(f"{folder} does not exist; name a run folder, or one that holds run folders.")
    seals = sorted(folder.rglob(SEAL), key=lambda path: path.parent)
    if not seals:
        raise RunFolderError(
            f"{folder} holds no finished stage with checksums; give a run folder. Stages that an earlier version "
            "finished have none: do them again (--redo) to have some."
        )
    lines, faults = [], []
    for path in reporter.track(seals, "Reading finished stages", total=len(seals)):
        found = broken(path.parent)
        faults += [str(one) for one in found]
        count = len(sealed_names(path.parent))
        name = folder.name if path.parent == folder else path.parent.relative_to(folder).as_posix()
        lines.append(f"{name}: {count} files, " + (f"{len(found)} not as they were" if found else "all as they were"))
    if faults:
        raise RunFolderError("\n".join([*lines, *faults, _remedy(len(faults))]))
    return lines


def _remedy(count: int) -> str:
    these = "this file" if count == 1 else "these files"
    return f"copy {these} from a backup, or make the stages again, e.g. diffrendergan synthesize PROJECT --redo."
