"""Which scans train and which are kept back. A scan is never divided between the two."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from diffrendergan.config.words import some
from diffrendergan.errors import ConfigError
from diffrendergan.image_files.names import nfc
from diffrendergan.runs import seeds


@dataclass(frozen=True)
class Split:
    """Names of the scans on either side, each sorted."""

    train: tuple[str, ...]
    test: tuple[str, ...]


def split_scans(
    names: Sequence[str],
    test_fraction: float,
    test_scans: Sequence[str] | None,
    seed: int,
    twins: Sequence[Sequence[str]] = (),
) -> Split:
    """Split scans into training and test scans.

    Parameters
    ----------
    names : sequence of str
        All scans, without file ending.
    test_fraction : float
        Fraction to keep back, rounded to whole scans: at least one if it is not 0, and never all.
    test_scans : sequence of str or None
        Names of the test scans; if given, nothing is drawn.
    seed : int
        The project's seed.
    twins : sequence of sequences of str
        Scans that show the same pixels under several names: they stay on one side.

    Raises
    ------
    ConfigError
        If a test scan does not exist, if no training scan is left, or if `test_scans` parts twins.

    Notes
    -----
    Source: METHOD §1 (about 80/20).
    """
    ordered = sorted(names)
    if test_scans is not None:
        wanted = [nfc(name) for name in test_scans]
        for name in wanted:
            if name not in ordered:
                raise ConfigError(unknown_scan("data.test_scans", name, ordered))
        test = sorted(set(wanted))
    else:
        test = _drawn(ordered, test_fraction, seed, twins)
    train = [name for name in ordered if name not in set(test)]
    if not train:
        raise ConfigError("data.test_scans names all scans, so that none is left to train on; remove some.")
    require_together(twins, test, "data.test_scans")
    return Split(tuple(train), tuple(test))


def _drawn(ordered: Sequence[str], test_fraction: float, seed: int, twins: Sequence[Sequence[str]]) -> list[str]:
    """Draw the test scans, twins together; without twins one scan after the other."""
    groups = grouped(ordered, twins)
    count = round(test_fraction * len(ordered))
    if test_fraction > 0:
        count = max(1, count)
    order = seeds.generator(seed, "prepare", "split").permutation(len(groups))
    test: list[str] = []
    for index in order[:-1]:  # one group is left to train on
        if len(test) + len(groups[index]) <= count:
            test += groups[index]
    if count and not test and len(groups) > 1:  # every group is larger than what was asked for
        smallest = min(len(group) for group in groups)
        test += next(groups[index] for index in order if len(groups[index]) == smallest)
    return sorted(test)


def grouped(ordered: Sequence[str], twins: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """Return the names in groups that must stay together: twins, and every other name alone; sorted by their first."""
    together = {name: tuple(sorted(group)) for group in twins for name in group}
    return list(dict.fromkeys(together.get(name, (name,)) for name in ordered))


def require_together(twins: Sequence[Sequence[str]], test: Collection[str], where: str) -> None:
    """Refuse a split that puts equal scans on both sides; `where` says what chose it.

    Raises
    ------
    ConfigError
        Naming the first.
    """
    for group in twins:
        kept_back = [name for name in group if name in test]
        learnt = [name for name in group if name not in test]
        if kept_back and learnt:
            raise ConfigError(
                f"{where} keeps back {some(kept_back)}, whose pixels are trained on as {some(learnt)}: scores "
                "would be those of a scan that the network knows; name both as test scans, or remove the copy."
            )


def unknown_scan(where: str, name: str, known: Collection[str]) -> str:
    """Say in one sentence that a scan does not exist, with the nearest names that do."""
    near = difflib.get_close_matches(name, sorted(known), n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"the scans are {some(sorted(known))}."
    return f"{where}: there is no scan {name!r} (names are without file ending); {hint}"
