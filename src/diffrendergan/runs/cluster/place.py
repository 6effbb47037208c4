"""Where a cluster is, as `--cluster` says it."""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from diffrendergan.errors import ConfigError

FORMS = "local:N, tcp://HOST:PORT, tls://HOST:PORT or slurm:FILE"
CERTIFICATES = ("ca.pem", "cert.pem", "key.pem")
"""In a folder of certificates: whom we trust, who we are, and its key."""
_EXTRAS = ("threads", "certificates", "without-tls", "patience", "host")
_MOST = 4096
"""Of workers and of threads; more are a mistake."""


@dataclass(frozen=True)
class Place:
    """Where a cluster is, or how one is made.

    Attributes
    ----------
    kind : str
        ``local``: processes of this machine. ``tcp``, ``tls``: a scheduler that runs. ``slurm``: jobs of Slurm.
    workers : int
        Of ``local``.
    address : str
        Of ``tcp`` and ``tls``.
    script : Path or None
        Of ``slurm``.
    threads : int
        Of each worker.
    certificates : Path or None
        Folder with `CERTIFICATES`, of ``tls``; without it, Dask's own configuration names them.
    patience_s : float or None
        An index that takes longer is handed to another worker [s]; None for the rules.
    host : str or None
        The name of this machine for the jobs of Slurm.
    without_tls : bool
        Others may reach it, and messages are not encrypted.
    """

    kind: Literal["local", "tcp", "tls", "slurm"]
    workers: int = 0
    address: str = ""
    script: Path | None = None
    threads: int = 1
    certificates: Path | None = None
    patience_s: float | None = None
    host: str | None = None
    without_tls: bool = False


def parse_place(text: str) -> Place:
    """Read ``local:4``, ``tls://node1:8786,certificates=keys``, ``slurm:job.sh,threads=4``.

    Raises
    ------
    ConfigError
        If it is nothing of this kind, or reaches another machine without TLS.
    """
    where, *extras = re.split(rf",(?=(?:{'|'.join(_EXTRAS)})(?:=|,|$))", text.strip())
    said = dict(extra.partition("=")[::2] for extra in extras)
    kind, _, rest = where.partition(":")
    if kind == "local":
        workers = _count(text, "local:", rest)
        place = Place("local", workers, threads=max(1, (os.cpu_count() or 1) // workers))
        return _with(text, place, said, ("threads", "patience"))
    if kind == "slurm" and rest:
        script = Path(rest)
        if not script.is_file():
            raise ConfigError(f"--cluster {text}: there is no file {script}; docs/cluster.md has one to begin with.")
        return _with(text, Place("slurm", script=script), said, ("threads", "patience", "host"))
    if kind in ("tcp", "tls"):
        return _scheduler(text, where, said)
    raise ConfigError(f"--cluster {text}: it is one of {FORMS}.")


def _scheduler(text: str, where: str, said: dict[str, str]) -> Place:
    parts = urlsplit(where)
    try:
        port = parts.port
    except ValueError:
        port = None
    if not parts.hostname or port is None or parts.path or parts.query:
        raise ConfigError(f"--cluster {text}: a scheduler has a host and a port, as in {parts.scheme}://node1:8786.")
    if parts.scheme == "tls":
        return _with(text, Place("tls", address=where), said, ("threads", "patience", "certificates"))
    if "without-tls" not in said and not is_loopback(parts.hostname):
        raise ConfigError(
            f"--cluster {text}: messages to {parts.hostname} would not be encrypted, and whoever reaches a scheduler "
            "can run programs as you; use tls:// (docs/cluster.md), or add ,without-tls if nobody else is on that net."
        )
    return _with(text, Place("tcp", address=where), said, ("threads", "patience", "without-tls"))


def _with(text: str, place: Place, said: dict[str, str], allowed: tuple[str, ...]) -> Place:
    """Return a place with what else was said of it."""
    for name in said:
        if name not in allowed:
            raise ConfigError(f"--cluster {text}: {name} has no effect with {place.kind}; leave it out.")
    values: dict[str, object] = {}
    if "threads" in said:
        values["threads"] = _count(text, "threads=", said["threads"])
    if "patience" in said:
        values["patience_s"] = _seconds(text, said["patience"])
    if "without-tls" in said:
        values["without_tls"] = True
    if said.get("host"):
        values["host"] = said["host"]
    if "certificates" in said:
        values["certificates"] = _certificates(text, Path(said["certificates"]))
    return Place(**{**vars(place), **values})


def _certificates(text: str, folder: Path) -> Path:
    for name in CERTIFICATES:
        if not (folder / name).is_file():
            raise ConfigError(f"--cluster {text}: {folder} lacks {name}; it needs {', '.join(CERTIFICATES)}.")
    return folder


def _count(text: str, what: str, said: str) -> int:
    if not (said.isascii() and said.isdigit() and 1 <= int(said[:9]) <= _MOST):
        raise ConfigError(f"--cluster {text}: {what} takes a number from 1 to {_MOST}.")
    return int(said)


def _seconds(text: str, said: str) -> float:
    try:
        seconds = float(said)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e9:
        raise ConfigError(f"--cluster {text}: patience= takes seconds, above 0.")
    return seconds


def is_loopback(host: str) -> bool:
    """Tell whether a name or address is that of this machine, which no other can reach."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
