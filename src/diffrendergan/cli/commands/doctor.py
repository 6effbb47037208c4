"""`doctor`: what works on this machine, and how to mend what does not."""

from __future__ import annotations

import typer

from diffrendergan.cli.errors import explained
from diffrendergan.cli.options import DebugOption

_COLOURS = {"ok": typer.colors.GREEN, "optional": typer.colors.YELLOW, "problem": typer.colors.RED}


def doctor(debug: DebugOption = False) -> None:
    """Check what works on this machine, and say how to mend what does not."""
    with explained(debug):
        from diffrendergan.cli.commands.checks import CHECKS

        healthy = True
        for check in CHECKS:
            finding = check()
            typer.secho(f"{finding.state:<8}", fg=_COLOURS[finding.state], nl=False)
            typer.echo(f" {finding.name}: {finding.detail}")
            if finding.mend:
                typer.echo(f"         → {finding.mend}")
            healthy = healthy and not finding.fatal
        if not healthy:
            raise typer.Exit(1)
        typer.echo("Everything that is needed works.")
