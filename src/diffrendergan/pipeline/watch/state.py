"""What was settled when watching began, and for each sample: which folder it is, and how grey values are read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from diffrendergan.errors import RunFolderError
from diffrendergan.micrographs.stretch import Stretch
from diffrendergan.runs.atomic import read_json, write_json
from diffrendergan.runs.checked import with_sum, without_sum

STATE = "watch.json"


class WatchState(BaseModel):
    """The state of a folder of results."""

    folder: str
    """The one that is watched."""
    stretches: Mapping[str, dict[str, Any] | None]
    """By sample; None where the segmenter's own range is kept."""

    def stretch(self, sample: str) -> Stretch | None:
        """Return the range of grey values of a sample."""
        return Stretch.from_json(self.stretches[sample])

    def with_stretch(self, sample: str, stretch: Stretch | None) -> WatchState:
        """Return the state with one sample more."""
        settled = None if stretch is None else stretch.to_json()
        return WatchState(folder=self.folder, stretches={**self.stretches, sample: settled})


def read_state(out: Path) -> WatchState:
    """Read the state of a folder of results.

    Raises
    ------
    RunFolderError
        If it is missing, or is not as it was written.
    """
    try:
        values = without_sum(read_json(out / STATE))
        state = WatchState.model_validate(values)
        for sample in state.stretches:
            state.stretch(sample)
    except (ValidationError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise RunFolderError(
            f"{out / STATE} is not as `watch` wrote it; copy it from a backup, or watch into another folder (--out)."
        ) from error
    return state


def write_state(out: Path, state: WatchState) -> None:
    """Write it, with its checksum."""
    write_json(out / STATE, with_sum(state.model_dump(mode="json")))
