"""`export`, `import` and `zoo`: networks that travel."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from diffrendergan.cli.errors import explained, for_terminal
from diffrendergan.cli.options import DebugOption, QuietOption

app = typer.Typer(
    help="Collections of models: folders of packages with an index, on a disk or behind an address.",
    no_args_is_help=True,
)
IndexOption = Annotated[
    str,
    typer.Option("--index", "-i", metavar="PLACE", envvar="DIFFRENDERGAN_ZOO", show_default=False,
                 help="Folder, index.json or address of the collection."),
]  # fmt: skip
ReplaceOption = Annotated[bool, typer.Option("--force", help="Replace what is there.")]
FolderArgument = Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder to make, for `quantify --model`.")]


def export_model(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Run folder with a trained network; or `generalist`.")],
    package: Annotated[
        Path, typer.Argument(metavar="FILE", help="Package to write, NAME.zip; or the network alone, NAME.onnx.")
    ],
    name: Annotated[
        str | None, typer.Option("--name", metavar="TEXT", help="Of the model.  [default: the project's]",
                                 show_default=False)
    ] = None,
    author: Annotated[
        list[str] | None, typer.Option("--author", metavar="NAME", help="Who made it; may be repeated.")
    ] = None,
    licence: Annotated[
        str | None,
        typer.Option("--licence", "--license", metavar="SPDX", help="For example CC-BY-4.0.", show_default=False),
    ] = None,
    description: Annotated[
        str, typer.Option("--description", metavar="TEXT", help="One sentence.", show_default=False)
    ] = "",
    seed: Annotated[
        int | None,
        typer.Option("--seed", metavar="N", help="Which of the run's networks.  [default: first]", show_default=False),
    ] = None,
    force: ReplaceOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:  # fmt: skip
    """Write a network as a package of bioimage.io: ONNX and safetensors, tests, and what its use needs.

    Under a name that ends in .onnx: the network alone, also one that another package brings. Nothing in it is a
    pickle, and nothing tells of the scans behind it. Needs the extra `models`.
    """
    with explained(debug):
        from diffrendergan.exchange.models.alone import ENDING, export_onnx
        from diffrendergan.exchange.models.writing import about_of, export_model
        from diffrendergan.runs.console import make_reporter

        if package.suffix.lower() == ENDING:
            grain = export_onnx(run, package, seed, force)
            typer.echo(f"wrote {package}: edges of images are multiples of {grain} px; how scans are read is not in it")
            return
        about = about_of(run, name, tuple(author or ()), licence, description)
        made = export_model(run, package, about, make_reporter(quiet), seed, force)
        typer.echo(f"wrote {made}: read it with `diffrendergan import {made} FOLDER`, or in programs for bioimage.io")


def import_model(
    package: Annotated[Path, typer.Argument(metavar="ZIP", help="Package that `export` wrote.")],
    folder: FolderArgument,
    force: ReplaceOption = False,
    debug: DebugOption = False,
) -> None:
    """Read a package that `export` wrote; each file is checked, and nothing is unpickled."""
    with explained(debug):
        from diffrendergan.exchange.models.reading import import_model

        _said(import_model(package, folder, force))


@app.command("list")
def list_models(index: IndexOption, debug: DebugOption = False) -> None:
    """Show the models of a collection."""
    with explained(debug):
        from diffrendergan.exchange.models.zoo import read_index

        models = read_index(index)
        for name, entry in models.items():
            size = "" if entry.pixel_size_nm is None else f"{entry.pixel_size_nm:.4g} nm per pixel"
            facts = ", ".join(filter(None, (f"{entry.bytes / 1e6:.1f} MB", size, entry.licence or "no licence")))
            typer.echo(for_terminal(f"{name}  ({facts})\n    {entry.description}"))
        if not models:
            typer.echo(f"{index} holds no model yet; put one there with `diffrendergan zoo add FOLDER ZIP`.")


@app.command("get")
def get_model(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the model, as `zoo list` shows it.")],
    folder: FolderArgument,
    index: IndexOption,
    force: ReplaceOption = False,
    debug: DebugOption = False,
) -> None:
    """Fetch a model of a collection, checked by its SHA-256."""
    with explained(debug):
        from diffrendergan.exchange.models.zoo import get_model

        _said(get_model(index, name, folder, force))


@app.command("add")
def add_model(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Of the collection; made if it is not there.")],
    package: Annotated[Path, typer.Argument(metavar="ZIP", help="Package that `export` wrote.")],
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="In the collection.  [default: the file's]", show_default=False),
    ] = None,
    debug: DebugOption = False,
) -> None:
    """Put a package into a collection: a folder that may be copied to a shared disk or behind a web server."""
    with explained(debug):
        from diffrendergan.exchange.models.zoo import add_model

        entry = add_model(folder, package, name)
        typer.echo(f"{entry.name} is in {folder}: `diffrendergan zoo get {entry.name} MODEL --index {folder}`")


def _said(folder: Path) -> None:
    typer.echo(f"wrote {folder}: use it with `diffrendergan quantify SCANS --model {folder}`")
