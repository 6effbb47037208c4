from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest

from diffrendergan.config.load import load_project
from diffrendergan.config.project import Project
from diffrendergan.pipeline.inputs import mask_files, scan_files
from diffrendergan.pipeline.stage import Stage, finished_epochs
from diffrendergan.runs.reporter import Reporter

T = TypeVar("T")


@dataclass
class Notes:
    """A reporter that remembers what it was told."""

    lines: list[str] = field(default_factory=list)

    def track(self, items: Iterable[T], description: str, total: int | None = None) -> Iterator[T]:
        yield from items

    def note(self, message: str) -> None:
        self.lines.append(message)


@dataclass
class FakeStages:
    """Stages that write what they were made from, remember their calls, and fail when told to."""

    calls: list[str] = field(default_factory=list)
    fail: dict[str, BaseException] = field(default_factory=dict)

    def table(self) -> tuple[Stage, ...]:
        return (
            Stage("prepare", self._function("prepare"), fields=("seed", "data.patches"), inputs=scan_files),
            Stage(
                "train",
                self._train,
                upstream=("prepare",),
                fields=("training",),
                without=("training.sample_grid",),
                adjustable={"training.epochs": "grows"},
                reached=finished_epochs,
            ),
            Stage(
                "synthesize",
                self._function("synthesize"),
                upstream=("train",),
                fields=("synthesis.images", "synthesis.formats"),
                adjustable={"synthesis.images": "resizes", "synthesis.formats": "extra"},
            ),
            Stage(
                "evaluate",
                self._evaluate,
                upstream=("prepare", "synthesize"),
                fields=("evaluation",),
                flags=("with_real",),
                inputs=mask_files,
            ),
            Stage("report", self._function("report"), upstream=("prepare", "evaluate"), fields=("name",)),
        )

    def take_calls(self) -> list[str]:
        calls, self.calls = self.calls, []
        return calls

    def _function(self, name: str) -> Callable[..., None]:
        def run(project: Project, folder: Path, reporter: Reporter) -> None:
            self._begin(name)
            (folder / name / "result.txt").write_text(f"{name} of {project.data.patches}")

        return run

    def _train(self, project: Project, folder: Path, reporter: Reporter) -> None:
        history = folder / "train" / "history.jsonl"
        done = len(history.read_text().splitlines()) if history.exists() else 0
        self.calls.append(f"train from {done}")
        for epoch in range(done, project.training.epochs):
            with history.open("a") as stream:
                stream.write(f"{epoch} {project.training.batch_size}\n")
            if epoch == 1 and "train" in self.fail:
                raise self.fail.pop("train")

    def _evaluate(self, project: Project, folder: Path, reporter: Reporter, with_real: bool) -> None:
        self._begin(f"evaluate {with_real}")
        (folder / "evaluate" / "result.txt").write_text(f"{with_real}")

    def _begin(self, name: str) -> None:
        self.calls.append(name)
        if (error := self.fail.pop(name.split()[0], None)) is not None:
            raise error


@pytest.fixture
def fakes() -> FakeStages:
    return FakeStages()


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def make_project(tmp_path: Path) -> Callable[..., Project]:
    """Return a function that loads a small project with three scans; its arguments are overrides."""
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
        for number in range(3):
            (tmp_path / folder / f"{number}.tif").write_bytes(bytes([number]) * 10)
    path = tmp_path / "project.yaml"
    path.write_text("name: test\ndata: {images: images, masks: masks}\ntraining: {epochs: 4}\n")

    def make(*overrides: str) -> Project:
        return load_project(path, None, overrides)

    return make
