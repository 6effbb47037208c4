"""What arrangements showed, kept in a file while a calibration goes on, so that it continues where it was stopped."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.calibration.measure import PatchStatistics
from diffrendergan.config.project import Project
from diffrendergan.runs.checked import whole_lines, with_sum
from diffrendergan.runs.digest import sha256_of
from diffrendergan.runs.json_lines import append_line

NAMES = tuple(each.name for each in fields(PatchStatistics))
Shown = tuple[PatchStatistics, NDArray[np.float64]]
"""What was found in an arrangement, and the coordinates of what it truly shows (5,)."""


@dataclass
class Kept:
    """The file, and what it holds.

    Attributes
    ----------
    path : pathlib.Path, optional
        None keeps nothing.
    stamp : str
        Of all that arrangements are compared with and shown in; others are of no use.
    """

    path: Path | None = None
    stamp: str = ""
    _known: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path, stamp: str) -> Kept:
        """Read what there is."""
        kept = cls(path, stamp)
        if path.is_file():
            kept._known = {line["key"]: line for line in whole_lines(path)[0] if isinstance(line.get("key"), str)}
        return kept

    def get(self, project: Project, number: int) -> Shown | None:
        """Return what arrangement `number` of a project showed; None if that is not known."""
        line = self._known.get(self._key(project, number))
        if line is None:
            return None
        try:
            values = {name: np.array(line[name], float) for name in NAMES}
            values["spectrum"] = values["spectrum"].reshape(len(values["covered"]), -1)
            true = np.array([np.nan if value is None else value for value in line["true"]], float)
        except (KeyError, TypeError, ValueError):  # not as it was written
            return None
        return PatchStatistics(**values), true

    def put(self, project: Project, number: int, shown: Shown) -> None:
        """Keep what an arrangement showed."""
        if self.path is None:
            return
        patch, true = shown
        line = {name: getattr(patch, name).tolist() for name in NAMES}
        line |= {"key": self._key(project, number), "true": [None if np.isnan(value) else value for value in true]}
        append_line(self.path, with_sum(line))

    def finish(self) -> None:
        """Remove the file."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def _key(self, project: Project, number: int) -> str:
        told = [project.model_dump(mode="json", include={"arrangement", "particles", "seed"}), number, self.stamp]
        return sha256_of(json.dumps(told, sort_keys=True).encode())
