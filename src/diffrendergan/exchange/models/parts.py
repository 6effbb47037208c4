"""What a model that travels is made of: the network, how images are shown to it, and files that go with it.

A package tells nothing of the scans behind it: no pictures, no names, no folders.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from torch import nn

from diffrendergan.config.load import dump_project
from diffrendergan.config.own_networks import BUILT_IN
from diffrendergan.config.paths import PATH_FIELDS
from diffrendergan.config.project import Project
from diffrendergan.config.segmentation import AdaptConfig
from diffrendergan.config.yaml_text import dump_yaml, parse_yaml
from diffrendergan.errors import ConfigError
from diffrendergan.fitting.law import FILE as FIT_FILE
from diffrendergan.fitting.law import STAGE as FIT
from diffrendergan.gan.saved import DESCRIPTION, WEIGHTS
from diffrendergan.gan.stage import generator_folder
from diffrendergan.judging.verdict import FILE as VERDICT
from diffrendergan.judging.verdict import STAGE as JUDGE
from diffrendergan.judging.verdict import verdict_on
from diffrendergan.micrographs.grey_range import grey_record
from diffrendergan.patches.stored import FORMAT, INDEX
from diffrendergan.runs.atomic import read_json
from diffrendergan.runs.digest import sha256_of
from diffrendergan.segmentation.packaged import packaged_bytes, packaged_network, packaged_record
from diffrendergan.segmentation.trained import TrainedSegmenter, load_trained, run_project_of
from diffrendergan.segmentation.unet.network import NetworkInfo, load_network
from diffrendergan.synthesis.stage import STAGE as SYNTHESIZE
from diffrendergan.synthesis.writers import pair_paths, read_pair

GENERALIST: Final = "generalist"
"""In place of a run folder: the packaged network."""
Kind = Literal["run", "generalist"]
NETWORK = "network.safetensors"
CONFIG = "config.yaml"
ELSEWHERE = {
    "run": ".",
    "data.images": "images",
    "particles.shape.folder": "meshes",
    "arrangement.size.file": "sizes",
    "generator.folder": "select",
}
"""What stands in a configuration that travels in place of a path; others are left out."""


@dataclass(frozen=True)
class ModelParts:
    """A network with all that is needed to use it elsewhere."""

    kind: Kind
    network: nn.Module
    """In evaluation mode: from normalised images to logits of three classes and of the distance."""
    info: NetworkInfo
    ends: tuple[float, float] | None
    """Numbers of a file that become 0 and 1; None where each image is brought to a mean and a spread of its own."""
    files: Mapping[str, bytes]
    """What an import reads, by name: weights, configuration, how scans were read, generator."""
    use: Mapping[str, Any]
    """How particles are told apart: decoding, smallest region [px], scale by which scans are resampled."""
    example: NDArray[np.float32]
    """An image (H, W) as a file would hold it."""
    story: tuple[str, ...]
    """What it is and how it was made, a sentence each."""
    validation: tuple[str, ...]
    """What is to be thought of it, a sentence each."""

    @property
    def grain(self) -> int:
        """Height and width of images must be multiples of this [px], since the network halves them."""
        return int(2 ** (len(self.info.channels) - 1))


def parts_of(source: str | Path, seed: int | None = None) -> ModelParts:
    """Return the parts of the network of a run folder, or of the packaged generalist.

    Parameters
    ----------
    source : str or Path
        A run folder in which `segment` is finished; or `generalist`.
    seed : int, optional
        Which of the run's networks; by default the first.

    Raises
    ------
    RunFolderError
        If it is no run folder, or holds no trained network.
    ConfigError
        If its network is nnU-Net's, or if there is no such seed.
    """
    if str(source) == GENERALIST and not Path(source).is_dir():
        if seed is not None:
            raise ConfigError("the packaged generalist has one network only; leave --seed out.")
        return _of_generalist()
    return _of_run(Path(source), seed)


def _of_generalist() -> ModelParts:
    network, info = packaged_network()
    record = packaged_record()
    story = (
        "The generalist of DiffRenderGAN: it finds particles in micrographs of any kind, taught by synthetic images of "
        "no particular material. No micrograph, no annotation and no other network is behind its weights.",
        f"Made from {', '.join(f'{key} {value}' for key, value in record.items() if not isinstance(value, dict))}.",
        "It tells particles of about 30 px apart best: resize scans so that theirs are about that large. Bright and "
        "dark may be exchanged first where it is surer then.",
    )
    validation = (
        "docs/benchmarks.md and docs/generalist.md of DiffRenderGAN hold its scores on published micrographs.",
        "What it finds is to be looked at, since it knows no material in particular.",
    )
    use = {"decoding": GENERALIST, "min_region_px": 0, "scale": 1.0}
    files, example = {NETWORK: packaged_bytes()}, drawn_example(info.patch_size)
    return ModelParts(GENERALIST, network, info, None, files, use, example, story, validation)


def _of_run(run: Path, seed: int | None) -> ModelParts:
    project = run_project_of(run)
    if project.segmentation.network not in BUILT_IN:
        raise ConfigError(
            f"the network of {run} is {project.segmentation.network} of another package, which has no package of "
            "bioimage.io; export it to a name that ends in .onnx."
        )
    if project.segmentation.network != "unet":
        raise ConfigError(
            f"the network of {run} is nnU-Net's, which has a format of its own; give nnUNetv2_export_model_to_zip "
            "(docs/nnunet.md)."
        )
    trained = load_trained(run, seed)
    network, info = load_network(trained.file)
    stretch = trained.rules.stretch
    ends = (0.0, 255.0) if stretch is None else (stretch.low, stretch.high)
    use = {
        # Other programs see the maps of pixels, which hold no whole shapes.
        "decoding": "watershed" if trained.decoding == "amodal" else trained.decoding,
        "min_region_px": trained.min_region_px,
        "scale": trained.scale,
        "structure": trained.structure,
        "seed": trained.seed,
    }
    files = {
        NETWORK: trained.file.read_bytes(),
        CONFIG: travelling(project, trained.seed).encode(),
        INDEX: _json(_index(trained, info)),
        **_generator(project, run),
    }
    example = _synthetic_example(run, ends)
    if example is None:
        low, high = ends
        example = (drawn_example(info.patch_size) / 255 * (high - low) + low).astype(np.float32)
    judged = verdict_on(run, lambda: sha256_of(files[NETWORK]))
    if judged is not None:
        files |= {VERDICT: _json(_without_names(read_json(run / JUDGE / VERDICT)))}
    validation = ("It was not judged.",) if judged is None else (judged.headline, *judged.sentences)
    return ModelParts("run", network, info, ends, files, use, example, _story(project, trained), validation)


def travelling(project: Project, seed: int) -> str:
    """Return the configuration of a run for elsewhere, as YAML: one network, and no folder of this machine in it."""
    segmentation = project.segmentation.model_copy(update={"adapt": AdaptConfig()})
    evaluation = project.evaluation.model_copy(update={"seeds": (seed,)})
    changed = project.model_copy(update={"segmentation": segmentation, "evaluation": evaluation})
    values = parse_yaml(dump_project(changed), "the run")
    for *sections, key in PATH_FIELDS:
        place = values
        for section in sections:
            place = place.get(section) or {}
        if place.get(key):
            place[key] = ELSEWHERE.get(".".join([*sections, key]))
    values["data"]["test_scans"] = None
    values["compute"]["device"] = "auto"
    return dump_yaml(values)


def _index(trained: TrainedSegmenter, info: NetworkInfo) -> dict[str, Any]:
    """Return what `prepare` recorded of how scans are read, without the scans."""
    stretch, grey = trained.rules.stretch, trained.grey
    empty: dict[str, list[str]] = {kind: [] for kind in ("train", "test", "scans", "patches", "background", "ground")}
    return {
        "format": FORMAT,
        "patch_size": info.patch_size,
        "pixel_size_nm": info.pixel_size_nm,
        "intensity": None if stretch is None else stretch.to_json(),
        "grey": None if grey is None else grey_record(grey.percentiles, grey.depths),
        **empty,
    }


def _generator(project: Project, run: Path) -> dict[str, bytes]:
    """Return the run's generator: weights and their description, or the fitted law; nothing where there is none."""
    if project.generator.draw == "fitted":
        paths = [run / FIT / FIT_FILE]
    elif project.generator.draw == "learned":
        paths = [generator_folder(project, run) / name for name in (DESCRIPTION, WEIGHTS)]
    else:
        paths = []
    return {path.name: path.read_bytes() for path in paths} if all(path.is_file() for path in paths) else {}


