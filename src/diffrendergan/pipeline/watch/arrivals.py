"""Which files have arrived as a whole: those that did not change between two looks, some time apart.

The time of a file is never compared with this machine's: on a network drive it is that of another clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from diffrendergan.errors import DataError
from diffrendergan.image_files.listing import FOLDERS_OF_OTHERS, scans_in
from diffrendergan.runs.provenance import size_and_time

Stamp = tuple[int, int]


@dataclass
class Arrivals:
    """Looks at a folder, and the folders in it, again and again.

    Parameters
    ----------
    folder : Path
    settle_s : float
        For so long a file must not change before it counts as whole [s].
    without : Path
        A folder that is not looked into: the results.
    clock : callable
        Returns seconds that only grow.
    """

    folder: Path
    settle_s: float
    without: Path
    clock: Callable[[], float] = time.monotonic
    troubles: list[str] = field(default_factory=list)
    """What hindered the last look, a sentence each."""
    _seen: dict[Path, tuple[Stamp, float]] = field(default_factory=dict)

    def look(self) -> dict[Path, Stamp]:
        """Return the files that are whole, by what tells one state of them from the next, sorted by path."""
        now, seen = self.clock(), {}
        self.troubles = []
        for path in self._files():
            try:
                stamp = size_and_time(path)
            except OSError:
                continue  # moved away meanwhile, or a drive that is gone
            before = self._seen.get(path)
            since = before[1] if before is not None and before[0] == stamp else now
            if stamp[0]:
                seen[path] = (stamp, since)
        self._seen = seen
        return {path: stamp for path, (stamp, since) in sorted(seen.items()) if now - since >= self.settle_s}

    @property
    def arriving(self) -> list[Path]:
        """The files that were still changing, or new, at the last look."""
        now = self.clock()
        return [path for path, (_, since) in sorted(self._seen.items()) if now - since < self.settle_s]

    def _files(self) -> Iterator[Path]:
        for folder in self._folders(self.folder):
            try:
                listing = scans_in(folder)
            except DataError as error:
                self.troubles.append(str(error))
            except OSError as error:
                self.troubles.append(f"{folder} cannot be looked into ({error.strerror or error}).")
            else:
                self.troubles += listing.failed.values()
                yield from listing.files.values()

    def _folders(self, folder: Path) -> Iterator[Path]:
        yield folder
        try:
            inside = sorted(part for part in folder.iterdir() if part.is_dir() and not part.is_symlink())
        except OSError:
            return
        for part in inside:
            hidden = part.name.startswith((".", "~")) or part.name.lower() in FOLDERS_OF_OTHERS
            if not hidden and part.suffix.lower() != ".zarr" and part.resolve() != self.without.resolve():
                yield from self._folders(part)
