"""`compare`: the stage of a project, or any two folders: whether synthetic images can be told from real."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from diffrendergan.cli.commands.run import Request, perform
from diffrendergan.cli.errors import explained
from diffrendergan.cli.options import (
    DebugOption,
    DryRunOption,
    ForceOption,
    PresetOption,
    QuietOption,
    RedoOption,
    SetOption,
    refuse_unused,
)

if TYPE_CHECKING:
    from diffrendergan.realism.comparison import Comparison

OUT = Path("comparison")

RealArgument = Annotated[
    Path | None,
    typer.Argument(metavar="PROJECT|REAL", show_default=False,
                   help="Folder of real micrographs, or of patches of them. Or a project file (YAML), whose synthetic "
                        "images are compared with its patches."),
]  # fmt: skip
SyntheticArgument = Annotated[
    Path | None,
    typer.Argument(metavar="SYNTHETIC", show_default=False, help="Folder of synthetic images, or of any others."),
]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="FOLDER", show_default=False,
                 help="For comparison.json and pictures.  [default: comparison, here]"),
]  # fmt: skip
PatchOption = Annotated[
    int | None,
    typer.Option("--patch", metavar="PX", min=1, max=4096, show_default=False,
                 help="Edge of the patches.  [default: 256, or the smallest edge of an image]"),
]  # fmt: skip
PatchesOption = Annotated[
    int | None,
    typer.Option("--patches", metavar="N", min=1, max=10**6, show_default=False,
                 help="Patches of either side, at most.  [default: 150]"),
]  # fmt: skip
SeedOption = Annotated[
    int | None, typer.Option("--seed", metavar="N", show_default=False, help="Of all draws.  [default: 0]")
]


def compare(
    real: RealArgument = None,
    synthetic: SyntheticArgument = None,
    out: OutOption = None,
    patch: PatchOption = None,
    patches: PatchesOption = None,
    seed: SeedOption = None,
    quiet: QuietOption = False,
    debug: DebugOption = False,
    preset: PresetOption = None,
    set_: SetOption = None,
    redo: RedoOption = False,
    dry_run: DryRunOption = False,
    force: ForceOption = False,
) -> None:
    """Train a small classifier to tell synthetic patches from real ones, and say how often it errs (50 % is perfect).

    With the same for real patches against real ones, kernel and sliced-Wasserstein distances, and by what the two are
    told apart. With a project, of its run; stages it needs run first if they are not finished.
    """
    with explained(debug):
        if real is None or synthetic is None:
            refuse_unused({"--out": out, "--patch": patch, "--patches": patches, "--seed": seed}, "a project")
            if real is not None and real.is_dir():
                raise typer.BadParameter("name a second folder, of the synthetic images.", param_hint="SYNTHETIC")
            perform(Request(real, preset, set_ or (), dry_run, force, quiet, redo), target="compare")
            return
        flags = {"--redo": redo or None, "--dry-run": dry_run or None, "--force": force or None}
        refuse_unused({"--preset": preset, "--set": set_ or None, **flags}, "two folders")
        from diffrendergan.pipeline.comparing import compare_folders
        from diffrendergan.realism.rules import RULES
        from diffrendergan.runs.console import make_reporter

        folder = OUT if out is None else out
        compared = compare_folders(
            real, synthetic, folder, make_reporter(quiet), patch, patches or RULES.patches, seed or 0
        )
        show_comparison(compared)
        typer.echo(f"wrote {folder}/comparison.json, comparison.png, curves.png")


def show_comparison(comparison: Comparison) -> None:
    """Print what a comparison found: a table, and sentences."""
    from rich import box
    from rich.table import Table

    from diffrendergan.cli.tables import for_tables
    from diffrendergan.realism.comparison import COLUMNS

    console = for_tables()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for number, title in enumerate(COLUMNS):
        table.add_column(title, justify="right" if number else "left")
    for row in comparison.rows:
        table.add_row(*row)
    console.print(table)
    # Sentences are wrapped by whoever shows them.
    for sentence in (comparison.headline, *comparison.sentences, *comparison.notes):
        console.print(sentence, markup=False, soft_wrap=True)
