"""A synthetic set in the raw layout of nnU-Net, with the real background patches."""

from __future__ import annotations

from pathlib import Path

from diffrendergan.exchange.sets.options import Options
from diffrendergan.exchange.sets.source import SyntheticSet
from diffrendergan.runs.reporter import Reporter
from diffrendergan.synthesis.nnunet import write_nnunet


def write_raw(images: SyntheticSet, out: Path, options: Options, reporter: Reporter) -> None:
    """Write `Dataset001_NAME`; `out` is what `nnUNet_raw` must point to."""
    numbers = range(len(images))
    write_nnunet(images.folder, numbers, images.name, images.background, reporter, images.pixel_size_nm, out)
