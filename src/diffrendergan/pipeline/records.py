"""What a stage's folder says of how it was made: `started.json` and `done.json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from diffrendergan.config.words import shown
from diffrendergan.pipeline.stage import Stage
from diffrendergan.runs.atomic import json_bytes, write_bytes, write_json
from diffrendergan.runs.json_text import parse_json
from diffrendergan.runs.provenance import InputFile, changed, from_json, to_json, token
from diffrendergan.runs.seal import seal
from diffrendergan.version import __version__

STARTED = "started.json"
DONE = "done.json"
_FORMAT = 1
_MOST_REASONS = 3


@dataclass(frozen=True)
class StageRecord:
    """Everything that a stage's results depend on.

    Attributes
    ----------
    config : dict
        Values of the configuration by dotted name.
    inputs : dict
        The user's files that it reads.
    upstream : dict
        Tokens of the stages whose results it reads.
    salt : str
        Set when a stage is done again though nothing changed, so that the stages after it follow.
    """

    config: Mapping[str, Any]
    inputs: Mapping[str, InputFile]
    upstream: Mapping[str, str]
    salt: str = ""

    def token(self, stage: Stage) -> str:
        """Return the fingerprint of the stage's results, for the stages after it."""
        config = {name: value for name, value in self.config.items() if stage.adjustment(name) != "extra"}
        inputs = {name: file.sha256 for name, file in self.inputs.items()}
        return token(stage.name, config, inputs, dict(self.upstream), self.salt)


@dataclass(frozen=True)
class Difference:
    """One thing that is not as recorded, in words, and whether the stage can follow it."""

    text: str
    fatal: bool


def differences(
    stage: Stage, recorded: StageRecord, wanted: StageRecord, reached: Mapping[str, int] | None = None
) -> list[Difference]:
    """Return what differs, the upstream stages first.

    Parameters
    ----------
    stage : Stage
        The stage.
    recorded, wanted : StageRecord
        What it was made from, and what it shall be made from.
    reached : mapping, optional
        How far unfinished work has got in fields that `grows`; without it, as far as recorded.
    """
    redone = [name for name, token in wanted.upstream.items() if recorded.upstream.get(name) != token]
    found = [Difference(f"{_several([f'`{name}`' for name in redone], 'stages')} done again", True)] if redone else []
    found += _input_differences(recorded.inputs, wanted.inputs)
    for name in changed(recorded.config, wanted.config):
        old, new = recorded.config.get(name), wanted.config.get(name)
        kind = stage.adjustment(name)
        least: Any = (reached or {}).get(name, old)
        follows = kind in ("resizes", "extra") or (kind == "grows" and least is not None and new >= least)
        found.append(Difference(f"`{name}` changed from {shown(old)} to {shown(new)}", not follows))
    return found


def _input_differences(old: Mapping[str, InputFile], new: Mapping[str, InputFile]) -> list[Difference]:
    changes = {
        "added": [name for name in new if name not in old],
        "removed": [name for name in old if name not in new],
        "changed": [name for name in new if name in old and old[name].sha256 != new[name].sha256],
    }
    return [Difference(f"{_several(names, 'files')} {verb}", True) for verb, names in changes.items() if names]


def _several(names: list[str], what: str) -> str:
    """Return ``a was``, ``a and b were`` or ``3 files (a, b, …) were``."""
    if len(names) <= 2:
        return f"{' and '.join(names)} {'was' if len(names) == 1 else 'were'}"
    return f"{len(names)} {what} ({', '.join(names[:2])}, …) were"


def in_words(found: Sequence[Difference]) -> str:
    """Return the first differences, and how many more there are."""
    texts = [difference.text for difference in found]
    more = f", and {len(texts) - _MOST_REASONS} more" if len(texts) > _MOST_REASONS else ""
    return ", ".join(texts[:_MOST_REASONS]) + more


def with_sticky_flags(stage: Stage, wanted: StageRecord, recorded: StageRecord | None) -> StageRecord:
    """Return `wanted` with the flags set that were set before: an evaluation with more in it serves as well."""
    if recorded is None:
        return wanted
    kept = {name: True for name in stage.flags if recorded.config.get(name) is True}
    return replace(wanted, config={**wanted.config, **kept})


def as_recorded(wanted: StageRecord, recorded: StageRecord) -> StageRecord:
    """Return `wanted` with the salt of a record, and without fields that are off and that it does not know.

    Fields that came after a run was made must not change the fingerprint of its results, or all after them would be
    done again.
    """
    config = {name: value for name, value in wanted.config.items() if value is not None or name in recorded.config}
    gone = {name: None for name, value in recorded.config.items() if value is None and name not in config}
    return replace(wanted, config={**config, **gone}, salt=recorded.salt)


def write_started(folder: Path, stage: Stage, record: StageRecord) -> None:
    """Say what is being made in the folder; a `done.json` is no longer true from here on."""
    (folder / DONE).unlink(missing_ok=True)
    write_json(folder / STARTED, _to_json(stage, record))


def write_done(folder: Path, stage: Stage, record: StageRecord, seconds: float) -> None:
    """Say that what is in the folder is finished, after writing down the checksums of all of it, and of this record."""
    values = _to_json(stage, record) | {"token": record.token(stage), "seconds": round(seconds, 3)}
    data = json_bytes(values)
    seal(folder, stage.edited, {DONE: data})
    write_bytes(folder / DONE, data)
    (folder / STARTED).unlink(missing_ok=True)


def read_record(path: Path) -> StageRecord | None:
    """Return a record, None if there is none or it is broken or of another format."""
    try:
        values = parse_json(path.read_text(encoding="utf-8"))
        if values["format"] != _FORMAT:
            return None
        return StageRecord(
            dict(values["config"]), from_json(values["inputs"]), dict(values["upstream"]), str(values["salt"])
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _to_json(stage: Stage, record: StageRecord) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "stage": stage.name,
        "diffrendergan": __version__,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "config": dict(record.config),
        "inputs": to_json(record.inputs),
        "upstream": dict(record.upstream),
        "salt": record.salt,
    }
