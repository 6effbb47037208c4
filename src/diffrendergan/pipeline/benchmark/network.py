"""A network of the benchmark, its folder, and whether what is in there still fits."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from diffrendergan.evaluation.scoring import Row
from diffrendergan.pipeline.benchmark.bench import Bench
from diffrendergan.pipeline.benchmark.kept import keep_scores, kept_scores
from diffrendergan.pipeline.benchmark.rows import Source
from diffrendergan.runs.atomic import read_json, write_json
from diffrendergan.segmentation.dataset import SegmentationData
from diffrendergan.segmentation.networks import network_file, prediction_settings, training_key
from diffrendergan.segmentation.unet.adaptation import adaptation_key
from diffrendergan.segmentation.unet.training import TrainingJob

SCORES = "scores.json"
"""In the folder of a network: its scores, and what they depend on."""
MADE_WITH = "made_with.json"
"""In the folder of a network: what it was trained with."""


class Keys(NamedTuple):
    """What a network and its scores depend on, as plain values."""

    trained: dict[str, Any]
    scored: dict[str, Any]


@dataclass(frozen=True)
class Network:
    """What is trained for a row, on a split, with a seed."""

    bench: Bench
    source: Source
    seed: int

    @property
    def folder(self) -> Path:
        """Gets the network and its scores."""
        return self.bench.settings.out / self.bench.split.name / self.source.name / f"seed_{self.seed}"

    @property
    def is_begun(self) -> bool:
        """Whether there is a network or a part of its training, however made."""
        return (self.folder / MADE_WITH).exists()

    @property
    def is_trained(self) -> bool:
        """Whether there is a whole network, however made."""
        return network_file(self.folder, self.bench.project.segmentation).exists()

    def job(self, data: SegmentationData) -> TrainingJob:
        """Return the training on the row's images."""
        project = self.bench.project
        return TrainingJob(
            project.segmentation,
            data,
            project.synthesis.contour_width_px,
            project.seed,
            self.seed,
            self.folder,
            project.compute.device,
            project.wants_whole_shapes and data.has_whole_shapes,
        )

    def keys(self, data: SegmentationData, images: str) -> Keys:
        """Return what network and scores depend on; `images` is the digest of `data`."""
        project = self.bench.project
        trained = {"training": training_key(self.job(data)), "images": images}
        # Not of the training: a network that is there is adapted as asked for, and adapted anew otherwise.
        adapted = adaptation_key(self.job(data))
        scored = (
            trained
            | adapted
            | {
                "min_region_px": project.evaluation.min_region_px,
                "prediction": prediction_settings(project.segmentation),
                "scans": self.bench.truth,
            }
        )
        return Keys(_plain(trained), _plain(scored))

    def fits(self, keys: Keys) -> bool:
        """Tell whether what is there was made with the same images and configuration.

        Raises
        ------
        RunFolderError
            If the record is broken.
        """
        return self.is_begun and bool(read_json(self.folder / MADE_WITH) == keys.trained)

    def claim(self, keys: Keys) -> None:
        """Write down what is trained here, before anything else."""
        write_json(self.folder / MADE_WITH, keys.trained)

    def keep(self, keys: Keys, rows: list[Row]) -> None:
        """Write the scores."""
        keep_scores(self.folder / SCORES, keys.scored, rows)

    def kept(self, keys: Keys) -> list[Row] | None:
        """Return scores from before, None if there are none or they were made otherwise."""
        return kept_scores(self.folder / SCORES, keys.scored)


def _plain(value: Any) -> Any:
    """Return a value as it comes back from a JSON file."""
    return json.loads(json.dumps(value))
