"""The package's face for notebooks and scripts: what the commands do, with arrays in and arrays out.

The numbers are those of the commands: `Project.run` is `run`, `Segmenter` and `measure_particles` are `quantify`,
`Generator` is `synthesize`, `score` is `score`. Errors are `diffrendergan.errors.UserError`, each a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from diffrendergan.config.load import load_project
from diffrendergan.config.project import Project as Configuration
from diffrendergan.errors import ConfigError, DataError
from diffrendergan.metrics.segmentation import ScanScores as Scores
from diffrendergan.metrics.segmentation import score_scan
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.quantification.particles import measure_particles as measure
from diffrendergan.quantification.particles import particle_table
from diffrendergan.runs.reporter import Reporter, SilentReporter

if TYPE_CHECKING:
    from diffrendergan.micrographs.types import RawScan
    from diffrendergan.segmentation.trained import TrainedSegmenter
    from diffrendergan.synthesis.engine import SynthesisEngine

__all__ = ["Generator", "Project", "Samples", "Scores", "Segmenter", "measure_particles", "read_scan", "score"]

Labels = NDArray[np.int32]
"""A label image (H, W): 0 is ground, 1..k are particles."""
Progress = bool | Reporter
"""True shows progress and notes on standard error, False nothing; or a reporter of one's own."""


class Samples(NamedTuple):
    """Annotated synthetic micrographs."""

    images: NDArray[np.float32]
    """Grey values in [0, 1], shape (n, S, S)."""
    labels: Labels
    """Particles, shape (n, S, S)."""
    theta: NDArray[np.float32]
    """Learned parameters of each image, shape (n, P), columns as in `Generator.theta_names`."""


@dataclass(frozen=True)
class Project:
    """A project file and what it says.

    Attributes
    ----------
    file : Path
        The YAML file, to be read and edited.
    configuration : diffrendergan.config.project.Project
        What it says, every field with its default.
    """

    file: Path
    configuration: Configuration

    @classmethod
    def from_scans(
        cls,
        folder: str | Path,
        file: str | Path = "project.yaml",
        preset: str | None = None,
        progress: Progress = False,
    ) -> Project:
        """Look at a folder of micrographs and write a commented project file, as the command `init` does.

        Parameters
        ----------
        folder : path
            Micrographs.
        file : path
            The project file to write; it must not exist.
        preset : str, optional
            Preset to start from; by default the nearest.
        progress : bool or Reporter
            See `Progress`.

        Raises
        ------
        ConfigError
            If the file exists, or there is no such preset.
        DataError
            If the folder holds nothing to look at.
        """
        from diffrendergan.inspection.config_file import initial_config
        from diffrendergan.inspection.folder import inspect_folder
        from diffrendergan.runs.atomic import write_text

        target = Path(file)
        if target.exists():
            raise ConfigError(f"{target} exists already; open it with Project.open, or name another file.")
        found = inspect_folder(Path(folder), _reporter(progress))
        write_text(target, initial_config(found, Path(folder), target, preset))
        return cls.open(target)

    @classmethod
    def open(cls, file: str | Path, settings: Mapping[str, Any] | None = None) -> Project:
        """Read a project file.

        Parameters
        ----------
        file : path
            A YAML file.
        settings : mapping, optional
            Values that take the place of the file's, by dotted name: ``{"training.epochs": 5}``.

        Raises
        ------
        ConfigError
            If the file cannot be read, or a key or value is wrong.
        """
        return cls(Path(file), load_project(Path(file), None, _overrides(settings)))

    def run(self, until: str | None = None, progress: Progress = False) -> Path:
        """Run the stages that are not finished yet, as the command `run` does, and return the run folder.

        Parameters
        ----------
        until : str, optional
            The last stage to run, with those it needs; by default all.
        progress : bool or Reporter
            See `Progress`.

        Raises
        ------
        UserError
            If an input cannot be used; what is finished stays, and the next call continues.
        """
        from diffrendergan.pipeline.runner import Asked, run_project

        run_project(self.configuration, _reporter(progress), Asked(until))
        return self.configuration.run


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

    def segment(self, image: ArrayLike | Micrograph, pixel_size_nm: float | None = None) -> Labels:
        """Return the particles of a scan.

        Parameters
        ----------
        image : array (H, W) or Micrograph
            What `read_scan` read, or the numbers as a file stores them: uint8, uint16, or in [0, 1], without a data
            bar. They are brought to the range of the training scans by the run's own rule, for this image alone
            (`quantify` finds one range for a folder); that, and what is doubtful, is warned of.
        pixel_size_nm : float, optional
            Edge of a pixel [nm]; where it is given, a scale that the network does not know is refused.

        Returns
        -------
        int32 (H, W)
            0 ground, 1..k particles.

        Raises
        ------
        DataError
            If it is no grey image, or its grey range or scale is not what the network was trained for.
        """
        scan = _as_scan(image, pixel_size_nm, self.trained)
        _warn_of_grey(scan, self.trained)
        return self.trained.segment(scan)


