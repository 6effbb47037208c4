"""`correct`: the network of a run learns from label images that a person has corrected."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from diffrendergan.config.load import RUN_CONFIG, dump_project
from diffrendergan.config.project import Project
from diffrendergan.config.segmentation import AdaptConfig
from diffrendergan.errors import ConfigError, DataError, RunFolderError
from diffrendergan.image_files.listing import list_scans
from diffrendergan.labels.kinds import Kind
from diffrendergan.labels.label_set import LabelSet, open_label_set
from diffrendergan.micrographs.field import fill_outside
from diffrendergan.micrographs.grey_range import grey_record
from diffrendergan.micrographs.resampling import nearest, resized, scaled_shape
from diffrendergan.patches.prepare import load_prepared
from diffrendergan.patches.stored import INDEX, STAGE, read_index
from diffrendergan.pipeline.quantify.grey import fitted
from diffrendergan.pipeline.quantify.scan import read_for
from diffrendergan.pipeline.quantify.settings import QuantifySettings
from diffrendergan.runs.atomic import read_json, write_json, write_text
from diffrendergan.runs.device import torch_device
from diffrendergan.runs.lock import locked, others_in
from diffrendergan.runs.provenance import Stamp
from diffrendergan.runs.reporter import Reporter
from diffrendergan.runs.seal import SEAL, require_whole, seal
from diffrendergan.runs.words import listing, plural
from diffrendergan.segmentation.dataset import LabelledImage
from diffrendergan.segmentation.networks import network_file
from diffrendergan.segmentation.rules import CORRECT_RULES
from diffrendergan.segmentation.sources import synthetic_data
from diffrendergan.segmentation.trained import RunReading, load_reading, network_folder, run_project_of
from diffrendergan.segmentation.unet.correction import Correction
from diffrendergan.segmentation.unet.reach import set_reach
from diffrendergan.segmentation.unet.training import train_network

MARKER = "corrected.json"
FOLDER = "corrected"
"""In the run folder: the corrected network, unless another folder is named."""


@dataclass(frozen=True)
class Corrected:
    """What came of a correction."""

    folder: Path
    """A run folder with the corrected network, for `quantify --model`."""
    scans: tuple[str, ...]
    """Names of the scans that were learned from."""
    before: Mapping[str, float]
    """Dice of the run's network on crops of these scans, and of its own held-out images."""
    after: Mapping[str, float]
    """The same of the corrected network."""

    @property
    def told(self) -> tuple[str, ...]:
        """Return what changed, a sentence each."""
        names = {"corrected_scans": "the corrected scans", "images_of_the_run": "held-out images of the run"}
        said = [
            f"Dice on {names[kind]}: {self.before[kind]:.3f} before, {self.after[kind]:.3f} after."
            for kind in names
            if kind in self.after
        ]
        lost = self.before.get("images_of_the_run", 0.0) - self.after.get("images_of_the_run", 0.0)
        if lost > CORRECT_RULES.score_loss:
            said.append(
                "It has forgotten some of what it was taught: look at what it finds in other scans, or take fewer "
                "steps."
            )
        return tuple(said)


def correct_run(
    run: Path,
    corrected: Path,
    reporter: Reporter,
    out: Path | None = None,
    scans: Path | None = None,
    seed: int | None = None,
    steps: int | None = None,
    suffix: str | None = None,
    kind: Kind | Literal["auto"] = "auto",
) -> Corrected:
    """Let the network of a run learn from corrected label images, for some minutes.

    Half of each step are crops of the corrected scans, half of the run's own images. The network of the run stays as it
    is; the corrected one is a small run folder of its own. An interrupted correction goes on; what was made from the
    same corrections, network and configuration is kept, and else made anew.

    Parameters
    ----------
    run : Path
        Run folder with a trained U-Net.
    corrected : Path
        Folder of label images or outlines (of Fiji, for example) of some scans.
    reporter : Reporter
        Shows progress.
    out : Path, optional
        Folder for the corrected network; by default `corrected` in the run folder.
    scans : Path, optional
        Folder of the scans; by default that of the run's project.
    seed : int, optional
        Which of the run's networks; by default the first.
    steps : int, optional
        By default `CorrectRules.steps`.
    suffix, kind
        As of `quantify --labels`.

    Raises
    ------
    ConfigError
        If the network is none that can be corrected.
    DataError
        If a scan or label image cannot be used.
    RunFolderError
        If the run lacks something, or `out` holds something else.
    """
    project, source = _project_of(run, seed)
    seed = project.evaluation.seeds[0]
    target = run / FOLDER if out is None else out
    images = _corrected_images(project, run, corrected, scans, suffix, kind, reporter)
    config = project.segmentation.model_copy(
        update={
            "steps": CORRECT_RULES.steps if steps is None else steps,
            "learning_rate": CORRECT_RULES.rate * project.segmentation.learning_rate,
        }
    )
    job = Correction(
        config=config,
        data=synthetic_data(project, run, load_prepared(run), reporter),
        corrected=images,
        start=source,
        contour_width_px=project.synthesis.contour_width_px,
        root_seed=project.seed,
        seed=seed,
        folder=target / "segment" / f"seed_{seed}",
        device=project.compute.device,
        whole=project.wants_whole_shapes,
    )
    _refuse_others(target)
    with locked(target, "name another folder with --out"):
        require_whole(target, f"remove {target} to correct anew")
        (target / SEAL).unlink(missing_ok=True)
        _claim(job, target, run, corrected)
        network = train_network(job, reporter)
        set_reach(network, job.data, torch_device(job.device))
        _write_run(project, run, target)
        made = Corrected(target, tuple(image.name for image in images), job.scores(source), job.scores(network))
        write_json(
            target / MARKER,
            {**read_json(target / MARKER), "dice": {"before": dict(made.before), "after": dict(made.after)}},
        )
        seal(target)
    return made


