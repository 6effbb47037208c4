"""Collections of models: a folder of packages with one JSON file beside them, on a disk or behind an address."""

from __future__ import annotations

import re
import shutil
import tempfile
import urllib.parse
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, NonNegativeInt, StringConstraints, TypeAdapter, ValidationError

from diffrendergan.config.yaml_text import parse_yaml
from diffrendergan.errors import ConfigError, DataError
from diffrendergan.exchange.models.reading import import_model
from diffrendergan.exchange.models.writing import DESCRIPTION
from diffrendergan.runs.atomic import atomic_path, write_json
from diffrendergan.runs.digest import sha256_of_file
from diffrendergan.runs.download import download
from diffrendergan.runs.json_text import parse_json

INDEX = "index.json"
FORMAT = 1
ADDRESS = re.compile(r"^https?://", re.IGNORECASE)
NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*$")


@dataclass(frozen=True)
class Entry:
    """A model of a collection."""

    name: Annotated[str, StringConstraints(pattern=NAME.pattern)]
    file: str
    """Of the package: an address, or a path from the index."""
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
    bytes: NonNegativeInt
    description: str = ""
    authors: tuple[str, ...] = ()
    licence: str | None = None
    pixel_size_nm: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """Scale of the images that it was trained on [nm]; None where it has none."""


def read_index(where: str) -> dict[str, Entry]:
    """Return the models of a collection by name.

    Parameters
    ----------
    where : str
        A folder, its `index.json`, or the address of such a file.

    Raises
    ------
    DataError
        If there is no such index, or if it is broken.
    """
    place = _index_place(where)
    if ADDRESS.match(place):
        with tempfile.TemporaryDirectory() as folder:
            text = download(place, None, Path(folder) / INDEX).read_text("utf-8")
    else:
        try:
            text = Path(place).read_text("utf-8")
        except FileNotFoundError as error:
            raise DataError(f"{place} does not exist; name the folder of a collection, or its {INDEX}.") from error
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(
                f"{place} cannot be read as the index of a collection ({error}); check its place."
            ) from error
    try:
        values = parse_json(text)
        if values["format"] != FORMAT:
            raise ValueError(f"format {values['format']}")
        entries = _ENTRIES.validate_python(values["models"])
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{place} is no index of models ({_why(error)}); `diffrendergan zoo add` writes one."
        ) from error
    return {entry.name: entry for entry in entries}


_ENTRIES = TypeAdapter(list[Entry])


def _why(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False)[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"


def get_model(where: str, name: str, folder: Path, force: bool = False) -> Path:
    """Fetch a model of a collection, check it, and make a folder for `quantify --model` of it.

    Parameters
    ----------
    where : str
        As of `read_index`.
    name : str
        Of the model.
    folder : Path
        The folder to make.
    force : bool
        Replace a model that was imported there before.

    Raises
    ------
    ConfigError
        If the collection has no such model.
    DataError
        If the file is missing, or is not what the index says.
    RunFolderError
        As `import_model` does.
    """
    models = read_index(where)
    if name not in models:
        raise ConfigError(f"{where} has no model {name!r}, only {', '.join(sorted(models)) or 'none'}.")
    entry, place = models[name], _index_place(where)
    with tempfile.TemporaryDirectory() as made:
        package = Path(made) / "model.zip"
        if ADDRESS.match(entry.file) or ADDRESS.match(place):
            download(urllib.parse.urljoin(place, entry.file), entry.sha256, package)
        else:
            _taken(Path(place).parent / entry.file, entry, package)
        return import_model(package, folder, force)


def add_model(folder: Path, package: Path, name: str | None = None) -> Entry:
    """Put a package into a collection, which is made if it is not there; one of the same name is replaced.

    The folder may then be copied anywhere: to a shared disk, or behind a web server.

    Parameters
    ----------
    folder : Path
        Of the collection.
    package : Path
        As `export_model` wrote it.
    name : str, optional
        By default the file's, without ending.

    Raises
    ------
    ConfigError
        If the name has other characters than letters, digits, points, dashes and underscores.
    DataError
        If it is no such package.
    RunFolderError
        If the folder cannot be written.
    """
    name = package.stem if name is None else name
    if not NAME.match(name):
        raise ConfigError(f"{name!r} is no name for a model; take letters, digits, points, dashes and underscores.")
    with tempfile.TemporaryDirectory() as made:  # what cannot be imported is not published
        description = _described(import_model(package, Path(made) / "model"))
    models = read_index(str(folder)) if (folder / INDEX).is_file() else {}
    target = folder / f"{name}.zip"
    if not (target.exists() and target.samefile(package)):
        with atomic_path(target) as temporary:
            shutil.copyfile(package, temporary)
    config = description["config"]["diffrendergan"]
    entry = Entry(
        name,
        target.name,
        sha256_of_file(target),
        target.stat().st_size,
        str(description.get("description", "")),
        tuple(str(author.get("name", "")) for author in description.get("authors", ())),
        description.get("license"),
        config.get("pixel_size_nm"),
    )
    models[name] = entry
    write_json(folder / INDEX, {"format": FORMAT, "models": [asdict(models[key]) for key in sorted(models)]})
    return entry


def _described(folder: Path) -> Mapping[str, Any]:
    values: Mapping[str, Any] = parse_yaml((folder / DESCRIPTION).read_text("utf-8"), DESCRIPTION)
    return values


def _index_place(where: str) -> str:
    if ADDRESS.match(where):
        return where if where.endswith(".json") else f"{where.rstrip('/')}/{INDEX}"
    path = Path(where)
    return str(path / INDEX if path.is_dir() or path.suffix.lower() != ".json" else path)


def _taken(path: Path, entry: Entry, target: Path) -> Path:
    if not path.is_file():
        raise DataError(f"{path} is missing from the collection; copy it there again.")
    if sha256_of_file(path) != entry.sha256:
        raise DataError(f"{path} is not the file that the index names (its SHA-256 differs); copy it there again.")
    return Path(shutil.copyfile(path, target))
