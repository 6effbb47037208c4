"""What lies in a folder, told apart from what lay there another time."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

TIMES = frozenset({"time", "seconds", "sessions", "peak_rss_mb", "created", "date", "modified", "mtime_ns", "checksum"})
"""Names of values in JSON that tell when and how long, or that such have a share in."""
NO_RESULTS = frozenset({".lock", "timings.json", "environment.json", "log.jsonl", "log.earlier.jsonl", "progress.json"})
"""Files that say how a run went, and not what came out."""
_WITH_COSTS = frozenset({"report.html"})
"""Pages that draw times; only their presence counts."""
_CHANCE = re.compile(r"events\.out\.tfevents\..*")
"""TensorBoard names its files by time and process, and writes times into them."""
_CLOCK = re.compile(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(Z|[+-]\d\d:?\d\d)?|D:\d{14}[^)]*")

Tree = dict[str, str]
"""Digests of contents, by paths in the folder."""


def tree_of(folder: Path) -> Tree:
    """Return the digest of each file and the presence of each folder, without what tells times."""
    found: Tree = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir():
            found[f"{name}/"] = ""
        elif path.name not in NO_RESULTS:
            found[_CHANCE.sub("events", name)] = (
                "" if _CHANCE.search(name) or path.name in _WITH_COSTS else _digest(path)
            )
    return found


def differences(wanted: Tree, found: Tree) -> list[str]:
    """Return what is missing, too many or different, a line each."""
    return [
        f"{name}: {'missing' if name not in found else 'too many' if name not in wanted else 'different'}"
        for name in sorted({*wanted, *found})
        if wanted.get(name) != found.get(name)
    ]


def _digest(path: Path) -> str:
    data = path.read_bytes()
    if path.name == "files.json":  # of sealed files, whose digests tell their times
        data = "\n".join(sorted(_CHANCE.sub("events", name) for name in json.loads(data)["files"])).encode()
    elif path.suffix == ".safetensors" and "checkpoints" in path.parts:  # their histories tell how long it took
        data = data[8 + int.from_bytes(data[:8], "little") :]
    elif path.suffix == ".parquet":
        data = _CLOCK.sub(b"", str(pq.read_table(path).to_pylist()).encode())
    elif path.suffix in (".json", ".jsonl"):
        data = "\n".join(_plain(line) for line in _documents(path, data)).encode()
    else:
        data = _CLOCK.sub(b"", data)
    return hashlib.sha256(data).hexdigest()[:16]


def _documents(path: Path, data: bytes) -> list[bytes]:
    return data.splitlines() if path.suffix == ".jsonl" else [data]


def _plain(data: bytes) -> str:
    try:
        return json.dumps(_without_times(json.loads(data)), sort_keys=True)
    except ValueError:
        return data.decode(errors="replace")


def _without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_times(each) for name, each in value.items() if name not in TIMES}
    return [_without_times(each) for each in value] if isinstance(value, list) else value
