"""The most telling patches on one picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diffrendergan.patches.contact_sheet import COLUMNS, write_contact_sheet
from diffrendergan.realism.compare import Compared
from diffrendergan.realism.rules import RULES
from diffrendergan.realism.sides import Patch, Side
from diffrendergan.runs.words import percent

SHEET = "comparison.png"


def write_sheet(path: Path, compared: Compared, real: Side, synthetic: Side) -> None:
    """Write a picture with four rows: patches of which the classifier is surest, and those that deceive it most.

    Raises
    ------
    RunFolderError
        If it cannot be written.
    """
    count = min(RULES.shown, COLUMNS, len(real.patches), len(synthetic.patches))
    rows = (
        (real, compared.real, False, "real"),
        (synthetic, compared.synthetic, True, "synthetic"),
        (synthetic, compared.synthetic, False, "synthetic"),
        (real, compared.real, True, "real"),
    )
    shown: list[tuple[Patch, str]] = []
    for side, chance, highest, truth in rows:
        taken = "synthetic" if highest else "real"
        for place in _first(chance, highest, count):
            sure = percent(chance[place] if highest else 1 - chance[place])
            shown.append((side.patches[place], f"{truth}; {taken} to {sure}"))
    write_contact_sheet(
        path,
        [patch.pixels for patch, _ in shown],
        [caption for _, caption in shown],
        "Rows: surest real ones; surest synthetic ones; synthetic ones most taken for real; real ones most taken for "
        "synthetic",
        columns=count,
    )


def _first(chance: NDArray[np.float64], highest: bool, count: int) -> NDArray[np.int64]:
    order = np.argsort(np.where(np.isfinite(chance), -chance if highest else chance, np.inf), kind="stable")
    return np.asarray(order[:count])
