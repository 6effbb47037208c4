from __future__ import annotations

from types import SimpleNamespace

import pytest

from diffrendergan.rendering import backend
from diffrendergan.runs.threads import COUNT


@pytest.mark.parametrize(("said", "set_to"), [("1", [1]), (None, [])])
def test_the_renderer_takes_no_more_threads_than_its_process_is_to_have(monkeypatch, said, set_to):
    """Several workers that take all cores each are slower than one (benchmarks/scale.py)."""
    taken, variants = [], []
    monkeypatch.setattr(
        backend, "_import_mitsuba", lambda _: SimpleNamespace(variant=lambda: None, set_variant=variants.append)
    )
    monkeypatch.setattr(backend, "_resolve", lambda *_: "llvm")
    monkeypatch.setattr("drjit.set_thread_count", taken.append)
    if said is None:
        monkeypatch.delenv(COUNT, raising=False)
    else:
        monkeypatch.setenv(COUNT, said)
    backend.load_mitsuba("llvm")
    assert (variants, taken) == (["llvm_ad_mono"], set_to)
