"""Other images looked at as scans were looked at, in this process or in others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.micrographs.field import upper_rows
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.pipeline.quantify.review import without_unsure
from diffrendergan.pipeline.quantify.scan import read_for
from diffrendergan.pipeline.quantify.settings import (
    QuantifySettings,
    Repeat,
    RepeatingSegmenter,
    ScanSegmenter,
    SureSegmenter,
)


class Repeating:
    """Finds the particles of an image as those of one of some scans were found; each process reads a scan once.

    Parameters
    ----------
    files : sequence of (Path, int)
        The scans, and how many of their rows were measured.
    segmenter : ScanSegmenter
    settings : QuantifySettings
    """

    def __init__(self, files: Sequence[tuple[Path, int]], segmenter: ScanSegmenter, settings: QuantifySettings) -> None:
        self._files, self._segmenter, self._settings = files, segmenter, settings
        self._repeats: dict[int, Repeat] = {}

    def __call__(self, number: int, image: NDArray[np.float32]) -> NDArray[np.int32]:
        """Return the particles of an image (H, W), found as those of scan `number`."""
        if number not in self._repeats:
            scan = read_part(*self._files[number], self._segmenter, self._settings)
            self._repeats[number] = _repeat(self._segmenter, scan, self._settings)
        return self._repeats[number](image)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_repeats": {}}


def read_part(path: Path, rows: int, segmenter: ScanSegmenter, settings: QuantifySettings) -> Micrograph:
    """Read a scan again, as far down as it was measured, `rows`."""
    scan = read_for(path, segmenter, settings) if settings.read is None else settings.read(path)
    return upper_rows(scan, rows)


def _repeat(segmenter: ScanSegmenter, scan: Micrograph, settings: QuantifySettings) -> Repeat:
    """Return what finds particles in a twin of a scan as they were found in the scan."""
    if settings.min_confidence > 0 and isinstance(segmenter, SureSegmenter):
        sure = segmenter

        def surely(pixels: NDArray[np.float32]) -> NDArray[np.int32]:
            found = sure.segment_surely(replace(scan, pixels=pixels, field=None, heights_nm=None))
            return without_unsure(found.labels, found.confidence, settings.min_confidence)[0]

        return surely
    if isinstance(segmenter, RepeatingSegmenter):
        return segmenter.segment_and_repeat(scan)[1]
    return repeat_by(segmenter.segment, scan)


def repeat_by(segment: Callable[[Micrograph], NDArray[np.int32]], scan: Micrograph) -> Repeat:
    """Return what finds the particles of further images as of a scan of which only the pixels differ."""
    # Nothing of the scan but what a twin of it has as well.
    bare = replace(scan, pixels=np.zeros((1, 1), np.float32), field=None, heights_nm=None)
    return lambda pixels: segment(replace(bare, pixels=pixels))
