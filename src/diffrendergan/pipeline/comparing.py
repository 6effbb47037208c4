"""Two folders of images compared, with the files that this leaves."""

from __future__ import annotations

from pathlib import Path

from diffrendergan.metrics.features import FeatureExtractor
from diffrendergan.realism.compare import compare_sides
from diffrendergan.realism.comparison import Comparison, write_comparison
from diffrendergan.realism.folders import read_folders
from diffrendergan.realism.rules import RULES
from diffrendergan.realism.sheet import SHEET, write_sheet
from diffrendergan.realism.sides import prepared_sides
from diffrendergan.realism.stage import packaged_network
from diffrendergan.runs import seeds
from diffrendergan.runs.reporter import Reporter

CURVES = "curves"


def compare_folders(
    real: Path,
    synthetic: Path,
    out: Path | None,
    reporter: Reporter,
    patch_px: int | None = None,
    patches: int = RULES.patches,
    seed: int = 0,
    network: FeatureExtractor | None = None,
) -> Comparison:
    """Compare the images of two folders.

    Parameters
    ----------
    real, synthetic : Path
        Folders of scans, or of images as large as a patch.
    out : Path or None
        Gets `comparison.json`, `comparison.png`, `curves.png` and `curves.svg`; None writes nothing.
    reporter : Reporter
        Shows progress.
    patch_px : int, optional
        Edge of the patches [px]; by default 256, or the smallest edge of an image.
    patches : int
        Patches of either side, at most.
    seed : int
        Of all draws.
    network : FeatureExtractor, optional
        By default the packaged one.

    Raises
    ------
    DataError
        If the images cannot be read or compared.
    RunFolderError
        If a file cannot be written.
    """
    found = read_folders(real, synthetic, patch_px, patches, seed, reporter)
    generator = seeds.generator(seed, "compare", "patches")
    one, other, said = prepared_sides(found.real, found.synthetic, patches, generator)
    compared = compare_sides(one, other, network or packaged_network(), seed, reporter, [*found.notes, *said])
    if out is not None:
        # Drawing is imported here: a comparison from Python needs none.
        from diffrendergan.reporting.figures.comparison_figures import comparison_curves
        from diffrendergan.reporting.figures.drawing import write_figure

        write_sheet(out / SHEET, compared, one, other)
        write_figure(out, CURVES, comparison_curves(compared.comparison.curves))
        write_comparison(out, compared.comparison)
    return compared.comparison
