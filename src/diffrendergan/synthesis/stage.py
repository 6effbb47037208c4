"""The stage `synthesize`: the trained generator's annotated images on disk."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from diffrendergan.arrangement.phi import NETWORK_COLUMNS, make_placer
from diffrendergan.config.project import Project
from diffrendergan.errors import ConfigError
from diffrendergan.fitting.law import FILE as FIT_FILE
from diffrendergan.fitting.law import STAGE as FIT
from diffrendergan.fitting.law import Law, load_law, require_same
from diffrendergan.gan.saved import load_generator, unused_outputs
from diffrendergan.gan.stage import generator_folder, library_of
from diffrendergan.gan.theta_network import ThetaNetwork
from diffrendergan.imaging.image_model import image_model
from diffrendergan.imaging.run_ground import ground_of
from diffrendergan.particles.kept_library import fresh_library
from diffrendergan.patches.prepare import load_prepared
from diffrendergan.rendering.factory import make_snapshots
from diffrendergan.rendering.protocol import ParameterSpec
from diffrendergan.runs.executor import PerProcess, map_indices
from diffrendergan.runs.reporter import Reporter, SilentReporter
from diffrendergan.synthesis.engine import SynthesisEngine, Theta
from diffrendergan.synthesis.manifest import add, begin, describe, read_manifest
from diffrendergan.synthesis.writers import amodal_path, read_pair, write_amodal, write_pair

STAGE = "synthesize"


def run_synthesize(project: Project, folder: Path, reporter: Reporter) -> None:
    """Make `synthesis.images` annotated images with the selected generator.

    Image i depends on the seed and i alone, so an interrupted set continues where it stopped, and a larger
    set begins with the images of a smaller one.

    Parameters
    ----------
    project : Project
        The configuration.
    folder : pathlib.Path
        The run folder, with `select` finished.
    reporter : Reporter
        Shows progress.

    Raises
    ------
    ConfigError
        If the generator was trained for other parameters.
    DataError
        If an image is rejected too often.
    """
    make_images(project, folder, reporter, project.compute.workers)
    _write_formats(project, folder, reporter)


def make_images(project: Project, folder: Path, reporter: Reporter, workers: int = 1) -> None:
    """Make the images that are missing, in so many processes; they are the same for any number.

    Errors are those of `run_synthesize`.
    """
    stage = folder / STAGE
    engine = make_engine(project, folder, reporter)
    names = [spec.name for spec in engine.model.columns]
    remaining = range(begin(stage, project.synthesis.images), project.synthesis.images)
    remake = partial(make_engine, project, folder, SilentReporter())
    bare = _without_silhouettes(stage) if project.keeps_silhouettes else {}
    add_to = PerProcess(remake, partial(_add_silhouettes, stage, bare), engine)
    for _ in map_indices(add_to, list(bare), reporter, "Adding silhouettes", workers):
        pass
    make = PerProcess(remake, partial(_write_image, stage, names, project.seed), engine)
    for record in map_indices(make, remaining, reporter, "Synthesizing images", workers):
        add(stage, record)


def _write_image(stage: Path, names: Sequence[str], seed: int, engine: SynthesisEngine, index: int) -> dict[str, Any]:
    """Make image `index`, write its files, and return its line of the manifest."""
    made = engine.make(index)
    write_pair(stage, index, made.image, made.classes, made.instances)
    if made.amodal is not None:
        write_amodal(stage, index, made.amodal)
    return describe(index, made, names, seed)


def _without_silhouettes(stage: Path) -> dict[int, int]:
    """Return the numbers of images that are there without silhouettes, and of each the draws rejected before it."""
    return {
        index: int(record["rejected_draws"])
        for index, record in enumerate(read_manifest(stage))
        if not amodal_path(stage, index).exists()
    }


def _add_silhouettes(stage: Path, attempts: Mapping[int, int], engine: SynthesisEngine, index: int) -> None:
    """Write the silhouettes of an image that is there; it is made again only where they do not tell of it."""
    masks = engine.silhouettes_of(index, attempts[index], read_pair(stage, index).instances)
    if masks is None:
        made = engine.make(index)
        write_pair(stage, index, made.image, made.classes, made.instances)
        masks = made.amodal
        assert masks is not None
    write_amodal(stage, index, masks)


def make_engine(project: Project, folder: Path, reporter: Reporter) -> SynthesisEngine:
    """Return what makes annotated images with the generator of a run.

    Raises
    ------
    ConfigError
        If the generator was trained for other parameters, or for another number of particles.
    """
    draw = project.generator.draw
    meshes = library_of(project, folder) if draw == "learned" else fresh_library(folder / STAGE, project)
    snapshots = make_snapshots(project, meshes, reporter)
    ground = ground_of(project, folder, reporter)
    wanted = image_model(snapshots, project.imaging, ground).columns
    placer = make_placer(project, meshes, _pixel_size(project, folder))
    if draw == "uniform":
        return SynthesisEngine(project, placer, snapshots, uniform_theta(wanted), ground)
    if draw == "fitted":
        law = load_law(folder / FIT / FIT_FILE)
        require_same(law, wanted)
        return SynthesisEngine(project, placer, snapshots, theta_of_law(law, project.fit.spread), ground)
    place = generator_folder(project, folder)
    network = load_generator(place)
    if network.particles != project.particles.count:
        raise ConfigError(
            f"the generator in {place} takes {network.particles} particles, but `particles.count` is "
            f"{project.particles.count}; use the configuration that it was made with."
        )
    columns = _columns(network, wanted, unused_outputs(place))
    return SynthesisEngine(project, placer, snapshots, theta_of(network, columns), ground)


def uniform_theta(specs: Sequence[ParameterSpec]) -> Theta:
    """Return θ (P,) drawn evenly from the parameters' ranges: domain randomisation, without any training."""
    low, high = (np.array([getattr(spec, end) for spec in specs], float) for end in ("low", "high"))

    def theta(phi: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
        return rng.uniform(low, high).astype(np.float32)

    return theta


def theta_of_law(law: Law, spread: float) -> Theta:
    """Return θ (P,) drawn from a fitted law, so many times as wide as it was fitted."""

    def theta(phi: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
        return law.theta(rng.standard_normal(len(law.specs)), spread)

    return theta


def theta_of(network: ThetaNetwork, columns: Sequence[int] | None = None) -> Theta:
    """Return the map from one constellation (n, 4 or 8) to θ (P,), without dropout; `columns` picks some outputs."""
    picked = list(range(len(network.specs)) if columns is None else columns)

    def theta(phi: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
        with torch.no_grad():
            read = torch.from_numpy(np.ascontiguousarray(phi[:, :NETWORK_COLUMNS]))
            return network.draw(read[None], rng)[0, picked].numpy()

    return theta


def _columns(network: ThetaNetwork, wanted: tuple[ParameterSpec, ...], unused: Mapping[str, str]) -> list[int]:
    """Return which output of the network each wanted parameter is; outputs known to be unused may remain."""
    used = [spec for spec in network.specs if spec.name not in unused]
    if sorted(used, key=str) != sorted(wanted, key=str):
        raise ConfigError(
            "the selected generator was trained for "
            f"{', '.join(spec.name for spec in used)}, but the configuration learns "
            f"{', '.join(spec.name for spec in wanted)} or other ranges; run `train` and `select` again."
        )
    return [network.specs.index(spec) for spec in wanted]


def background_of(project: Project, folder: Path, reporter: Reporter) -> NDArray[np.float32]:
    """Return the real patches without particles; none if nothing is trained and there are no scans."""
    if _without_scans(project):
        reporter.note("no scans (`data.images`), so no empty real patches supplement the synthetic images")
        return np.zeros((0, project.data.patch_size, project.data.patch_size), np.float32)
    return load_prepared(folder).background


def _pixel_size(project: Project, folder: Path) -> float | None:
    """Return what the scans say, if sizes are given in nm."""
    if project.arrangement.size_in != "nm" or isinstance(project.data.pixel_size_nm, float):
        return None
    return _scale_of_scans(project, folder)


def _scale_of_scans(project: Project, folder: Path) -> float | None:
    """Return the pixel size [nm] that the scans share; None if it is unknown, or there are none."""
    return None if _without_scans(project) else load_prepared(folder).pixel_size_nm


def pixel_size_of_set(project: Project, folder: Path) -> float | None:
    """Return the edge of a pixel of the synthetic images [nm]; None if it is unknown."""
    given = project.data.pixel_size_nm
    return given / project.data.scale if isinstance(given, float) else _scale_of_scans(project, folder)


def _without_scans(project: Project) -> bool:
    """Tell whether there are no scans, which only training a generator cannot do without."""
    return not project.generator.trains and not project.data.images.is_dir()


def _write_formats(project: Project, folder: Path, reporter: Reporter) -> None:
    """Write the further formats asked for, and remove those of an earlier set."""
    stage, indices = folder / STAGE, range(project.synthesis.images)
    shutil.rmtree(stage / "nnunet", ignore_errors=True)
    (stage / "coco.json").unlink(missing_ok=True)
    if "nnunet" in project.synthesis.formats:
        from diffrendergan.synthesis.nnunet import write_nnunet

        background, size = background_of(project, folder, reporter), pixel_size_of_set(project, folder)
        write_nnunet(stage, indices, project.name, background, reporter, size)
    if "coco" in project.synthesis.formats:
        from diffrendergan.synthesis.coco import write_coco

        write_coco(stage, indices, reporter)
