"""The options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from diffrendergan.config.project import Project


class KindChoice(StrEnum):
    """What the numbers of label images mean."""

    auto = "auto"
    instances = "instances"
    particles = "particles"
    classes = "classes"


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
ModelOption = Annotated[
    Path | None,
    typer.Option("--model", metavar="RUN", show_default=False,
                 help="Run folder with a trained network.  [default: the packaged generalist]"),
]  # fmt: skip
LabelsSuffixOption = Annotated[
    str | None,
    typer.Option("--labels-suffix", metavar="TEXT", show_default=False,
                 help="Label images are named NAME<TEXT>.<any image ending>.  [default: usual ones]"),
]  # fmt: skip
LabelsKindOption = Annotated[
    KindChoice | None,
    typer.Option("--labels-kind", help="Meaning of their numbers.  [default: auto]", show_default=False),
]
PixelSizeOption = Annotated[
    float | None,
    typer.Option("--pixel-size-nm", metavar="NM", min=1e-4, max=1e9, help="Of all scans, whatever their files say.",
                 show_default=False),
]  # fmt: skip
DataBarOption = Annotated[
    int | None,
    typer.Option("--data-bar", metavar="ROWS", min=0, max=10**6, help="Rows to crop at the bottom.  [default: found]",
                 show_default=False),
]  # fmt: skip
PROJECT_ENDINGS = (".yaml", ".yml")


def names_project(path: Path | None, preset: str | None, overrides: Sequence[str]) -> bool:
    """Tell whether a command names a project: by its file, a preset, or both."""
    return path is not None or preset is not None or any(text.startswith("preset=") for text in overrides)


def asked_project(path: Path | None, preset: str | None, overrides: Sequence[str]) -> Project:
    """Load the project that a command names by its file, a preset, or both.

    Raises
    ------
    ConfigError
        If neither is named, or what is named cannot be read.
    """
    from diffrendergan.config.load import load_project
    from diffrendergan.errors import ConfigError

    if not names_project(path, preset, overrides):
        raise ConfigError("name a project file, or a preset with --preset; `diffrendergan init IMAGES` writes a file.")
    return load_project(path, preset, overrides)


def refuse_unused(options: Mapping[str, object], source: str) -> None:
    """Refuse options that have no effect on what `source` names, rather than pass over them in silence.

    Raises
    ------
    ConfigError
        Naming the first that was given.
    """
    from diffrendergan.errors import ConfigError

    given = [name for name, value in options.items() if value is not None]
    if given:
        raise ConfigError(f"{given[0]} has no effect with {source}; leave it out.")
