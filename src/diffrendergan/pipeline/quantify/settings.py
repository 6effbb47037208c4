"""What `quantify` needs: something that segments scans, and what the user chose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from diffrendergan.image_files.pages import Choice
from diffrendergan.labels.layers import Layers
from diffrendergan.micrographs.grey_range import TrainedGrey
from diffrendergan.micrographs.rules import ReadingRules
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.quantification.results import DRAWS
from diffrendergan.segmentation.agreement import Found

Structure = Literal["particles", "wires"]


class ScanReader(Protocol):
    """Knows how scans must be read."""

    @property
    def rules(self) -> ReadingRules:
        """How scans are read where the user chose nothing else."""
        ...

    @property
    def grey(self) -> TrainedGrey | None:
        """What a network's training scans look like; None where no network has to know the grey values."""
        ...


class ScanSegmenter(ScanReader, Protocol):
    """Tells the particles of a scan apart."""

    def segment(self, scan: Micrograph) -> NDArray[np.int32]:
        """Return the particles of a scan (H, W): 0 background, particles above.

        Rows at the bottom of which nothing is known are left out, and are then no part of the scan.

        Raises
        ------
        DataError
            If the scan does not suit it.
        """
        ...

    def describe(self) -> dict[str, Any]:
        """Return what decides the results, as values for JSON; `model` or `labels` says where it lies."""
        ...

    def files(self, name: str) -> Sequence[Path]:
        """Return the files that decide the results of one scan only, beside its own.

        Raises
        ------
        DataError
            If one is missing.
        """
        ...

    @property
    def doubts(self) -> Sequence[str]:
        """What is doubtful of what it takes the particles from, a sentence each."""
        ...

    @property
    def structure(self) -> Structure:
        """What the scans show."""
        ...


@runtime_checkable
class DoubtingSegmenter(Protocol):
    """A segmenter that knows for each scan how far it is to be trusted."""

    def segment_and_doubt(self, scan: Micrograph) -> tuple[NDArray[np.int32], tuple[str, ...]]:
        """Return the particles of a scan (H, W), as `segment` does, and what is doubtful of them, a sentence each."""
        ...


@runtime_checkable
class SureSegmenter(Protocol):
    """A segmenter that knows of each particle how sure it is."""

    def segment_surely(self, scan: Micrograph) -> Found:
        """Return the particles of a scan, as `segment` does, what is doubtful of them, and how sure each is."""
        ...


Repeat = Callable[[NDArray[np.float32]], NDArray[np.int32]]
"""Finds the particles of an image (H, W) as those of a certain scan were found."""


@runtime_checkable
class RepeatingSegmenter(Protocol):
    """A segmenter that chooses for each scan how to look at it."""

    def segment_and_repeat(self, scan: Micrograph) -> tuple[NDArray[np.int32], Repeat]:
        """Return the particles of a scan (H, W), and what finds those of further images in the same way."""
        ...


@runtime_checkable
class WholeSegmenter(Protocol):
    """A segmenter that may know how particles go on under others."""

    def segment_whole(self, scan: Micrograph) -> tuple[NDArray[np.int32], Layers | None]:
        """Return the particles of a scan, as `segment` does, and the whole ones of the same numbers, if known."""
        ...


@runtime_checkable
class ScaledSegmenter(Protocol):
    """A segmenter that was trained at one magnification."""

    def scale_doubts(self, scan: Micrograph) -> tuple[str, ...]:
        """Say that the magnification of a scan could not be compared with that one; at most one sentence."""
        ...


@runtime_checkable
class JudgedSegmenter(Protocol):
    """A segmenter that was judged without labels."""

    @property
    def verdict(self) -> str:
        """What is thought of it, a sentence; empty where nothing is known."""
        ...


@dataclass(frozen=True)
class QuantifySettings:
    """What the user chose; None and "auto" leave it to the segmenter and the files."""

    structure: Structure | Literal["auto"] = "auto"
    pixel_size_nm: float | None = None
    """Edge of a pixel of all scans [nm], whatever their files say."""
    data_bar: int | None = None
    """Rows to crop at the bottom of all scans [px]."""
    series: Choice = None
    """Which of several images in each file, counted from 1, or its name."""
    channel: Choice = None
    """Which of several detectors, in the same way."""
    nm_per_number: float | None = None
    """Nanometres that one of the numbers of all scans is worth: they are height maps, whatever their files say."""
    tip_radius_nm: float | None = None
    """Radius of the tip that made them [nm]."""
    bootstrap: int = DRAWS
    """How often particles are drawn again for the confidence intervals; 0 leaves them out."""
    seed: int = 0
    """Of these draws."""
    figures: bool = True
    """Draw figures. Without, those of scans that are kept stay."""
    sheet: bool | None = None
    """Draw the data sheet, and the page of the least certain particles; None: where figures are drawn."""
    images: Path | None = None
    """Folder or file that the scans are from, for the record."""
    confidence: bool = True
    """Look at each scan again in other ways to tell how sure each particle is, where there is a network."""
    min_confidence: float = 0.0
    """Less sure particles are left out, in [0, 1]."""
    sections: bool = False
    """Scans are sections: also tell the sizes of balls from those of the discs that are cut of them."""
    twin: bool = False
    """Make twins of the scans, and correct the figures of all of them together by what those teach."""
    sample: str | None = None
    """What the data sheet is of; by default the name of the folder of the scans."""
    force: bool = False
    """Measure all scans anew, and use a folder that holds something else."""
    read: Callable[[Path], Micrograph] | None = None
    """Reads a scan; by default it is read as the segmenter's own were."""
    pixel_size_option: str = "--pixel-size-nm"
    """How the user gives a pixel size that the files do not say."""
    min_region_option: str | None = "--min-region-px"
    """How the user drops small particles; None where nothing does."""

    @property
    def pages(self) -> bool:
        """Whether the data sheet and the page of the least certain particles are drawn."""
        return self.figures if self.sheet is None else self.sheet
