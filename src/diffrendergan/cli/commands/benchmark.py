"""`benchmark`: the protocol of the paper's Table 1 on a published data set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from diffrendergan.cli.errors import explained
from diffrendergan.cli.options import ClusterOption, DebugOption, QuietOption, SetOption

if TYPE_CHECKING:
    from rich.table import Table

    from diffrendergan.evaluation.scoring import Row
    from diffrendergan.pipeline.benchmark.settings import BenchmarkSettings
    from diffrendergan.runs.reporter import Reporter


def benchmark(
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="A published data set: tio2-sem.")],
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="FOLDER", help="Where `fetch` put it; else it is downloaded into OUT/data."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Gets everything.")] = Path("benchmark"),
    synthetic: Annotated[
        list[str] | None,
        typer.Option("--synthetic", metavar="NAME=FOLDER", help="A synthetic set made elsewhere; may be repeated."),
    ] = None,
    rows: Annotated[
        str | None,
        typer.Option(
            "--rows", help="Which of learned, fitted, no-background, randomised, real, classical; separated by commas."
        ),
    ] = None,
    folds: Annotated[int, typer.Option("--folds", min=2, max=1000, help="Folds of the cross-validation.")] = 4,
    splits: Annotated[
        str | None,
        typer.Option("--splits", help="Do only these: fold_0, fold_1, ..., test (the scans kept back)."),
    ] = None,
    seeds: Annotated[
        str | None,
        typer.Option("--seeds", help="A network is trained for each.  [default: 0,1,2]", show_default=False),
    ] = None,
    set_: SetOption = None,
    cluster: ClusterOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be trained and scored, and what is finished.")
    ] = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Compare what networks learn from synthetic images, from real masks and without any, by one protocol."""
    with explained(debug):
        from diffrendergan.pipeline.benchmark.options import choose_seeds, naming_options

        with naming_options():
            from diffrendergan.pipeline.benchmark.rows import choose_sources
            from diffrendergan.pipeline.benchmark.settings import BenchmarkSettings
            from diffrendergan.runs.console import make_reporter

            reporter = make_reporter(quiet)
            sources = choose_sources(_words("--rows", rows), synthetic or ())
            chosen_seeds = choose_seeds(seeds, set_ or ())
            settings = BenchmarkSettings(
                dataset=dataset,
                data=_scans(dataset, data, out, dry_run, reporter).resolve(),
                out=out.resolve(),
                sources=sources,
                folds=folds,
                only=_words("--splits", splits),
                seeds=chosen_seeds,
                overrides=tuple(set_ or ()),
            )
            if dry_run:
                _show_outlook(settings, reporter)
            else:
                from diffrendergan.runs.cluster.backend import on_cluster

                with on_cluster(cluster, settings.out, reporter):
                    _run(settings, reporter)
                typer.echo(f"wrote {out / 'table.md'}, table.csv, scores.csv and benchmark.json")


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
    from rich.console import Console

    from diffrendergan.pipeline.benchmark.run import run_benchmark
    from diffrendergan.pipeline.benchmark.settings import splits_of
    from diffrendergan.pipeline.benchmark.table import parts_of

    scored = run_benchmark(settings, reporter)
    for name, chosen in parts_of(splits_of(settings), scored).items():
        Console(highlight=False).print(_table(name, chosen))


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
