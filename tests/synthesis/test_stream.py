"""Synthetic images as a stream: each index once, by any number of workers."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.synthesis.test_stage import project_of
from torch.utils.data import DataLoader

import diffrendergan as dg
from diffrendergan.config.load import RUN_CONFIG, dump_project
from diffrendergan.errors import ConfigError, DataError, RunFolderError
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.synthesis.stage import make_images
from diffrendergan.synthesis.stream import Example, SyntheticStream


def numbered(index: int) -> Example:
    return Example(np.full((1, 2, 2), index, np.float32), np.zeros((2, 2), np.int64), np.zeros(1, np.float32), index)


def stream(**numbers: int) -> SyntheticStream:
    return SyntheticStream(numbered, ("a",), **numbers)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with five images of random materials."""
    folder = tmp_path_factory.mktemp("stream") / "run"
    make_images(project_of(5), folder, SilentReporter())
    (folder / RUN_CONFIG).write_text(dump_project(project_of(5)), encoding="utf-8")
    return folder


@pytest.mark.parametrize("workers", [1, 2, 3, 7])
@pytest.mark.parametrize("block", [1, 4])
def test_each_index_is_taken_once_by_any_number_of_workers_and_ranks(workers: int, block: int) -> None:
    taken = [
        index
        for rank in range(2)
        for worker in range(workers)
        for index in stream(start=3, stop=30, block=block, rank=rank, ranks=2).indices(worker, workers)
    ]
    assert sorted(taken) == list(range(3, 30))
    assert sum(len(stream(start=3, stop=30, block=block, rank=rank, ranks=2)) for rank in range(2)) == 27


def test_batches_are_in_order_for_any_number_of_workers_and_go_on_where_they_stopped() -> None:
    def batches(workers: int, start: int = 0) -> list[list[int]]:
        loader = DataLoader(stream(start=start, stop=11, block=3), batch_size=3, num_workers=workers)
        return [batch.number.tolist() for batch in loader]

    alone = batches(0)
    assert alone == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10]]
    assert batches(2) == alone and batches(2, start=6) == alone[2:]


def test_without_an_end() -> None:
    indices = stream(start=5).indices(1, 2)
    assert [next(indices) for _ in range(3)] == [6, 8, 10]
    with pytest.raises(TypeError, match="give stop"):
        len(stream())


@pytest.mark.parametrize("wrong", [{"start": -1}, {"start": 4, "stop": 3}, {"block": 0}, {"rank": 1}])
def test_numbers_that_do_not_fit(wrong: dict[str, int]) -> None:
    with pytest.raises(ConfigError):
        stream(**wrong)


def test_images_of_a_run_are_those_of_synthesize(run: Path) -> None:
    stored, made = dg.stream(run, stored=True), dg.stream(run, stop=2, tensors=False)
    assert len(stored) == 5 and stored.theta_names == made.theta_names
    assert "particle.base_color" in made.theta_names
    read, rendered = list(stored), list(made)
    for one, other in zip(read, rendered, strict=False):
        assert one.image.shape == (1, 64, 64) and one.image.dtype == torch.float32 and one.labels.dtype == torch.int64
        np.testing.assert_allclose(one.image.numpy(), other.image, atol=0.51 / 255)
        np.testing.assert_array_equal(one.labels.numpy(), other.labels)
        np.testing.assert_allclose(one.theta.numpy(), other.theta, atol=1e-6)
    assert [one.number for one in read] == [0, 1, 2, 3, 4]
    # A worker gets no open renderer, and makes the same image.
    sent = pickle.loads(pickle.dumps(dg.stream(run, start=1, stop=2, tensors=False)))
    np.testing.assert_array_equal(next(iter(sent)).image, rendered[1].image)
    assert not np.array_equal(next(iter(dg.stream(run, seed=9, tensors=False))).image, rendered[0].image)


def test_what_a_run_has_not(run: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds 5 images, fewer than stop \(6\)"):
        dg.stream(run, stored=True, stop=6)
    with pytest.raises(ConfigError, match="leave out seed"):
        dg.stream(run, stored=True, seed=1)
    with pytest.raises(RunFolderError, match="is no run folder"):
        dg.stream(tmp_path)
    (tmp_path / RUN_CONFIG).write_text(dump_project(project_of(5)), encoding="utf-8")
    with pytest.raises(DataError, match="holds no synthetic images"):
        dg.stream(tmp_path, stored=True)
