"""A run's trained network as a tool: from any scan of that kind to its particles."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from diffrendergan.config.load import RUN_CONFIG, load_project
from diffrendergan.config.project import Project
from diffrendergan.config.run_folder import check_run_folder
from diffrendergan.errors import ConfigError, DataError, RunFolderError
from diffrendergan.labels.layers import Layers
from diffrendergan.micrographs.grey_range import TrainedGrey
from diffrendergan.micrographs.rules import ReadingRules, rules_of
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.patches.prepare import load_grey
from diffrendergan.runs.digest import sha256_of_file
from diffrendergan.runs.seal import intact
from diffrendergan.segmentation.agreement import AS_IT_IS, VIEWS, Found, View, agreement
from diffrendergan.segmentation.found import segment_by
from diffrendergan.segmentation.instances import DECODED, DECODINGS, Decoding
from diffrendergan.segmentation.networks import (
    Described,
    Opened,
    network_file,
    open_segmenter,
    prediction_settings,
)
from diffrendergan.segmentation.protocol import Averaging, Segmenter
from diffrendergan.segmentation.unet.augmentation import SCALE_RANGE


@dataclass(frozen=True, kw_only=True)
class RunReading:
    """How the scans of a run were read, so that further ones can be."""

    rules: ReadingRules
    """What its project says of them; grey values are scaled as in training."""
    grey: TrainedGrey | None = None
    """What its training scans look like; None where that is not known."""


@dataclass(frozen=True, kw_only=True)
class TrainedSegmenter(RunReading):
    """A network with everything that is needed to use it on further scans."""

    network: Opened
    decoding: Decoding
    min_region_px: int
    """Smaller regions are dropped [px]."""
    structure: Literal["particles", "wires"]
    file: Path
    sha256: str
    """Of the file when it was opened: the run may be given anew since."""
    seed: int
    prediction: dict[str, float]
    """Settings of the prediction that change it."""
    scale: float = 1
    """Scans are resampled by this factor for the network, and what it finds is brought back to their own pixels."""
    doubts: tuple[str, ...] = ()
    """What is doubtful of the network, a sentence each."""
    verdict: str = ""
    """What is thought of its run without labels, a sentence; empty where it was not judged."""
    others: tuple[Opened, ...] = ()
    """The run's networks of other seeds: what they find tells how sure a particle is."""

    def segment(self, scan: Micrograph) -> NDArray[np.int32]:
        """Return the particles of a scan (H, W): 0 background, 1..k particles.

        Raises
        ------
        DataError
            If the scan's pixel size is far from that of the training images.
        """
        return self.segment_whole(scan)[0]

    def segment_whole(self, scan: Micrograph) -> tuple[NDArray[np.int32], Layers | None]:
        """Return the particles of a scan as `segment` does, and by the decoding `amodal` the whole ones.

        Raises
        ------
        DataError
            If the scan's pixel size is far from that of the training images.
        """
        check_scale(self.network.info, scan, self.scale)
        network = self.network.segmenter
        found = segment_by(network, scan, self.decoding, self.min_region_px, self.scale, whole=True)
        return found.labels[self.decoding], found.whole

    def scale_doubts(self, scan: Micrograph) -> tuple[str, ...]:
        """Say that the magnification of a scan could not be compared with that of the training; a sentence at most."""
        known = self.network.info.pixel_size_nm
        if known is None or scan.pixel_size_nm is not None:
            return ()
        return (
            f"its pixel size is unknown, and the network was trained at {known * self.scale:.4g} nm: at another "
            "magnification it finds other things, and nothing tells; give the pixel size if it is known",
        )

    def segment_surely(self, scan: Micrograph) -> Found:
        """Return the particles of a scan as `segment` does, and how sure each is (`agreement`).

        The network looks again in `VIEWS`, and those of other seeds look as well, all without averaging over mirror
        images.

        Raises
        ------
        DataError
            If the scan's pixel size is far from that of the training images.
        """
        labels, whole = self.segment_whole(scan) if self.decoding == "amodal" else (self.segment(scan), None)
        networks = (opened.segmenter for opened in (self.network, *self.others))
        once = [network.once() if isinstance(network, Averaging) else network for network in networks]
        again = [(once[0], view) for view in VIEWS] + [(other, AS_IT_IS) for other in once[1:]]
        seen = (self._seen(scan, segmenter, view) for segmenter, view in again)
        return Found(labels, (), agreement(labels, seen), whole)

    def _seen(self, scan: Micrograph, segmenter: Segmenter, view: View) -> NDArray[np.int32]:
        """Return the particles of a scan as a network tells them apart in a view."""
        field = None if scan.field is None else view.shown(scan.field)
        shown = replace(scan, pixels=view.shown(scan.pixels), field=field, heights_nm=None)
        scale = self.scale * view.scale
        found = segment_by(segmenter, shown, self.decoding, self.min_region_px, scale, whole=False)
        return view.shown(found.labels[self.decoding])

    def files(self, name: str) -> tuple[Path, ...]:
        """Return no file: a network needs nothing but the scan."""
        return ()

    def describe(self) -> dict[str, Any]:
        """Return what decides the results, as plain values for JSON."""
        return {
            "model": str(self.file),
            "sha256": self.sha256,
            "seed": self.seed,
            "trained_on": self.network.info.trained_on,
            "pixel_size_nm": self.network.info.pixel_size_nm,
            "decoding": self.decoding,
            "decoded": DECODED,
            "min_region_px": self.min_region_px,
            "prediction": self.prediction,
            **({} if self.scale == 1 else {"scale": self.scale}),
        }