@dataclass(frozen=True)
class Generator:
    """The trained generator of a run: annotated synthetic micrographs without end.

    Attributes
    ----------
    engine : diffrendergan.synthesis.engine.SynthesisEngine
        Draws, renders and judges.
    theta_names : tuple of str
        The learned parameters, for example ``particle.roughness``.
    """

    engine: SynthesisEngine
    theta_names: tuple[str, ...]

    @classmethod
    def load(cls, run: str | Path, progress: Progress = False) -> Generator:
        """Open the chosen generator of a run folder.

        Parameters
        ----------
        run : path
            A run folder in which `select` is finished.
        progress : bool or Reporter
            See `Progress`.

        Raises
        ------
        RunFolderError
            If it is no run folder, or no generator was chosen yet.
        """
        from diffrendergan.segmentation.trained import run_project_of
        from diffrendergan.synthesis.stage import make_engine

        engine = make_engine(run_project_of(Path(run)), Path(run), _reporter(progress))
        return cls(engine, tuple(spec.name for spec in engine.model.columns))

    def sample(self, n: int, seed: int | None = None, progress: Progress = False) -> Samples:
        """Return accepted images with their labels and parameters.

        Parameters
        ----------
        n : int
            How many, at least 1.
        seed : int, optional
            Images of a seed are always the same, and the first n of more; by default the project's, which gives
            the images of `synthesize`.
        progress : bool or Reporter
            See `Progress`.

        Raises
        ------
        ConfigError
            If `n` is less than 1.
        DataError
            If draws are rejected too often.
        """
        from dataclasses import replace

        if n < 1:
            raise ConfigError(f"{n} images were asked for; give a number of at least 1.")
        engine = self.engine
        if seed is not None:
            engine = replace(engine, project=engine.project.model_copy(update={"seed": seed}))
        made = [engine.make(i) for i in _reporter(progress).track(range(n), "Synthesizing images", total=n)]
        return Samples(
            np.stack([one.image for one in made]),
            np.stack([one.instances for one in made]),
            np.stack([one.theta for one in made]),
        )


def read_scan(path: str | Path, pixel_size_nm: float | None = None, data_bar: int | None = None) -> Micrograph:
    """Read a micrograph as the commands do: data bar cropped, values in [0, 1], pixel size from its metadata.

    Parameters
    ----------
    path : path
        An image file; docs/formats.md lists what is read.
    pixel_size_nm : float, optional
        Edge of a pixel [nm], in place of what the file says.
    data_bar : int, optional
        Rows to crop at the bottom [px]; by default they are found.

    Returns
    -------
    Micrograph
        With `pixels` (H, W) and `pixel_size_nm`, None where the file does not say it.

    Raises
    ------
    DataError
        If the file cannot be read as one grey scan.
    """
    from diffrendergan.micrographs.rules import ReadingRules
    from diffrendergan.micrographs.scans import read_scan as read

    rules = ReadingRules("auto" if data_bar is None else data_bar, "auto" if pixel_size_nm is None else pixel_size_nm)
    return read(Path(path), rules)


def measure_particles(
    labels: ArrayLike,
    pixel_size_nm: float | None = None,
    image: ArrayLike | Micrograph | None = None,
    scan: str = "",
) -> pa.Table:
    """Measure each particle of a label image, as the command `quantify` does.

    Parameters
    ----------
    labels : array of int (H, W)
        0 is ground, each particle has a number.
    pixel_size_nm : float, optional
        Edge of a pixel [nm]; without it lengths are in pixels, and the columns end in ``_px``.
    image : array (H, W) or Micrograph, optional
        Grey values, for the column `intensity_mean`; without them it is missing. Of what `read_scan` read, particles
        that the edge of the field cuts are known, too.
    scan : str, optional
        Name of the scan, for the first column.

    Returns
    -------
    pyarrow.Table
        A row a particle; ``.to_pandas()`` gives a DataFrame where pandas is installed. Units and definitions are in
        the fields' metadata, and in docs/quantification.md.

    Raises
    ------
    DataError
        If it is no label image, or the image has another shape.
    """
    numbers = _as_labels(labels)
    field = image.field if isinstance(image, Micrograph) else None
    grey = image.pixels if isinstance(image, Micrograph) else image
    grey = np.full(numbers.shape, np.nan, np.float32) if grey is None else np.asarray(grey)
    return particle_table(measure(numbers, grey, field), pixel_size_nm, scan)


