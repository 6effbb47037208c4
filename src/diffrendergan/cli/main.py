"""The command `diffrendergan`.

Nothing heavy is imported here, so that `--help` is quick: commands import what they need when they run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from diffrendergan.cli.commands import authors as import_commands
from diffrendergan.cli.commands import benchmark as benchmark_commands
from diffrendergan.cli.commands import calibrate as calibrate_commands
from diffrendergan.cli.commands import compare as compare_commands
from diffrendergan.cli.commands import correct as correct_commands
from diffrendergan.cli.commands import doctor
from diffrendergan.cli.commands import export_data as export_data_commands
from diffrendergan.cli.commands import measure as measure_commands
from diffrendergan.cli.commands import models as model_commands
from diffrendergan.cli.commands import particles as particle_commands
from diffrendergan.cli.commands import preview as preview_commands
from diffrendergan.cli.commands import quantify as quantify_commands
from diffrendergan.cli.commands import run as run_commands
from diffrendergan.cli.commands import score as score_commands
from diffrendergan.cli.commands import start as start_commands
from diffrendergan.cli.commands import status as status_commands
from diffrendergan.cli.commands import studio as studio_commands
from diffrendergan.cli.commands import tiles as tile_commands
from diffrendergan.cli.commands import verify as verify_commands
from diffrendergan.cli.commands import watch as watch_commands
from diffrendergan.cli.commands.old_calls import Commands
from diffrendergan.cli.terminal import settle_encoding
from diffrendergan.runs.memory import collect_seldom
from diffrendergan.runs.threads import wait_without_spinning
from diffrendergan.version import __version__

app = typer.Typer(
    name="diffrendergan",
    cls=Commands,
    help="Annotated synthetic micrographs from a few unlabelled scans, and a particle segmenter trained on them alone.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_STAGES = {
    "prepare": "Read the scans, split them, and cut training and background patches.",
    "fit": "",
    "train": "Make particles, constellations and transport images, and train the GAN.",
    "select": "Choose the epoch whose generator is kept.",
    "synthesize": "Make annotated synthetic images with the chosen generator.",
    "segment": "Train the segmentation network on synthetic images.",
    "evaluate": "",
    "quantify": "",
    "compare": "",
    "judge": "Say without labels whether the run can be relied on.",
    "report": "Write report.html.",
}
"""The stages as commands. The table in `pipeline.stages` is not imported here: it brings pydantic with it."""


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"diffrendergan {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


@app.command()
def version() -> None:
    """Show the version."""
    _show_version(True)


app.command()(start_commands.init)
app.command()(start_commands.fetch)
app.command()(start_commands.demo)
app.command()(preview_commands.preview)
app.command()(calibrate_commands.calibrate)
app.command()(measure_commands.measure)
app.command()(run_commands.run)
_BY_HAND: dict[str, Callable[..., None]] = {
    "fit": run_commands.fit,
    "evaluate": run_commands.evaluate,
    "quantify": quantify_commands.quantify,
    "compare": compare_commands.compare,
}
"""Stages whose commands do more than to run them."""
for _name, _what in _STAGES.items():
    app.command(_name)(_BY_HAND[_name] if _name in _BY_HAND else run_commands.stage_command(_name, _what))
app.command()(watch_commands.watch)
app.command()(correct_commands.correct)
app.command()(status_commands.status)
app.command()(verify_commands.verify)
app.command()(score_commands.score)
app.command()(benchmark_commands.benchmark)
app.command("export")(model_commands.export_model)
app.command()(export_data_commands.export_data)
app.command()(tile_commands.tiles)
app.command("import")(model_commands.import_model)
app.add_typer(model_commands.app, name="zoo")
app.command()(import_commands.import_authors)
app.command()(import_commands.contact_sheet)
app.add_typer(particle_commands.app, name="particles")
app.command()(studio_commands.studio)
app.command()(doctor.doctor)


def main() -> None:
    """Run the command line."""
    collect_seldom()
    wait_without_spinning()
    settle_encoding()
    app(prog_name="diffrendergan")
