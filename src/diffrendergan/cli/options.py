"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diffrendergan.config.project import Project

ProjectArgument = Annotated[
    Path | None,
    typer.Argument(metavar="PROJECT", help="Project file (YAML); without it, --preset decides.", show_default=False),
]
PresetOption = Annotated[
    str | None,
    typer.Option("--preset", metavar="NAME", help="Preset to start from, instead of the file's.", show_default=False),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a field, e.g. training.epochs=5; may be repeated."),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Show the whole configuration and what would run; write nothing.")
]
ForceOption = Annotated[bool, typer.Option("--force", help="Use the run folder though another project made it.")]
RedoOption = Annotated[bool, typer.Option("--redo", help="Do this stage again though it is finished.")]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show stack traces and warnings.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Show only results and errors.")]
WithRealOption = Annotated[
    bool, typer.Option("--with-real", help="Also train and score the same network on the real masks, as a reference.")
]
ClusterOption = Annotated[
    str | None,
    typer.Option("--cluster", metavar="WHERE", show_default=False,
                 help="Where to compute: local:N, tls://HOST:PORT, tcp://HOST:PORT or slurm:FILE."),
]  # fmt: skip
StrictOption = Annotated[bool, typer.Option("--strict", help="End with an error if the run is judged bad.")]


def asked_project(path: Path | None, preset: str | None, overrides: Sequence[str]) -> Project:
    """Load the project that a command names by its file, a preset, or both.

    Raises
    ------
    ConfigError
        If neither is named, or what is named cannot be read.
    """
    from diffrendergan.config.load import load_project
    from diffrendergan.errors import ConfigError

    if path is None and preset is None and not any(text.startswith("preset=") for text in overrides):
        raise ConfigError("name a project file, or a preset with --preset; `diffrendergan init IMAGES` writes a file.")
    return load_project(path, preset, overrides)
