"""Files from the web, each checked by its SHA-256."""

from __future__ import annotations

from pathlib import Path

from diffrendergan.errors import DataError, MissingDependencyError


def download(url: str, sha256: str | None, target: Path, otherwise: str = "") -> Path:
    """Fetch a file, unless it is there already, and check it.

    Parameters
    ----------
    url : str
    sha256 : str or None
        What it must be; None takes whatever comes.
    target : Path
        The file to write.
    otherwise : str
        What the user can do instead, e.g. ", or give a folder with --from".

    Returns
    -------
    Path
        The file.

    Raises
    ------
    DataError
        If it cannot be fetched, or is another one.
    MissingDependencyError
        If pooch is not installed.
    """
    try:
        import pooch  # only downloads need it
    except ImportError as error:
        raise MissingDependencyError(f"downloading needs pooch; install it (pip install pooch){otherwise}.") from error
    pooch.get_logger().setLevel("ERROR")
    target.parent.mkdir(parents=True, exist_ok=True)
    known = None if sha256 is None else f"sha256:{sha256}"
    try:
        pooch.retrieve(url=url, known_hash=known, fname=target.name, path=target.parent, processor=None)
    except ValueError as error:  # pooch: the hash differs
        raise DataError(
            f"{target.name} from {url} is not the published file (its SHA-256 differs); try again{otherwise}."
        ) from error
    except OSError as error:  # requests' errors are OSErrors, as is a full disk
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise DataError(
            f"{target.name} cannot be downloaded from {url} ({reason}); try again (files already here are kept)"
            f"{otherwise}."
        ) from error
    return target
