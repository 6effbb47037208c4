"""Annotated synthetic images as a stream for PyTorch: each is made, or read, when it is asked for."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.utils.data import IterableDataset, get_worker_info

from diffrendergan.config.project import Project
from diffrendergan.errors import ConfigError, DataError
from diffrendergan.runs.executor import PerProcess
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.synthesis.engine import SynthesisEngine
from diffrendergan.synthesis.manifest import read_manifest
from diffrendergan.synthesis.stage import STAGE, make_engine
from diffrendergan.synthesis.writers import read_pair


class Example(NamedTuple):
    """An annotated synthetic image: arrays, or tensors of the same shapes."""

    image: Any
    """float32 (1, S, S), grey values in [0, 1]."""
    labels: Any
    """int64 (S, S): 0 ground, 1..k particles."""
    theta: Any
    """float32 (P,): the learned parameters, by `SyntheticStream.theta_names`."""
    number: int
    """Its index: which image of its seed it is: equal numbers are equal images, on any machine and by any worker."""


class SyntheticStream(IterableDataset[Example]):
    """Annotated synthetic images of a run by their index, each exactly once however many workers read them.

    Of n workers, the k-th takes every n-th block of `block` indices. With `block` equal to the batch size of a
    `DataLoader`, batches hold consecutive indices and come in their order for any number of workers, so that a training
    goes on with `start` where it stopped.

    Parameters
    ----------
    make
        Returns the example of an index, as arrays; it can be sent to other processes.
    theta_names
        The learned parameters, for example ``particle.roughness``.
    start, stop
        The first index, and the one after the last; None for images without end.
    block
        Consecutive indices that one worker takes.
    rank, ranks
        Of trainings in several processes, which this is of how many: each gets other images.
    tensors
        Whether examples hold tensors; else NumPy arrays.

    Raises
    ------
    ConfigError
        If these numbers do not fit together.
    """

    def __init__(
        self,
        make: Callable[[int], Example],
        theta_names: tuple[str, ...],
        start: int = 0,
        stop: int | None = None,
        block: int = 1,
        rank: int = 0,
        ranks: int = 1,
        tensors: bool = True,
    ) -> None:
        if start < 0 or (stop is not None and stop < start):
            raise ConfigError(f"start is {start} and stop {stop}; give indices from 0, and none before start to stop.")
        if block < 1 or not 0 <= rank < ranks:
            raise ConfigError(
                f"block is {block}, rank {rank} of {ranks}; a block has at least 1 image, and ranks count from 0."
            )
        self._make, self.theta_names, self.tensors = make, theta_names, tensors
        self.start, self.stop, self.block, self.rank, self.ranks = start, stop, block, rank, ranks

    def __iter__(self) -> Iterator[Example]:
        """Yield the examples of this process: all of them, or its share where it is a worker of a `DataLoader`."""
        info = get_worker_info()
        worker, workers = (0, 1) if info is None else (info.id, info.num_workers)
        # What the parent has opened may hold threads and locks that do not survive a fork: a worker opens its own.
        make = self._make if info is None else copy.copy(self._make)
        for index in self.indices(worker, workers):
            example = make(index)
            yield _as_tensors(example) if self.tensors else example

    def indices(self, worker: int = 0, workers: int = 1) -> Iterator[int]:
        """Yield the indices that a worker takes."""
        mine, all_of_them = self.rank * workers + worker, self.ranks * workers
        for number in count(mine, all_of_them):
            first = self.start + number * self.block
            if self.stop is not None and first >= self.stop:
                return
            last = first + self.block
            yield from range(first, last if self.stop is None else min(last, self.stop))

    def __len__(self) -> int:
        """Return how many examples this process and its workers yield.

        Raises
        ------
        TypeError
            If they are without end.
        """
        if self.stop is None:
            raise TypeError("a stream of synthetic images has no end; give stop for one that has")
        if self.ranks == 1:
            return self.stop - self.start
        return sum(1 for _ in self.indices())


def rendered_stream(project: Project, run: Path, seed: int | None, **numbers: Any) -> SyntheticStream:
    """Return images that are made on the fly by the generator of a run; `seed` in place of the project's.

    `numbers` are those of `SyntheticStream`.
    """
    if seed is not None:
        project = project.model_copy(update={"seed": seed})
    open_engine = partial(make_engine, project, run, SilentReporter())
    engine = open_engine()  # what is wrong with a run is said here, and not by a worker
    names = tuple(spec.name for spec in engine.model.columns)
    return SyntheticStream(PerProcess(open_engine, _rendered, engine), names, **numbers)


def stored_stream(run: Path, **numbers: Any) -> SyntheticStream:
    """Return the images that `synthesize` wrote into a run; `numbers` are those of `SyntheticStream`.

    Raises
    ------
    DataError
        If there is none.
    """
    stage = run / STAGE
    records = read_manifest(stage)
    if not records:
        raise DataError(f"{stage} holds no synthetic images; run `diffrendergan synthesize` first, or render them.")
    names = tuple(records[0]["theta"])
    thetas = np.array([[record["theta"][name] for name in names] for record in records], np.float32)
    stop = numbers.pop("stop", None)
    stop = len(records) if stop is None else stop
    if stop > len(records):
        raise DataError(f"{stage} holds {len(records)} images, fewer than stop ({stop}); give a smaller one.")
    return SyntheticStream(partial(_stored, stage, thetas), names, stop=stop, **numbers)


def _rendered(engine: SynthesisEngine, index: int) -> Example:
    made = engine.make(index)
    return Example(made.image[None], made.instances.astype(np.int64), made.theta, index)


def _stored(stage: Path, thetas: np.ndarray, index: int) -> Example:
    pair = read_pair(stage, index)
    image = pair.image[None].astype(np.float32) / np.float32(255)
    return Example(image, pair.instances.astype(np.int64), thetas[index], index)


def _as_tensors(example: Example) -> Example:
    image, labels, theta = (torch.from_numpy(np.ascontiguousarray(part)) for part in example[:3])
    return Example(image, labels, theta, example.number)
