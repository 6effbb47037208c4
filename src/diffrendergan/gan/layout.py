"""Where a training keeps its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class TrainingFolder:
    """The `train` folder of a run.

    Files of an epoch are named by its number, counted from 1, with four digits.
    """

    path: Path

    @property
    def checkpoints(self) -> Path:
        """Folder of the latest checkpoints."""
        return self.path / "checkpoints"

    @property
    def history(self) -> Path:
        """One JSON line per finished epoch (`history.EpochRecord`)."""
        return self.path / "history.jsonl"

    @property
    def events(self) -> Path:
        """TensorBoard's folder."""
        return self.path / "tensorboard"

    def weights(self, epoch: int) -> Path:
        """Weights of G's network (safetensors), described by `generator.json`."""
        return self.path / "generators" / f"epoch-{epoch:04d}.safetensors"

    def parameters(self, epoch: int) -> Path:
        """θ of all arrangements, or of all images that were scored, float32 (m, P), columns as in `generator.json`."""
        return self.path / "parameters" / f"epoch-{epoch:04d}.npy"

    def losses(self, epoch: int) -> Path:
        """Values of every step, float32 (steps, 4), columns as in `step.StepRecord`."""
        return self.path / "losses" / f"epoch-{epoch:04d}.npy"

    def samples(self, epoch: int) -> Path:
        """Real patches beside synthetic ones (PNG)."""
        return self.path / "samples" / f"epoch-{epoch:04d}.png"

    def remove_partial_files(self) -> None:
        """Remove what a killed process left half written."""
        for leftover in self.path.glob("**/.partial-*"):
            leftover.unlink(missing_ok=True)
