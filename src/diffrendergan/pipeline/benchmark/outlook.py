"""What a benchmark would do, in sentences, and what of it is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from diffrendergan.pipeline.benchmark.bench import Bench, digest
from diffrendergan.pipeline.benchmark.network import Network
from diffrendergan.pipeline.benchmark.rows import Source
from diffrendergan.pipeline.benchmark.settings import BenchmarkSettings, missing_scans, seeds_of, splits_of
from diffrendergan.pipeline.benchmark.splits import FINAL, Split
from diffrendergan.pipeline.plan import training_warning
from diffrendergan.runs.reporter import Reporter, SilentReporter
from diffrendergan.runs.words import plural

State = Literal["finished", "trained", "begun", "changed", "unknown", "new"]
WORDS: dict[State, str] = {
    "finished": "finished",
    "trained": "trained, to be scored",
    "begun": "begun, to be continued",
    "changed": "to be trained anew, since images or configuration have changed",
    "unknown": "begun; kept if its images, which are missing, come out as they were",
    "new": "to be trained",
}
"""What is said of the networks."""


def outlook(settings: BenchmarkSettings, reporter: Reporter | None = None) -> list[str]:
    """Return what `run_benchmark` would do, as lines: nothing is made or written.

    Finished networks are told from others by their images, so those are read where there is any network.

    Raises
    ------
    UserError
        As `run_benchmark`, for what can be told beforehand.
    """
    splits = splits_of(settings, reporter)
    benches = [Bench(settings, split, reporter or SilentReporter()) for split in splits]
    seeds = seeds_of(settings, settings.base())
    states = {
        (bench.split.name, source.name): _states(bench, source, seeds)
        for bench in benches
        for source in settings.learned
    }
    every = [state for found in states.values() for state in found.values()]
    lines = [_count(settings, splits, seeds, every), "Rows, and what their networks are trained on:"]
    lines += [f"  {source.name}: {source.title}" for source in settings.sources]
    for bench in benches:
        lines += _of_split(bench, states)
    if settings.only is None and (missing := missing_scans(settings)):
        what = f"Split {FINAL} is not whole" if splits[-1].final else f"There is no split {FINAL}"
        lines.append(f"{what}: {missing}.")
    lines.append(
        f"Results go to {settings.out}: table.md and table.csv with the means, scores.csv with every scan, "
        "benchmark.json; networks and images to folders beside them, one for each split."
    )
    to_train = sum(state not in ("finished", "trained") for state in every)
    if warning := training_warning(benches[0].project, to_train):
        lines.append(f"Warning: {warning}.")
    return lines


def _count(settings: BenchmarkSettings, splits: tuple[Split, ...], seeds: tuple[int, ...], every: list[State]) -> str:
    if not every:
        return "No network is trained, since no row with networks is asked for."
    return (
        f"{plural(len(every), 'network')} to train and score: for {plural(len(settings.learned), 'row')}, on "
        f"{plural(len(splits), 'split')}, with {_seeds(seeds)}; {every.count('finished')} finished."
    )


def _of_split(bench: Bench, states: Mapping[tuple[str, str], Mapping[int, State]]) -> list[str]:
    split, learned = bench.split, bench.settings.learned
    others = plural(len(split.test), "other" if learned else "scan")
    if split.final:
        others = f"{plural(len(split.test), 'scan')} kept back from all development"
    trained = f"trained on {plural(len(split.train), 'scan')}, " if learned else ""
    lines = [f"Split {split.name}: {trained}scored on {others}"]
    own = [source for source in learned if source.kind in ("learned", "no-background")]
    if own and not bench.has_images(own[0]):
        lines.append("  first, its GAN and our synthetic images are made, from the unlabelled training scans")
    alike: dict[str, list[str]] = {}
    for source in learned:
        alike.setdefault(_in_words(states[split.name, source.name]), []).append(source.name)
    return [*lines, *(f"  {', '.join(names)}: {words}" for words, names in alike.items())]


def _states(bench: Bench, source: Source, seeds: tuple[int, ...]) -> dict[int, State]:
    """Return how far the networks of a row are, by seed."""
    networks = {seed: Network(bench, source, seed) for seed in seeds}
    if not any(network.is_begun for network in networks.values()):
        return dict.fromkeys(seeds, "new")
    if not bench.has_images(source):
        return {seed: "unknown" if network.is_begun else "new" for seed, network in networks.items()}
    data = bench.data(source)
    images = digest(data)
    states: dict[int, State] = {}
    for seed, network in networks.items():
        keys = network.keys(data, images)
        if not network.is_begun:
            states[seed] = "new"
        elif network.kept(keys) is not None:
            states[seed] = "finished"
        elif not network.fits(keys):
            states[seed] = "changed"
        else:
            states[seed] = "trained" if network.is_trained else "begun"
    return states


def _in_words(states: Mapping[int, State]) -> str:
    """Return ``seeds 0, 1 finished; seed 2 to be trained``."""
    told = []
    for state, words in WORDS.items():
        seeds = [seed for seed, found in states.items() if found == state]
        if seeds:
            told.append(f"{_seeds(seeds)} {words}")
    return "; ".join(told)


def _seeds(seeds: Sequence[int]) -> str:
    return f"seed{'' if len(seeds) == 1 else 's'} {', '.join(map(str, seeds))}"