def load_trained(
    run: Path, seed: int | None = None, decoding: str | None = None, min_region_px: int | None = None
) -> TrainedSegmenter:
    """Open the network of a run folder.

    Parameters
    ----------
    run
        The run folder, with `segment` finished.
    seed
        Which of its networks; by default the first of `evaluation.seeds`.
    decoding, min_region_px
        In place of the run's `evaluation.decoding` and `evaluation.min_region_px`.

    Raises
    ------
    RunFolderError
        If it is no run folder, or holds no trained network.
    ConfigError
        If there is no such decoding or seed.
    """
    folder, project = network_folder(run, seed)
    file = network_file(folder, project.segmentation)
    seed = project.evaluation.seeds[0] if seed is None else seed
    content = _content_of(file)
    network = open_segmenter(folder, project.segmentation, project.compute.device)
    if _content_of(file) != content:
        raise RunFolderError(f"{file} was made anew while it was opened; give the command again.")
    folders = [run / "segment" / f"seed_{other}" for other in project.evaluation.seeds if other != seed]
    others = [other for other in folders if network_file(other, project.segmentation).exists()]
    least = project.evaluation.min_region_px if min_region_px is None else min_region_px
    return TrainedSegmenter(
        network=network,
        decoding=_decoding(project.evaluation.decoding if decoding is None else decoding),
        min_region_px=least,
        structure="wires" if project.about_wires else "particles",
        file=file,
        sha256=content,
        seed=seed,
        prediction=prediction_settings(project.segmentation),
        scale=project.data.scale,
        others=tuple(open_segmenter(other, project.segmentation, project.compute.device) for other in others),
        **vars(_reading_of(project, run)),
    )


def network_folder(run: Path, seed: int | None = None) -> tuple[Path, Project]:
    """Return the folder of a run's trained network, by default of the first of `evaluation.seeds`, and its project.

    Raises
    ------
    RunFolderError
        If it is no run folder, or holds no trained network.
    ConfigError
        If there is no such seed.
    """
    project = run_project_of(run)
    seed = project.evaluation.seeds[0] if seed is None else seed
    if seed not in project.evaluation.seeds:
        raise ConfigError(f"{run} has no network of seed {seed}, only of {list(project.evaluation.seeds)}.")
    folder = run / "segment" / f"seed_{seed}"
    file = network_file(folder, project.segmentation)
    if not file.exists():
        raise RunFolderError(f"{run} holds no trained network ({file} is missing); run `diffrendergan segment` first.")
    return folder, project


def _content_of(file: Path) -> str:
    try:
        return sha256_of_file(file)
    except OSError as error:  # it was there a moment ago
        raise RunFolderError(
            f"{file} cannot be read ({error.strerror or error}); wait if another command works on the run."
        ) from error


def load_reading(run: Path) -> RunReading:
    """Return how the scans of a run folder were read.

    Raises
    ------
    RunFolderError
        If it is no run folder, or `prepare` has not run there.
    """
    return _reading_of(run_project_of(run), run)


def _reading_of(project: Project, run: Path) -> RunReading:
    grey = load_grey(run, project.data.foreground)
    return RunReading(rules=rules_of(project, grey.stretch), grey=grey)


def run_project_of(run: Path) -> Project:
    """Return the configuration that a run folder holds.

    Raises
    ------
    RunFolderError
        If it is no run folder.
    """
    check_run_folder(run)
    return load_project(intact(run / RUN_CONFIG))


def _decoding(name: str) -> Decoding:
    for known in DECODINGS:
        if name == known:
            return known
    raise ConfigError(f"there is no decoding {name!r}; take one of {', '.join(DECODINGS)}.")


def check_scale(info: Described, scan: Micrograph, scale: float = 1) -> None:
    """Refuse a scan whose pixel size, where both are known, is outside what the network was trained for.

    Parameters
    ----------
    info : Described
        Of the network, with the pixel size of resampled scans.
    scan : Micrograph
    scale : float
        By which the scan is resampled for the network.

    Raises
    ------
    DataError
        Naming the scan and both pixel sizes.
    """
    if info.pixel_size_nm is None or scan.pixel_size_nm is None:
        return
    magnification = info.pixel_size_nm * scale / scan.pixel_size_nm
    if not SCALE_RANGE[0] <= magnification <= SCALE_RANGE[1]:
        raise DataError(
            f"{scan.source} has {scan.pixel_size_nm:.4g} nm per pixel, but the network was trained at "
            f"{info.pixel_size_nm * scale:.4g}; resample the scan by a factor of {1 / magnification:.3g} in width and "
            "height or keep scans of one magnification together."
        )
