"""`benchmark`: the protocol of the paper's Table 1 on a published data set, or on annotated scans of one's own."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from diffrendergan.cli.commands.score_options import PredKindOption, PredSuffixOption
from diffrendergan.cli.errors import explained
from diffrendergan.cli.options import (
    PROJECT_ENDINGS,
    ClusterOption,
    DebugOption,
    KindChoice,
    QuietOption,
    SetOption,
    refuse_unused,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from diffrendergan.evaluation.scoring import Row
    from diffrendergan.pipeline.benchmark.rows import Kind
    from diffrendergan.pipeline.benchmark.settings import BenchmarkSettings
    from diffrendergan.pipeline.benchmark.subject import Subject
    from diffrendergan.runs.reporter import Reporter


def benchmark(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="SUBJECT",
            help="A project file (YAML) whose `data` names scans and masks, or a published data set: tio2-sem.",
        ),
    ],
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", metavar="FOLDER", help="Where `fetch` put a data set; else it is downloaded into OUT/data."
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Gets everything.")] = Path("benchmark"),
    synthetic: Annotated[
        list[str] | None,
        typer.Option("--synthetic", metavar="NAME=FOLDER", help="A synthetic set made elsewhere; may be repeated."),
    ] = None,
    predictions: Annotated[
        list[str] | None,
        typer.Option(
            "--predictions", metavar="NAME=FOLDER", help="Label images that another program found; may be repeated."
        ),
    ] = None,
    pred_suffix: PredSuffixOption = None,
    pred_kind: PredKindOption = KindChoice.auto,
    rows: Annotated[
        str | None,
        typer.Option(
            "--rows",
            help="Which of learned, fitted, adversary, no-background, randomised, real, run, generalist, classical; "
            "separated by commas.  [default: of a data set all but run; of a project run, generalist, classical]",
            show_default=False,
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="ROW",
            help="The row that the others are compared with.  [default: the first of real, run, generalist, otsu]",
            show_default=False,
        ),
    ] = None,
    folds: Annotated[int, typer.Option("--folds", min=2, max=1000, help="Folds of the cross-validation.")] = 4,
    splits: Annotated[
        str | None,
        typer.Option("--splits", help="Do only these: fold_0, fold_1, ..., test (the scans kept back)."),
    ] = None,
    seeds: Annotated[
        str | None,
        typer.Option(
            "--seeds",
            help="A network is trained for each.  [default: 0,1,2; of a project its evaluation.seeds]",
            show_default=False,
        ),
    ] = None,
    set_: SetOption = None,
    cluster: ClusterOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be trained and scored, and what is finished.")
    ] = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Compare what networks learn from synthetic images, from real masks and without any, by one protocol.

    Of a project, what needs no training is scored unless --rows asks for more: its run's own networks, the packaged
    generalist, thresholds, and what other programs found (--predictions).
    """
    with explained(debug):
        from diffrendergan.pipeline.benchmark.options import OF_PROJECTS, OPTIONS, choose_seeds, naming_options

        of_project = subject.lower().endswith(PROJECT_ENDINGS)
        with nullcontext() if of_project else naming_options():
            from diffrendergan.pipeline.benchmark.rows import choose_sources
            from diffrendergan.pipeline.benchmark.settings import BenchmarkSettings
            from diffrendergan.pipeline.benchmark.table import check_reference
            from diffrendergan.runs.console import make_reporter

            reporter, names, overrides = make_reporter(quiet), _words("--rows", rows), tuple(set_ or ())
            # What is wrong with the options is said before anything is downloaded.
            asked = partial(choose_sources, names, synthetic or (), predictions or ())
            if of_project:
                refuse_unused({"--data": data}, "a project, whose file names its scans")
                about, usual = _annotated(Path(subject), overrides, names, reporter)
                sources = asked(usual)
                chosen_seeds = choose_seeds(seeds, overrides, OF_PROJECTS, None)
            else:
                sources = asked()
                chosen_seeds = choose_seeds(seeds, overrides, OPTIONS)
                about = _published(subject, data, out, dry_run, reporter)
            check_reference(against, sources)
            settings = BenchmarkSettings(
                subject=about,
                out=out.resolve(),
                sources=sources,
                folds=folds,
                only=_words("--splits", splits),
                seeds=chosen_seeds,
                overrides=overrides,
                against=against,
                pred_suffix=pred_suffix,
                pred_kind=pred_kind.value,
            )
            if dry_run:
                _show_outlook(settings, reporter)
            else:
                from diffrendergan.runs.cluster.backend import on_cluster

                with on_cluster(cluster, settings.out, reporter):
                    _run(settings, reporter)
                typer.echo(f"wrote {out / 'table.md'}, table.csv, scores.csv and benchmark.json")


