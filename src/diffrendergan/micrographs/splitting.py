"""Which scans train and which are kept back. A scan is never divided between the two."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from diffrendergan.errors import ConfigError
from diffrendergan.runs import seeds


@dataclass(frozen=True)
class Split:
    """Names of the scans on either side, each sorted."""

    train: tuple[str, ...]
    test: tuple[str, ...]


def split_scans(names: Sequence[str], test_fraction: float, test_scans: Sequence[str] | None, seed: int) -> Split:
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

    Raises
    ------
    ConfigError
        If a test scan does not exist, or if no training scan is left.

    Notes
    -----
    Source: METHOD §1 (about 80/20).
    """
    ordered = sorted(names)
    if test_scans is not None:
        for name in test_scans:
            if name not in ordered:
                raise ConfigError(unknown_scan("data.test_scans", name, ordered))
        test = sorted(set(test_scans))
    else:
        count = round(test_fraction * len(ordered))
        if test_fraction > 0:
            count = max(1, count)
        count = min(count, len(ordered) - 1)
        order = seeds.generator(seed, "prepare", "split").permutation(len(ordered))
        test = sorted(ordered[index] for index in order[:count])
    train = [name for name in ordered if name not in set(test)]
    if not train:
        raise ConfigError("data.test_scans names all scans, so that none is left to train on; remove some.")
    return Split(tuple(train), tuple(test))


def unknown_scan(where: str, name: str, known: Collection[str]) -> str:
    """Say in one sentence that a scan does not exist, with the nearest names that do."""
    near = difflib.get_close_matches(name, sorted(known), n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"the scans are {_some(sorted(known))}."
    return f"{where}: there is no scan {name!r} (names are without file ending); {hint}"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
