"""The process in which a worker's indices are done: `python -m diffrendergan.runs.cluster.child`.

A process of its own, so that the worker answers while native code runs, can end what hangs, and outlives what is
killed. It ends with the worker, since its input ends.
"""

from __future__ import annotations

import os
import pickle
import queue
import threading
import time
from typing import BinaryIO, Literal

from diffrendergan.errors import UserError
from diffrendergan.runs.atomic import full_disk
from diffrendergan.runs.cluster.messages import Done, Order, read_message, write_message
from diffrendergan.runs.executor import begin_process, call_sent


def main() -> None:
    """Answer each index that comes with what became of it."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not get between the answers
    asked = os.fdopen(os.dup(0), "rb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # nor may they read what is asked
    order: Order = read_message(asked)
    os.chdir(order.folder)
    begin_process(order.function, order.threads)
    waiting: queue.Queue[int] = queue.Queue()
    threading.Thread(target=_listen, args=(asked, waiting), daemon=True).start()
    while True:
        try:
            index = waiting.get(timeout=order.idle_s)
        except queue.Empty:
            return
        write_message(answers, _done(index))


def _listen(asked: BinaryIO, waiting: queue.Queue[int]) -> None:
    """Take what comes; when nothing more can come, the worker is gone, and nobody wants what is being done."""
    try:
        while True:
            waiting.put(read_message(asked))
    except (EOFError, OSError):
        os._exit(1)


def _done(index: int) -> Done:
    begun, cpu = time.perf_counter(), time.process_time()
    kind: Literal["result", "error", "machine"]
    try:
        kind, payload = "result", pickle.dumps(call_sent(index))
    except Exception as error:
        kind = "machine" if isinstance(error, MemoryError) or full_disk(error) is not None else "error"
        payload = _sendable(error)
    return Done(index, kind, payload, time.perf_counter() - begun, time.process_time() - cpu)


def _sendable(error: Exception) -> bytes:
    """Return an exception pickled; one that cannot be is told by one that can."""
    try:
        data = pickle.dumps(error)
        pickle.loads(data)
    except Exception:
        known = isinstance(error, UserError)
        return pickle.dumps(UserError(str(error)) if known else RuntimeError(f"{type(error).__name__}: {error}"))
    return data


if __name__ == "__main__":
    main()
