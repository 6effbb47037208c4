"""What `init` found, as a file for other programs."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from diffrendergan.inspection.report import Inspection
from diffrendergan.inspection.values import described
from diffrendergan.runs.atomic import write_json


def write_found(path: Path, inspection: Inspection) -> None:
    """Write what was found as JSON: the parts of the proposal in words, each with how certain it is, and each scan.

    Parameters
    ----------
    path : Path
        The file.
    inspection : Inspection

    Raises
    ------
    RunFolderError
        If it cannot be written.
    """
    proposal = inspection.estimate
    parts = [] if proposal is None else described(proposal, inspection.pixel_size_nm)
    write_json(
        path,
        {
            "images": str(inspection.folder),
            "foreground": inspection.foreground,
            "foreground_clear": inspection.foreground_clear,
            "pixel_size_nm": inspection.pixel_size_nm,
            "parts": [asdict(part) for part in parts],
            "scans": [asdict(scan) for scan in inspection.scans],
        },
    )