def _project_of(run: Path, seed: int | None) -> tuple[Project, Path]:
    """Return the configuration of a run for one of its networks, which is adapted no further, and its file."""
    project = run_project_of(run)
    if (run / MARKER).is_file():
        first = read_json(run / MARKER).get("run", "its run")
        raise RunFolderError(
            f"{run} holds a corrected network; put all corrections into one folder, and correct {first} with them."
        )
    if project.segmentation.network != "unet":
        raise ConfigError(
            f"the network of {run} is {project.segmentation.network}; only the U-Net can be corrected, so give a run "
            "with `segmentation.network: unet`."
        )
    folder, _ = network_folder(run, seed)
    source = network_file(folder, project.segmentation)
    seed = project.evaluation.seeds[0] if seed is None else seed
    segmentation = project.segmentation.model_copy(update={"adapt": AdaptConfig()})
    evaluation = project.evaluation.model_copy(update={"seeds": (seed,)})
    return project.model_copy(update={"segmentation": segmentation, "evaluation": evaluation}), source


def _corrected_images(
    project: Project,
    run: Path,
    corrected: Path,
    scans: Path | None,
    suffix: str | None,
    kind: Kind | Literal["auto"],
    reporter: Reporter,
) -> tuple[LabelledImage, ...]:
    """Read all scans that have a corrected label image, as the run's scans are read."""
    files = list_scans(project.data.images if scans is None else scans).files
    labels = open_label_set(corrected, list(files), suffix, kind, reporter=reporter)
    labels.say(reporter)
    names = [name for name in files if labels.holds(name)]
    reading: RunReading = load_reading(run)
    settings = QuantifySettings()
    reading, said = fitted(reading, [files[name] for name in names], settings)
    for line in said:
        reporter.note(line)
    images = tuple(_read(project, reading, labels, files[name], name, settings) for name in names)
    if not images:
        raise DataError(f"no label image in {corrected} belongs to a scan; keep the names of the scans.")
    reporter.note(f"corrected: {plural(len(images), 'scan')} ({listing([image.name for image in images])})")
    return images


def _read(
    project: Project, reading: RunReading, labels: LabelSet, path: Path, name: str, settings: QuantifySettings
) -> LabelledImage:
    scan = read_for(path, reading, settings)
    instances = labels.read(name, scan.pixels.shape).labels
    # Beyond the field the scan is mirrored, and so must be what is annotated.
    field = None if scan.field is None else scan.field[: len(instances)]
    pixels, instances = fill_outside(scan.pixels[: len(instances)], field), fill_outside(instances, field)
    scale = project.data.scale
    if scale != 1:
        shape = scaled_shape(instances.shape, scale)
        pixels, instances = resized(pixels, shape), nearest(instances, shape)
    return LabelledImage(name, pixels, instances)


def _refuse_others(target: Path) -> None:
    if target.exists() and not (target / MARKER).is_file() and (not target.is_dir() or any(others_in(target))):
        raise RunFolderError(f"{target} holds something else; name another folder with --out.")


def _claim(job: Correction, target: Path, run: Path, corrected: Path) -> None:
    """Mark a folder as that of a correction; what it holds of another one is removed."""
    stamp = Stamp.of(job.fingerprint())
    marker = target / MARKER
    known: Any = read_json(marker) if marker.is_file() else {}
    if not stamp.fits(known.get("made_with")):
        shutil.rmtree(target / "segment", ignore_errors=True)
        values = {"run": str(run.resolve()), "corrections": str(corrected.resolve()), "made_with": dict(stamp.values)}
        write_json(marker, values)


def _write_run(project: Project, run: Path, target: Path) -> None:
    """Write what `quantify --model` needs beside a network: the configuration, and how scans were read."""
    write_text(target / RUN_CONFIG, dump_project(project))
    index, grey = read_index(run), load_reading(run).grey
    if grey is not None:
        index["grey"] = grey_record(grey.percentiles, grey.depths)
    write_json(target / STAGE / INDEX, index)
