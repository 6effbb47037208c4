"""`run`, and a command for each stage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from diffrendergan.cli.errors import explained
from diffrendergan.cli.options import (
    ClusterOption,
    DebugOption,
    DryRunOption,
    ForceOption,
    PresetOption,
    ProjectArgument,
    QuietOption,
    RedoOption,
    SetOption,
    StrictOption,
    WithRealOption,
    asked_project,
)


@dataclass(frozen=True)
class Request:
    """What a command was asked for."""

    path: Path | None
    preset: str | None = None
    overrides: Sequence[str] = ()
    dry_run: bool = False
    force: bool = False
    quiet: bool = False
    redo: bool = False
    with_real: bool = False
    strict: bool = False
    cluster: str | None = None


def run(
    project: ProjectArgument = None,
    preset: PresetOption = None,
    set_: SetOption = None,
    with_real: WithRealOption = False,
    strict: StrictOption = False,
    dry_run: DryRunOption = False,
    cluster: ClusterOption = None,
    force: ForceOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Run all stages; those that are finished and still fit are skipped."""
    with explained(debug):
        request = Request(
            project, preset, set_ or (), dry_run, force, quiet, with_real=with_real, strict=strict, cluster=cluster
        )
        perform(request, target=None)


def stage_command(name: str, what: str) -> Callable[..., None]:
    """Return the command of a stage, with the stages it needs."""

    def command(
        project: ProjectArgument = None,
        preset: PresetOption = None,
        set_: SetOption = None,
        redo: RedoOption = False,
        dry_run: DryRunOption = False,
        cluster: ClusterOption = None,
        force: ForceOption = False,
        quiet: QuietOption = False,
        debug: DebugOption = False,
    ) -> None:
        with explained(debug):
            perform(Request(project, preset, set_ or (), dry_run, force, quiet, redo, cluster=cluster), target=name)

    command.__doc__ = f"{what} Stages it needs run first if they are not finished."
    return command


def fit(
    project: ProjectArgument = None,
    preset: PresetOption = None,
    set_: SetOption = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Project file to write as well, whose learned ranges are those of the fit.",
            show_default=False,
        ),
    ] = None,
    redo: RedoOption = False,
    dry_run: DryRunOption = False,
    cluster: ClusterOption = None,
    force: ForceOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Fit the look to the scans by their statistics, without labels and without an adversary: a few minutes.

    Stages it needs run first if they are not finished. `generator.draw` has to be fitted.
    """
    with explained(debug):
        from diffrendergan.errors import ConfigError

        if output is not None and project is None:
            raise ConfigError("-o writes a changed copy of a project file; give the project file as well.")
        if output is not None and (preset or any(not text.startswith("run=") for text in set_ or ())):
            raise ConfigError("-o writes a changed copy of the project file: write what --set or --preset say into it.")
        if output is not None and output.exists() and not force:
            raise ConfigError(f"{output} exists already; choose another name, or give --force to replace it.")
        perform(Request(project, preset, set_ or (), dry_run, force, quiet, redo, cluster=cluster), target="fit")
        if output is not None and project is not None and not dry_run:
            from diffrendergan.pipeline.fitting import write_fitted

            write_fitted(project, output, asked_project(project, preset, set_ or ()).run)
            typer.echo(f"wrote {output}")


def evaluate(
    project: ProjectArgument = None,
    preset: PresetOption = None,
    set_: SetOption = None,
    with_real: WithRealOption = False,
    redo: RedoOption = False,
    dry_run: DryRunOption = False,
    cluster: ClusterOption = None,
    force: ForceOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Score the predictions on the test scans. Stages it needs run first if they are not finished.

    Label images of any tool, without a project, are scored by `score`.
    """
    with explained(debug):
        asked = Request(project, preset, set_ or (), dry_run, force, quiet, redo, with_real, cluster=cluster)
        perform(asked, target="evaluate")


def perform(request: Request, target: str | None) -> None:
    """Load the project and run it up to `target`, or show what that would do."""
    from diffrendergan.config.load import dump_project
    from diffrendergan.runs.cluster.backend import check_cluster

    check_cluster(request.cluster)
    project = asked_project(request.path, request.preset, request.overrides)
    # Not before: who misspelt a name need not wait for PyTorch.
    from diffrendergan.pipeline.runner import Asked, plan_project, run_project

    asked = Asked(target, request.force, request.redo, {"with_real": request.with_real})
    if request.dry_run:
        decisions = plan_project(project, asked)
        typer.echo(dump_project(project))
        for decision in decisions:
            typer.echo(f"# {decision.stage.name}: {_outlook(decision.kind, decision.reason)}")
        return
    from diffrendergan.cli.results import show_results, show_verdict
    from diffrendergan.runs.cluster.backend import on_cluster
    from diffrendergan.runs.console import make_reporter

    reporter = make_reporter(request.quiet)
    with on_cluster(request.cluster, project.run, reporter):
        run_project(project, reporter, asked)
    if target in (None, "judge", "report"):
        show_verdict(project.run)
    if target in (None, "evaluate", "report"):
        show_results(project.run)
    if request.strict:
        refuse_bad(project.run)


def refuse_bad(run: Path) -> None:
    """End with an error if a run was judged bad.

    Raises
    ------
    BadRunError
        With what is wrong first.
    """
    from diffrendergan.judging.verdict import read_verdict

    verdict = read_verdict(run)
    if verdict is not None:
        verdict.refuse_bad(run)


def _outlook(kind: str, reason: str) -> str:
    words = {
        "done": "is finished",
        "restore": "earlier results fit again",
        "continue": "would continue",
        "new": "would run",
        "redo": "would run anew",
    }[kind]
    return f"{words} ({reason})" if reason else words
