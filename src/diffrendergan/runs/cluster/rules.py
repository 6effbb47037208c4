"""The numbers by which work is handed out to a cluster. Shown in docs/cluster.md."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ClusterRules:
    """What decides about chunks, waiting, and when work is handed to another worker."""

    chunk_s: float = 3.0
    """Work is handed out in chunks that take about so long [s], by what the indices so far have taken. Handing out one
    costs 2.7 ms of a processor for each index, and looking at it while it is done 6 % of a core
    (benchmarks/scale.py)."""
    most_in_chunk: int = 256
    """Largest chunk, in indices. Rule of thumb: what is lost with a worker stays small."""
    shares: int = 2
    """No chunk is larger than what is left over so many times the number of workers, so that all end at about the
    same time. Rule of thumb of guided self-scheduling."""
    ahead: int = 8
    """So many chunks of each worker may wait for the result before them, which a slow worker has: results are given in
    their order, and those that wait are lost with the command. Rule of thumb."""
    attempts: int = 3
    """An index that has ended so many processes, or hung in so many, is named and the command ends."""
    still_s: float = 300.0
    """A process that has used no processor time for so long hangs, and its index is handed to another [s]. Rule of
    thumb: the longest wait for a busy disk."""
    least_patience_s: float = 900.0
    """No index is taken for one that never ends before so long [s]: an image takes seconds, a scan a minute."""
    patience: float = 50.0
    """An index that takes so many times as long as the usual one (their median) does not end. Rule of thumb."""
    known_from: int = 3
    """Of fewer indices it is not known how long they take, and they may take any time."""
    idle_s: float = 600.0
    """A process that was given nothing for so long ends; a new one begins when there is work [s]. Rule of thumb."""
    poll_s: float = 0.5
    """Time between two looks at workers and results, where none reports [s]."""
    connect_s: float = 30.0
    """A scheduler that has not answered for so long is not there [s]: Dask's own default."""
    wait_s: float = 60.0
    """So long a cluster may be without a worker that can be used [s]; with Slurm, as long as its job waits or runs."""
    said_s: float = 60.0
    """Time between two lines about waiting [s]."""
    lost_s: float = 120.0
    """A worker of a job of Slurm that has not been heard of for so long is taken for dead [s]. Its work is done in a
    process of its own, so that it can answer at any time; on a node that is overloaded, after a while."""


RULES = ClusterRules()
