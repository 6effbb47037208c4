"""A folder of the studio: where everything lies, and what the page shows, so that nothing is lost on reload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from diffrendergan.config.paths import tidied
from diffrendergan.errors import ConfigError, DataError, RunFolderError
from diffrendergan.image_files.decoding import SCAN_ENDINGS
from diffrendergan.image_files.listing import Listing, list_scans, scans_in
from diffrendergan.runs.atomic import read_json, write_json

STATE = "studio.json"
UPLOADS = "scans"
Theme = Literal["system", "light", "dark"]


@dataclass(frozen=True)
class State:
    """What the page shows; it is written to disk whenever it changes."""

    scans: str = ""
    """Folder of the scans; empty for the uploaded ones."""
    tab: str = "Scans"
    theme: Theme = "system"
    scan: str = ""
    """The scan that is looked at."""
    results: str = ""
    """Name of the results that are looked at; empty for the latest."""
    least_confidence: float = 0.0
    smallest: float = 0.0
    """Smaller particles are hidden, in the unit of the results."""
    largest: float | None = None
    """Larger particles are hidden; None hides none."""
    border: bool = True
    """Whether particles that the border of the scan cuts are shown."""
    pixel_size_nm: float | None = None
    """Edge of a pixel [nm] as a person gave it; None where the files decide."""
    look: Mapping[str, float] = field(default_factory=dict)
    """What the sliders of the look say, by the names of the parameters."""


@dataclass(frozen=True)
class Workspace:
    """The folder that the studio works in.

    Attributes
    ----------
    folder : Path
        Everything that is made lies here.
    given : Path or None
        A folder of scans that was named at the start.
    """

    folder: Path
    given: Path | None = None

    @property
    def uploads(self) -> Path:
        """Where uploaded scans go."""
        return self.folder / UPLOADS

    @property
    def project_file(self) -> Path:
        """What `init` writes."""
        return self.folder / "project.yaml"

    @property
    def found(self) -> Path:
        """What `init` found, part by part."""
        return self.folder / "project-found.json"

    @property
    def picture(self) -> Path:
        """What `init` found, as a picture."""
        return self.folder / "project-measured.png"

    @property
    def first_look(self) -> Path:
        """What `quantify` found with the packaged generalist."""
        return self.folder / "first-look"

    @property
    def measured(self) -> Path:
        """The folder of `measure`."""
        return self.folder / "measure"

    @property
    def corrected(self) -> Path:
        """Label images that were corrected by hand, for `correct`."""
        return self.folder / "corrected"

    @property
    def edits(self) -> Path:
        """The steps by which they were corrected."""
        return self.folder / "edits"

    @property
    def jobs(self) -> Path:
        """A folder for each job."""
        return self.folder / "jobs"

    @property
    def cache(self) -> Path:
        """Thumbnails and tiles; may be removed at any time."""
        return self.folder / "cache"

    def state(self) -> State:
        """Return what the page shows; the defaults where nothing is recorded, or what is recorded is broken."""
        try:
            values = read_json(self.folder / STATE)
        except RunFolderError:
            values = {}
        known = {each.name for each in fields(State)}
        kept = {name: value for name, value in dict(values).items() if name in known} if values else {}
        state = State(**kept)
        return replace(state, scans=str(self.given)) if self.given is not None else state

    def remember(self, **changes: Any) -> State:
        """Write down that the page shows something else, and return all of it."""
        state = replace(self.state(), **changes)
        write_json(self.folder / STATE, asdict(state))
        return state

    @property
    def scans(self) -> Path:
        """The folder of the scans."""
        named = self.state().scans
        return Path(named) if named else self.uploads

    def put_aside(self, name: str) -> None:
        """Take an uploaded scan out of the folder of scans; it stays in `removed`."""
        listing = self.listing()
        if self.scans == self.uploads and listing is not None and name in listing.files:
            removed = self.folder / "removed"
            removed.mkdir(exist_ok=True)
            listing.files[name].replace(removed / listing.files[name].name)

    def listing(self) -> Listing | None:
        """Return the scans and what was passed over beside them; None where there is none yet.

        Raises
        ------
        DataError
            If what is there cannot be used: two scans of one name, for example.
        """
        folder = self.scans
        if not folder.is_dir() or (folder == self.uploads and not any(folder.iterdir())):
            return None
        return list_scans(folder)


def open_workspace(folder: Path) -> Workspace:
    """Open a folder of the studio, or one beside a folder of scans.

    Parameters
    ----------
    folder : Path
        A folder of the studio, which is made if it is not there; or a folder of scans: then everything that is made
        goes to a folder beside it, NAME-studio.

    Raises
    ------
    ConfigError
        If it is a file, or holds other things.
    """
    folder = tidied(folder)
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is a file; name a folder of scans, or one for the studio's results.")
    if (folder / STATE).is_file():
        return Workspace(folder)
    if folder.is_dir() and _holds_scans(folder):
        return Workspace(folder.with_name(f"{folder.name}-studio"), folder)
    if folder.is_dir() and any(not path.name.startswith(".") for path in folder.iterdir()):
        raise ConfigError(
            f"{folder} holds neither scans nor results of the studio; name an empty or new folder, or one of scans."
        )
    return Workspace(folder)


def scans_folder(text: str) -> Path:
    """Return the folder of scans that a person named.

    Raises
    ------
    DataError
        If it is none, or holds no scan.
    """
    folder = Path(text.strip()).expanduser()
    if not text.strip():
        raise DataError("Name a folder of scans.")
    list_scans(folder)
    return folder.absolute()


def upload_name(name: str) -> str:
    """Return a plain file name for an uploaded file: no part of a path, no character that a system refuses.

    Raises
    ------
    DataError
        If its ending is none of a scan's.
    """
    plain = name.replace("\\", "/").rsplit("/", 1)[-1].strip()
    plain = "".join(character if character.isprintable() and character not in '<>:"|?*' else "_" for character in plain)
    stem, dot, ending = plain.rpartition(".")
    ending = f"{dot}{ending.lower()}"
    if ending not in SCAN_ENDINGS:
        raise DataError(f"{name} is passed over: scans end in {', '.join(sorted(SCAN_ENDINGS))}.")
    return f"{stem.strip('.~ ')[:120] or 'scan'}{ending}"


def _holds_scans(folder: Path) -> bool:
    try:
        return bool(scans_in(folder).files)
    except DataError:
        return True
