"""The stage `select`: the choice of the epoch."""

from __future__ import annotations

from pathlib import Path

from diffrendergan.config.project import Project
from diffrendergan.gan.balanced.choice import choose_by_kernel
from diffrendergan.gan.epoch_choice import choose_epoch
from diffrendergan.gan.history import read_history
from diffrendergan.gan.layout import TrainingFolder
from diffrendergan.gan.saved import WEIGHTS, load_generator, save_description, save_weights
from diffrendergan.gan.selection_plot import plot_selection
from diffrendergan.runs.atomic import write_json
from diffrendergan.runs.reporter import Reporter

STAGE = "select"


def run_select(project: Project, folder: Path, reporter: Reporter) -> None:
    """Choose an epoch of the training and copy its generator to `select`.

    Writes `generator.safetensors` and `generator.json` (to be loaded with `saved.load_generator`),
    `selection.png`, and last `selection.json`: epoch, FID, breadth, candidates and the reason in words.

    Parameters
    ----------
    project : Project
        Uses `selection`.
    folder : Path
        The run folder.
    reporter : Reporter
        Told the choice.

    Raises
    ------
    ConfigError
        If `selection.epoch` was not trained.
    RunFolderError
        If the training's files are missing or broken, or the disk is full.
    """
    training, target = TrainingFolder(folder / "train"), folder / STAGE
    records = read_history(training.history)
    override = project.selection.epoch
    if project.starts_from_fit:
        choice = choose_by_kernel(records, override)
    else:
        choice = choose_epoch(records, project.selection.candidates, override)
    chosen = choice.record
    network = load_generator(training.path, training.weights(chosen.epoch))
    save_weights(target / WEIGHTS, network)
    save_description(target, network, epoch=chosen.epoch, fid=chosen.fid, extractor=chosen.extractor)
    plot_selection(target / "selection.png", records, choice, network.specs)
    write_json(target / "selection.json", choice.as_json())
    reporter.note(choice.reason)
