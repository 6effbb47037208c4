"""The trained network of a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from diffrendergan.api.scans import fitted_scan, read_by
from diffrendergan.micrographs.types import Micrograph

if TYPE_CHECKING:
    from diffrendergan.segmentation.trained import TrainedSegmenter


@dataclass(frozen=True)
class Segmenter:
    """The trained network of a run, for any scan of that kind.

    Attributes
    ----------
    trained : diffrendergan.segmentation.trained.TrainedSegmenter
        The network, with the rules by which its scans are read.
    """

    trained: TrainedSegmenter

    @classmethod
    def load(
        cls, run: str | Path, seed: int | None = None, decoding: str | None = None, min_region_px: int | None = None
    ) -> Segmenter:
        """Open the network of a run folder.

        Parameters
        ----------
        run : path
            A run folder in which `segment` is finished.
        seed : int, optional
            Which of its networks; by default the first of `evaluation.seeds`.
        decoding : str, optional
            ``watershed``, ``components`` or ``distance``, in place of the run's.
        min_region_px : int, optional
            Smaller regions are dropped [px], in place of the run's.

        Raises
        ------
        RunFolderError
            If it is no run folder, or holds no trained network.
        ConfigError
            If there is no such seed or decoding.
        """
        from diffrendergan.segmentation.trained import load_trained

        return cls(load_trained(Path(run), seed, decoding, min_region_px))

    def segment(
        self, image: str | Path | ArrayLike | Micrograph, pixel_size_nm: float | None = None
    ) -> NDArray[np.int32]:
        """Return the particles of a scan.

        Parameters
        ----------
        image : path, array (H, W) or Micrograph
            A file, which is read as the command `quantify` reads it; what `read_scan` read; or the numbers as a file
            stores them: uint8, uint16, or in [0, 1], without a data bar. Grey values are brought to the range of the
            training scans by the run's own rule, for this image alone (`quantify` finds one range for a folder);
            that, and what is doubtful, is warned of.
        pixel_size_nm : float, optional
            Edge of a pixel [nm]; where it is known, a scale that the network does not know is refused.

        Returns
        -------
        int32 (H, W)
            0 ground, 1..k particles.

        Raises
        ------
        DataError
            If it is no grey image, or its grey range or scale is not what the network was trained for.
        """
        if isinstance(image, str | Path):
            return self.trained.segment(read_by(self.trained, Path(image), pixel_size_nm))
        return self.trained.segment(fitted_scan(image, pixel_size_nm, self.trained))