def _without_names(verdict: dict[str, Any]) -> dict[str, Any]:
    """Return what was judged of a network, the scans numbered in place of their names."""
    for number, scan in enumerate(verdict["evidence"].get("of_scans", ()), start=1):
        scan["name"] = f"scan {number}"
    return verdict


def _story(project: Project, trained: TrainedSegmenter) -> tuple[str, ...]:
    info = trained.network.info
    kind = "wires" if trained.structure == "wires" else "particles"
    size = "" if info.pixel_size_nm is None else f" at {info.pixel_size_nm * trained.scale:.4g} nm per pixel"
    made = (
        "synthetic images alone, made by DiffRenderGAN: no annotation was used"
        if info.trained_on == "synthetic"
        else "annotated micrographs"
    )
    said = f"Finds {kind} in micrographs like those of the project {project.name}{size}. It was trained on {made}."
    if trained.scale == 1:
        return (said,)
    return said, f"Scans are resampled by a factor of {trained.scale:g} before they are shown to it."


def _synthetic_example(run: Path, ends: tuple[float, float]) -> NDArray[np.float32] | None:
    """Return the run's first synthetic image as a file would hold it; None where there is none."""
    stage = run / SYNTHESIZE
    if not all(path.is_file() for path in pair_paths(stage, 0)):
        return None
    low, high = ends
    return (read_pair(stage, 0).image.astype(np.float32) / 255 * (high - low) + low).astype(np.float32)


def drawn_example(size: int) -> NDArray[np.float32]:
    """Return an image (size, size) of bright discs with noise, numbers of 0 to 255: always the same."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:size, :size]
    picture = np.full((size, size), 60.0)
    for _ in range(max(3, size * size // 5000)):
        row, column, radius = rng.uniform(0, size), rng.uniform(0, size), rng.uniform(0.04, 0.09) * size
        inside = np.hypot(rows - row, columns - column) <= radius
        picture[inside] = 170
    return np.rint(np.clip(picture + rng.normal(0, 10, picture.shape), 0, 255)).astype(np.float32)


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
