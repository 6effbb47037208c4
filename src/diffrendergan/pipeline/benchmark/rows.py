"""What the rows of the table are trained on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from diffrendergan.config.words import one_of
from diffrendergan.errors import ConfigError

Kind = Literal["learned", "fitted", "adversary", "no-background", "randomised", "folder", "real", "classical"]

BUILT_IN: dict[Kind, str] = {
    "learned": "our synthetic images, by a GAN",
    "fitted": "our synthetic images, the look fitted by statistics (no GAN)",
    "adversary": "our synthetic images, an adversary that starts from the fit",
    "no-background": "our synthetic images by a GAN, without empty real patches",
    "randomised": "synthetic images with random materials (no GAN, no fit)",
    "real": "real masks",
    "classical": "nothing: classical thresholds",
}
"""The rows that can always be had, and what each is trained on."""


@dataclass(frozen=True)
class Source:
    """What a row's network is trained on."""

    name: str
    """A word for files and columns."""
    title: str
    kind: Kind
    folder: Path | None = None
    """Of a synthetic set made elsewhere: `images`, `labels`, `instances`."""

    @property
    def is_ours(self) -> bool:
        """Whether the images are made here."""
        return self.kind in ("learned", "fitted", "adversary", "no-background", "randomised")


def choose_sources(rows: Sequence[str] | None, synthetic: Sequence[str]) -> tuple[Source, ...]:
    """Return the rows asked for, sets made elsewhere after our own.

    Parameters
    ----------
    rows
        Names of built-in rows; None for all of them.
    synthetic
        ``NAME=FOLDER`` for each synthetic set made elsewhere.

    Raises
    ------
    ConfigError
        If a row is unknown, a name is used twice or no word, or a folder is missing.
    """
    for name in rows or ():
        if name not in BUILT_IN:
            raise ConfigError(f"there is no row {name!r}; --rows takes {one_of(name, BUILT_IN)}.")
    sources = [Source(kind, title, kind) for kind, title in BUILT_IN.items() if rows is None or kind in rows]
    elsewhere = [_elsewhere(text) for text in synthetic]
    names = [*BUILT_IN, *(source.name for source in elsewhere)]
    for source in elsewhere:
        if names.count(source.name) > 1:
            raise ConfigError(f"two rows would be called {source.name!r}; give the one in {source.folder} another.")
    place = next((i for i, source in enumerate(sources) if source.kind in ("real", "classical")), len(sources))
    return (*sources[:place], *elsewhere, *sources[place:])


def _elsewhere(text: str) -> Source:
    name, equals, folder = text.partition("=")
    if not equals or not re.fullmatch(r"[A-Za-z0-9][\w.-]*", name):
        raise ConfigError(f"--synthetic {text!r} is not NAME=FOLDER, such as authors={folder or text}.")
    if name == "run":
        raise ConfigError("--synthetic: the name run is taken by the folder of our own images; give the set another.")
    path = Path(folder).expanduser()
    if not (path / "images").is_dir():
        raise ConfigError(f"--synthetic {name}: {path} has no folder `images`; a set has images, labels, instances.")
    return Source(name, f"synthetic images from {path.name}", "folder", path.resolve())
