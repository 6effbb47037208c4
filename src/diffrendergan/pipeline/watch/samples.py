"""Which sample a scan is of: as its folder says, or its name."""

from __future__ import annotations

import re
from pathlib import Path

from diffrendergan.errors import ConfigError
from diffrendergan.image_files.names import readable, scan_name

PLACE = "{sample}"
ALONE = "scans"
"""The sample of scans that lie in the folder itself, or whose names do not follow the pattern."""
_UNSAFE = re.compile(r"[^\w.+=@ -]|^\.|[. ]$")


def grouping(pattern: str | None) -> re.Pattern[str] | None:
    """Return what finds the sample in a name; None where the folder tells it.

    Parameters
    ----------
    pattern : str or None
        A name with `{sample}` in place of the sample's name, and `*` for anything: ``{sample}_*``.

    Raises
    ------
    ConfigError
        If `{sample}` is not in it once.
    """
    if pattern is None:
        return None
    if pattern.count(PLACE) != 1:
        raise ConfigError(f"the pattern {pattern!r} must hold {PLACE} once, as in '{PLACE}_*'.")
    escaped = re.escape(pattern).replace(re.escape(PLACE), "(?P<sample>.+?)").replace(r"\*", ".*")
    return re.compile(escaped)


def sample_of(path: Path, folder: Path, pattern: re.Pattern[str] | None) -> str:
    """Return the name of the sample that a scan is of, which is a name of a folder as well.

    Parameters
    ----------
    path : Path
        The scan.
    folder : Path
        The folder that is watched.
    pattern : re.Pattern or None
        Of `grouping`.
    """
    if pattern is None:
        name = "-".join(path.relative_to(folder).parent.parts)
    else:
        found = pattern.fullmatch(scan_name(path))
        name = found.group("sample") if found else ""
    return _UNSAFE.sub("_", readable(name))[:100] or ALONE
