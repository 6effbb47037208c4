"""Networks that find particles: that of a run, or the packaged generalist."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from diffrendergan.api.progress import Progress, reporter_of
from diffrendergan.api.scans import fitted_scan, read_by
from diffrendergan.errors import ConfigError
from diffrendergan.micrographs.types import Micrograph

if TYPE_CHECKING:
    from diffrendergan.generalist.segmenter import Generalist
    from diffrendergan.labels.layers import Layers
    from diffrendergan.pipeline.quantify.run import QuantifySummary
    from diffrendergan.segmentation.trained import TrainedSegmenter


@dataclass(frozen=True)
class Segmenter:
    """The trained network of a run, for any scan of that kind; or the packaged generalist, for any scan.

    Attributes
    ----------
    trained : TrainedSegmenter or Generalist
        The network, with the rules by which its scans are read.
    """

    trained: TrainedSegmenter | Generalist

    @classmethod
    def load(
        cls, run: str | Path, seed: int | None = None, decoding: str | None = None, min_region_px: int | None = None
    ) -> Segmenter:
        """Open the network of a run folder.

        Parameters
        ----------
        run : path
            A run folder in which `segment` is finished, or a folder that `import` made.
        seed : int, optional
            Which of its networks; by default the first of `evaluation.seeds`.
        decoding : str, optional
            ``watershed``, ``components``, ``distance`` or ``amodal``, in place of the run's.
        min_region_px : int, optional
            Smaller regions are dropped [px], in place of the run's.

        Raises
        ------
        RunFolderError
            If it is no run folder, or holds no trained network.
        ConfigError
            If there is no such seed or decoding.
        """
        from diffrendergan.exchange.models.opening import open_model

        return cls(open_model(Path(run), seed, decoding, min_region_px))

    @classmethod
    def generalist(cls, min_region_px: int = 0, decoding: str | None = None) -> Segmenter:
        """Open the network that comes with the package, which needs no project and no training.

        It was taught by synthetic images of no material in particular (docs/generalist.md): look at what it finds.

        Parameters
        ----------
        min_region_px : int
            Smaller regions are dropped [px].
        decoding : str, optional
            `amodal` finds the whole shapes of particles that others cover, too (docs/whole-shapes.md).

        Raises
        ------
        ConfigError
            If the decoding is another: it tells particles apart in a way of its own.
        """
        from diffrendergan.generalist.whole import packaged_generalist

        return cls(packaged_generalist(min_region_px, decoding))

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

    def segment_surely(
        self, image: str | Path | ArrayLike | Micrograph, pixel_size_nm: float | None = None
    ) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Return the particles of a scan, and how sure each is: how well it is found again in other views.

        Arguments and errors are those of `segment`, beside which it takes at least as long again.

        Returns
        -------
        int32 (H, W), float64 (k + 1,)
            0 ground, 1..k particles; and the confidence of each label, in [0, 1]. That of label 0 means nothing.
        """
        # Read here and not in a function of its own: warnings name the line of the caller.
        if isinstance(image, str | Path):
            found = self.trained.segment_surely(read_by(self.trained, Path(image), pixel_size_nm))
        else:
            found = self.trained.segment_surely(fitted_scan(image, pixel_size_nm, self.trained))
        return found.labels, found.confidence

    def quantify(
        self,
        images: str | Path,
        out: str | Path,
        pixel_size_nm: float | None = None,
        twins: bool = False,
        figures: bool = True,
        progress: Progress = False,
    ) -> QuantifySummary:
        """Measure the particles of all scans of a folder, as the command `quantify` does.

        Parameters
        ----------
        images : path
            Folder of micrographs, or one file.
        out : path
            Folder for tables, label images and figures (docs/quantification.md). Scans whose results are there are not
            measured again.
        pixel_size_nm : float, optional
            Edge of a pixel of all scans [nm], whatever their files say.
        twins : bool
            Correct figures by twins of the scans (docs/twins.md): the option `--twin`.
        figures : bool
            Draw figures and the data sheet.
        progress : bool or Reporter
            See `Progress`.

        Returns
        -------
        QuantifySummary
            Where `records` has a row for each scan, `pooled` the sizes of all together, `twins` what twins taught, both
            by unit, `failed` why scans could not be used, and `warnings` what to mind.

        Raises
        ------
        DataError
            If there is no scan.
        RunFolderError
            If `out` holds something else, is in use, or cannot be written.
        """
        from diffrendergan.image_files.listing import scans_at
        from diffrendergan.pipeline.quantify.run import QuantifySettings, quantify_scans

        place = Path(images)
        settings = QuantifySettings(pixel_size_nm=pixel_size_nm, figures=figures, images=place, twin=twins)
        listing = scans_at(place)
        return quantify_scans(listing.paths, self.trained, settings, Path(out), reporter_of(progress), listing)

    def segment_whole(
        self, image: str | Path | ArrayLike | Micrograph, pixel_size_nm: float | None = None
    ) -> tuple[NDArray[np.int32], Layers]:
        """Return the particles of a scan, and the whole ones, also where others cover them (docs/whole-shapes.md).

        Arguments and errors are those of `segment`.

        Returns
        -------
        int32 (H, W), Layers
            0 ground, 1..k particles, as they are seen; and the whole particles of the same numbers, which may overlap:
            `stack()` gives their masks, bool (k, H, W), `areas` their pixels.

        Raises
        ------
        ConfigError
            If the network was not taught whole shapes, or particles are told apart in another way.
        """
        from diffrendergan.pipeline.quantify.settings import WholeSegmenter

        trained = self.trained
        if isinstance(image, str | Path):
            scan = read_by(trained, Path(image), pixel_size_nm)
        else:
            scan = fitted_scan(image, pixel_size_nm, trained)
        labels, whole = trained.segment_whole(scan) if isinstance(trained, WholeSegmenter) else (None, None)
        if labels is None or whole is None:
            raise ConfigError(
                "this network predicts no whole shapes; load one of a run with `evaluation.decoding: amodal`, and with "
                "that decoding, or the generalist with decoding='amodal'."
            )
        return labels, whole
