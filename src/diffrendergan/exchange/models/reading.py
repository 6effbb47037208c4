"""A package of bioimage.io becomes a model of this program: checked file by file, and nothing is unpickled."""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from diffrendergan.config.load import RUN_CONFIG, load_project
from diffrendergan.config.yaml_text import parse_yaml
from diffrendergan.errors import ConfigError, DataError, RunFolderError, UserError
from diffrendergan.exchange.models.description import FORMAT
from diffrendergan.exchange.models.opening import MARKER
from diffrendergan.exchange.models.parts import CONFIG, GENERALIST, NETWORK
from diffrendergan.exchange.models.writing import DESCRIPTION
from diffrendergan.fitting.law import FILE as FIT_FILE
from diffrendergan.fitting.law import STAGE as FIT
from diffrendergan.gan.saved import DESCRIPTION as GENERATOR
from diffrendergan.gan.saved import WEIGHTS
from diffrendergan.judging.verdict import FILE as VERDICT
from diffrendergan.judging.verdict import STAGE as JUDGE
from diffrendergan.patches.stored import INDEX, STAGE
from diffrendergan.runs.atomic import json_bytes, write_bytes
from diffrendergan.runs.digest import sha256_of
from diffrendergan.runs.lock import LOCK, locked
from diffrendergan.runs.seal import SEAL, seal
from diffrendergan.segmentation.unet.network import load_network

LARGEST_BYTES = 2**30
"""No file of such a package is larger: the packaged network takes 6 MB. Rule of thumb, against zips that burst."""
PLACES = {
    CONFIG: RUN_CONFIG,
    INDEX: f"{STAGE}/{INDEX}",
    VERDICT: f"{JUDGE}/{VERDICT}",
    FIT_FILE: f"{FIT}/{FIT_FILE}",
    GENERATOR: f"select/{GENERATOR}",
    WEIGHTS: f"select/{WEIGHTS}",
}
"""Where the files of a run lie in its folder, beside the network."""
FOR_PEOPLE = (DESCRIPTION, "README.md", "cover.png")


def import_model(package: Path, folder: Path, force: bool = False) -> Path:
    """Turn a package into a folder for `quantify --model`.

    Parameters
    ----------
    package : Path
        A zip that `export_model` wrote.
    folder : Path
        The folder to make.
    force : bool
        Replace a model that was imported there before.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    DataError
        If it is no such package, holds another kind of network, or a file of it was changed.
    RunFolderError
        If the folder holds something else, or cannot be written.
    """
    _check_free(folder, force)
    description, files = _read(package)
    own = _own_section(description, package)
    missing = [name for name in own["files"] if name not in files]
    if missing:
        raise DataError(f"{package} lacks {missing[0]}; fetch it again.")
    for name, digest in own["files"].items():
        if sha256_of(files[name]) != digest:
            raise DataError(f"{name} in {package} is not what it was when it was written (SHA-256); fetch it again.")
    content = {name: files[name] for name in (*own["files"], *FOR_PEOPLE) if name in files}
    _check_network(content, package)
    with locked(folder, "name another folder"):
        _write(folder, own, content)
    return folder


def _check_free(folder: Path, force: bool) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise RunFolderError(f"{folder} is a file; name a folder to make.")
    imported, begun = (folder / MARKER).is_file(), (folder / LOCK).is_file()
    if any(folder.iterdir()) and not (force if imported else begun):
        advice = "give --force to replace it, or name another folder" if imported else "name another folder"
        raise RunFolderError(f"{folder} holds {'a model' if imported else 'something else'} already; {advice}.")


def _read(package: Path) -> tuple[Mapping[str, Any], dict[str, bytes]]:
    """Return the description of a package, and the files that may matter."""
    wanted = {NETWORK, *PLACES, *FOR_PEOPLE}
    try:
        with zipfile.ZipFile(package) as archive:
            entries = [entry for entry in archive.infolist() if entry.filename in wanted]
            for entry in entries:
                if entry.file_size > LARGEST_BYTES:
                    raise DataError(f"{entry.filename} in {package} is too large for a model; fetch another one.")
            files = {entry.filename: archive.read(entry) for entry in entries}
    except FileNotFoundError as error:
        raise DataError(f"{package} does not exist; name a zip that `diffrendergan export` wrote.") from error
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise DataError(f"{package} cannot be read as a zip ({error}); fetch it again.") from error
    if DESCRIPTION not in files:
        raise DataError(f"{package} is no model of bioimage.io: it has no {DESCRIPTION}.")
    try:
        description = parse_yaml(files[DESCRIPTION].decode(), f"{DESCRIPTION} in {package}")
    except (UnicodeDecodeError, ConfigError) as error:
        raise DataError(f"{DESCRIPTION} in {package} is broken ({error}); fetch it again.") from error
    return description if isinstance(description, Mapping) else {}, files


def _own_section(description: Mapping[str, Any], package: Path) -> dict[str, Any]:
    """Return what this program wrote into a description.

    Raises
    ------
    DataError
        If it wrote none: another program's network, which cannot be used here.
    """
    config = description.get("config")
    own = config.get("diffrendergan") if isinstance(config, Mapping) else None
    if not isinstance(own, Mapping):
        raise DataError(
            f"{package} holds a network of another kind ({description.get('name', 'without a name')}), which only "
            "bioimageio.core can run; segment the scans with it there, and measure by `quantify --labels`."
        )
    named = own.get("files")
    whole = isinstance(named, Mapping) and NETWORK in named and set(named) <= {NETWORK, *PLACES}
    use = own.get("use")
    seeded = isinstance(use, Mapping) and isinstance(use.get("seed"), int)
    run_like = own.get("kind") == "run" and whole and seeded and {CONFIG, INDEX} <= set(named or ())
    if own.get("format") != FORMAT or not (run_like or (own.get("kind") == GENERALIST and whole)):
        raise DataError(
            f"{package} was written by another version of diffrendergan; update the program, or export anew."
        )
    return {**own, "files": {str(name): str(digest) for name, digest in dict(named or {}).items()}}


def _check_network(content: Mapping[str, bytes], package: Path) -> None:
    """Refuse weights or a configuration that do not fit this program, before anything is written."""
    with tempfile.TemporaryDirectory() as made:
        for name, data in content.items():
            (Path(made) / name).write_bytes(data)
        try:
            load_network(Path(made) / NETWORK)
            if CONFIG in content:
                load_project(Path(made) / CONFIG)
        except UserError as error:
            reason = str(error).replace(f"{made}/", "").split("; ")[0]
            raise DataError(
                f"{package} does not fit this version of diffrendergan: {reason}; export it anew."
            ) from error


def _write(folder: Path, own: Mapping[str, Any], content: Mapping[str, bytes]) -> None:
    """Write the folder; its marker comes last."""
    for name in (MARKER, SEAL):
        (folder / name).unlink(missing_ok=True)
    network = NETWORK if own["kind"] == GENERALIST else f"segment/seed_{own['use']['seed']}/{NETWORK}"
    for name, data in content.items():
        write_bytes(folder / (network if name == NETWORK else PLACES.get(name, name)), data)
    marker = json_bytes({"kind": own["kind"], "network": network, "sha256": own["files"][NETWORK]})
    seal(folder, to_come={MARKER: marker})
    write_bytes(folder / MARKER, marker)