def _annotated(
    path: Path, overrides: Sequence[str], rows: Sequence[str] | None, reporter: Reporter
) -> tuple[Subject, tuple[Kind, ...]]:
    """Return a project as a subject, and its usual rows: that of its run only where there is a network."""
    from diffrendergan.pipeline.benchmark.annotated import AnnotatedProject
    from diffrendergan.pipeline.benchmark.given import has_run

    about = AnnotatedProject(path.resolve())
    project = about.project(overrides)
    if rows is not None or has_run(project):
        return about, about.rows
    reporter.note(f"{project.run} holds no trained network yet, so that there is no row run.")
    return about, tuple(kind for kind in about.rows if kind != "run")


def _published(name: str, data: Path | None, out: Path, dry_run: bool, reporter: Reporter) -> Subject:
    from diffrendergan.errors import ConfigError
    from diffrendergan.micrographs.datasets import DATASETS
    from diffrendergan.pipeline.benchmark.published import PublishedSet

    if name not in DATASETS:
        raise ConfigError(
            f"{name} is no published data set ({', '.join(DATASETS)}) and no project file (ending in .yaml); "
            f"`diffrendergan init` writes one for a folder of scans, to which data.masks adds their annotations."
        )
    return PublishedSet(name, _scans(name, data, out, dry_run, reporter).resolve())


def _scans(dataset: str, data: Path | None, out: Path, dry_run: bool, reporter: Reporter) -> Path:
    """Return the folder of the scans, downloading them if none is named."""
    from diffrendergan.errors import ConfigError
    from diffrendergan.micrographs.datasets import fetch

    if data is not None:
        return data
    place = out / "data"
    if not dry_run:
        return fetch(dataset, place, reporter=reporter).images.parent
    if not place.is_dir():
        raise ConfigError("--dry-run downloads nothing; name the folder of the scans with --data.")
    return place


def _show_outlook(settings: BenchmarkSettings, reporter: Reporter) -> None:
    from diffrendergan.pipeline.benchmark.outlook import outlook

    for line in outlook(settings, reporter):
        typer.echo(line)


def _run(settings: BenchmarkSettings, reporter: Reporter) -> None:
    from diffrendergan.cli.tables import for_tables
    from diffrendergan.pipeline.benchmark.run import run_benchmark
    from diffrendergan.pipeline.benchmark.table import parts_of

    made = run_benchmark(settings, reporter)
    for name, chosen in parts_of(made.splits, made.rows).items():
        for_tables().print(_table(name, chosen))


def _words(option: str, text: str | None) -> tuple[str, ...] | None:
    """Return the words of ``a,b``, None for all."""
    if text is None:
        return None
    words = tuple(word.strip() for word in text.split(",") if word.strip())
    if not words:
        from diffrendergan.errors import ConfigError

        raise ConfigError(f"{option} is empty; name some, or leave the option out for all.")
    return words


def _table(name: str, rows: list[Row]) -> Table:
    """Return the mean scores of each row and decoding on some scans."""
    from rich import box
    from rich.table import Table

    from diffrendergan.evaluation.scoring import summarize

    table = Table(title=name, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("row", "particles by", "scans", "seeds"):
        table.add_column(title)
    for title in ("DSC", "IoU", "AP50", "PQ"):
        table.add_column(title, justify="right")
    for entry in summarize(rows, resamples=1):
        cells = [f"{entry[measure]['mean']:.3f}" for measure in ("dsc", "foreground_iou", "ap50", "pq")]
        table.add_row(entry["method"], entry["decoding"], str(entry["scans"]), str(entry["seeds"]), *cells)
    return table
