"""Synthetic images for trainings of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from diffrendergan.synthesis.stream import SyntheticStream


def stream(
    run: str | Path,
    stored: bool = False,
    start: int = 0,
    stop: int | None = None,
    seed: int | None = None,
    block: int = 1,
    rank: int = 0,
    ranks: int = 1,
    tensors: bool = True,
) -> SyntheticStream:
    """Return annotated synthetic images as a PyTorch `IterableDataset`, for a `DataLoader` with any number of workers.

    Parameters
    ----------
    run : path
        A run folder in which `select` is finished, or `fit` where parameters are drawn from that.
    stored : bool
        Whether the images are those that `synthesize` wrote, of 8 bits; else they are made when they are asked for.
    start, stop : int
        The first index, and the one after the last. Without `stop`, images made on the fly have no end, and stored ones
        end with the set.
    seed : int, optional
        Of images made on the fly, in place of the project's: image i depends on the seed and i alone.
    block : int
        Consecutive indices that one worker takes. With the batch size of the `DataLoader`, batches hold consecutive
        indices in their order for any number of workers: go on with ``start = batches * batch_size``.
    rank, ranks : int
        Of a training in several processes, which this is of how many: each gets other images.
    tensors : bool
        Whether examples hold tensors; else NumPy arrays.

    Returns
    -------
    SyntheticStream
        Yields `Example(image, labels, theta, number)`: float32 (1, S, S) in [0, 1], int64 (S, S) with 0 as ground and a
        number for each particle, float32 (P,) by `theta_names`, and
        the index.

    Raises
    ------
    RunFolderError
        If it is no run folder, or no generator was chosen yet.
    ConfigError
        If the numbers do not fit together, or `seed` is given for stored images.
    DataError
        If there are no stored images, or fewer than `stop`.
    """
    from diffrendergan.errors import ConfigError
    from diffrendergan.segmentation.trained import run_project_of
    from diffrendergan.synthesis.stream import rendered_stream, stored_stream

    numbers = {"start": start, "stop": stop, "block": block, "rank": rank, "ranks": ranks, "tensors": tensors}
    project = run_project_of(Path(run))
    if not stored:
        return rendered_stream(project, Path(run), seed, **numbers)
    if seed is not None:
        raise ConfigError("stored images have the seed of their project; leave out seed, or stored.")
    return stored_stream(Path(run), **numbers)
