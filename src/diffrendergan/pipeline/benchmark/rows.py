"""The rows of the table: what their networks are trained on, or what found their particles without any training."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from diffrendergan.config.words import one_of
from diffrendergan.errors import ConfigError
from diffrendergan.evaluation.baseline import THRESHOLDS

Kind = Literal[
    "learned", "fitted", "adversary", "no-background", "randomised", "folder", "real",
    "run", "generalist", "predictions", "classical",
]  # fmt: skip
UNTRAINED = ("run", "generalist", "predictions", "classical")
"""Rows for which no network is trained here."""

BUILT_IN: dict[Kind, str] = {
    "learned": "our synthetic images, by a GAN",
    "fitted": "our synthetic images, the look fitted by statistics (no GAN)",
    "adversary": "our synthetic images, an adversary that starts from the fit",
    "no-background": "our synthetic images by a GAN, without empty real patches",
    "randomised": "synthetic images with random materials (no GAN, no fit)",
    "real": "real masks",
    "run": "what the project's own run was trained on",
    "generalist": "nothing of these: the packaged generalist",
    "classical": "nothing: classical thresholds",
}
"""The rows that can be had without a folder, and what each is trained on."""

OF_DATA_SETS: tuple[Kind, ...] = tuple(kind for kind in BUILT_IN if kind != "run")
"""Those of a published data set, which has no run."""


@dataclass(frozen=True)
class Source:
    """What a row's network is trained on, or what it is in place of one."""

    name: str
    """A word for files and columns."""
    title: str
    kind: Kind
    folder: Path | None = None
    """Of a synthetic set made elsewhere: `images`, `labels`, `instances`. Or of label images that another program
    found."""

    @property
    def trained(self) -> bool:
        """Whether networks are trained for it."""
        return self.kind not in UNTRAINED

    @property
    def is_ours(self) -> bool:
        """Whether the images are made here."""
        return self.kind in ("learned", "fitted", "adversary", "no-background", "randomised")


def choose_sources(
    rows: Sequence[str] | None,
    synthetic: Sequence[str],
    predictions: Sequence[str] = (),
    usual: Sequence[Kind] = OF_DATA_SETS,
) -> tuple[Source, ...]:
    """Return the rows asked for: sets made elsewhere after our own, then what needs no training.

    Parameters
    ----------
    rows
        Names of built-in rows; None for `usual`.
    synthetic
        ``NAME=FOLDER`` for each synthetic set made elsewhere.
    predictions
        ``NAME=FOLDER`` for label images that each other program found.
    usual
        The rows unless others are asked for.

    Raises
    ------
    ConfigError
        If a row is unknown or cannot be had, a name is used twice or no word, or a folder is missing.
    """
    for name in rows or ():
        if name not in BUILT_IN:
            raise ConfigError(f"there is no row {name!r}; --rows takes {one_of(name, BUILT_IN)}.")
    if "run" in (rows or ()) and "run" not in usual:
        raise ConfigError("the row run is that of a project's own run; name a project file in place of the data set.")
    wanted = set(usual if rows is None else rows)
    ours = [Source(kind, title, kind) for kind, title in BUILT_IN.items() if kind in wanted]
    sets = [_set_elsewhere(text) for text in synthetic]
    found = [_predictions(text) for text in predictions]
    names = [*BUILT_IN, *THRESHOLDS, *(source.name for source in (*sets, *found))]
    for source in (*sets, *found):
        if names.count(source.name) > 1:
            raise ConfigError(f"two rows would be called {source.name!r}; give the one in {source.folder} another.")
    learned = [source for source in ours if source.trained and source.kind != "real"]
    real = [source for source in ours if source.kind == "real"]
    return (*learned, *sets, *real, *found, *(source for source in ours if not source.trained))


def _set_elsewhere(text: str) -> Source:
    name, path = _named("--synthetic", "authors", text)
    if name == "run":
        raise ConfigError("--synthetic: the name run is taken by the folder of our own images; give the set another.")
    if not (path / "images").is_dir():
        raise ConfigError(f"--synthetic {name}: {path} has no folder `images`; a set has images, labels, instances.")
    return Source(name, f"synthetic images from {path.name}", "folder", path.resolve())


def _predictions(text: str) -> Source:
    name, path = _named("--predictions", "cellpose", text)
    if not path.is_dir():
        raise ConfigError(f"--predictions {name}: {path} is no folder; give one of label images, named as the scans.")
    return Source(name, f"not known: predictions in {path.name}", "predictions", path.resolve())


def _named(option: str, example: str, text: str) -> tuple[str, Path]:
    name, equals, folder = text.partition("=")
    if not equals or not re.fullmatch(r"[A-Za-z0-9][\w.-]*", name):
        raise ConfigError(f"{option} {text!r} is not NAME=FOLDER, such as {example}={folder or text}.")
    return name, Path(folder).expanduser()
