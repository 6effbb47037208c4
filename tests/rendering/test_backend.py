from __future__ import annotations

from types import SimpleNamespace

import pytest

from diffrendergan.errors import MissingDependencyError
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


def test_a_missing_library_of_the_system_is_told(monkeypatch):
    """As on a bare Debian, where Dr.Jit's own loader ends in a NameError."""

    def fail(_):
        try:
            raise ImportError("libatomic.so.1: cannot open shared object file: No such file or directory")
        except ImportError:
            return _drjit_ext  # noqa: F821

    monkeypatch.setattr(backend.importlib, "import_module", fail)
    with pytest.raises(MissingDependencyError, match=r"libatomic\.so\.1.*; mend it with `apt-get install libatomic1`"):
        backend.load_mitsuba("llvm")
