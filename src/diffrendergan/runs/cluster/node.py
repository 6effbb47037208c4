"""What a machine has installed, and whether it can work for a command."""

from __future__ import annotations

import hashlib
import platform
import socket
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from diffrendergan.runs.digest import sha256_of_file
from diffrendergan.runs.environment import describe_environment
from diffrendergan.runs.words import listing

SOURCES = "diffrendergan's files"
PROCESSOR = "processor"


def host_name() -> str:
    """Return the name of this machine."""
    return socket.gethostname()


def describe_node() -> dict[str, str]:
    """Return versions of all that results depend on, a digest of our own files, and the kind of processor."""
    told = describe_environment()
    return {
        "diffrendergan": told["diffrendergan"],
        SOURCES: _digest_of_package(),
        "python": ".".join(told["python"].split(".")[:2]),
        **{name: found or "none" for name, found in told["libraries"].items()},
        "distributed": _version("distributed"),
        "networks in": told["networks"],
        PROCESSOR: _processor(),
    }


def differences(here: Mapping[str, str], there: Mapping[str, str]) -> str:
    """Say what another machine has in other versions; nothing if it has the same. Processors may differ."""
    names = [name for name in here if name != PROCESSOR and there.get(name, "none") != here[name]]
    if names == [SOURCES]:
        return f"other files of diffrendergan {here['diffrendergan']}, a changed or newer copy"
    told = [f"{name} {there.get(name, 'none')} (here {here[name]})" for name in names if name != SOURCES]
    return listing(told)


def other_processor(here: Mapping[str, str], there: Mapping[str, str]) -> str:
    """Return the name of another machine's processor if it is of another kind."""
    return there.get(PROCESSOR, "") if there.get(PROCESSOR) != here.get(PROCESSOR) else ""


def unlike_shared(path: Path, digest: str) -> str:
    """Say why a file that was just written cannot be read here as it was written; nothing if it can."""
    try:
        found = sha256_of_file(path)
    except OSError as error:
        return f"it cannot read {path} ({error.strerror or error})"
    return "" if found == digest else f"{path} holds something else there"


@cache
def _digest_of_package() -> str:
    place = Path(__file__).resolve().parents[2]
    digest = hashlib.sha256()
    for path in sorted(part for ending in ("py", "yaml") for part in place.rglob(f"*.{ending}")):
        digest.update(f"{path.relative_to(place).as_posix()}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def _processor() -> str:
    """Return the model of the processor where the system tells, else its kind."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
