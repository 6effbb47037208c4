"""The stage `segment`: a network per seed, trained on synthetic images and, if asked for, adapted to the scans."""

from __future__ import annotations

from pathlib import Path

from diffrendergan.config.project import Project
from diffrendergan.patches.prepare import load_prepared
from diffrendergan.runs.reporter import Reporter
from diffrendergan.segmentation.dataset import SegmentationData
from diffrendergan.segmentation.networks import check_network, train_segmenter
from diffrendergan.segmentation.sources import synthetic_data
from diffrendergan.segmentation.unet.training import TrainingJob


def run_segment(project: Project, folder: Path, reporter: Reporter) -> None:
    """Verify the synthetic set, then train a network for each of `evaluation.seeds`.

    Networks lie in `segment/seed_<s>` (`network.safetensors`, or the folders of nnU-Net). A network that is there is
    kept; an interrupted training goes on from its checkpoint. With `segmentation.adapt.steps`, each network is then
    adapted to the unlabelled training scans, in `segment/seed_<s>/adapted`.

    Parameters
    ----------
    project
        The configuration.
    folder
        The run folder, with the stages `prepare` and `synthesize` done.
    reporter
        Shows progress.

    Raises
    ------
    ConfigError
        If the network cannot be built as configured.
    DataError
        If the synthetic set is not whole, naming the file.
    TrainingDivergedError
        If a loss becomes NaN or infinite.
    RunFolderError
        If a checkpoint is broken or a file cannot be written.
    """
    check_network(
        project.segmentation, project.wants_whole_shapes
    )  # a network that cannot be built is refused before any file is read
    data = synthetic_data(project, folder, load_prepared(folder), reporter)
    for job in network_jobs(project, data, folder / "segment"):
        train_segmenter(job, reporter)


def network_jobs(project: Project, data: SegmentationData, folder: Path) -> list[TrainingJob]:
    """Return the training of each of `evaluation.seeds`, in `folder/seed_<s>`.

    Whole shapes are learned if the project wants them and the images have them.
    """
    return [
        TrainingJob(
            config=project.segmentation,
            data=data,
            contour_width_px=project.synthesis.contour_width_px,
            root_seed=project.seed,
            seed=seed,
            folder=folder / f"seed_{seed}",
            device=project.compute.device,
            whole=project.wants_whole_shapes and data.has_whole_shapes,
        )
        for seed in project.evaluation.seeds
    ]