def score(pred: ArrayLike, gt: ArrayLike, pixel_size_nm: float | None = None) -> Scores:
    """Score a predicted label image against the annotated one, as the command `score` does.

    Parameters
    ----------
    pred, gt : arrays of int (H, W)
        0 is ground, each particle has a number.
    pixel_size_nm : float, optional
        Edge of a pixel [nm], for the distance of diameters in nm.

    Returns
    -------
    Scores
        DSC, AP50, panoptic quality, and all others of docs/scores.md.

    Raises
    ------
    DataError
        If one is no label image, or their shapes differ.
    """
    predicted, annotated = _as_labels(pred), _as_labels(gt)
    if predicted.shape != annotated.shape:
        raise DataError(
            f"the prediction has the shape {predicted.shape} and the annotation {annotated.shape}; both must be equal."
        )
    return score_scan(annotated, predicted, pixel_size_nm)


def _as_scan(image: ArrayLike | Micrograph, pixel_size_nm: float | None, trained: TrainedSegmenter) -> Micrograph:
    """Return an image as a scan in the range of the training scans, by the rule of `quantify` for this one."""
    import warnings

    from diffrendergan.micrographs.grey_range import fitting_stretch
    from diffrendergan.micrographs.rules import ReadingRules
    from diffrendergan.micrographs.scans import finish_scan

    raw = _stored(image) if isinstance(image, Micrograph) else _given(image)
    stretch, said = (trained.stretch, ()) if trained.grey is None else fitting_stretch([raw], trained.grey)
    for line in said:
        warnings.warn(f"{raw.name}: {line}", stacklevel=3)
    size = raw.pixel_size_nm if pixel_size_nm is None else pixel_size_nm
    return finish_scan(raw, ReadingRules(pixel_size_nm="auto" if size is None else size, stretch=stretch))


def _stored(scan: Micrograph) -> RawScan:
    """Return the numbers of a file that `read_scan` read, before they were scaled by its full scale."""
    from diffrendergan.micrographs.types import RawScan

    full = {8: 255, 16: 65535}.get(scan.bit_depth)
    kind = np.uint8 if scan.bit_depth == 8 else np.uint16
    values = scan.pixels if full is None else np.rint(scan.pixels.astype(np.float64) * full).astype(kind)
    return RawScan(
        scan.name, values, scan.bit_depth, scan.pixel_size_nm, scan.source, None, scan.data_bar_rows, scan.field
    )


def _given(image: ArrayLike) -> RawScan:
    """Return an array as the numbers of a scan, with its field."""
    from diffrendergan.micrographs.gaps import without_gaps
    from diffrendergan.micrographs.scans import with_field
    from diffrendergan.micrographs.types import RawScan

    values = np.asarray(image)
    if values.ndim != 2 or not (np.issubdtype(values.dtype, np.integer) or np.issubdtype(values.dtype, np.floating)):
        raise DataError(f"the image is an array {values.shape} of {values.dtype}; give one grey image (H, W).")
    bits, stored = 8 * values.dtype.itemsize, values.dtype.name
    if values.dtype not in (np.uint8, np.uint16):
        if not np.isfinite(values).any():
            raise DataError("the image holds no number (NaN or infinite) in any pixel.")
        values = values.astype(np.float32)
    whole = without_gaps(values)
    name, path = "image", Path("image")
    return with_field(
        RawScan(name, whole.values, bits, None, path, None, field=whole.field, remarks=whole.remarks, stored=stored)
    )


def _warn_of_grey(scan: Micrograph, trained: TrainedSegmenter) -> None:
    """Warn where grey values lie outside what the network was trained on."""
    import warnings

    from diffrendergan.micrographs.grey_range import doubts_of

    for doubt in () if trained.grey is None else doubts_of(scan, trained.grey):
        warnings.warn(f"{scan.name}: {doubt}", stacklevel=3)


def _as_labels(labels: ArrayLike) -> Labels:
    values = np.asarray(labels)
    if values.dtype == np.bool_:
        raise DataError("the label image holds true and false; number its particles first, with skimage.measure.label.")
    if values.ndim != 2 or not np.issubdtype(values.dtype, np.integer):
        raise DataError(f"the label image is an array {values.shape} of {values.dtype}; give whole numbers (H, W).")
    if values.size and (values.min() < 0 or values.max() > np.iinfo(np.int32).max):
        raise DataError("a label is negative or above 2147483647; 0 is ground, particles are above it.")
    return values.astype(np.int32)


def _overrides(settings: Mapping[str, Any] | None) -> Sequence[str]:
    import json

    return [f"{name}={json.dumps(value, default=_plain)}" for name, value in (settings or {}).items()]


def _plain(value: object) -> object:
    """Return a path or a number of NumPy as what JSON knows."""
    return value.item() if isinstance(value, np.generic) else str(value)


def _reporter(progress: Progress) -> Reporter:
    if progress is True:
        from diffrendergan.cli.console import make_reporter

        return make_reporter()
    return SilentReporter() if progress is False else progress
