"""What is handed out when, without any cluster."""

from __future__ import annotations

import pickle
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from diffrendergan.runs.cluster.messages import Done
from diffrendergan.runs.cluster.plan import Plan
from diffrendergan.runs.cluster.rules import RULES


def done(index: int, seconds: float = 1.0, kind: str = "result") -> Done:
    return Done(index, kind, pickle.dumps(index), seconds, seconds)  # type: ignore[arg-type]


def popped(plan: Plan) -> list[int]:
    found = []
    while (one := plan.pop()) is not None:
        found.append(one.index)
    return found


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 60), st.integers(1, 5), st.floats(1e-4, 9), st.integers(0, 99))
def test_all_is_done_once_and_in_order_whoever_dies(count: int, workers: int, seconds: float, seed: int) -> None:
    rng = random.Random(seed)
    indices = [3 * k + 1 for k in range(count)]
    plan, given_out, seen, times = Plan(indices), [], [], dict.fromkeys(indices, 0)
    while not plan.finished:
        while len(given_out) < workers and (places := plan.take(workers)):
            given_out.append(places)
        places = given_out.pop(rng.randrange(len(given_out)))
        finished = rng.randint(0, len(places)) if rng.random() < 0.2 else len(places)
        left = plan.finish(places, [done(index, seconds) for index in plan.indices(places[:finished])])
        for index in plan.indices(places[:finished]):
            times[index] += 1
        if left and max(map(len, plan._ended.values()), default=0) < RULES.attempts - 1:
            plan.suspect(left, "died")
        elif left:
            plan.put_back(left)
        seen += popped(plan)
    assert seen == indices and set(times.values()) <= {1}
    assert not given_out


def test_chunks_take_some_seconds_and_all_end_at_the_same_time() -> None:
    plan = Plan(range(1000))
    sizes, first = [], plan.take(2)
    assert len(first) == 1  # nobody knows yet how long one takes
    plan.finish(first, [done(0, 0.1)])
    while places := plan.take(2):
        sizes.append(len(places))
        plan.finish(places, [done(index, 0.1) for index in places])
        popped(plan)
    assert sizes[0] == RULES.chunk_s / 0.1
    assert sizes[-1] == 1 and sizes == sorted(sizes, reverse=True)
    slow = Plan(range(10))
    slow.finish(slow.take(2), [done(0, 60)])
    assert len(slow.take(2)) == 1


def test_results_do_not_pile_up_before_a_slow_one() -> None:
    plan, out = Plan(range(1000)), []
    first = plan.take(1)
    while places := plan.take(1):
        plan.finish(places, [done(index, RULES.chunk_s) for index in places])
        out += places
    assert len(out) == RULES.ahead - 1 and popped(plan) == []
    plan.finish(first, [done(0)])
    assert popped(plan) == [0, *out] and plan.take(1)


def test_the_error_of_an_index_comes_after_what_is_before_it() -> None:
    plan = Plan(range(9))
    chunks = [plan.take(9) for _ in range(4)]
    plan.finish(chunks[2], [done(2, kind="error")])
    assert plan.take(9) == ()  # nothing behind it is begun
    assert not plan.finished
    plan.finish(chunks[1], [done(1)])
    plan.finish(chunks[0], [done(0)])
    assert popped(plan) == [0, 1, 2] and plan.finished


def test_who_was_in_a_chunk_is_not_blamed_and_who_was_alone_is_named() -> None:
    plan, bad = Plan(range(8)), 3
    plan.finish(plan.take(1), [done(0, 0.5)])
    chunk = plan.take(1)
    assert chunk == (1, 2, 3, 4)
    plan.suspect(chunk, "went with its worker")
    tried = []
    while places := plan.take(1):
        tried.append(places)
        if places == (bad,):
            plan.suspect(places, "was killed by SIGKILL")
        else:
            plan.finish(places, [done(index) for index in plan.indices(places)])
    # One by one, and nothing behind it once it is named.
    assert tried[:4] == [(1,), (2,), (3,), (4,)] and tried.count((bad,)) == RULES.attempts
    found = []
    while (one := plan.pop()) is not None:
        found.append(one)
    assert [one.index for one in found] == [0, 1, 2, bad] and plan.finished
    error = pickle.loads(found[-1].payload)
    assert "number 3 was tried 3 times, but it was killed by SIGKILL (3×)" in str(error)


def test_whoever_is_first_counts() -> None:
    plan = Plan(range(2))
    places = plan.take(2)
    plan.put_back(places)
    assert plan.take(2) == places
    plan.finish(places, [done(0)])
    assert popped(plan) == [0]
    plan.finish(places, [done(7)])
    assert popped(plan) == []
