"""Networks that other installed packages bring, by their entry points; nothing of theirs is imported here."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from diffrendergan.config.words import nearest

GROUP = "diffrendergan.networks"
"""Of the entry points: a package's `[project.entry-points."diffrendergan.networks"]`."""
BUILT_IN = ("unet", "nnunet")
"""Networks of this package; no other takes their names."""


def own_networks() -> dict[str, list[EntryPoint]]:
    """Return the entry points of installed packages by the names of their networks.

    What lies loose in the current folder counts as not installed: it may be a run folder of somebody else, with a file
    that calls itself a package.
    """
    found: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=GROUP):
        if point.name not in BUILT_IN and not _lies_here(point):
            found.setdefault(point.name, []).append(point)
    return found


def _lies_here(point: EntryPoint) -> bool:
    return point.dist is None or Path(str(point.dist.locate_file(""))).resolve() == Path.cwd()


def known_network(name: str) -> str:
    """Return the name of a network that there is.

    Raises
    ------
    ValueError
        If no installed package brings one of that name, or several do.
    """
    if name in BUILT_IN:
        return name
    own = own_networks()
    points = own.get(name, [])
    if len(points) == 1:
        return name
    if points:
        packages = " and ".join(sorted(point.dist.name for point in points if point.dist is not None))
        raise ValueError(f"several installed packages bring a network of that name ({packages}); remove all but one")
    known = (*BUILT_IN, *sorted(own))
    close = nearest(name, known)
    meant = f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(known)}."
    raise ValueError(
        f"no installed package brings a network of that name; {meant} Install the package that it was made with, or "
        "take another network"
    )
