"""The stage `synthesize`: the trained generator's annotated images on disk."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from diffrendergan.config.project import Project
from diffrendergan.errors import ConfigError
from diffrendergan.gan.regression import RegressionNetwork
from diffrendergan.gan.saved import load_generator
from diffrendergan.gan.stage import mesh_library
from diffrendergan.imaging.model import ImagingModel
from diffrendergan.micrographs.prepare import load_prepared
from diffrendergan.rendering.factory import make_tracer
from diffrendergan.rendering.weights import material_parameters
from diffrendergan.runs.atomic import explain_os_error, write_text
from diffrendergan.runs.reporter import Reporter
from diffrendergan.synthesis.engine import SynthesisEngine, SyntheticImage
from diffrendergan.synthesis.writers import pair_paths, write_pair

STAGE = "synthesize"
MANIFEST = "manifest.jsonl"


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
    stage = folder / STAGE
    meshes = mesh_library(folder)
    tracer = make_tracer(project, meshes)
    network = load_generator(folder / "select")
    _check_parameters(network, (*material_parameters(tracer.separation), *ImagingModel(project.imaging).parameters))
    engine = SynthesisEngine(project, tracer, theta_of(network))
    names = [spec.name for spec in network.specs]
    records = read_manifest(stage)[: project.synthesis.images]
    write_text(stage / MANIFEST, "".join(json.dumps(record) + "\n" for record in records))
    _remove_surplus(stage, len(records))
    remaining = range(len(records), project.synthesis.images)
    for index in reporter.track(remaining, "Synthesizing images", total=len(remaining)):
        made = engine.make(index)
        write_pair(stage, index, made.image, made.classes, made.instances)
        _append(stage / MANIFEST, describe(index, made, names, project.seed))
    _write_formats(project, folder, reporter)


def theta_of(network: RegressionNetwork) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """Return the map from one constellation (n, 4) to θ (P,), without dropout."""

    def theta(phi: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.no_grad():
            return network(torch.from_numpy(np.ascontiguousarray(phi))[None], None)[0].numpy()

    return theta


def describe(index: int, made: SyntheticImage, names: list[str], seed: int) -> dict[str, Any]:
    """Return the manifest's line of an image."""
    return {
        "index": index,
        "image": f"images/{index:05d}.png",
        "labels": f"labels/{index:05d}.png",
        "instances": f"instances/{index:05d}.png",
        "seed": seed,
        "phi_stream": ["synthesis", "arrangement", index, made.attempt],
        "rejected_draws": made.attempt,
        "theta": {name: round(float(value), 6) for name, value in zip(names, made.theta, strict=True)},
        "particles": int(made.instances.max()),
        "background_fraction": round(made.acceptance.background_fraction, 4),
        "contrast": None if made.acceptance.contrast is None else round(made.acceptance.contrast, 4),
    }


def read_manifest(stage: Path) -> list[dict[str, Any]]:
    """Return the records of images that are whole on disk, in order, up to the first gap."""
    path = stage / MANIFEST
    if not path.exists():
        return []
    records: list[dict[str, Any]] = []
    for line in path.read_text().splitlines():
        try:
            record = json.loads(line)
        except ValueError:  # the line that a killed process did not finish
            break
        if record.get("index") != len(records) or not all(p.exists() for p in pair_paths(stage, len(records))):
            break
        records.append(record)
    return records


def _check_parameters(network: RegressionNetwork, wanted: tuple[Any, ...]) -> None:
    if network.specs != wanted:
        raise ConfigError(
            "the selected generator was trained for "
            f"{', '.join(spec.name for spec in network.specs)}, but the configuration learns "
            f"{', '.join(spec.name for spec in wanted)} or other ranges; run `train` and `select` again."
        )


def _append(path: Path, record: dict[str, Any]) -> None:
    try:
        with path.open("a") as handle:
            handle.write(json.dumps(record) + "\n")
            handle.flush()
            os.fsync(handle.fileno())
    except OSError as error:
        raise explain_os_error(error, path) from error


def _remove_surplus(stage: Path, count: int) -> None:
    """Remove images from number `count` on: of a larger set, or of one whose manifest ends earlier."""
    for kind in ("images", "labels", "instances"):
        for path in (stage / kind).glob("[0-9]*.png"):
            if int(path.stem) >= count:
                path.unlink()


def _write_formats(project: Project, folder: Path, reporter: Reporter) -> None:
    """Write the further formats asked for, and remove those of an earlier set."""
    stage, indices = folder / STAGE, range(project.synthesis.images)
    shutil.rmtree(stage / "nnunet", ignore_errors=True)
    (stage / "coco.json").unlink(missing_ok=True)
    if "nnunet" in project.synthesis.formats:
        from diffrendergan.synthesis.nnunet import write_nnunet

        write_nnunet(stage, indices, project.name, load_prepared(folder).background, reporter)
    if "coco" in project.synthesis.formats:
        from diffrendergan.synthesis.coco import write_coco

        write_coco(stage, indices, reporter)
